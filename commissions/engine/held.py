"""What a live worker holds of an open period, and how people and sales are put into it.

The arrays stay in tree order: a newcomer is inserted as the last child of the sponsor, which shifts whoever comes
after. Sales are held in a few batches, each sorted by itself, because inserting a handful into millions would move
them all.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commissions.engine import tree
from commissions.engine.arrays import mask
from commissions.engine.calculate import calculate
from commissions.engine.plan import Plan
from commissions.engine.result import Result, Standings
from commissions.engine.snapshot import NO_RANK, NONE, Index, People, Sales, Snapshot, Tree, Unsound, no_sales

_NO_SALES = no_sales()
_MUCH = 8
"""A batch is merged into the one before it as soon as that one is no longer this many times as large."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The arrays of an open period with their figures. ``slices.take`` writes into standings and totals.

    ``totals`` is ``[bonus, person]`` after caps, ``earned`` before; ``unearned`` sums per bonus what nobody earned. Each
    of ``batches`` is much larger than the next. ``frame`` is the snapshot's period, state and words; people and sales are
    not taken from it. ``reseated`` says that somebody sits elsewhere in a placement tree than when the figures were
    computed.
    """

    people: People
    index: Index
    batches: tuple[Sales, ...]
    standings: Standings
    totals: NDArray[np.int64]
    earned: NDArray[np.int64]
    unearned: NDArray[np.int64]
    frame: Snapshot
    reseated: bool = False


def hold(plan: Plan, snapshot: Snapshot) -> Held:
    """Calculate a period whole, and hold it."""
    return holding(snapshot, calculate(plan, snapshot, keep_lines=False))


def holding(snapshot: Snapshot, result: Result) -> Held:
    """Hold a period that has been calculated."""
    return Held(
        people=snapshot.people,
        index=Index(snapshot.people.id),
        batches=(snapshot.sales,),
        standings=result.standings,
        totals=result.totals,
        earned=result.before_caps,
        unearned=result.unearned,
        frame=dataclasses.replace(snapshot, sales=snapshot.sales.take(np.empty(0, dtype=np.int64))),
    )


def whole(held: Held, new: Sales = _NO_SALES) -> Snapshot:
    """Return all that is held, and ``new`` sales, as one snapshot, such as a calculation from scratch is given.

    The smallest batches are merged first, so that the large one is copied once.
    """
    sales = new
    for batch in reversed(held.batches):
        sales = merged(batch, sales) if len(sales) else batch
    return framed(held, sales)


def framed(held: Held, sales: Sales) -> Snapshot:
    """Return the whole period with other sales."""
    return dataclasses.replace(held.frame, people=held.people, sales=sales)


def enrol(
    held: Held, *, id: ArrayLike, sponsor_id: ArrayLike, joined_at: ArrayLike, status: ArrayLike | None = None
) -> tuple[Held, NDArray[np.int64]]:
    """Insert newcomers, each as the last child of the sponsor; return what is held then, and where they stand.

    Newcomers may sponsor each other; ``sponsor_id`` is 0 for a root. They stand nowhere yet: ``slices.refresh`` has to
    be told that they changed. ``held`` stays as it is. Raises Unsound for an id that is there already or a sponsor who
    is not there, BrokenTree if sponsors run in a circle.
    """
    ids, sponsor_ids = np.asarray(id, dtype=np.int64), np.asarray(sponsor_id, dtype=np.int64)
    order, above, anchor = _arranged(held, ids, sponsor_ids)
    people = held.people
    ends = np.append(people.size + np.arange(len(people)), len(people))  # a new root comes after everybody
    before = ends[anchor]
    places = before + np.arange(len(ids))
    moved = np.arange(len(people)) + np.cumsum(np.bincount(before, minlength=len(people) + 1)[: len(people)])
    recruits = np.bincount(anchor[anchor != NONE], minlength=len(people))
    sponsor = np.where(above == NONE, np.append(moved, NONE)[anchor], np.append(places, NONE)[above])

    def widened(values: NDArray[Any], new: Any) -> NDArray[Any]:
        return np.insert(values, before, new, axis=-1)

    standings = held.standings
    blank = {"rank": NO_RANK, "tested": NO_RANK, "best": NO_RANK}
    grown = dataclasses.replace(
        held,
        people=People(
            id=widened(people.id, ids[order]),
            parent=widened(np.append(moved, NONE)[people.parent], sponsor),
            size=widened(people.size + tree.downline_sum(recruits, people.size), tree.sizes(above)),
            status=widened(people.status, 0 if status is None else np.asarray(status, dtype=np.int8)[order]),
            joined_at=widened(people.joined_at, np.asarray(joined_at, dtype=np.int64)[order]),
            facts={kind: widened(values, 0) for kind, values in people.facts.items()},
            trees={code: dataclasses.replace(each, order=moved[each.order]) for code, each in people.trees.items()},
        ),
        index=held.index.with_newcomers(ids[order], places, moved),
        batches=tuple(dataclasses.replace(batch, person=moved[batch.person]) for batch in held.batches),
        standings=Standings(
            **{
                field.name: widened(getattr(standings, field.name), blank.get(field.name, 0))
                for field in dataclasses.fields(standings)
            }
        ),
        totals=widened(held.totals, 0),
        earned=widened(held.earned, 0),
        frame=dataclasses.replace(
            held.frame,
            state=dataclasses.replace(
                held.frame.state, people={name: widened(values, 0) for name, values in held.frame.state.people.items()}
            ),
        ),
    )
    return grown, places


def seated(held: Held, trees: Mapping[str, Tree], newcomers: NDArray[np.int64]) -> Held:
    """Put everybody into the placement trees as they are now, in which ``newcomers`` may have found a seat."""
    after = dataclasses.replace(held.people, trees=trees)
    was_here = ~mask(len(after), newcomers)
    moved = any(
        code not in held.people.trees or (after.forest(code).parent != held.people.forest(code).parent)[was_here].any()
        for code in trees
    )
    return dataclasses.replace(held, people=after, reseated=held.reseated or moved)


def with_status(held: Held, people: NDArray[np.int64], status: ArrayLike) -> Held:
    """Change how people stand with the company; ``slices.refresh`` has to be told that they changed."""
    changed = held.people.status.copy()
    changed[people] = np.asarray(status, dtype=np.int8)
    return dataclasses.replace(held, people=dataclasses.replace(held.people, status=changed))


def taken_in(batches: Sequence[Sales], sales: Sales) -> tuple[Sales, ...]:
    """Add a batch of new sales to those that are held."""
    grown = (*batches, sales) if len(sales) else tuple(batches)
    while len(grown) > 1 and len(grown[-1]) * _MUCH >= len(grown[-2]):
        grown = (*grown[:-2], merged(grown[-2], grown[-1]))
    return grown


def require_new(batches: Sequence[Sales], sales: Sales) -> None:
    """Raise Unsound for a sale that is held already: counting it twice would pay it twice."""
    people = np.unique(sales.person)
    for batch in batches:
        twice = np.isin(sales.id, batch.id[_rows_of(batch, people)])
        if twice.any():
            raise Unsound(f"sale {int(sales.id[twice][0])} is held already")


def merged(large: Sales, small: Sales) -> Sales:
    """Merge two batches into one that is sorted; what it costs beside copying goes by the smaller one.

    Only the sales of people who are in both are compared: the others keep their order.
    """
    rows = _rows_of(large, np.unique(small.person))
    both = _joined([large.take(rows), small])
    order = np.lexsort((both.id, both.order, both.at, both.person))
    is_new = order >= len(rows)
    preceding = np.cumsum(~is_new)[is_new]  # how many of the compared old sales come before each new one
    person = both.person[order][is_new]
    starts = np.searchsorted(large.person, person)
    before = starts + preceding - np.searchsorted(large.person[rows], person)
    new = small.take(order[is_new] - len(rows))
    return large.with_others([new], lambda columns: np.insert(columns[0], before, columns[1]))


def sales_of(batches: Sequence[Sales], people: NDArray[np.int64]) -> Sales:
    """Return all sales of some ``people`` (sorted, each once), in the order of ``Sales``."""
    found = _joined([batch.take(_rows_of(batch, people)) for batch in batches])
    return found if len(batches) == 1 else found.take(np.lexsort((found.id, found.order, found.at, found.person)))


def have_sales(batches: Sequence[Sales], people: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which of some ``people`` have sales."""
    found = np.zeros(len(people), dtype=np.bool_)
    for batch in batches:
        found |= np.searchsorted(batch.person, people) != np.searchsorted(batch.person, people, side="right")
    return found


