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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.bonuses.bonus import Bonus, Reach, Unit
from commissions.engine.bonuses.walking import PerSale
from commissions.engine.calculate import calculate, cap, earn, lines, stand, total
from commissions.engine.calculation import Calculation
from commissions.engine.caps import Step
from commissions.engine.held import Held, framed, have_sales, merged, ranges, require_new, sales_of, taken_in, whole
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Standings
from commissions.engine.snapshot import NO_RANK, NONE, Outside, People, Sales, Snapshot, no_sales

_NOBODY = np.empty(0, dtype=np.int64)
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


class After:
    """Where everyone stands after a refresh: as held, but for the people ``rows``, who stand as ``stood`` says."""

    def __init__(self, held: Standings, rows: NDArray[np.int64], stood: Standings) -> None:
        self.held, self.rows, self.stood = held, rows, stood

    def take(self, people: NDArray[np.int64]) -> Standings:
        """Return the standings of some of the people."""
        taken = self.held.take(people)
        place = np.minimum(np.searchsorted(self.rows, people), max(len(self.rows) - 1, 0))
        here = np.flatnonzero(self.rows[place] == people) if len(self.rows) else _NOBODY
        taken.put(here, self.stood.take(place[here]))
        return taken


def refresh(plan: Plan, held: Held, sales: Sales, changed: NDArray[np.int64] = _NOBODY) -> Change:
    """Find what new ``sales`` and ``changed`` people alter; ``held`` stays as it is.

    ``changed`` are people who have just enrolled or whose status has just changed. Raises Unsound for a sale that is
    held already, AmountTooLarge for figures beyond 64 bits.
    """
    require_new(held.batches, sales)
    refreshing = _Refreshing(plan, held, sales, restand(plan, held, sales, np.union1d(sales.person, changed)))
    unearned = held.unearned.copy()
    gains: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    steps = plan.steps(held.frame.period or plan.ladder.period)
    by_sale = [step for step in steps if not isinstance(step, Step) and _in_slices(plan, plan.bonuses[step])]
    for index in by_sale:
        people, gained, to_nobody = _gains(refreshing, index)
        unearned[index] += to_nobody
        gains[index] = (people[gained != 0], gained[gained != 0])
    after = refreshing.after
    touched = np.unique(
        np.concatenate([after.rows[_differ(held.standings.take(after.rows), after.stood)], *(who for who, _ in gains.values())])
    )
    if plan.needs_everybody(steps):
        return _settled(refreshing, steps, gains, touched, unearned)
    earned = held.earned[:, touched]
    for index, (people, gained) in gains.items():
        earned[index, np.searchsorted(touched, people)] += gained
    money.require_summable(earned, "the earnings")
    return Change(touched, after.take(touched), earned.copy(), earned, unearned, sales)


@dataclass(frozen=True, slots=True, eq=False)
class _Refreshing:
    """What a refresh starts from: what is held, the new sales, and where everyone stands after them."""

    plan: Plan
    held: Held
    sales: Sales
    after: After


def _in_slices(plan: Plan, bonus: Bonus) -> bool:
    return plan.pays_sales_alone and bonus.per_sale and bonus.line is not Unit.PAYEE


def _settled(
    refreshing: _Refreshing,
    steps: tuple[int | Step, ...],
    gains: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]],
    touched: NDArray[np.int64],
    unearned: NDArray[np.int64],
) -> Change:
    """Run whole what needs everybody, take the caps off everybody's sums, and find who earns something else."""
    plan, held = refreshing.plan, refreshing.held
    everybody = np.arange(len(held.people))
    snapshot = framed(held, merged(whole(held).sales, refreshing.sales))
    calculation = Calculation.begin(plan, snapshot, refreshing.after.take(everybody))
    for step in steps:
        if isinstance(step, Step):
            cap(calculation, step)
        elif _in_slices(plan, plan.bonuses[step]):
            calculation.earned[step] = held.earned[step]
            people, gained = gains[step]
            calculation.earned[step, people] += gained
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
    return dataclasses.replace(held, batches=taken_in(held.batches, change.sales), unearned=change.unearned)


