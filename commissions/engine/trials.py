"""Trials: what the engine says if something were sold besides.

A ``Trial`` is a small part of a company in which a person's downline stands, and a question that can be put to it as often
as one likes: where would everybody stand if these sales were made too? The answer is ``calculate.stand`` on the part with
the sales added, so no rule of the plan is known here. ``goals.py`` puts the questions.

Newcomers are there from the beginning as accounts that are not open, which nothing counts; supposing one opens it.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.arrays import mask
from commissions.engine.calculate import stand
from commissions.engine.held import merged
from commissions.engine.plan import Plan
from commissions.engine.reach import part_of
from commissions.engine.result import Standings
from commissions.engine.snapshot import NO_RANK, NONE, BuyerKind, Outside, People, Sales, Snapshot, State, Status, Unsound
from commissions.engine.tenure import InForce

SEATS, SEATS_BELOW = 12, 3
"""How many newcomers a trial can suppose in the person's own frontline, and in that of anybody below."""

WHOLE = 1_000
"""Where a plan asks for more than a part carries, a downline up to this size is tried whole."""

_FIRST_BUYER = 1 << 50
"""From here on buyers are numbered who do not exist yet."""


class Kind(StrEnum):
    """Who would buy: customers, the person, or people whom the person brings in."""

    RETAIL = "retail"
    PREFERRED = "preferred"
    OWN = "own"
    NEW = "new"


BOUGHT_BY = {
    Kind.RETAIL: BuyerKind.RETAIL,
    Kind.PREFERRED: BuyerKind.PREFERRED,
    Kind.OWN: BuyerKind.DISTRIBUTOR,
    Kind.NEW: BuyerKind.DISTRIBUTOR,
}
"""The whole table of levers: whatever they move, they move it by a sale to this kind of buyer."""


@dataclass(frozen=True, slots=True, order=True)
class Lever:
    """Something that can be done: sell to a ``kind`` of buyer, credited to a ``person`` or to whom the person brings in."""

    kind: Kind
    person: int


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of it: ``count`` buyers (customers, or newcomers) who buy ``points`` each, in hundredths."""

    points: int
    count: int = 1

    @property
    def total(self) -> int:
        """All points together."""
        return self.points * self.count


Sold = Mapping[Lever, Amount]
"""What is supposed to be sold besides."""


def attained(plan: Plan, standings: Standings) -> NDArray[np.int8]:
    """Return the ranks that this period's sales have led to: where a new rank holds from the next period on, that one."""
    return standings.tested if plan.ladder.in_force is InForce.NEXT else standings.rank


class Trial:
    """A part of a company, to try things on. People are named by their place in the company."""

    def __init__(self, plan: Plan, part: Snapshot, rows: NDArray[np.int64], kept: Iterable[int], person: int) -> None:
        """``rows`` says who the people of the part are in the company; the ``kept`` could bring in newcomers."""
        self.plan = plan
        place = {each: int(np.searchsorted(rows, each)) for each in kept}
        seats = {there: SEATS if each == person else SEATS_BELOW for each, there in place.items()}
        self.snapshot, moved, seated = _with_seats(part, seats)
        self._place = {each: int(moved[there]) for each, there in place.items()}
        self._seats = {each: seated[there] for each, there in place.items()}
        self.made = 0
        self._last_id = int(part.sales.id.max(initial=0))
        self._at = part.end - 1 if part.end else int(part.sales.at.max(initial=0))

    def place(self, person: int) -> int:
        """Return where one of the kept stands in the part, and so in what ``stand`` returns."""
        return self._place[person]

    def seats(self, person: int) -> int:
        """Return how many newcomers one of the kept could bring in."""
        return len(self._seats[person])

    def stand(self, sold: Sold) -> Standings:
        """Have the engine say where everybody stands if this is sold too."""
        self.made += 1
        people = self.snapshot.people
        newcomers: list[int] = []
        credited: list[int] = []
        kinds: list[BuyerKind] = []
        buyers: list[int] = []
        points: list[int] = []
        for lever, amount in sold.items():
            for number in range(amount.count):
                person = self._place[lever.person]
                if lever.kind is Kind.NEW:
                    person = self._seats[lever.person][number]
                    newcomers.append(person)
                credited.append(person)
                kinds.append(BOUGHT_BY[lever.kind])
                buyers.append(person if lever.kind in (Kind.OWN, Kind.NEW) else _FIRST_BUYER + len(buyers))
                points.append(amount.points)
        if newcomers:
            status = people.status.copy()
            status[newcomers] = Status.OPEN
            people = dataclasses.replace(people, status=status)
        made = self._sales(credited, kinds, buyers, points)
        sales = merged(self.snapshot.sales, made) if len(self.snapshot.sales) else made
        return stand(self.plan, dataclasses.replace(self.snapshot, people=people, sales=sales))

    def _sales(self, person: list[int], kind: list[BuyerKind], buyer: list[int], points: list[int]) -> Sales:
        """Return sales that nobody has made, after all that were made."""
        count = len(person)
        ids = self._last_id + 1 + np.arange(count, dtype=np.int64)
        volume, nothing = np.array(points, dtype=np.int64), np.zeros(count, dtype=np.int64)
        made = Sales(
            id=ids,
            person=np.array(person, dtype=np.int64),
            at=np.full(count, self._at, dtype=np.int64),
            order=ids,
            buyer_kind=np.array(kind, dtype=np.int8),
            quantity=np.ones(count, dtype=np.int64),
            pv=volume,
            cv=volume,
            paid_minor=nothing,
            seller_minor=nothing,
            currency=np.full(count, money.INDEX[self.plan.currency], dtype=np.int16),
            reverses=nothing,
            more={
                "buyer": np.array(buyer, dtype=np.int64),
                "first": np.ones(count, dtype=np.int64),
                **{f"volume.{name}": volume for name in self.plan.volumes},
            },
        )
        return made.take(np.lexsort((made.id, made.person)))


