"""Cycles of two legs: what one takes off them and pays, and how many can be made.

docs/plans/binary_cycle.md states the rule.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses.rows import RANKED_AMOUNTS, RankedAmounts, check_ranked
from commissions.engine.document import setting
from commissions.engine.kinds import Points, Report
from commissions.engine.names import Names


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What one cycle takes off the legs, and what it pays each rank."""

    stronger: int = setting(Points())
    weaker: int = setting(Points())
    amounts: RankedAmounts = setting(RANKED_AMOUNTS)

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report cycles of nothing, and amounts that are missing."""
        if self.weaker == 0:
            report.wrong(f"{path}.weaker", 0, "more than 0 points")
        if self.stronger < self.weaker:
            report.wrong(f"{path}.stronger", Points().dump(self.stronger), "at least what weaker is")
        check_ranked(f"{path}.amounts", self.amounts, "what a cycle pays this rank", names, report)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All the cycles that two legs have, in the order in which they are made.

    ``steady`` of them use the same leg as the stronger one. If that is decided before every cycle, the legs are then
    within one cycle's difference of each other: they take turns, beginning with the other leg, to the end.
    """

    count: NDArray[np.int64]
    steady: NDArray[np.int64]
    is_left: NDArray[np.bool_]
    stronger: int
    weaker: int

    @classmethod
    def of(cls, legs: NDArray[np.int64], cycle: Cycle, is_left: NDArray[np.bool_], *, always: bool) -> "Run":
        """Count the cycles; ``is_left`` says whose left leg is the stronger at the beginning, which equal legs' is."""
        s, w = cycle.stronger, cycle.weaker
        strong, weak = np.where(is_left, legs[0], legs[1]), np.where(is_left, legs[1], legs[0])
        most = np.minimum(strong // s, weak // w)
        if not always or s == w:
            return cls(most, most, is_left, s, w)
        ahead = strong - weak
        turns = np.where(is_left, ahead // (s - w) + 1, -(-ahead // (s - w)))  # while it is the stronger; the left also if equal
        steady = np.minimum(most, turns)
        strong, weak = strong - steady * s, weak - steady * w
        pairs = np.where(steady == turns, np.minimum(strong, weak) // (s + w), 0)
        strong, weak = strong - pairs * (s + w), weak - pairs * (s + w)
        one_more = (steady == turns) & (weak >= s) & (strong >= w)
        return cls(steady + 2 * pairs + one_more, steady, is_left, s, w)

    def takes(self, cycles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what the first so many cycles take off each leg."""
        steady = np.minimum(cycles, self.steady)
        turns = cycles - steady
        as_other, as_strong = turns - turns // 2, turns // 2 + steady
        of_strong = as_strong * self.stronger + as_other * self.weaker
        of_weak = as_strong * self.weaker + as_other * self.stronger
        return np.stack([np.where(self.is_left, of_strong, of_weak), np.where(self.is_left, of_weak, of_strong)])
