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

A bonus that rounds by payee has no lines by sale; it is run whole.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.bonuses.bonus import Bonus, Reach, Unit
from commissions.engine.calculate import earn, lines, stand
from commissions.engine.held import Held, have_sales, merged, ranges, require_new, sales_of, taken_in, whole
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Standings
from commissions.engine.snapshot import NO_RANK, NONE, Outside, People, Sales, Snapshot

_NOBODY = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a refresh found: the rows of ``people`` that differ, as they are now. ``totals`` is ``[bonus, row]``."""

    people: NDArray[np.int64]
    standings: Standings
    totals: NDArray[np.int64]
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
    after = restand(plan, held, sales, np.union1d(sales.person, changed))
    unearned = held.unearned.copy()
    gains = []
    for index in range(len(plan.bonuses)):
        people, gained, to_nobody = _gains(plan, index, held, sales, after)
        unearned[index] += to_nobody
        gains.append((people[gained != 0], gained[gained != 0]))
    moved = after.rows[_differ(held.standings.take(after.rows), after.stood)]
    touched = np.unique(np.concatenate([moved, *(people for people, _ in gains)]))
    totals = held.totals[:, touched]
    for index, (people, gained) in enumerate(gains):
        totals[index, np.searchsorted(touched, people)] += gained
    money.require_summable(totals, "the earnings")
    return Change(touched, after.take(touched), totals, unearned, sales)


def take(held: Held, change: Change) -> Held:
    """Write a change into the arrays, and return what is held from now on; ``held`` itself is used up."""
    held.standings.put(change.people, change.standings)
    held.totals[:, change.people] = change.totals
    return Held(
        people=held.people,
        index=held.index,
        batches=taken_in(held.batches, change.sales),
        standings=held.standings,
        totals=held.totals,
        unearned=change.unearned,
    )


def restand(plan: Plan, held: Held, sales: Sales, concerned: NDArray[np.int64]) -> After:
    """Compute where the people concerned and their uplines stand once the new ``sales`` are in."""
    people = held.people
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


def affected_sellers(plan: Plan, bonus: Bonus, held: Held, after: After) -> NDArray[np.int64]:
    """Find whose sales pay somebody else than before.

    Only people with sales below somebody whose claim changed, near enough for a walk to get there, come into question;
    for those the walk is made before and after.
    """
    claims = bonus.claim(plan, held.standings.take(after.rows)) != bonus.claim(plan, after.stood)
    if not claims.any():
        return _NOBODY
    near = _within_reach(plan, bonus, held, after.rows[claims], after)
    sellers = near[have_sales(held.batches, near)]
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
    part, local = part_of(held.people, upward), np.searchsorted(upward, sellers)
    payee_before = bonus.walk(plan, part, held.standings.take(upward), local).payee
    payee_after = bonus.walk(plan, part, after.take(upward), local).payee
    affected: NDArray[np.int64] = sellers[(payee_before != payee_after).any(axis=0)]
    return affected


def lines_of(plan: Plan, held: Held, person: int) -> tuple[Lines, Sales]:
    """Return the lines that are paid to one person or that this person missed, and the sales that they come from.

    Only sales below the person, near enough for a walk to get there, are looked at. The people in the lines and sales
    are as held; the ``sale`` of a line is an index into the sales that are returned with it.
    """
    concerned = np.array([person])
    after = After(held.standings, _NOBODY, held.standings.take(_NOBODY))
    near = np.unique(np.concatenate([_within_reach(plan, bonus, held, concerned, after) for bonus in plan.bonuses]))
    sellers = near[have_sales(held.batches, near)]
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
    part, standings = part_of(held.people, upward), held.standings.take(upward)
    me = int(np.searchsorted(upward, person))
    met = np.zeros(len(sellers), dtype=np.bool_)
    for bonus in plan.bonuses:
        walk = bonus.walk(plan, part, standings, np.searchsorted(upward, sellers))
        met |= ((walk.payee == me) | (walk.missed == me)).any(axis=0)
    sales = sales_of(held.batches, sellers[met])
    found = []
    for block in lines(plan, Snapshot(part, _credited_within(sales, upward)), standings):
        found.append(block.take(np.flatnonzero((block.payee == me) | (block.missed == me))))
    theirs = Lines.join(found)
    as_held = np.append(upward, NONE).astype(np.int32)
    return (
        dataclasses.replace(theirs, payee=as_held[theirs.payee], source=as_held[theirs.source], missed=as_held[theirs.missed]),
        sales,
    )


def _gains(plan: Plan, index: int, held: Held, sales: Sales, after: After) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Find what a refresh adds to a bonus: people, what each of them gains, and what nobody does."""
    bonus = plan.bonuses[index]
    if bonus.line is Unit.PAYEE:
        everybody = np.arange(len(held.people))
        now = Snapshot(held.people, merged(whole(held).sales, sales))
        totals, unearned, _ = earn(plan, now, after.take(everybody), keep_lines=False, bonuses=(index,))
        return everybody, totals[index] - held.totals[index], int(unearned[index] - held.unearned[index])
    affected = affected_sellers(plan, bonus, held, after)
    sellers = np.union1d(affected, sales.person)
    known = sales_of(held.batches, sellers)
    if bonus.line is Unit.ORDER:  # of a seller whose walk is as before, only the orders that have something new
        known = known.take(np.flatnonzero(np.isin(known.person, affected) | np.isin(known.order, sales.order)))
    upward = tree.with_uplines(sellers, held.people.parent, held.people.size)
    part = part_of(held.people, upward)
    now = Snapshot(part, _credited_within(merged(known, sales), upward))
    then = Snapshot(part, _credited_within(known, upward))
    totals, unearned, _ = earn(plan, now, after.take(upward), keep_lines=False, bonuses=(index,))
    less, unearned_less, _ = earn(plan, then, held.standings.take(upward), keep_lines=False, bonuses=(index,))
    return upward, totals[index] - less[index], int(unearned[index] - unearned_less[index])


def _within_reach(plan: Plan, bonus: Bonus, held: Held, claimants: NDArray[np.int64], after: After) -> NDArray[np.int64]:
    """Find everybody below the claimants, themselves included, whose walk may come as far as the nearest of them."""
    rows, parent, size = _downlines(held.people, claimants)
    reach = _reach(plan, bonus, held, rows, after)
    if reach is None:
        return rows
    claims = _mask(len(rows), np.searchsorted(rows, claimants))
    nearest = np.where(claims, np.arange(len(rows)), tree.next_upline(claims, parent)[:-1])
    met = tree.count_above(reach.marked, size) + reach.marked
    return rows[met - met[nearest] <= reach.most]


def _reach(plan: Plan, bonus: Bonus, held: Held, rows: NDArray[np.int64], after: After) -> Reach | None:
    """Say how far up from some people a walk can come, before or after."""
    if len(rows) * 8 < len(held.people):
        before, now = bonus.reach(plan, held.standings.take(rows)), bonus.reach(plan, after.take(rows))
        return before and now and Reach(before.marked & now.marked, before.most)
    # Most people's standings are as they were: looking at all of them is quicker than copying those of so many.
    before, now = bonus.reach(plan, held.standings), bonus.reach(plan, after.stood)
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
