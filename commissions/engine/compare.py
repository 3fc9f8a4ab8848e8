"""Two results of the same people and sales, side by side: who gains, who loses, who changes rank, what it costs.

All amounts are minor units of one currency, which both plans share. Bonuses and ranks go by their codes, since another
plan may have more of them, or fewer, or in another order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.calculate import calculate
from commissions.engine.plan import Plan
from commissions.engine.result import Result
from commissions.engine.snapshot import NO_RANK, NONE, Sales, Snapshot, State

DECADES = 4
"""How many powers of ten a histogram tells apart on either side of nothing."""


class OtherCurrency(ValueError):
    """Two plans pay in different currencies, so that their amounts cannot be compared."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"one plan pays in {before}, the other in {after}: amounts of two currencies cannot be compared")


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """What two plans say of the same people in one period.

    ``before`` and ``after`` are ``[bonus, person]`` in the order of the bonus codes asked for; ``unearned_*``, what nobody
    earned and no pool divides, and ``cut_*``, what caps took away, are by bonus. ``rank_*`` are places among the rank codes
    asked for, NO_RANK for none. ``open`` says whose account is open under either plan; only they are counted by rank.
    """

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    unearned_before: NDArray[np.int64]
    unearned_after: NDArray[np.int64]
    cut_before: NDArray[np.int64]
    cut_after: NDArray[np.int64]
    rank_before: NDArray[np.int8]
    rank_after: NDArray[np.int8]
    open: NDArray[np.bool_]

    @property
    def change(self) -> NDArray[np.int64]:
        """What each person gains, or loses where it is negative."""
        gained: NDArray[np.int64] = self.after.sum(axis=0) - self.before.sum(axis=0)
        return gained

    @property
    def told(self) -> NDArray[np.int64]:
        """The people of whom there is something to tell: who earns under either plan, or holds a rank."""
        paid = (self.before != 0).any(axis=0) | (self.after != 0).any(axis=0)
        return np.flatnonzero(paid | (self.rank_before != NO_RANK) | (self.rank_after != NO_RANK))