def restand(plan: Plan, held: Held, sales: Sales, concerned: NDArray[np.int64]) -> After:
    """Compute where the people concerned and their uplines stand once the new ``sales`` are in."""
    people = held.people
    if not plan.stands_in_slices or plan.elsewhere(held.frame.period):
        stood = stand(plan, framed(held, merged(whole(held).sales, sales)))
        rows = np.union1d(np.flatnonzero(_differ(held.standings, stood)), concerned)
        return After(held.standings, rows, stood.take(rows))
    upline = _mask(len(people) + 1, tree.with_uplines(concerned, people.parent, people.size))
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


def affected_sellers(plan: Plan, index: int, held: Held, after: After) -> NDArray[np.int64]:
    """Find whose sales pay somebody else than before.

    Only people with sales below somebody whose claim changed, near enough for a walk to get there, come into question;
    for those the walk is made before and after.
    """
    bonus = plan.bonuses[index]
    assert isinstance(bonus, PerSale)
    claims = bonus.claim(plan, index, held.standings.take(after.rows)) != bonus.claim(plan, index, after.stood)
    if not claims.any():
        return _NOBODY
    near = _within_reach(plan, index, held, after.rows[claims], after)
    sellers = near[have_sales(held.batches, near)]
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
    part, local = part_of(held.people, upward), np.searchsorted(upward, sellers)
    before = bonus.walk(seeing(plan, part, held.standings.take(upward)), index, local)
    now = bonus.walk(seeing(plan, part, after.take(upward)), index, local)
    differ = (before.payee != now.payee).any(axis=0) | (before.rate_ppm != now.rate_ppm).any(axis=0)
    affected: NDArray[np.int64] = sellers[differ]
    return affected


def seeing(plan: Plan, people: People, standings: Standings) -> Calculation:
    """Return what a walk among some of the people sees: no sales, and only the sponsor tree."""
    return Calculation.begin(plan, Snapshot(people, _NO_SALES), standings)


def lines_of(plan: Plan, held: Held, person: int) -> tuple[Lines, Sales]:
    """Return the lines that are paid to one person or that this person missed, and the sales that they come from.

    Only lines of bonuses that are paid sale by sale, before caps; only sales below the person, near enough for a walk to
    get there, are looked at, so ``held`` may be no more than the person's downline. The people in the lines and sales
    are as held; the ``sale`` of a line is an index into the sales that are returned with it.
    """
    of_period = plan.steps(held.frame.period or plan.ladder.period)
    steps = [step for step in of_period if not isinstance(step, Step) and plan.pays_sales_alone and plan.bonuses[step].per_sale]
    if not steps:
        return Lines.join([]), sales_of(held.batches, _NOBODY)
    concerned = np.array([person])
    after = After(held.standings, _NOBODY, held.standings.take(_NOBODY))
    near = np.unique(np.concatenate([_within_reach(plan, step, held, concerned, after) for step in steps]))
    sellers = near[have_sales(held.batches, near)]
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
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


def all_lines_of(plan: Plan, held: Held, person: int) -> tuple[Lines, Sales]:
    """Return the lines of one person as ``lines_of``, of all bonuses and after caps: the whole company is computed."""
    snapshot = whole(held)
    result = calculate(plan, snapshot)
    assert result.lines is not None
    theirs = _concerning(result.lines, person)
    of_a_sale = theirs.sale != NONE
    sellers = np.unique(snapshot.sales.person[theirs.sale[of_a_sale]])
    rows = np.flatnonzero(np.isin(snapshot.sales.person, sellers))
    sale = theirs.sale.copy()
    sale[of_a_sale] = np.searchsorted(rows, theirs.sale[of_a_sale])
    return dataclasses.replace(theirs, sale=sale), snapshot.sales.take(rows)


