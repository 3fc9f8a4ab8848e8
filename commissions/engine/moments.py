"""A rank for each order: where the plan says that a rank counts from the order with which it is reached.

Orders go by time and number. A return is netted before anything else: of an order of the period it counts at that
order's place, of an earlier one from the start. So volumes only grow along the orders, and on a plan whose tests can
only gain by volume ranks do too. Where ranks change is then found by halving: of a stretch of orders that begins and
ends with the same ranks nothing inside is looked at. Everybody's standing is computed anew at each place looked at, about
as often as there are orders with which somebody's rank changes, times the logarithm of how far they lie apart.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine import ranks
from commissions.engine.bonuses.sources import originals
from commissions.engine.calculation import Calculation
from commissions.engine.result import Lines
from commissions.engine.snapshot import NO_RANK, NONE, Sales
from commissions.engine.standing import stand
from commissions.engine.tenure import InForce


def lines(calculation: Calculation, index: int) -> Iterator[Lines]:
    """Yield the payment lines of one bonus, each order paid by the ranks of its moment where the plan says so."""
    bonus = calculation.plan.bonuses[index]
    if not _by_order(calculation) or not bonus.goes_by_order:
        yield from bonus.pay(calculation, index)
        return
    found = []
    for part, rows in parts(calculation):
        for block in bonus.pay(part, index):
            found.append(dataclasses.replace(block, sale=np.append(rows, -1).astype(np.int32)[block.sale]))
    every = Lines.join(found)
    yield every.take(np.lexsort((every.sale, every.source, every.level)))


def parts(calculation: Calculation) -> Iterator[tuple[Calculation, NDArray[np.int64]]]:
    """Part a calculation by the moments between which nobody's rank changes; with which of the sales each part has."""
    snapshot = calculation.snapshot
    place, _ = _places(snapshot.sales)
    rank = np.full(len(calculation.people), NO_RANK, dtype=np.int8)
    changes = _changes(calculation)
    for number, (first, people, ranked) in enumerate(changes):
        rank = rank.copy()
        rank[people] = ranked
        after = changes[number + 1][0] if number + 1 < len(changes) else len(place) + 1
        rows = np.flatnonzero((place >= first) & (place < after))
        best = ranks.best_below(snapshot, rank, len(calculation.plan.ranks))
        yield (
            dataclasses.replace(
                calculation,
                snapshot=dataclasses.replace(snapshot, sales=snapshot.sales.take(rows)),
                standings=dataclasses.replace(calculation.standings, rank=rank, best=best),
            ),
            rows,
        )


Changes = list[tuple[int, NDArray[np.int64], NDArray[np.int8]]]


def _changes(calculation: Calculation) -> Changes:
    """Find from which order on whose rank is another: the order's place, the people, and their ranks from then on."""
    if not calculation.rank_changes:
        _, counts_from = _places(calculation.sales)
        last = int(counts_from.max(initial=-1))

        def rank_at(place: int) -> NDArray[np.int8]:
            sales = calculation.sales.take(np.flatnonzero(counts_from <= place))
            return stand(calculation.plan, dataclasses.replace(calculation.snapshot, sales=sales)).rank

        before = np.full(len(calculation.people), NO_RANK, dtype=np.int8)
        start = rank_at(0)
        for place, rank in ((0, start), *_between(rank_at, 0, last, start, calculation.standings.rank)):
            people = np.flatnonzero(rank != before)
            calculation.rank_changes.append((place, people, rank[people]))
            before = rank
    return calculation.rank_changes


def _between(
    rank_at: Callable[[int], NDArray[np.int8]], low: int, high: int, at_low: NDArray[np.int8], at_high: NDArray[np.int8]
) -> Iterator[tuple[int, NDArray[np.int8]]]:
    """Yield every place above ``low``, up to ``high``, at which somebody's rank is another than before."""
    if high <= low or np.array_equal(at_low, at_high):
        return
    if high == low + 1:
        yield high, at_high
        return
    middle = (low + high) // 2
    at_middle = rank_at(middle)
    yield from _between(rank_at, low, middle, at_low, at_middle)
    yield from _between(rank_at, middle, high, at_middle, at_high)


def _places(sales: Sales) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the place of each sale among the orders, and from which place on its volume counts.

    An order has the time of its first entry. A return of a sale of the period has that sale's place; the volume of any
    other counts from the start.
    """
    number, which = np.unique(sales.order, return_inverse=True)
    began = np.full(len(number), np.iinfo(np.int64).max)
    np.minimum.at(began, which, sales.at)
    place_of = np.empty(len(number), dtype=np.int64)
    place_of[np.lexsort((number, began))] = np.arange(len(number))
    place = place_of[which]
    original = originals(sales)
    returned = original != NONE
    place[returned] = place[original[returned]]
    less = (sales.pv < 0) | (sales.cv < 0) | (sales.quantity < 0)
    return place, np.where(less & ~returned, 0, place)


def _by_order(calculation: Calculation) -> bool:
    plan = calculation.plan
    return plan.ladder.in_force is InForce.CROSSING and not plan.elsewhere(calculation.period) and len(calculation.sales) > 0
