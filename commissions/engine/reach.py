"""Whose sales pay somebody else than before, when some people stand differently: found without walking up from everybody.

A walk up a tree changes only if it meets somebody whose claim changed (``BySale.claim``). Whoever it may start from
lies below such a person, in the tree that the bonus walks, and near enough for the walk to get there
(``BySale.reach``). For those with sales it is made before and after, and only those whose payees differ count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.arrays import mask
from commissions.engine.bonuses.bonus import Reach
from commissions.engine.bonuses.walking import BySale
from commissions.engine.calculation import Calculation
from commissions.engine.held import Held, have_sales, ranges
from commissions.engine.plan import Plan
from commissions.engine.result import Standings
from commissions.engine.snapshot import NONE, SPONSOR, People, Snapshot, Tree, no_sales

NOBODY = np.empty(0, dtype=np.int64)
_NO_SALES = no_sales()
TOO_MANY = 4
"""Where walks may have changed for more than one in so many, computing the bonus whole is quicker."""


class After:
    """Where everyone stands after a refresh: as held, but for the people ``rows``, who stand as ``stood`` says."""

    def __init__(self, held: Standings, rows: NDArray[np.int64], stood: Standings) -> None:
        self.held, self.rows, self.stood = held, rows, stood

    def take(self, people: NDArray[np.int64]) -> Standings:
        """Return the standings of some of the people."""
        taken = self.held.take(people)
        place = np.minimum(np.searchsorted(self.rows, people), max(len(self.rows) - 1, 0))
        here = np.flatnonzero(self.rows[place] == people) if len(self.rows) else NOBODY
        taken.put(here, self.stood.take(place[here]))
        return taken

    def everybody(self) -> Standings:
        """Return the standings of all the people."""
        stands = self.held.copy()
        stands.put(self.rows, self.stood)
        return stands


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A tree of people in its own preorder, in which a person has a *place*, or none (NONE) in a placement tree.

    ``parent`` and ``size`` go by place. Of the sponsor tree people stand in the preorder themselves: ``placed`` is None.
    """

    people: People
    code: str
    placed: Tree | None
    parent: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def of(cls, people: People, code: str) -> "Line":
        """Return a tree by its code. Raises Unsound for a tree that is not there."""
        if code == SPONSOR:
            return cls(people, code, None, people.parent, people.size)
        placed = people.placed(code)
        return cls(people, code, placed, placed.parent, placed.size)

    def places(self, people: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return, sorted, the places of those of some people who have one."""
        if self.placed is None:
            return people
        return np.flatnonzero(mask(len(self.people), people)[self.placed.order])

    def who(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return who has some places."""
        return places if self.placed is None else self.placed.order[places]

    def with_uplines(self, people: NDArray[np.int64]) -> "Part":
        """Return some people (sorted) with everybody above them in this tree, as people of their own."""
        places = tree.with_uplines(self.places(people), self.parent, self.size)
        if self.placed is None:
            return Part(places, part_of(self.people, places))
        rows = np.union1d(self.placed.order[places], people)
        part = alone(self.people, rows)
        parent = self.parent[places]
        seats = Tree(
            order=np.searchsorted(rows, self.placed.order[places]),
            parent=np.where(parent == NONE, NONE, np.searchsorted(places, parent)),
            size=np.searchsorted(places, places + self.size[places]) - np.arange(len(places)),
            leg=self.placed.leg[places],
        )
        return Part(rows, People(part.id, part.parent, part.size, part.status, part.joined_at, part.facts, {self.code: seats}))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the people: ``rows`` says who they are among all, sorted; ``people`` is them as people of their own."""

    rows: NDArray[np.int64]
    people: People

    def places(self, people: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where some of the people stand in the part."""
        return np.searchsorted(self.rows, people)


def affected_sellers(plan: Plan, index: int, held: Held, after: After) -> NDArray[np.int64] | None:
    """Find whose sales pay somebody else than before; None where so many may that it is not worth finding them."""
    bonus = plan.bonuses[index]
    assert isinstance(bonus, BySale)
    claims = bonus.claim(plan, index, held.standings.take(after.rows)) != bonus.claim(plan, index, after.stood)
    if not claims.any():
        return NOBODY
    line = Line.of(held.people, bonus.walks_up)
    near = within_reach(plan, index, line, after.rows[claims], after)
    if len(near) * TOO_MANY > len(held.people):
        return None
    sellers = near[have_sales(held.batches, near)]
    part = line.with_uplines(sellers)
    local = part.places(sellers)
    before = bonus.walk(seeing(plan, part.people, held.standings.take(part.rows)), index, local)
    now = bonus.walk(seeing(plan, part.people, after.take(part.rows)), index, local)
    differ = (before.payee != now.payee).any(axis=0) | (before.rate_ppm != now.rate_ppm).any(axis=0)
    affected: NDArray[np.int64] = sellers[differ]
    return affected


def seeing(plan: Plan, people: People, standings: Standings) -> Calculation:
    """Return what a walk among some of the people sees: no sales, and only the tree that it goes up."""
    return Calculation.begin(plan, Snapshot(people, _NO_SALES), standings)


def within_reach(plan: Plan, index: int, line: Line, claimants: NDArray[np.int64], after: After) -> NDArray[np.int64]:
    """Find everybody below the claimants, themselves included, whose walk may come as far as the nearest of them."""
    heads = line.places(claimants)
    places, parent, size = _downlines(line, heads)
    reach = _reach(plan, index, line.who(places), len(line.people), after)
    if reach is not None and len(places):
        claims = mask(len(places), np.searchsorted(places, heads))
        nearest = np.where(claims, np.arange(len(places)), tree.next_upline(claims, parent)[:-1])
        met = tree.count_above(reach.marked, size) + reach.marked
        places = places[met - met[nearest] <= reach.most]
    return places if line.placed is None else np.union1d(line.who(places), claimants)


def _reach(plan: Plan, index: int, rows: NDArray[np.int64], count: int, after: After) -> Reach | None:
    """Say how far up from some people a walk can come, before or after."""
    bonus = plan.bonuses[index]
    assert isinstance(bonus, BySale)
    if len(rows) * 8 < count:
        before, now = bonus.reach(plan, index, after.held.take(rows)), bonus.reach(plan, index, after.take(rows))
        return before and now and Reach(before.marked & now.marked, before.most)
    # Most people's standings are as they were: looking at all of them is quicker than copying those of so many.
    before, now = bonus.reach(plan, index, after.held), bonus.reach(plan, index, after.stood)
    if before is None or now is None:
        return None
    marked = before.marked.copy()
    marked[after.rows] &= now.marked
    return Reach(marked[rows], before.most)


def _downlines(line: Line, heads: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return all places in the downlines of some ``heads`` (sorted) as a forest: the places, parents and sizes."""
    ends = heads + line.size[heads]
    tops = heads[np.concatenate(([True], heads[1:] >= np.maximum.accumulate(ends)[:-1]))[: len(heads)]]
    places = ranges(tops, line.size[tops])
    parent = line.parent[places] - (places - np.arange(len(places)))
    parent[np.searchsorted(places, tops)] = NONE
    return places, parent, line.size[places]


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


def alone(people: People, rows: NDArray[np.int64]) -> People:
    """Return some of the people by themselves, with nobody above or below anybody."""
    return People(
        id=people.id[rows],
        parent=np.full(len(rows), NONE, dtype=np.int64),
        size=np.ones(len(rows), dtype=np.int64),
        status=people.status[rows],
        joined_at=people.joined_at[rows],
        facts={kind: values[rows] for kind, values in people.facts.items()},
    )