def suppose(plan: Plan, snapshot: Snapshot, standings: Standings, person: int, sold: Sold) -> tuple[Standings, int]:
    """Return where everybody would stand if this were sold too, and the person's place among them."""
    kept = {person, *(lever.person for lever in sold)}
    trial = Trial(plan, *ground(plan, snapshot, standings, person, kept), kept, person)
    return trial.stand(sold), trial.place(person)


def ground(
    plan: Plan, snapshot: Snapshot, standings: Standings, person: int, kept: Iterable[int]
) -> tuple[Snapshot, NDArray[np.int64]]:
    """Return what the ``kept`` can be tried on, and who its people are: a small part if that will do, else everybody.

    A part will do if the engine says of all the kept in it what it says of them in the whole.
    """
    everybody = snapshot, np.arange(len(snapshot.people))
    if not plan.stands_in_slices and int(snapshot.people.size[person]) <= WHOLE:
        return everybody
    part, rows = fold(plan, snapshot, standings, person, kept)
    if plan.stands_in_slices:
        return part, rows
    try:
        in_part = stand(plan, part)
    except Unsound:  # a tree that the part does not have
        return everybody
    there = np.flatnonzero(~part.outside.folded) if part.outside is not None else np.arange(len(rows))
    same = np.array_equal(in_part.rank[there], standings.rank[rows[there]])
    same &= np.array_equal(in_part.measured[:, there], standings.measured[:, rows[there]])
    return (part, rows) if same else everybody