def _gains(refreshing: _Refreshing, index: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Find what a refresh adds to a bonus that is paid sale by sale: people, what each gains, and what nobody does."""
    plan, held, sales, after = refreshing.plan, refreshing.held, refreshing.sales, refreshing.after
    affected = affected_sellers(plan, index, held, after)
    sellers = np.union1d(affected, sales.person)
    known = sales_of(held.batches, sellers)
    if plan.bonuses[index].line is Unit.ORDER:  # of a seller whose walk is as before, only the orders that have something new
        known = known.take(np.flatnonzero(np.isin(known.person, affected) | np.isin(known.order, sales.order)))
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
    part = part_of(held.people, upward)
    now = Snapshot(part, _credited_within(merged(known, sales), upward))
    then = Snapshot(part, _credited_within(known, upward))
    gained, unearned = total(plan, now, after.take(upward), index)
    less, unearned_less = total(plan, then, held.standings.take(upward), index)
    return upward, gained - less, unearned - unearned_less


def _within_reach(plan: Plan, index: int, held: Held, claimants: NDArray[np.int64], after: After) -> NDArray[np.int64]:
    """Find everybody below the claimants, themselves included, whose walk may come as far as the nearest of them."""
    rows, parent, size = _downlines(held.people, claimants)
    reach = _reach(plan, index, held, rows, after)
    if reach is None:
        return rows
    claims = _mask(len(rows), np.searchsorted(rows, claimants))
    nearest = np.where(claims, np.arange(len(rows)), tree.next_upline(claims, parent)[:-1])
    met = tree.count_above(reach.marked, size) + reach.marked
    return rows[met - met[nearest] <= reach.most]


def _reach(plan: Plan, index: int, held: Held, rows: NDArray[np.int64], after: After) -> Reach | None:
    """Say how far up from some people a walk can come, before or after."""
    bonus = plan.bonuses[index]
    assert isinstance(bonus, PerSale)
    if len(rows) * 8 < len(held.people):
        before, now = bonus.reach(plan, index, held.standings.take(rows)), bonus.reach(plan, index, after.take(rows))
        return before and now and Reach(before.marked & now.marked, before.most)
    # Most people's standings are as they were: looking at all of them is quicker than copying those of so many.
    before, now = bonus.reach(plan, index, held.standings), bonus.reach(plan, index, after.stood)
    if before is None or now is None:
        return None
    marked = before.marked.copy()
    marked[after.rows] &= now.marked
    return Reach(marked[rows], before.most)


def _downlines(people: People, heads: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return everybody in the downlines of some ``heads`` (sorted) as a forest: who they are, parents and sizes."""
    ends = heads + people.size[heads]
    tops = heads[np.concatenate(([True], heads[1:] >= np.maximum.accumulate(ends)[:-1]))]
    rows = ranges(tops, people.size[tops])
    parent = people.parent[rows] - (rows - np.arange(len(rows)))
    parent[np.searchsorted(rows, tops)] = NONE
    return rows, parent, people.size[rows]


def part_of(people: People, rows: NDArray[np.int64]) -> People:
    """Return some of the people, among whom everybody's sponsor is, as people of their own."""
    parent = people.parent[rows]
    return People(
        id=people.id[rows],
        parent=np.where(parent == NONE, NONE, np.searchsorted(rows, parent)),
        size=np.searchsorted(rows, rows + people.size[rows]) - np.arange(len(rows)),
        status=people.status[rows],
        joined_at=people.joined_at[rows],
        facts={kind: values[rows] for kind, values in people.facts.items()},
    )


def _credited_within(sales: Sales, rows: NDArray[np.int64]) -> Sales:
    """Return sales whose people are counted among ``rows``."""
    return dataclasses.replace(sales, person=np.searchsorted(rows, sales.person))


def _mask(length: int, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(length, dtype=np.bool_)
    mask[which] = True
    return mask


def _differ(before: Standings, after: Standings) -> NDArray[np.bool_]:
    """Say who stands in any way differently."""
    differ = np.zeros(len(before.pv), dtype=np.bool_)
    for field in dataclasses.fields(Standings):
        unequal = getattr(before, field.name) != getattr(after, field.name)
        differ |= unequal if unequal.ndim == 1 else unequal.any(axis=0)
    return differ
