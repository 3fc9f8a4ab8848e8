"""What somebody was paid in a closed period, read from the run that closed it: the balance, the totals, line by line.

Nothing is computed anew: what is read here is what was written, and the way of a sale goes through the people as they stood.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from commissions import plan_versions
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE
from commissions.models import Adjustment, Hold, Run, RunArray, RunBonus, RunLine, RunStanding, RunTotal, VolumeEntry
from commissions.runs.inputs import read_arrays
from commissions.runs.rows import NO_CURRENCY
from commissions.standings import BonusTotal

SHOWN = 60
"""Statements of the newest so many periods are listed."""

LONGEST_WAY = 200


@dataclass(frozen=True)
class Statement:
    """What one closed period came to for one person, in the plan's currency."""

    run: Run
    earned_minor: int
    clawback_minor: int
    adjustment_minor: int
    brought_minor: int
    payable_minor: int
    carried_minor: int
    rank: int

    @property
    def period(self):
        """The period that was closed."""
        return self.run.period

    @property
    def currency(self):
        """The currency of all amounts."""
        return self.run.currency

    @property
    def gained_minor(self):
        """What the period itself brought: earned, less what was taken back."""
        return self.earned_minor + self.clawback_minor


@dataclass(frozen=True)
class StatementLine:
    """A line as it was paid. ``amount_minor`` is what was paid of ``before_cuts_minor``; a line that takes back is negative and
    names the run and the number of the line that it reverses.
    """

    run_id: int
    number: int
    bonus: str
    bonus_name: str
    reference: str
    entry_id: int
    source_id: int | None
    level: int
    rate_ppm: int
    quantity: int
    of: int
    base: int
    base_currency: str
    before_cuts_minor: int
    amount_minor: int
    currency: str
    at: datetime | None
    reason: Reason
    reverses: tuple[int, int] | None
    is_missed: bool = False


@dataclass(frozen=True)
class Step:
    """Somebody on the way up from a sale, as they stood: the level that was paid to them, or None."""

    distributor_id: int
    level: int | None
    is_active: bool
    rank: int


def closed_run(period):
    """Return the run that closed a period; None while it is open or being settled."""
    closed = Run.objects.filter(period=period, status=Run.Status.CLOSED).select_related("period__plan", "plan")
    return closed.first()


def of(distributor_id, *, most=SHOWN):
    """Return somebody's statements of the newest closed periods that they stood in, newest first. Two queries."""
    runs = {
        run.pk: run
        for run in Run.objects.filter(status=Run.Status.CLOSED)
        .select_related("period", "plan")
        .defer("review", "state")
        .order_by("-period__ends_at")[:most]
    }
    rows = {row.run_id: row for row in RunStanding.objects.filter(run_id__in=list(runs), distributor=distributor_id)}
    return [_statement(run, rows[pk]) for pk, run in runs.items() if pk in rows]


def of_run(run, distributor_id):
    """Return somebody's statement of one run; None for who did not stand in it."""
    row = RunStanding.objects.filter(run_id=run.pk, distributor=distributor_id).first()
    return _statement(run, row) if row else None


def _statement(run, row):
    names = ("earned", "clawback", "adjustment", "brought", "payable", "carried")
    amounts = {f"{name}_minor": getattr(row, f"{name}_minor") or 0 for name in names}
    return Statement(run, rank=row.rank, **amounts)


def totals(run, distributor_id):
    """Return what each bonus came to, in the plan's order; bonuses of older plans only where they were taken back."""
    paid = dict(RunTotal.objects.filter(run_id=run.pk, distributor=distributor_id).values_list("bonus", "amount_minor"))
    own = len(plan_versions.load(run.plan).bonuses)
    return [
        BonusTotal(bonus.code, bonus.name, paid.get(bonus.place, 0), run.currency)
        for bonus in RunBonus.objects.filter(run=run).order_by("place")
        if bonus.place < own or bonus.place in paid
    ]


def adjustments(run, distributor_id):
    """Return the adjustments of a payee that a run took."""
    ids = run.review.get("settled", {}).get("adjustments", [])
    return list(Adjustment.objects.filter(pk__in=ids, distributor=distributor_id).order_by("pk"))


