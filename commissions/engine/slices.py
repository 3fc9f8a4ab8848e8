"""Keeping a period's figures up to date without calculating it whole: the live refresh.

``refresh`` works out what new sales and changed people alter, on slices; ``take`` writes it into the arrays that are
held. In between the worker writes the same rows to the database and commits. The figures are the whole calculation's,
to the cent, because slices run through the same functions:

1. *Standings* can change only for the people concerned and their uplines. Their slice holds them and their frontlines,
   each frontline person folded into one row with the group volume and the ranks that are held.
2. *Lines* change for the new sales, and for sales whose walk meets somebody who qualifies for something else than
   before. Those are found below the people whose claim changed, as far as a walk can reach, by walking before and
   after and comparing.
3. *Totals* change by difference: the lines of exactly these sales after, less their lines before.

A bonus that is not ``per_sale``, or that rounds by payee, is run whole, and so are standings that look at more than a
slice carries. Caps are taken off the sums of everybody.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.arrays import mask
from commissions.engine.bonuses.bonus import Unit
from commissions.engine.bonuses.walking import BySale, PerSale
from commissions.engine.calculate import cap, earn, lines, stand, total
from commissions.engine.calculation import Calculation
from commissions.engine.caps import Step
from commissions.engine.held import Held, have_sales, merged, require_new, sales_of, taken_in, whole
from commissions.engine.plan import Plan
from commissions.engine.reach import NOBODY, After, Line, affected_sellers, alone, part_of, seeing, within_reach
from commissions.engine.result import Lines, Standings
from commissions.engine.snapshot import NO_RANK, NO_STATE, NONE, SPONSOR, Outside, Sales, Snapshot, no_sales

_NO_SALES = no_sales()


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a refresh found: the rows of ``people`` that differ, as they are now.

    ``totals`` (after caps) and ``earned`` (before) are ``[bonus, row]``.
    """

    people: NDArray[np.int64]
    standings: Standings
    totals: NDArray[np.int64]
    earned: NDArray[np.int64]
    unearned: NDArray[np.int64]
    sales: Sales


def refresh(plan: Plan, held: Held, sales: Sales, changed: NDArray[np.int64] = NOBODY) -> Change:
    """Find what new ``sales`` and ``changed`` people alter; ``held`` stays as it is.

    ``changed`` are people who have just enrolled or whose status has just changed. Raises Unsound for a sale that is
    held already, AmountTooLarge for figures beyond 64 bits.
    """
    require_new(held.batches, sales)
    after = restand(plan, held, sales, np.union1d(sales.person, changed))
    moved = after.rows[_differ(held.standings.take(after.rows), after.stood)]
    refreshing = _Refreshing(plan, held, sales, after, np.union1d(moved, changed))
    steps = plan.steps(held.frame.period or plan.ladder.period)
    gains = {step: _gains(refreshing, step) for step in steps if not isinstance(step, Step)}
    touched = np.unique(np.concatenate([moved, *(each.people for each in gains.values() if each is not None)]))
    unearned = held.unearned.copy()
    for index, gain in gains.items():
        unearned[index] += 0 if gain is None else gain.unearned
    if plan.caps.takes or None in gains.values():
        return _settled(refreshing, steps, gains, touched, unearned)
    earned = held.earned[:, touched]
    for index, gain in gains.items():
        assert gain is not None
        earned[index, np.searchsorted(touched, gain.people)] += gain.amount
    money.require_summable(earned, "the earnings")
    return Change(touched, after.take(touched), earned.copy(), earned, unearned, sales)


@dataclass(frozen=True, slots=True, eq=False)
class _Refreshing:
    """What a refresh starts from: what is held, the new sales, and where everyone stands after them.

    ``concerned`` are the people who stand differently, or are not what they were.
    """

    plan: Plan
    held: Held
    sales: Sales
    after: After
    concerned: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Gain:
    """What a refresh adds to what a bonus pays: to whom, how much (never 0), and how much more nobody earns."""

    people: NDArray[np.int64]
    amount: NDArray[np.int64]
    unearned: int

    @classmethod
    def of(cls, people: NDArray[np.int64], amount: NDArray[np.int64], unearned: int) -> "_Gain":
        some = amount != 0
        return cls(people[some], amount[some], unearned)