def fold(
    plan: Plan, snapshot: Snapshot, standings: Standings, person: int, kept: Iterable[int]
) -> tuple[Snapshot, NDArray[np.int64]]:
    """Return the part of a person's downline that has the ``kept`` in it, and who its people are.

    In it stand the person, the kept, everybody between them, and the frontlines of all of these, where whoever is not
    among them stands folded for the whole downline. Sales are carried as own volume where the plan asks for no more of
    them. ``standings`` are the snapshot's own.
    """
    people = snapshot.people
    upline = tree.with_uplines(np.array(sorted({person, *kept}), dtype=np.int64), people.parent, people.size)
    upline = upline[upline >= person]
    end = person + int(people.size[person])
    unfolded = mask(len(people) + 1, upline)
    rows = person + np.flatnonzero(unfolded[person:end] | unfolded[people.parent[person:end]])
    folded = ~unfolded[rows]
    volume = np.where(folded, standings.gv[rows], standings.pv[rows])
    if plan.stands_in_slices and not plan.capped_ranks:
        rows, folded, volume = _gathered(plan, people, standings, rows, folded, volume)
    there = part_of(people, rows)
    there.parent[0] = NONE  # the part ends with the person, whoever is above
    place = np.full(len(people) + 1, NONE, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    sales = snapshot.sales.take(np.flatnonzero(unfolded[snapshot.sales.person] & (not plan.stands_in_slices)))
    np.subtract.at(volume, place[sales.person], sales.pv)
    part = dataclasses.replace(
        snapshot,
        people=there,
        sales=_renamed(sales, place),
        outside=Outside(
            folded=folded,
            pv=volume,
            rank=np.where(folded, standings.rank[rows], np.int8(NO_RANK)),
            best=np.where(folded, standings.best[rows], np.int8(NO_RANK)),
        ),
        state=State({name: values[rows] for name, values in snapshot.state.people.items()}, snapshot.state.company),
        parties=None,
    )
    return part, rows


def _gathered(
    plan: Plan,
    people: People,
    standings: Standings,
    rows: NDArray[np.int64],
    folded: NDArray[np.bool_],
    volume: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Gather the folded legs that no rank counts into one leg for each person: only their volume matters."""
    lowest = min((test.rank for test in plan.leg_tests), default=len(plan.ranks))
    alike = np.flatnonzero(folded & (standings.best[rows] < lowest))
    if not alike.size:
        return rows, folded, volume
    _, first, group = np.unique(people.parent[rows[alike]], return_index=True, return_inverse=True)
    gathered = volume.copy()
    gathered[alike] = 0
    np.add.at(gathered, alike[first][group], volume[alike])
    stays = np.ones(len(rows), dtype=np.bool_)
    stays[alike] = False
    stays[alike[first]] = True
    return rows[stays], folded[stays], gathered[stays]


def _renamed(sales: Sales, place: NDArray[np.int64]) -> Sales:
    """Return sales whose people have got other places; ``place`` ends with NONE."""
    more = dict(sales.more)
    if "code" in more:
        more["code"] = place[more["code"]]
    if "buyer" in more:
        own = (sales.buyer_kind == BuyerKind.DISTRIBUTOR) & (more["buyer"] >= 0) & (more["buyer"] < len(place) - 1)
        more["buyer"] = more["buyer"].copy()
        more["buyer"][own] = place[more["buyer"][own]]
    return dataclasses.replace(sales, person=place[sales.person], more=more)


def _with_seats(part: Snapshot, seats: Mapping[int, int]) -> tuple[Snapshot, NDArray[np.int64], dict[int, list[int]]]:
    """Put accounts that are not open last into people's frontlines: ``{place in the part: how many}``.

    Returns the part, where everybody has moved to, and the places of each one's accounts.
    """
    people, outside = part.people, part.outside
    ends = np.arange(len(people)) + people.size
    # Where two downlines end at the same place, what is added to the deeper one comes first.
    sponsors = sorted(seats, key=lambda place: (int(ends[place]), -place))
    sponsor = np.repeat(np.array(sponsors, dtype=np.int64), [seats[place] for place in sponsors])
    before = ends[sponsor]
    moved = np.arange(len(people)) + np.searchsorted(before, np.arange(len(people)), side="right")

    def widened(values: NDArray[Any], new: Any) -> NDArray[Any]:
        return np.insert(values, before, new)

    if outside is not None:
        blank = {"folded": False, "pv": 0, "rank": NO_RANK, "best": NO_RANK}
        outside = Outside(**{name: widened(getattr(outside, name), new) for name, new in blank.items()})
    seated = dataclasses.replace(
        part,
        people=_seated_people(people, sponsor, before, moved),
        sales=_renamed(part.sales, np.append(moved, NONE)),
        outside=outside,
        state=dataclasses.replace(part.state, people={name: widened(values, 0) for name, values in part.state.people.items()}),
        parties=None,  # no rank looks at parties
    )
    places = before + np.arange(len(sponsor))
    return seated, moved, {place: places[sponsor == place].tolist() for place in sponsors}


def _seated_people(people: People, sponsor: NDArray[np.int64], before: NDArray[np.int64], moved: NDArray[np.int64]) -> People:
    def widened(values: NDArray[Any], new: Any) -> NDArray[Any]:
        return np.insert(values, before, new)

    grown = people.size + tree.downline_sum(np.bincount(sponsor, minlength=len(people)), people.size)
    return dataclasses.replace(
        people,
        id=widened(people.id, -1 - np.arange(len(sponsor))),
        parent=widened(np.append(moved, NONE)[people.parent], moved[sponsor]),
        size=widened(grown, 1),
        status=widened(people.status, int(Status.TERMINATED)),
        joined_at=widened(people.joined_at, int(people.joined_at.max(initial=0))),
        facts={kind: widened(values, 0) for kind, values in people.facts.items()},
        trees={code: dataclasses.replace(each, order=moved[each.order]) for code, each in people.trees.items()},
    )
