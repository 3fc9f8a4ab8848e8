"""Paid-as ranks: the highest rank whose test holds, from the bottom of the tree up.

A rank's test may look at the ranks held in each leg, so ranks below come first. That needs no walk from the bottom.
Where a rank below can only help (legs with rank), the ranks are awarded from the lowest up, each to everybody at once;
on a ladder whose tests include each other a rank is then final as soon as it is awarded, on others the round is repeated
until nothing moves. Where a rank below can also hurt (a group that breaks away), everybody is tested anew against the
round before, until nothing moves: after k rounds whoever has fewer than k people in a line below stands right.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import legs, tenure, tree, volumes
from commissions.engine.calculation import Calculation
from commissions.engine.ladder import Rank
from commissions.engine.legs import LegTest, LooksThrough, Where
from commissions.engine.plan import Plan
from commissions.engine.requirements import AnyOf, Sight
from commissions.engine.requirements import Requirement as Required
from commissions.engine.result import Standings
from commissions.engine.snapshot import NO_RANK, Snapshot, Unsound
from commissions.engine.tenure import PAID_AS as PAID_AS
from commissions.engine.tenure import Bounds

Ranked = tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int32]]
"""What the tests come to, the ranks that the period ends with, and the legs counted for each of the plan's tests."""


def active(
    plan: Plan, snapshot: Snapshot, *, payable: NDArray[np.bool_], pv: NDArray[np.int64], gv: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Who has what activity takes, among the distributors with an open account; volume has not moved yet."""
    reached: NDArray[np.bool_] = payable & (pv >= plan.activity.pv) & snapshot.people.is_distributor()
    if plan.activity.requires:
        nobody = np.full(len(pv), NO_RANK, dtype=np.int8)
        sight = Sight(plan, snapshot, pv=pv, gv=gv, payable=payable, active=reached.copy(), rank=nobody, own=nobody)
        for required in plan.activity.requires:
            reached &= required.have(sight) >= required.need
    return reached


def stand(
    plan: Plan,
    snapshot: Snapshot,
    *,
    pv: NDArray[np.int64],
    gv: NDArray[np.int64],
    payable: NDArray[np.bool_],
    active: NDArray[np.bool_],
    holder: NDArray[np.int64] | None = None,
) -> Standings:
    """Award every rank to whoever has an open account, and return where everyone stands.

    ``holder`` says whose own volume each person's counts as, where ``pv`` and ``gv`` have moved.
    """
    counted = [counted_volume(plan.ranks[index], snapshot, pv, gv) for index in plan.capped_ranks]
    counted_gv = np.array(counted, dtype=np.int64).reshape(len(counted), len(gv))
    may = payable & snapshot.people.is_distributor()
    nobody = np.full(len(gv), NO_RANK, dtype=np.int8)
    sight = Sight(plan, snapshot, pv=pv, gv=gv, payable=payable, active=active, rank=nobody, own=nobody, holder=holder)
    measured = np.zeros((len(plan.requirements), len(pv)), dtype=np.int64)
    looks = _Looks(plan, measured)
    if plan.elsewhere(snapshot.period):
        limits = tenure.bounds(plan, snapshot, may, with_grace=False)
        tested = nobody
        rank = ended = limits.within(np.where(may, tenure.ago(snapshot, 1), np.int8(NO_RANK)))
        legs = looks.all_legs(sight.ranked(ended, ended))
    else:
        limits = tenure.bounds(plan, snapshot, may)
        for row, required in enumerate(plan.requirements):
            if not required.reads_ranks:
                measured[row] = _measured(required, plan, sight, measured)
        enough = _enough(plan, may, pv, gv, dict(zip(plan.capped_ranks, counted_gv, strict=True)), measured)
        tested, ended, legs = (_settle if plan.ranks_settle else _award)(plan, sight, limits, enough, looks)
        rank = tenure.in_force(plan, snapshot, ended, limits)
    for row, required in enumerate(plan.requirements):
        if required.reads_ranks or plan.elsewhere(snapshot.period):
            measured[row] = _measured(required, plan, sight.ranked(ended, ended), measured)
    return Standings(
        pv=pv,
        gv=gv,
        payable=payable,
        active=active,
        rank=rank,
        tested=tested,
        best=best_below(snapshot, rank, len(plan.ranks)),
        legs=legs,
        counted_gv=counted_gv,
        measured=measured,
        gated=_gated(plan, measured),
    )


def _measured(required: Required, plan: Plan, sight: Sight, measured: NDArray[np.int64]) -> NDArray[np.int64]:
    """Measure a requirement whose parts, if it has any, are measured already."""
    if isinstance(required, AnyOf):
        return required.held(lambda part: measured[plan.requirements.index(part)])
    return required.have(sight)


def leave(calculation: Calculation) -> None:
    """Leave what the next period has to know of ranks and of what they require: only in periods of the ladder's type."""
    plan, snapshot, standings = calculation.plan, calculation.snapshot, calculation.standings
    if calculation.period != plan.ladder.period:
        return
    may = standings.payable & snapshot.people.is_distributor()
    ended = tenure.bounds(plan, snapshot, may).within(standings.tested)
    for name, values in tenure.leaves(plan, snapshot, standings.tested, ended).items():
        calculation.leave(name, values)
    holder = volumes.holders(plan, snapshot.people, standings.active)
    sight = Sight(
        plan, snapshot, standings.pv, standings.gv, standings.payable, standings.active, rank=ended, own=ended, holder=holder
    )
    for required in plan.requirements:
        for name, values in required.leaves(sight).items():
            calculation.leave(name, values)


def _enough(
    plan: Plan,
    may: NDArray[np.bool_],
    pv: NDArray[np.int64],
    gv: NDArray[np.int64],
    counted: dict[int, NDArray[np.int64]],
    measured: NDArray[np.int64],
) -> list[NDArray[np.bool_]]:
    """Say for each rank who has everything that it takes beside what looks at ranks."""
    found = []
    for index, rung in enumerate(plan.ranks):
        enough = may & (pv >= rung.pv) & (counted.get(index, gv) >= rung.gv)
        for required in rung.requires:
            if not required.reads_ranks:
                enough &= measured[plan.requirements.index(required)] >= required.need
        found.append(enough)
    return found


class _Looks:
    """What was seen of the ranks below, so that nothing is counted twice while the ranks in question stay as they are.

    ``measured`` has what does not look at ranks.
    """

    def __init__(self, plan: Plan, measured: NDArray[np.int64]) -> None:
        self.plan, self.measured = plan, measured
        self._seen: dict[LegTest | Required, tuple[NDArray[np.bool_], NDArray[np.bool_] | None, NDArray[Any]]] = {}

    def legs(self, test: LegTest, sight: Sight) -> NDArray[np.int32]:
        """Count legs, see ``count_legs``."""
        ranked = sight.rank > NO_RANK if test.looks_through is LooksThrough.UNRANKED else None
        return self._once(
            test, sight.rank >= test.rank, ranked, lambda: count_legs(test, sight.snapshot, sight.rank, sight.active)
        )

    def all_legs(self, sight: Sight) -> NDArray[np.int32]:
        """Count legs for each of the plan's tests."""
        counted = [self.legs(test, sight) for test in self.plan.leg_tests]
        return np.array(counted, dtype=np.int32).reshape(len(counted), len(sight.rank))

    def have(self, required: Required, sight: Sight) -> NDArray[np.int64]:
        """Measure a requirement anew as far as it looks at ranks."""
        if not required.reads_ranks:
            found: NDArray[np.int64] = self.measured[self.plan.requirements.index(required)]
            return found
        if isinstance(required, AnyOf):
            return required.held(lambda part: self.have(part, sight))
        if required.reads_own_rank:
            return required.have(sight)
        ranked = sight.rank > NO_RANK if required.reads_unranked else None
        return self._once(required, sight.at_least(required.ranks[0]), ranked, lambda: required.have(sight))

    def _once(
        self,
        what: LegTest | Required,
        holds: NDArray[np.bool_],
        ranked: NDArray[np.bool_] | None,
        count: Callable[[], NDArray[Any]],
    ) -> NDArray[Any]:
        if what in self._seen:
            before, ranked_before, found = self._seen[what]
            same = ranked is None or ranked_before is None or np.array_equal(ranked, ranked_before)
            if same and np.array_equal(holds, before):
                return found
        self._seen[what] = holds, ranked, count()
        return self._seen[what][2]


def _award(plan: Plan, sight: Sight, limits: Bounds, enough: list[NDArray[np.bool_]], looks: _Looks) -> Ranked:
    """Raise ranks from the lowest up to whatever holds: what the tests come to, and that within the limits."""
    tested = np.full(len(sight.pv), NO_RANK, dtype=np.int8)
    rank = limits.floor.copy()
    outside = sight.snapshot.outside
    if outside is not None:
        rank = np.where(outside.folded, outside.rank, rank)
    while True:
        before = rank
        legs: dict[LegTest, NDArray[np.int32]] = {}
        for index, rung in enumerate(plan.ranks):
            holds = enough[index]
            for need in rung.legs:
                holds = holds & (legs[plan.leg_test(need)] >= need.count)
            tested[holds & (tested < index)] = index
            reached = np.minimum(limits.ceiling, np.int8(index)) if limits.has_ceilings else np.int8(index)
            rank = np.where(holds, np.maximum(rank, reached), rank)
            for test in plan.leg_tests:
                if test.rank == index:
                    legs[test] = looks.legs(test, sight.ranked(rank, rank))
        if plan.ladder_rises or np.array_equal(before, rank):
            return tested, rank, np.array(list(legs.values()), dtype=np.int32).reshape(len(legs), len(rank))


def _settle(plan: Plan, sight: Sight, limits: Bounds, enough: list[NDArray[np.bool_]], looks: _Looks) -> Ranked:
    """Test everybody against the ranks of the round before, until nothing moves."""
    rank = limits.floor
    for _ in range(len(rank) + 2):
        tested, ended = _tested(plan, sight.ranked(rank, rank), limits, enough, looks)
        if np.array_equal(ended, rank):
            return tested, ended, looks.all_legs(sight.ranked(ended, ended))
        rank = ended
    raise Unsound("the ranks never settle: somebody's depends on a rank above in another tree")


def _tested(
    plan: Plan, sight: Sight, limits: Bounds, enough: list[NDArray[np.bool_]], looks: _Looks
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Test every rank against the ranks of ``sight``: what the tests come to, and that within the limits."""
    tested = np.full(len(sight.pv), NO_RANK, dtype=np.int8)
    own = limits.floor
    for index, rung in enumerate(plan.ranks):
        holds = enough[index].copy()
        for need in rung.legs:
            holds &= looks.legs(plan.leg_test(need), sight) >= need.count
        for required in rung.requires:
            if required.reads_ranks:
                holds &= looks.have(required, sight.ranked(sight.rank, own)) >= required.need
        tested[holds] = index
        own = limits.within(tested)
    return tested, own


def _gated(plan: Plan, measured: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say whom each pay gate stops."""
    gated = np.zeros((len(plan.gates), measured.shape[1]), dtype=np.bool_)
    for place, gate in enumerate(plan.gates):
        for required in gate.requires:
            gated[place] |= measured[plan.requirements.index(required)] < required.need
    return gated


def count_legs(test: LegTest, snapshot: Snapshot, rank: NDArray[np.int8], active: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Count each person's legs that hold the rank of ``test`` or a higher one: at the head, or anywhere.

    Where people are looked through, a leg is headed by the first person below who is not.
    """
    people = snapshot.people
    holds = rank >= test.rank
    if test.where is Where.ANYWHERE:
        if snapshot.outside is not None:
            holds = holds | (snapshot.outside.best >= test.rank)
        holds = tree.holds_below(holds, people.size)
    return legs.count(people.forest(), holds, legs.heads(test.looks_through, rank, active))


def counted_volume(rung: Rank, snapshot: Snapshot, pv: NDArray[np.int64], gv: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group volume with legs held down to the rank's cap; of folded people it means nothing."""
    return gv if rung.leg_cap is None else legs.held_down(rung.leg_cap, rung.gv, snapshot.people.forest(), pv, gv)


def best_below(snapshot: Snapshot, rank: NDArray[np.int8], ranks: int) -> NDArray[np.int8]:
    """Find the highest rank in each downline, the person included."""
    held = rank if snapshot.outside is None else np.maximum(rank, snapshot.outside.best)
    best = np.full(len(rank), NO_RANK, dtype=np.int8)
    for index in range(ranks):
        best[tree.holds_below(held >= index, snapshot.people.size)] = index
    return best