def _gains(refreshing: _Refreshing, index: int) -> _Gain | None:
    """Find what a refresh adds to a bonus; None for one that has to be run whole."""
    plan, held = refreshing.plan, refreshing.held
    bonus = plan.bonuses[index]
    if not plan.pays_sales_alone:
        return None
    if bonus.per_person:
        return _gains_of_persons(refreshing, index)
    if not isinstance(bonus, BySale) or not bonus.in_slices(plan) or (held.reseated and bonus.walks_up != SPONSOR):
        return None
    affected = affected_sellers(plan, index, held, refreshing.after)
    return None if affected is None else _gains_of_sales(refreshing, index, bonus, affected)


def _gains_of_persons(refreshing: _Refreshing, index: int) -> _Gain:
    """Find what is gained by the people concerned: nobody else's pay can have changed."""
    plan, held, rows = refreshing.plan, refreshing.held, refreshing.concerned
    state = dataclasses.replace(held.frame.state, people={name: values[rows] for name, values in held.frame.state.people.items()})
    some = dataclasses.replace(held.frame, people=alone(held.people, rows), sales=_NO_SALES, state=state)
    earned, unearned = total(plan, some, refreshing.after.take(rows), index)
    assert unearned == 0, "a bonus that goes by the person alone leaves nothing unearned"
    return _Gain.of(rows, earned - held.earned[index, rows], 0)


def _gains_of_sales(refreshing: _Refreshing, index: int, bonus: BySale, affected: NDArray[np.int64]) -> _Gain:
    """Find what is gained by the new sales, and by those of the ``affected`` sellers, who pay somebody else than before."""
    plan, held, sales, after = refreshing.plan, refreshing.held, refreshing.sales, refreshing.after
    sellers = np.union1d(affected, sales.person)
    known = sales_of(held.batches, sellers)
    if bonus.line is Unit.ORDER:  # of a seller whose walk is as before, only the orders that have something new
        known = known.take(np.flatnonzero(np.isin(known.person, affected) | np.isin(known.order, sales.order)))
    part = Line.of(held.people, bonus.walks_up).with_uplines(sellers)
    frame = dataclasses.replace(held.frame, people=part.people, state=NO_STATE)
    now = dataclasses.replace(frame, sales=_credited_within(merged(known, sales), part.rows))
    then = dataclasses.replace(frame, sales=_credited_within(known, part.rows))
    gained, unearned = total(plan, now, after.take(part.rows), index)
    less, unearned_less = total(plan, then, held.standings.take(part.rows), index)
    return _Gain.of(part.rows, gained - less, unearned - unearned_less)


def _settled(
    refreshing: _Refreshing,
    steps: tuple[int | Step, ...],
    gains: Mapping[int, _Gain | None],
    touched: NDArray[np.int64],
    unearned: NDArray[np.int64],
) -> Change:
    """Run whole what needs everybody, take the caps off everybody's sums, and find who earns something else."""
    plan, held = refreshing.plan, refreshing.held
    calculation = Calculation.begin(plan, whole(held, refreshing.sales), refreshing.after.everybody())
    for step in steps:
        if isinstance(step, Step):
            cap(calculation, step)
        elif (gain := gains[step]) is not None:
            calculation.earned[step] = held.earned[step]
            calculation.earned[step, gain.people] += gain.amount
            calculation.paid[step] = calculation.earned[step]
            calculation.unearned[step] = unearned[step]
        else:
            unearned[step] = earn(calculation, step, None)
    differ = (calculation.paid != held.totals).any(axis=0) | (calculation.earned != held.earned).any(axis=0)
    differ[touched] = True
    rows = np.flatnonzero(differ)
    money.require_summable(calculation.earned, "the earnings")
    return Change(
        rows, refreshing.after.take(rows), calculation.paid[:, rows], calculation.earned[:, rows], unearned, refreshing.sales
    )


def take(held: Held, change: Change) -> Held:
    """Write a change into the arrays, and return what is held from now on; ``held`` itself is used up."""
    held.standings.put(change.people, change.standings)
    held.totals[:, change.people] = change.totals
    held.earned[:, change.people] = change.earned
    return dataclasses.replace(held, batches=taken_in(held.batches, change.sales), unearned=change.unearned, reseated=False)


