"""The lines behind what somebody has earned: computed by the engine when they are asked for, never stored while live."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from commissions import parts, plan_versions, whole
from commissions.engine.money import CURRENCIES
from commissions.engine.result import Reason
from commissions.engine.slices import lines_of
from commissions.engine.snapshot import NONE
from commissions.models import VolumeEntry

WINDOW = 500
"""Of a large downline this many of the newest sales are looked at in one go, and no more windows than ``WINDOWS``."""

WINDOWS = 6


@dataclass(frozen=True)
class EarningLine:
    """One payment line. ``amount_minor`` is in ``currency``, the plan's; ``base`` is hundredths of a point where
    ``base_currency`` is empty, else minor units of that. A missed line went to somebody else or to nobody, for ``reason``.
    ``number`` counts the lines of one bonus and payee where a line may belong to no order.
    """

    bonus: str
    bonus_name: str
    reference: str
    source_id: int | None
    level: int
    rate_ppm: int
    base: int
    base_currency: str
    amount_minor: int
    currency: str
    at: datetime | None
    is_missed: bool
    reason: Reason
    number: int | None = None


@dataclass(frozen=True)
class Lines:
    """Lines, the newest first. ``before`` asks for older ones where not everything was looked at; None when it was."""

    lines: list[EarningLine]
    before: int | None


def lines(distributor_id, period, *, bonus=None, limit=50, before=None, missed=False):
    """Return the lines that somebody earned in a period, or those that somebody missed; of one bonus or of all.

    Up to ``limit`` of the newest. Of a downline above ``parts.READ_WHOLE`` only the newest sales are looked at; pass on
    the ``before`` that comes back to go on.
    """
    plan = plan_versions.load(period.plan)
    if bonus is not None and not plan.is_told_by_sale(plan.bonus_index(bonus)):
        return _of_whole(distributor_id, period, plan.bonus_index(bonus), limit, before or 0, missed)
    if parts.is_small(distributor_id, period):
        found = _of_part(parts.below(distributor_id, period), bonus, missed)
        found.sort(key=_newest_first)
        start = before or 0
        return Lines(found[start : start + limit], start + limit if len(found) > start + limit else None)
    found, cursor = [], before or 2**62
    for _window in range(WINDOWS):
        sold = parts.newest(distributor_id, period, before=cursor, most=WINDOW)
        if sold:
            part = parts.toward(distributor_id, period, {seller for _entry, seller in sold})
            inside = {entry for entry, _seller in sold}
            found += _of_part(part, bonus, missed, only=inside)
            cursor = sold[-1][0]
        if len(sold) < WINDOW:
            return Lines(sorted(found, key=_newest_first), None)
        if len(found) >= limit:
            break
    return Lines(sorted(found, key=_newest_first), cursor)


def _of_whole(distributor_id, period, index, limit, start, missed):
    """Return a page of the lines of a bonus that depends on everybody; none where the company is too large for it."""
    found = whole.of(period)
    place = found.place_of(distributor_id) if found else None
    if place is None:
        return Lines([], None)
    rows = found.rows_of(index, place, missed=missed)
    sales = found.calculation.sales
    shown = rows[start : start + limit].tolist()
    of_order = [row for row in shown if found.lines.sale[row] != NONE]
    entry = {row: int(sales.id[found.lines.sale[row]]) for row in of_order}
    references = dict(VolumeEntry.objects.filter(pk__in=set(entry.values())).values_list("pk", "reference"))
    made = []
    for number, row in enumerate(shown, start):
        at = datetime.fromtimestamp(int(sales.at[found.lines.sale[row]]) / 1e6, tz=UTC) if row in entry else None
        line = _line(found.plan, found.people, found.lines, row, references[entry[row]] if row in entry else "", at, missed)
        made.append(replace(line, number=number))
    return Lines(made, start + limit if len(rows) > start + limit else None)


def _newest_first(line):
    return (-(line.at.timestamp() if line.at else 0), line.reference, line.level)


def _of_part(part, bonus, missed, only=None):
    """Return a part's lines to its first person; with ``only``, those of orders that begin with one of some entries."""
    found, sales = lines_of(part.plan, part.held, 0)
    wanted = (found.missed == 0) & (found.payee != 0) if missed else found.payee == 0
    if bonus is not None:
        wanted &= found.bonus == part.plan.bonus_index(bonus)
    rows = np.flatnonzero(wanted)
    entries = sales.id[found.sale[rows]] if len(sales) else np.zeros(len(rows), dtype=np.int64)
    references = dict(VolumeEntry.objects.filter(pk__in=set(entries.tolist())).values_list("pk", "reference"))
    made = []
    for row, entry in zip(rows.tolist(), entries.tolist(), strict=True):
        of_order = found.sale[row] != NONE
        if only is None or not of_order or entry in only:
            at = datetime.fromtimestamp(int(sales.at[found.sale[row]]) / 1e6, tz=UTC) if of_order else None
            made.append(_line(part.plan, part.held.people, found, row, references[entry] if of_order else "", at, missed))
    return made


def _line(plan, people, found, row, reference, at, missed):
    bonus = plan.bonuses[int(found.bonus[row])]
    source, currency = int(found.source[row]), int(found.currency[row])
    return EarningLine(
        bonus=bonus.code,
        bonus_name=bonus.name,
        reference=reference,
        source_id=None if source == NONE else int(people.id[source]),
        level=int(found.level[row]),
        rate_ppm=int(found.rate_ppm[row]),
        base=int(found.base[row]),
        base_currency="" if currency == NONE else CURRENCIES[currency],
        amount_minor=int(found.amount_minor[row] - found.cut_minor[row]),
        currency=plan.currency,
        at=at,
        is_missed=missed,
        reason=Reason(found.reason[row]),
    )