def ranges(start: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all indexes of the ranges that begin at ``start`` and are ``count`` long, one after the other."""
    done = np.cumsum(count) - count
    indexes: NDArray[np.int64] = np.arange(int(count.sum())) + np.repeat(start - done, count)
    return indexes


def _rows_of(batch: Sales, people: NDArray[np.int64]) -> NDArray[np.int64]:
    first = np.searchsorted(batch.person, people)
    return ranges(first, np.searchsorted(batch.person, people, side="right") - first)


def _joined(batches: Sequence[Sales]) -> Sales:
    return batches[0].with_others(batches[1:], np.concatenate)


def _arranged(
    held: Held, ids: NDArray[np.int64], sponsor_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Put newcomers into the order in which they are inserted.

    Returns that order; then, in it, each one's sponsor among the newcomers, NONE if that is somebody held; and the
    person held below whom all of the newcomer's own upline of newcomers hangs.
    """
    newcomers = Index(ids)
    among = np.isin(sponsor_ids, ids)
    above = np.full(len(ids), NONE, dtype=np.int64)
    above[among] = newcomers.of(sponsor_ids[among], "sponsor")
    anchor = np.full(len(ids), NONE, dtype=np.int64)
    outer = ~among & (sponsor_ids != 0)
    anchor[outer] = held.index.of(sponsor_ids[outer], "sponsor")
    tree.sizes(above)  # refuses circles
    head = np.where(among, tree.next_upline(~among, above)[:-1], np.arange(len(ids)))
    anchor = anchor[head]
    ends = np.append(held.people.size + np.arange(len(held.people)), len(held.people))
    # Where two downlines end at the same place, the newcomers of the deeper one come first.
    by_place = np.lexsort((-anchor, ends[anchor]))
    order = by_place[tree.preorder(_renamed(above, by_place))]
    return order, _renamed(above, order), anchor[order]


def _renamed(above: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the parents in another order of the rows, and by the places in that order."""
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = NONE
    renamed: NDArray[np.int64] = place[above[order]]
    return renamed