def restand(plan: Plan, held: Held, sales: Sales, concerned: NDArray[np.int64]) -> After:
    """Compute where the people concerned and their uplines stand once the new ``sales`` are in."""
    people = held.people
    if not plan.stands_in_slices or plan.elsewhere(held.frame.period):
        stood = stand(plan, whole(held, sales))
        rows = np.union1d(np.flatnonzero(_differ(held.standings, stood)), concerned)
        return After(held.standings, rows, stood.take(rows))
    upline = mask(len(people) + 1, tree.with_uplines(concerned, people.parent, people.size))
    rows = np.flatnonzero(upline[:-1] | upline[people.parent])  # and their frontlines; a root's parent is the last, False
    folded = ~upline[rows]
    outside = Outside(
        folded=folded,
        pv=np.where(folded, held.standings.gv[rows], held.standings.pv[rows]),
        rank=np.where(folded, held.standings.rank[rows], np.int8(NO_RANK)),
        best=np.where(folded, held.standings.best[rows], np.int8(NO_RANK)),
    )
    standings = stand(plan, Snapshot(part_of(people, rows), _credited_within(sales, rows), outside))
    own = np.flatnonzero(~folded)
    return After(held.standings, rows[own], standings.take(own))


def lines_of(plan: Plan, held: Held, person: int) -> tuple[Lines, Sales]:
    """Return the lines that are paid to one person or that this person missed, and the sales that they come from.

    Only lines of bonuses that are paid sale by sale and that no gate stops, before caps; only sales below the person, near
    enough for a walk to get there, are looked at, so ``held`` may be no more than the person's downline. The people in the
    lines and sales are as held; the ``sale`` of a line is an index into the sales that are returned with it.
    """
    of_period = plan.steps(held.frame.period or plan.ladder.period)
    bonuses = [step for step in of_period if not isinstance(step, Step) and plan.pays_sales_alone]
    steps = [step for step in bonuses if plan.bonuses[step].per_sale and not plan.gates_of(step)]
    if not steps:
        return Lines.join([]), sales_of(held.batches, NOBODY)
    concerned = np.array([person])
    after, line = After(held.standings, NOBODY, held.standings.take(NOBODY)), Line.of(held.people, SPONSOR)
    near = np.unique(np.concatenate([within_reach(plan, step, line, concerned, after) for step in steps]))
    sellers = near[have_sales(held.batches, near)]
    upward = line.with_uplines(sellers).rows
    part, standings = part_of(held.people, upward), held.standings.take(upward)
    me = int(np.searchsorted(upward, person))
    met = np.zeros(len(sellers), dtype=np.bool_)
    for step in steps:
        bonus = plan.bonuses[step]
        assert isinstance(bonus, PerSale)
        walk = bonus.walk(seeing(plan, part, standings), step, np.searchsorted(upward, sellers))
        met |= ((walk.payee == me) | (walk.missed == me)).any(axis=0)
    sales = sales_of(held.batches, sellers[met])
    calculation = Calculation.begin(plan, Snapshot(part, _credited_within(sales, upward)), standings)
    found = [_concerning(block, me) for step in steps for block in lines(calculation, step)]
    theirs = Lines.join(found)
    as_held = np.append(upward, NONE).astype(np.int32)
    return (
        dataclasses.replace(theirs, payee=as_held[theirs.payee], source=as_held[theirs.source], missed=as_held[theirs.missed]),
        sales,
    )


def _concerning(block: Lines, person: int) -> Lines:
    return block.take(np.flatnonzero((block.payee == person) | (block.missed == person)))


def _credited_within(sales: Sales, rows: NDArray[np.int64]) -> Sales:
    """Return sales whose people are counted among ``rows``."""
    return dataclasses.replace(sales, person=np.searchsorted(rows, sales.person))


def _differ(before: Standings, after: Standings) -> NDArray[np.bool_]:
    """Say who stands in any way differently."""
    differ = np.zeros(len(before.pv), dtype=np.bool_)
    for field in dataclasses.fields(Standings):
        unequal = getattr(before, field.name) != getattr(after, field.name)
        differ |= unequal if unequal.ndim == 1 else unequal.any(axis=0)
    return differ
