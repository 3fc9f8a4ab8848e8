"""Paid-as ranks: the highest rank whose test holds, from the bottom of the tree up; and what the next one takes.

A rank's test may look at the ranks held in each leg, so ranks below come first. That needs no walk from the bottom:
a test looks only at lower ranks, so the ranks are awarded from the lowest up, each to everybody at once. On a ladder
whose tests include each other a rank is final as soon as it is awarded; on others the round is repeated until nothing
moves, as a higher rank may have turned up in a leg that had been counted before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.calculation import Calculation
from commissions.engine.ladder import Elsewhere, OwnVolume, Rank, Where
from commissions.engine.plan import LegTest, Plan
from commissions.engine.requirements import Sight
from commissions.engine.result import Standings
from commissions.engine.snapshot import NO_RANK, Snapshot


def stand(
    plan: Plan,
    snapshot: Snapshot,
    *,
    pv: NDArray[np.int64],
    gv: NDArray[np.int64],
    payable: NDArray[np.bool_],
    active: NDArray[np.bool_],
) -> Standings:
    """Award every rank to whoever has an open account, and return where everyone stands."""
    counted_gv = np.array(
        [counted_volume(plan.ranks[index], snapshot, pv, gv) for index in plan.capped_ranks], dtype=np.int64
    ).reshape(len(plan.capped_ranks), len(gv))
    volume = dict(zip(plan.capped_ranks, counted_gv, strict=True))
    rank = np.full(len(gv), NO_RANK, dtype=np.int8)
    if snapshot.outside is not None:
        rank[:] = snapshot.outside.rank
    may = payable & snapshot.people.is_distributor()
    sight = Sight(plan, snapshot, pv=pv, gv=gv, payable=payable, active=active, rank=rank)
    measured = np.array([each.have(sight) for each in plan.requirements], dtype=np.int64).reshape(len(plan.requirements), len(gv))
    if snapshot.period and snapshot.period != plan.ladder.period and plan.ladder.elsewhere is Elsewhere.LAST:
        legs = np.zeros((len(plan.leg_tests), len(rank)), dtype=np.int32)
        rank[:] = np.where(may, snapshot.state.people.get(PAID_AS, np.zeros(len(rank), dtype=np.int64)) - 1, NO_RANK)
    else:
        enough = [may & (pv >= rung.pv) & (volume.get(index, gv) >= rung.gv) for index, rung in enumerate(plan.ranks)]
        while True:
            before = rank.copy()
            legs = _award(plan, sight, enough, measured)
            if plan.ladder_rises or np.array_equal(before, rank):
                break
    best = _best_below(snapshot, rank, len(plan.ranks))
    return Standings(
        pv=pv,
        gv=gv,
        payable=payable,
        active=active,
        rank=rank,
        best=best,
        legs=legs,
        counted_gv=counted_gv,
        measured=measured,
        gated=_gated(plan, measured),
    )


PAID_AS = "rank.paid_as"
"""The state that keeps the paid-as rank of the ladder's last period: an index into the ladder and 1, 0 for none."""


def leave(calculation: Calculation) -> None:
    """Leave the ranks for the next period."""
    if calculation.period == calculation.plan.ladder.period:
        calculation.leave(PAID_AS, calculation.standings.rank.astype(np.int64) + 1)


