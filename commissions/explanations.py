"""Why a line is what it is, and why a zero is a zero, in sentences: the engine says what is true, here it is put in words.

Names come from the caller, who knows what the reader may see: ``name_of(distributor_id)``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import formats, parts
from commissions.engine import explain as engine
from commissions.engine.explain import Role, Says
from commissions.engine.money import Rounding
from commissions.engine.result import Reason
from commissions.engine.slices import lines_of
from commissions.engine.snapshot import NONE
from commissions.models import VolumeEntry


@dataclass(frozen=True)
class Step:
    """One person on the way up: whether this level was paid there, lost there, or passed on; ``words`` say why."""

    distributor_id: int | None
    name: str
    level: int
    is_paid: bool
    is_lost: bool
    words: str


@dataclass(frozen=True)
class Explained:
    """A line in words: the order behind it, the way up from the sale, and the arithmetic."""

    bonus: str
    bonus_name: str
    reference: str
    source_id: int
    source_name: str
    level: int
    amount_minor: int
    currency: str
    steps: list[Step]
    arithmetic: list[str]


@dataclass(frozen=True)
class Explanation:
    """What one order paid somebody with one bonus. Where it paid nothing, ``why_not`` says why, and there are no lines."""

    lines: list[Explained]
    why_not: list[str]

    @property
    def amount_minor(self):
        """All lines together."""
        return sum(line.amount_minor for line in self.lines)


class NotSold(LookupError):
    """No volume was credited under a reference in a period."""


def explain(distributor_id, period, bonus, reference, *, name_of: Callable[[int], str]) -> Explanation:
    """Explain what the order behind a reference ("order:81") paid somebody with a bonus, or why it paid nothing.

    Raises NotSold when the period has no such order, and parts.OutsideTree when it was not sold by the person or
    anybody below.
    """
    sold = VolumeEntry.objects.filter(reference=reference, period=period)
    entries = dict(sold.order_by("line").values_list("pk", "distributor_id"))
    if not entries:
        raise NotSold(_("Nothing was credited as %(reference)s in %(period)s.") % {"reference": reference, "period": period})
    seller = next(iter(entries.values()))
    part = parts.toward(distributor_id, period, [seller])
    index = [each.code for each in part.plan.bonuses].index(bonus)
    lines, sales = lines_of(part.plan, part.held, 0)
    mine = np.flatnonzero((lines.bonus == index) & (lines.payee == 0))
    rows = [row for row in mine.tolist() if lines.sale[row] == NONE or int(sales.id[lines.sale[row]]) in entries]
    words = Words(part, name_of)
    if rows:
        return Explanation([_explained(part, words, lines, row, bonus, reference) for row in rows], [])
    place = int(part.held.index.of(np.array([seller]), "seller")[0])
    why = engine.why_not_paid(part.plan, index, part.held.people, part.held.standings, place, 0)
    return Explanation([], [words.say(sentence) for sentence in why] or [_("This order has nothing that the bonus pays on.")])


def why_nothing(distributor_id, period, bonus, *, name_of: Callable[[int], str]) -> list[str]:
    """Say why a bonus has paid somebody nothing in a period; empty if it has paid.

    Of a large downline only the newest sales are looked at.
    """
    if parts.is_small(distributor_id, period):
        part = parts.below(distributor_id, period)
    else:
        sold = parts.newest(distributor_id, period, before=2**62, most=500)
        part = parts.toward(distributor_id, period, {seller for _entry, seller in sold} | {distributor_id})
    index = [each.code for each in part.plan.bonuses].index(bonus)
    words = Words(part, name_of)
    return [words.say(sentence) for sentence in engine.why_nothing(part.plan, part.held, index, 0)]


def _explained(part, words, lines, row, bonus, reference):
    told = engine.explain(part.plan, part.held.people, part.held.standings, lines, row)
    ways = {Says.STEP_PAID, Says.STEP_INHERITS, Says.STEP_LOSES, Says.STEP_PASSED, Says.STEP_NOBODY}
    source = int(lines.source[row])
    seller = int(part.held.people.id[source]) if source != NONE else 0
    return Explained(
        bonus=bonus,
        bonus_name=part.plan.bonuses[int(lines.bonus[row])].name,
        reference=reference,
        source_id=seller,
        source_name=words.name(source),
        level=int(lines.level[row]),
        amount_minor=int(lines.amount_minor[row]),
        currency=part.plan.currency,
        steps=[words.step(step) for step in told.steps],
        arithmetic=[words.say(sentence) for sentence in told.sentences if sentence.says not in ways],
    )


class Words:
    """Puts the engine's sentences about one part of a company into the reader's language."""

    def __init__(self, part, name_of):
        self.part, self.name_of = part, name_of

    def name(self, person):
        """Return the name of a person of the part, as the reader may see it."""
        return "" if person == NONE else self.name_of(int(self.part.held.people.id[person]))

    def step(self, step):
        """Return one step up with its words."""
        sentence = engine.Sentence(
            {
                Role.PAID: Says.STEP_PAID,
                Role.INHERITS: Says.STEP_INHERITS,
                Role.LOSES: Says.STEP_LOSES,
                Role.PASSED: Says.STEP_PASSED,
                Role.NOBODY: Says.STEP_NOBODY,
            }[step.role],
            {"person": step.person, "level": step.level, "reason": step.reason},
        )
        return Step(
            distributor_id=None if step.person == NONE else int(self.part.held.people.id[step.person]),
            name=self.name(step.person),
            level=step.level,
            is_paid=step.role in (Role.PAID, Role.INHERITS),
            is_lost=step.role is Role.LOSES,
            words=self.say(sentence),
        )

    def say(self, sentence):
        """Return a sentence of the engine in words."""
        return SENTENCES[sentence.says](self, sentence.values)

    def reason(self, reason):
        """Return why somebody is not paid, as the end of a sentence."""
        return {
            Reason.PAID: _("qualifies"),
            Reason.NOBODY_ABOVE: _("nobody is above"),
            Reason.NOT_ACTIVE: _("is not active this period"),
            Reason.RANK_TOO_LOW: _("has a rank that is not paid at this level"),
            Reason.SUSPENDED: _("is suspended"),
            Reason.TERMINATED: _("has left the company"),
            Reason.HOUSE: _("is the company's own account"),
        }[Reason(reason)]

    def sold(self, values):
        """Return what a line pays on: points, or an amount of money."""
        if "points" in values:
            return _("%(points)s points") % {"points": formats.points(values["points"])}
        return formats.money(values["amount_minor"], values["currency"])

    def rank(self, rank):
        """Return the name of a rank."""
        return self.part.plan.ranks[rank].name if rank >= 0 else _("no rank")


def _sold_points(words, values):
    return _("%(name)s was credited with %(points)s commissionable points.") % {
        "name": words.name(values["seller"]),
        "points": formats.points(values["points"]),
    }


def _sold_above_price(words, values):
    return _("The customer of %(name)s paid %(amount)s more than the seller's own price.") % {
        "name": words.name(values["seller"]),
        "amount": formats.money(values["amount_minor"], values["currency"]),
    }


def _step_paid(words, values):
    if not values["level"]:
        return _("%(name)s made the sale and is paid.") % {"name": words.name(values["person"])}
    return _("%(name)s is paid as level %(level)s.") % {"name": words.name(values["person"]), "level": values["level"]}


def _step_inherits(words, values):
    return _("%(name)s receives what was lost below.") % {"name": words.name(values["person"])}


def _step_loses(words, values):
    return _("%(name)s would be level %(level)s but %(reason)s.") % {
        "name": words.name(values["person"]),
        "level": values["level"],
        "reason": words.reason(values["reason"]),
    }


def _step_passed(words, values):
    return _("%(name)s is passed over and not counted: %(name)s %(reason)s.") % {
        "name": words.name(values["person"]),
        "reason": words.reason(values["reason"]),
    }


def _step_nobody(words, values):
    return _("Nobody is left above for level %(level)s.") % {"level": values["level"]}


def _rate(words, values):
    return _("The rate is %(rate)s of %(base)s.") % {"rate": formats.percent(values["rate_ppm"]), "base": words.sold(values)}


def _worth(words, values):
    return _("1 %(currency)s counts as %(worth)s %(of)s, the plan's fixed rate.") % {
        "currency": values["currency"],
        "worth": decimal(values["worth"]),
        "of": values["of"],
    }


def _rounded(words, values):
    exact, amount = values["exact_minor"], formats.money(values["amount_minor"], values["currency"])
    if exact.denominator == 1:
        return _("That is exactly %(amount)s.") % {"amount": amount}
    how = {
        Rounding.HALF_EVEN: _("to the nearest, and a half to the even one"),
        Rounding.HALF_UP: _("to the nearest, and a half up"),
        Rounding.TRUNCATE: _("down"),
    }[values["rounding"]]
    return _("That is %(exact)s of the smallest unit, rounded %(how)s: %(amount)s.") % {
        "exact": decimal(exact),
        "how": how,
        "amount": amount,
    }


def _gathered(words, values):
    return _("All sales of the period are gathered into one line of %(base)s.") % {"base": words.sold(values)}


def _not_in_upline(words, values):
    return _("%(person)s is not above %(seller)s.") % {
        "person": words.name(values["person"]),
        "seller": words.name(values["seller"]),
    }


def _own_sale(words, values):
    return _("This bonus pays the people above a sale, not %(seller)s, who sold.") % {"seller": words.name(values["seller"])}


def _for_the_seller(words, values):
    return _("This bonus goes to %(seller)s, who sold.") % {"seller": words.name(values["seller"])}


def _out_of_reach(words, values):
    return ngettext(
        "The bonus pays %(levels)s level, and it was used up before it came to %(person)s.",
        "The bonus pays %(levels)s levels, and they were used up before it came to %(person)s.",
        values["levels"],
    ) % {"levels": values["levels"], "person": words.name(values["person"])}


def _account_not_open(words, values):
    return _("%(person)s %(reason)s.") % {"person": words.name(values["person"]), "reason": words.reason(values["reason"])}


def _not_active(words, values):
    return _("%(person)s has %(points)s points of own volume this period; it takes %(needed)s to be active.") % {
        "person": words.name(values["person"]),
        "points": formats.points(values["points"]),
        "needed": formats.points(values["needed_points"]),
    }


def _rank_too_low(words, values):
    return _("%(person)s is %(rank)s and is not paid that far down.") % {
        "person": words.name(values["person"]),
        "rank": words.rank(values["rank"]),
    }


def _nothing_sold(words, values):
    return _("Nothing that this bonus pays on was sold in this period yet.")


def _missed(words, values):
    return _("%(person)s missed %(amount)s at level %(level)s: %(person)s %(reason)s.") % {
        "person": words.name(values["person"]),
        "amount": formats.money(values["amount_minor"], words.part.plan.currency),
        "level": values["level"],
        "reason": words.reason(values["reason"]),
    }


def _came_to_nothing(words, values):
    return _("The sales were returned, or came to less than the smallest unit of money.")


SENTENCES = {
    Says.SOLD_POINTS: _sold_points,
    Says.SOLD_ABOVE_PRICE: _sold_above_price,
    Says.STEP_PAID: _step_paid,
    Says.STEP_INHERITS: _step_inherits,
    Says.STEP_LOSES: _step_loses,
    Says.STEP_PASSED: _step_passed,
    Says.STEP_NOBODY: _step_nobody,
    Says.RATE: _rate,
    Says.WORTH: _worth,
    Says.ROUNDED: _rounded,
    Says.GATHERED: _gathered,
    Says.NOT_IN_UPLINE: _not_in_upline,
    Says.OWN_SALE: _own_sale,
    Says.FOR_THE_SELLER: _for_the_seller,
    Says.OUT_OF_REACH: _out_of_reach,
    Says.ACCOUNT_NOT_OPEN: _account_not_open,
    Says.NOT_ACTIVE: _not_active,
    Says.RANK_TOO_LOW: _rank_too_low,
    Says.NOTHING_SOLD: _nothing_sold,
    Says.MISSED: _missed,
    Says.CAME_TO_NOTHING: _came_to_nothing,
}


def decimal(number: Fraction) -> str:
    """Write an exact fraction as a decimal, cut after eight places where it goes on."""
    whole, rest = divmod(abs(number.numerator) * 10**8 // number.denominator, 10**8)
    digits = f"{whole}.{rest:08d}".rstrip("0").rstrip(".")
    return f"-{digits}" if number < 0 else digits