def merged(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Put two lists of codes into one that keeps the order of both as far as they agree.

    A code that only the second has stands behind the one that it follows there; at the end where both share none.

    >>> merged(["bronze", "gold"], ["bronze", "silver", "gold", "diamond"])
    ('bronze', 'silver', 'gold', 'diamond')
    """
    codes = list(first)
    place = next((codes.index(code) for code in second if code in codes), len(codes))
    for code in second:
        if code in codes:
            place = codes.index(code) + 1
        else:
            codes.insert(place, code)
            place += 1
    return tuple(codes)


def require_one_currency(before: Plan, after: Plan) -> None:
    """Raise OtherCurrency unless both plans pay in the same."""
    if before.currency != after.currency:
        raise OtherCurrency(before.currency, after.currency)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two: a plan and its result, or, of a plan without this period type, that it pays nothing in it."""

    plan: Plan | None
    result: Result | None
    state: State
    people: int

    @classmethod
    def of(cls, plan: Plan, snapshot: Snapshot) -> "Side":
        """Calculate a snapshot under a plan."""
        result = calculate(plan, snapshot, keep_lines=False)
        return cls(plan, result, result.state, len(snapshot.people))

    @classmethod
    def nothing(cls, snapshot: Snapshot) -> "Side":
        """Pay nothing, and leave the state as it is."""
        return cls(None, None, snapshot.state, len(snapshot.people))


def difference(before: Side, after: Side, *, bonuses: Sequence[str], ranks: Sequence[str]) -> Difference:
    """Set two results over the same people side by side, by the codes of ``bonuses`` and ``ranks``.

    Raises OtherCurrency, and KeyError for a bonus or a rank of either plan that is not among the codes.
    """
    if before.plan and after.plan:
        require_one_currency(before.plan, after.plan)
    (paid_before, unearned_before, cut_before), (paid_after, unearned_after, cut_after) = (
        _amounts(side, bonuses) for side in (before, after)
    )
    return Difference(
        before=paid_before,
        after=paid_after,
        unearned_before=unearned_before,
        unearned_after=unearned_after,
        cut_before=cut_before,
        cut_after=cut_after,
        rank_before=_ranks(before, ranks),
        rank_after=_ranks(after, ranks),
        open=_open(before) | _open(after),
    )


def _amounts(side: Side, bonuses: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return totals, unearned sums and what caps took, in the order of the codes; zero for a bonus that the plan has not."""
    place = {code: row for row, code in enumerate(bonuses)}
    totals = np.zeros((len(bonuses), side.people), dtype=np.int64)
    unearned, cut = np.zeros((2, len(bonuses)), dtype=np.int64)
    if side.plan and side.result:
        rows = [place[bonus.code] for bonus in side.plan.bonuses]
        totals[rows] = side.result.totals
        unearned[rows] = side.plan.still_unearned(side.result.unearned)
        cut[rows] = (side.result.before_caps - side.result.totals).sum(axis=1)
    return totals, unearned, cut


def _ranks(side: Side, ranks: Sequence[str]) -> NDArray[np.int8]:
    """Return everybody's paid-as rank as a place among the codes."""
    if not (side.plan and side.result):
        return np.full(side.people, NO_RANK, dtype=np.int8)
    place = {code: row for row, code in enumerate(ranks)}
    table = np.array([*(place[rank.code] for rank in side.plan.ranks), NO_RANK], dtype=np.int8)
    held: NDArray[np.int8] = table[side.result.standings.rank]
    return held


def _open(side: Side) -> NDArray[np.bool_]:
    return side.result.standings.payable if side.result else np.zeros(side.people, dtype=np.bool_)


def movement(difference: Difference, ranks: int) -> NDArray[np.int64]:
    """Count people by rank before and rank after, ``[before + 1, after + 1]``; row and column 0 are no rank."""
    counts = np.zeros((ranks + 1, ranks + 1), dtype=np.int64)
    here = difference.open
    np.add.at(counts, (difference.rank_before[here] + 1, difference.rank_after[here] + 1), 1)
    return counts


@dataclass(frozen=True, slots=True, eq=False)
class ByRank:
    """People with an open account by the rank that they held before, ``[rank + 1]``; place 0 is no rank."""

    people: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    winners: NDArray[np.int64]
    losers: NDArray[np.int64]


def by_rank(difference: Difference, ranks: int) -> ByRank:
    """Add up by the rank held before what its people earn under either plan, and who of them gains or loses."""
    here = np.flatnonzero(difference.open)
    held, change = difference.rank_before[here] + 1, difference.change[here]

    def summed(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(ranks + 1, dtype=np.int64)
        np.add.at(sums, held, values)
        return sums

    return ByRank(
        people=summed(np.ones(len(here), dtype=np.int64)),
        before=summed(difference.before[:, here].sum(axis=0)),
        after=summed(difference.after[:, here].sum(axis=0)),
        winners=summed((change > 0).astype(np.int64)),
        losers=summed((change < 0).astype(np.int64)),
    )


def sold(plan: Plan, sales: Sales) -> int:
    """Return what buyers paid, refunds taken off, in minor units of the plan's currency at the plan's own rates.

    The amounts of a currency are added up before they are converted and rounded. Raises plan.NoRate.
    """
    money.require_summable(sales.paid_minor, "what buyers paid")
    total = 0
    for currency in np.unique(sales.currency).tolist():
        paid = sales.paid_minor[sales.currency == currency].sum()
        total += int(money.share([paid], *plan.value_of(currency), money.Rounding.HALF_EVEN)[0])
    return total


def worth(plan: Plan, hundredths: int) -> int:
    """Return what points of volume are worth in minor units of the plan's currency."""
    num, den = plan.value_of(NONE)
    return int(money.share([hundredths], num, den, money.Rounding.HALF_EVEN)[0])


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many people change by how much.

    ``edges`` are the lower ends of the bins, 0 first: a change of exactly an edge belongs to the bin that begins there.
    ``losers`` and ``winners`` count by these bins, the smallest changes first; ``unchanged`` are in none of them.
    """

    edges: NDArray[np.int64]
    losers: NDArray[np.int64]
    unchanged: int
    winners: NDArray[np.int64]


def histogram(change: NDArray[np.int64]) -> Histogram:
    """Count gains and losses by their size, in powers of ten up to the largest."""
    size = np.abs(change)
    digits = len(str(max(int(size.max(initial=0)), 1)))
    edges = np.array([0, *(10**power for power in range(max(digits - DECADES, 1), digits))], dtype=np.int64)
    bins = np.searchsorted(edges, size, side="right") - 1
    return Histogram(
        edges=edges,
        losers=np.bincount(bins[change < 0], minlength=len(edges)).astype(np.int64),
        unchanged=int((change == 0).sum()),
        winners=np.bincount(bins[change > 0], minlength=len(edges)).astype(np.int64),
    )


def most_changed(change: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of those who gain most, and of those who lose most, up to ``most`` of each; ties as they stand."""
    order = np.argsort(change, kind="stable")
    losers = order[:most]
    winners = np.argsort(-change, kind="stable")[:most]
    return winners[change[winners] > 0], losers[change[losers] < 0]


def added_up(
    ids: Sequence[NDArray[np.int64]], values: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add up columns of several periods by person: ``values[k][..., row]`` belongs to ``ids[k][row]``.

    Returns the ids, each once in rising order, and the sums in the same order.
    """
    everybody, joined = np.concatenate(ids), np.concatenate(values, axis=-1)
    order = np.argsort(everybody, kind="stable")
    sorted_ids = everybody[order]
    first = np.flatnonzero(np.concatenate((np.ones(min(len(order), 1), dtype=np.bool_), sorted_ids[1:] != sorted_ids[:-1])))
    if not len(first):
        return sorted_ids, joined
    return sorted_ids[first], np.add.reduceat(joined[..., order], first, axis=-1)