def holds(distributor_id):
    """Return the holds that are in force for a payee, or wait for approval."""
    return list(Hold.objects.filter(distributor=distributor_id, ended_at=None).order_by("pk"))


def lines(run, distributor_id, *, bonus=None, after=0, limit=40):
    """Return (lines, number to go on after): what a run paid somebody, in the order of the run; of one bonus or of all."""
    found = RunLine.objects.filter(run_id=run.pk, payee_id=distributor_id, number__gt=after)
    if bonus is not None:
        found = found.filter(bonus=RunBonus.objects.get(run=run, code=bonus).place)
    rows = list(found.order_by("number")[: limit + 1])
    more = rows[limit - 1].number if len(rows) > limit else None
    return _told(run, rows[:limit]), more


def line(run, distributor_id, number):
    """Return one line of somebody's; None where the number is not one of theirs."""
    rows = RunLine.objects.filter(run_id=run.pk, number=number, payee_id=distributor_id)
    return next(iter(_told(run, rows)), None)


def reversed_line(line):
    """Return the run and the line that a line takes back; (None, None) where it takes nothing back."""
    if line.reverses is None:
        return None, None
    run = Run.objects.select_related("period", "plan").get(pk=line.reverses[0])
    (told,) = _told(run, RunLine.objects.filter(run_id=run.pk, number=line.reverses[1]))
    return run, told


def _told(run, rows):
    """Put stored rows into lines. Two queries however many there are."""
    rows = list(rows)
    bonuses = {bonus.place: bonus for bonus in RunBonus.objects.filter(run=run)}
    entries = VolumeEntry.objects.filter(pk__in={row.entry_id for row in rows if row.entry_id})
    sold = {pk: (reference, at) for pk, reference, at in entries.values_list("pk", "reference", "credited_at")}
    nothing = ("", None)
    return [
        StatementLine(
            run_id=run.pk,
            number=row.number,
            bonus=bonuses[row.bonus].code,
            bonus_name=bonuses[row.bonus].name,
            reference=sold.get(row.entry_id, nothing)[0],
            entry_id=row.entry_id or 0,
            source_id=row.source_id or None,
            level=row.level or 0,
            rate_ppm=row.rate_ppm or 0,
            quantity=1 if row.quantity is None else row.quantity,
            of=1 if row.of is None else row.of,
            base=row.base,
            base_currency="" if row.currency == NO_CURRENCY.decode() else row.currency,
            before_cuts_minor=row.amount_minor,
            amount_minor=row.amount_minor - (row.cut_minor or 0),
            currency=run.currency,
            at=sold.get(row.entry_id, nothing)[1],
            reason=Reason(row.reason or 0),
            reverses=(row.reverses_run, row.reverses_number) if row.reverses_run else None,
        )
        for row in rows
    ]


def way(run, line, distributor_id):
    """Return who stood between the source of a line and its payee, both included, the source first; empty without a source."""
    if line.source_id is None:
        return []
    people = read_arrays(run.repeats or run, RunArray.Role.INPUT, {"people.id", "people.parent"})
    ids, parent = people["people.id"], people["people.parent"]
    place, upward = int(np.flatnonzero(ids == line.source_id)[0]), []
    while place != NONE and len(upward) < LONGEST_WAY:
        upward.append(int(ids[place]))
        if upward[-1] == distributor_id:
            break
        place = int(parent[place])
    if distributor_id not in upward:
        return []  # paid along another tree, or not along any
    stood = {row.distributor_id: row for row in RunStanding.objects.filter(run_id=run.pk, distributor__in=upward)}
    bonus = RunBonus.objects.get(run=run, code=line.bonus).place
    paid = RunLine.objects.filter(run_id=run.pk, payee_id__in=upward, bonus=bonus, source_id=line.source_id)
    paid = paid.filter(entry_id=line.entry_id) if line.entry_id else paid
    levels = dict(paid.order_by("-number").values_list("payee_id", "level"))
    return [
        Step(pk, (levels[pk] or 0) if pk in levels else None, stood[pk].is_active, stood[pk].rank) for pk in upward if pk in stood
    ]
