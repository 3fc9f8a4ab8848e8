"""Charts of a simulation, as SVG drawn by the server: periods side by side, and who gains or loses how much.

Whatever a chart shows is said in words beside it as well, for whoever does not see it.
"""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from commissions import formats
from commissions.engine.money import EXPONENTS

WIDTH, HEIGHT = 720, 170
FOOT = 28
"""Room below the bars for the names."""

WIDEST = 34
MOST_NAMES = 6


@dataclass(frozen=True)
class Bar:
    """A bar with its place; ``tone`` is a class of the sheet, ``said`` what a pointer on it reads."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    said: str


@dataclass(frozen=True)
class Label:
    """A word below the bars."""

    x: float
    words: str


@dataclass(frozen=True)
class Chart:
    """Bars on one line, and their names below."""

    bars: list[Bar]
    labels: list[Label]

    width = WIDTH
    base = HEIGHT
    foot = HEIGHT + FOOT - 6
    box = f"0 0 {WIDTH} {HEIGHT + FOOT}"
    bare_box = f"0 0 {WIDTH} {HEIGHT + 1}"


def _bar(x, width, value, most, tone, said):
    """Return a bar of a value; one that is more than nothing can always be seen."""
    height = max(round(value * (HEIGHT - 6) / most, 1), 1.5) if most > 0 < value else 0
    return Bar(round(x, 1), round(HEIGHT - height, 1), round(width, 1), height, tone, said)


def periods(rows, currency):
    """Draw the cost of each period before and after, a pair of bars each."""
    pairs = [(row["name"], row["paid"].before, row["paid"].after) for row in rows]
    most = max((max(pair[1:]) for pair in pairs), default=0)
    slot = WIDTH / max(len(pairs), 1)
    width = min(slot * 0.36, WIDEST)
    every = -(-len(pairs) // MOST_NAMES)
    bars, labels = [], []
    for place, (name, before, after) in enumerate(pairs):
        middle = (place + 0.5) * slot
        said = _("%(period)s: %(amount)s before") % {"period": name, "amount": formats.money(before, currency)}
        bars.append(_bar(middle - width - 1, width, before, most, "bar-before", said))
        said = _("%(period)s: %(amount)s after") % {"period": name, "amount": formats.money(after, currency)}
        bars.append(_bar(middle + 1, width, after, most, "bar-after", said))
        if place % every == 0:
            labels.append(Label(round(middle, 1), name))
    return Chart(bars, labels)


@dataclass(frozen=True)
class Bin:
    """How many people gain or lose an amount within some bounds, in words."""

    words: str
    count: int
    tone: str


def bins(histogram, currency):
    """Return the bins of a histogram from the greatest loss to the greatest gain, without empty ends."""
    edges = list(zip(histogram["edges"], [*histogram["edges"][1:], None], strict=True))
    losers = [
        Bin(_between(*each, -1, currency), count, "bar-lost") for each, count in zip(edges, histogram["losers"], strict=True)
    ]
    winners = [
        Bin(_between(*each, 1, currency), count, "bar-gained") for each, count in zip(edges, histogram["winners"], strict=True)
    ]
    told = [*reversed(losers), Bin(_("unchanged"), histogram["unchanged"], "bar-before"), *winners]
    filled = [place for place, each in enumerate(told) if each.count]
    return told[filled[0] : filled[-1] + 1] if filled else []


def _between(low, high, sign, currency):
    """Write the bounds of a change: up to +10, +10 to +100, −100 and more."""
    least, most = (f"{'+' if sign > 0 else '−'}{briefly(each, currency)}" for each in (low, high or 0))
    if not low:
        return _("up to %(most)s") % {"most": most} if high else _("any amount")
    if high is None:
        return _("%(least)s and more") % {"least": least}
    return _("%(least)s to %(most)s") % {"least": least, "most": most}


def briefly(minor, currency):
    """Write an amount without its currency, with decimals only where they say something."""
    whole, rest = divmod(minor, 10 ** EXPONENTS[currency])
    digits = EXPONENTS[currency] if rest else 0
    return number_format(whole if not rest else minor / 10 ** EXPONENTS[currency], digits, force_grouping=True)


def changes(histogram, currency):
    """Draw how many people gain or lose how much."""
    told = bins(histogram, currency)
    most = max((each.count for each in told), default=0)
    slot = WIDTH / max(len(told), 1)
    width = min(slot * 0.8, 2 * WIDEST)
    bars = [
        _bar((place + 0.5) * slot - width / 2, width, each.count, most, each.tone, f"{each.words}: {_count(each.count)}")
        for place, each in enumerate(told)
    ]
    return Chart(bars, [])


def _count(number):
    return number_format(number, force_grouping=True)