def _gated(plan: Plan, measured: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say whom each pay gate stops."""
    gated = np.zeros((len(plan.gates), measured.shape[1]), dtype=np.bool_)
    for place, gate in enumerate(plan.gates):
        for required in gate.requires:
            gated[place] |= measured[plan.requirements.index(required)] < required.need
    return gated


class Measure(StrEnum):
    """What a rank may require."""

    PV = "pv"
    GV = "gv"
    LEGS = "legs"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a rank beside what a person has: hundredths of a point, or legs that hold ``leg_rank``."""

    measure: Measure
    have: int
    need: int
    leg_rank: int = NO_RANK
    where: Where | None = None

    @property
    def is_points(self) -> bool:
        """Whether it is counted in hundredths of a point."""
        return self.measure is not Measure.LEGS

    @property
    def missing(self) -> int:
        """How much more it takes, 0 if it is met."""
        return max(self.need - self.have, 0)


def requirements(
    plan: Plan, target: int, *, pv: int, gv: int, legs: Sequence[int], counted_gv: int | None = None
) -> tuple[Requirement, ...]:
    """Set what a person has against everything that the rank ``target`` requires.

    ``legs`` are counts in the order of ``plan.leg_tests``; ``counted_gv`` is the group volume under the rank's leg cap.
    """
    rung = plan.ranks[target]
    volume = gv if counted_gv is None else counted_gv
    of_volume = [Requirement(Measure.PV, pv, rung.pv), Requirement(Measure.GV, volume, rung.gv)]
    of_legs = []
    for need in rung.legs:
        test = plan.leg_test(need)
        have = int(legs[plan.leg_tests.index(test)])
        of_legs.append(Requirement(Measure.LEGS, have, need.count, test.rank, test.where))
    return (*(each for each in of_volume if each.need), *of_legs)


def requirements_of(plan: Plan, standings: Standings, person: int, target: int) -> tuple[Requirement, ...]:
    """Set what one person of ``standings`` has against everything that the rank ``target`` requires."""
    capped = plan.capped_ranks
    return requirements(
        plan,
        target,
        pv=int(standings.pv[person]),
        gv=int(standings.gv[person]),
        legs=standings.legs[:, person].tolist(),
        counted_gv=int(standings.counted_gv[capped.index(target), person]) if target in capped else None,
    )


def _award(plan: Plan, sight: Sight, enough: list[NDArray[np.bool_]], measured: NDArray[np.int64]) -> NDArray[np.int32]:
    """Raise the ranks of ``sight`` from the lowest up to whatever holds, and return the legs that were counted for it."""
    rank = sight.rank
    legs = np.zeros((len(plan.leg_tests), len(rank)), dtype=np.int32)
    place = {test: index for index, test in enumerate(plan.leg_tests)}
    for index, rung in enumerate(plan.ranks):
        holds = enough[index]
        for need in rung.legs:
            holds = holds & (legs[place[plan.leg_test(need)]] >= need.count)
        for required in rung.requires:
            row = plan.requirements.index(required)
            if required.reads_ranks:
                measured[row] = required.have(sight)
            holds = holds & (measured[row] >= required.need)
        rank[holds & (rank < index)] = index
        for test in plan.leg_tests:
            if test.rank == index:
                legs[place[test]] = count_legs(test, sight.snapshot, rank)
    return legs


def count_legs(test: LegTest, snapshot: Snapshot, rank: NDArray[np.int8]) -> NDArray[np.int32]:
    """Count each person's legs that hold the rank of ``test`` or a higher one: at the head, or anywhere."""
    holds = rank >= test.rank
    if test.where is Where.ANYWHERE:
        if snapshot.outside is not None:
            holds = holds | (snapshot.outside.best >= test.rank)
        holds = tree.holds_below(holds, snapshot.people.size)
    return tree.count_children(holds, snapshot.people.parent)


def counted_volume(rung: Rank, snapshot: Snapshot, pv: NDArray[np.int64], gv: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group volume with no leg counting for more than the rank's cap; of folded people it means nothing."""
    if rung.leg_cap is None:
        return gv
    most = rung.gv * rung.leg_cap.share // money.PPM
    own: NDArray[np.int64] = np.minimum(pv, most) if rung.leg_cap.own_volume is OwnVolume.CAPPED else pv
    return own + tree.sum_of_children(np.minimum(gv, most), snapshot.people.parent)


def _best_below(snapshot: Snapshot, rank: NDArray[np.int8], ranks: int) -> NDArray[np.int8]:
    """Find the highest rank in each downline, the person included."""
    held = rank if snapshot.outside is None else np.maximum(rank, snapshot.outside.best)
    best = np.full(len(rank), NO_RANK, dtype=np.int8)
    for index in range(ranks):
        best[tree.holds_below(held >= index, snapshot.people.size)] = index
    return best
