"""Binary cycle: as long as one leg has so much and the other so much, both are used and an amount is paid.

docs/plans/binary_cycle.md states the rule with worked examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.legs import Beyond, Binary, Outcome, check_cap
from commissions.engine.bonuses.stated import NO_CAP, most_by_rank
from commissions.engine.document import Table, TableOf, setting
from commissions.engine.kinds import Code, Money, Points, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation

_MOST_CYCLES = 10**9


class StrongLeg(StrEnum):
    """When it is decided which leg is the stronger: once a period, or before every cycle."""

    PERIOD = "period"
    CYCLE = "cycle"


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What one cycle takes off the legs, and what it pays each rank."""

    stronger: int = setting(Points())
    weaker: int = setting(Points())
    amounts: Mapping[str, Fraction] = setting(TableOf(Code(), Money()))

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report cycles of nothing, and amounts that are missing."""
        if self.weaker == 0:
            report.wrong(f"{path}.weaker", 0, "more than 0 points")
        if self.stronger < self.weaker:
            report.wrong(f"{path}.stronger", Points().dump(self.stronger), "at least what weaker is")
        names.require_each_rank(f"{path}.amounts", self.amounts, "what a cycle pays this rank", report)


@dataclass(frozen=True, kw_only=True)
class CycleCap:
    """At most so many ``cycles``, or cycles for so much ``money``, in a period by rank; a rank left out has no cap."""

    cycles: Mapping[str, int] = setting(TableOf(Code(), Whole(0, _MOST_CYCLES)), default={})
    money: Mapping[str, Fraction] = setting(TableOf(Code(), Money()), default={})
    beyond: Beyond = setting(choice(Beyond))


@dataclass(frozen=True, kw_only=True)
class BinaryCycle(Binary):
    """Cycles, and when no ``cycle`` is left the smaller ``fallback``."""

    kind: ClassVar[str] = "binary_cycle"
    cycle: Cycle = setting(Table(Cycle))
    fallback: Cycle | None = setting(Table(Cycle), default=None)
    strong_leg: StrongLeg = setting(choice(StrongLeg))
    cap: CycleCap | None = setting(Table(CycleCap), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        self.cycle.check(f"{path}.cycle", names, report)
        if self.fallback is not None:
            self.fallback.check(f"{path}.fallback", names, report)
        if self.cap is not None:
            check_cap(f"{path}.cap.cycles", self.cap.cycles, names, report)
            check_cap(f"{path}.cap.money", self.cap.money, names, report)
            if bool(self.cap.cycles) == bool(self.cap.money):
                report.wrong(f"{path}.cap", "cycles and money", "either cycles or money, by rank")

    def match(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        plan, rank = calculation.plan, calculation.standings.rank
        is_kept = self.cap is not None and self.cap.beyond is Beyond.CARRIED
        room = self._room(calculation)
        at, used, over = legs, np.zeros_like(legs), np.zeros(len(rank), dtype=np.bool_)
        is_left = legs[0] >= legs[1]
        blocks = []
        for level, cycle in enumerate((self.cycle, self.fallback), 1):
            if cycle is None:
                continue
            pays = np.array([*(plan.minor(cycle.amounts[each.code]) for each in plan.ranks), 0], dtype=np.int64)[rank]
            why = np.where((refused == Reason.PAID) & (pays == 0), np.int8(Reason.RANK_TOO_LOW), refused)
            qualified = why == Reason.PAID
            strong = at[0] >= at[1] if self.strong_leg is StrongLeg.CYCLE else is_left
            run = Run.of(at, cycle, strong, always=self.strong_leg is StrongLeg.CYCLE)
            costs = pays if self.cap is not None and self.cap.money else np.ones_like(pays)
            paid = np.where(qualified, np.minimum(run.count, room // np.maximum(costs, 1)), 0)
            beyond = np.where(qualified, run.count - paid, 0)
            room = np.where(beyond > 0, 0, room - paid * costs)
            lost = np.where(qualified, 0, run.count) if self.takes_unpaid else np.zeros_like(paid)
            above = np.zeros_like(beyond) if is_kept else beyond
            took = run.takes(paid + lost + above)
            at, used, over = at - took, used + took, over | (beyond > 0)
            blocks += [self._block(calculation, index, level, pays, paid)]
            blocks += [self._block(calculation, index, level, pays, lost, why)]
            blocks += [self._block(calculation, index, level, pays, above, np.full_like(why, Reason.ABOVE_CAP))]
        flushes = self.cap is not None and self.cap.beyond is Beyond.FLUSHED
        return Outcome(used, over & flushes), blocks

    def _room(self, calculation: "Calculation") -> NDArray[np.int64]:
        """Return how many cycles each person may be paid, or how much for them."""
        plan, rank = calculation.plan, calculation.standings.rank
        if self.cap is None:
            return np.full(len(rank), NO_CAP, dtype=np.int64)
        if self.cap.money:
            return most_by_rank(plan, self.cap.money)[rank]
        by_rank = [self.cap.cycles.get(each.code, NO_CAP) for each in plan.ranks]
        return np.array([*by_rank, by_rank[0]], dtype=np.int64)[rank]

    def _block(
        self,
        calculation: "Calculation",
        index: int,
        level: int,
        pays: NDArray[np.int64],
        cycles: NDArray[np.int64],
        why: NDArray[np.int8] | None = None,
    ) -> Lines:
        """Lines of so many cycles each: paid, or lost for a reason."""
        rows = np.flatnonzero((cycles > 0) & (pays > 0))
        nobody = np.full(len(rows), NONE, dtype=np.int64)
        if float((cycles[rows].astype(np.float64) * pays[rows]).sum()) >= money.LIMIT:
            raise money.AmountTooLarge("what cycles pay does not fit 64 bits")
        return lines.block(
            calculation.plan,
            index,
            payee=rows if why is None else nobody,
            base=pays[rows],
            currency=money.INDEX[calculation.plan.currency],
            quantity=cycles[rows],
            level=level,
            missed=NONE if why is None else rows,
            reason=Reason.PAID if why is None else why[rows],
            amount_minor=pays[rows] * cycles[rows],
        )


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
