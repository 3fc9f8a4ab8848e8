"""What a rank takes and how much of it somebody has: requirement by requirement, alternatives with the nearest one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from commissions.engine.legs import Where
from commissions.engine.plan import Plan
from commissions.engine.requirements import AnyOf
from commissions.engine.requirements import Requirement as Required
from commissions.engine.result import Standings
from commissions.engine.snapshot import NO_RANK


class Measure(StrEnum):
    """What a rank may require: REQUIRED is one of the closed table of requirements."""

    PV = "pv"
    GV = "gv"
    LEGS = "legs"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a rank beside what a person has: hundredths of a point, parts per million, or a count.

    Legs are those that hold ``leg_rank``; ``required`` says what else is measured. Where it is met by one of several
    ``alternatives``, each is what the person has against everything that it takes.
    """

    measure: Measure
    have: int
    need: int
    leg_rank: int = NO_RANK
    where: Where | None = None
    required: Required | None = None
    alternatives: tuple[tuple["Requirement", ...], ...] = ()

    @property
    def is_points(self) -> bool:
        """Whether it is counted in hundredths of a point."""
        return self.required.is_points if self.required else self.measure is not Measure.LEGS

    @property
    def is_share(self) -> bool:
        """Whether it is a share, in parts per million."""
        return self.required is not None and self.required.is_share

    @property
    def missing(self) -> int:
        """How much more it takes, 0 if it is met."""
        return max(self.need - self.have, 0)

    @property
    def done(self) -> Fraction:
        """How much of it is there, from 0 to 1; of alternatives what the nearest ones come to."""
        if self.alternatives:
            nearest = sorted(map(_done, self.alternatives), reverse=True)[: self.need]
            return sum(nearest, Fraction(0)) / len(nearest)
        return Fraction(min(max(self.have, 0), self.need), self.need) if self.need > 0 else Fraction(1)

    @property
    def nearest(self) -> tuple["Requirement", ...]:
        """The alternative of which the largest share is there among those that do not hold; the first of several."""
        open_ones = [each for each in self.alternatives if any(part.missing for part in each)]
        return max(open_ones, key=_done, default=())


def _done(alternative: tuple[Requirement, ...]) -> Fraction:
    return sum((part.done for part in alternative), Fraction(0)) / len(alternative)


def of(
    plan: Plan,
    target: int,
    *,
    pv: int,
    gv: int,
    legs: Sequence[int],
    counted_gv: int | None = None,
    measured: Sequence[int] | None = None,
) -> tuple[Requirement, ...]:
    """Set what a person has against everything that the rank ``target`` requires.

    ``legs`` are counts in the order of ``plan.leg_tests``, ``measured`` figures in that of ``plan.requirements``;
    ``counted_gv`` is the group volume under the rank's leg cap. Without ``measured``, what it would say is left out.
    """
    rung = plan.ranks[target]
    volume = gv if counted_gv is None else counted_gv
    of_volume = [Requirement(Measure.PV, pv, rung.pv), Requirement(Measure.GV, volume, rung.gv)]
    of_legs = []
    for need in rung.legs:
        test = plan.leg_test(need)
        have = int(legs[plan.leg_tests.index(test)])
        of_legs.append(Requirement(Measure.LEGS, have, need.count, test.rank, test.where))
    others = []
    if measured is not None:
        others = [of_requirement(plan, each, measured) for each in rung.requires]
    return (*(each for each in of_volume if each.need or each.missing), *of_legs, *others)


def of_requirement(plan: Plan, required: Required, measured: Sequence[int]) -> Requirement:
    """Set what a person has against one requirement; ``measured`` are figures in the order of ``plan.requirements``."""
    have = int(measured[plan.requirements.index(required)])
    alternatives = required.of if isinstance(required, AnyOf) else ()
    parts = tuple(tuple(of_requirement(plan, part, measured) for part in alternative) for alternative in alternatives)
    return Requirement(Measure.REQUIRED, have, required.need, required=required, alternatives=parts)


def of_person(plan: Plan, standings: Standings, person: int, target: int) -> tuple[Requirement, ...]:
    """Set what one person of ``standings`` has against everything that the rank ``target`` requires."""
    capped = plan.capped_ranks
    return of(
        plan,
        target,
        pv=int(standings.pv[person]),
        gv=int(standings.gv[person]),
        legs=standings.legs[:, person].tolist(),
        counted_gv=int(standings.counted_gv[capped.index(target), person]) if target in capped else None,
        measured=standings.measured[:, person].tolist(),
    )
