"""Binary cycle: as long as one leg has so much and the other so much, both are used and an amount is paid.

docs/plans/binary_cycle.md states the rule with worked examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.cycles import Cycle, Run
from commissions.engine.bonuses.legs import Beyond, Binary, Outcome
from commissions.engine.bonuses.rows import (
    RANKED_AMOUNTS,
    RANKED_COUNTS,
    AmountRows,
    RankedAmounts,
    RankedCounts,
    amount_of,
    check_ranked,
)
from commissions.engine.bonuses.stairs import Climb, Stairs
from commissions.engine.bonuses.stated import NO_CAP, check_cap, most_of
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Report, Whole, choice
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
class Number:
    """With at least ``cycles`` in a period, each of them pays these ``amounts``."""

    cycles: int = setting(Whole(1, _MOST_CYCLES))
    amounts: RankedAmounts = setting(RANKED_AMOUNTS)


@dataclass(frozen=True, kw_only=True)
class CycleCap:
    """At most so many ``cycles``, or cycles for so much ``money``, in a period by rank; a rank left out has no cap."""

    cycles: RankedCounts = setting(RANKED_COUNTS, default={})
    money: RankedAmounts = setting(RANKED_AMOUNTS, default={})
    beyond: Beyond = setting(choice(Beyond))


@dataclass(frozen=True, kw_only=True)
class BinaryCycle(Binary):
    """Cycles, and when no ``cycle`` is left the smaller ``fallback``; or a staircase of them.

    ``by_number`` says what each cycle pays instead where so many are made in a period.
    """

    kind: ClassVar[str] = "binary_cycle"
    cycle: Cycle | None = setting(Table(Cycle), default=None)
    fallback: Cycle | None = setting(Table(Cycle), default=None)
    stairs: Stairs | None = setting(Table(Stairs), default=None)
    by_number: tuple[Number, ...] = setting(ListOf(Table(Number)), default=())
    strong_leg: StrongLeg = setting(choice(StrongLeg))
    cap: CycleCap | None = setting(Table(CycleCap), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        self._check_cycles(path, names, report)
        if self.cap is not None:
            check_cap(f"{path}.cap.cycles", self.cap.cycles, names, report)
            check_cap(f"{path}.cap.money", self.cap.money, names, report)
            if bool(self.cap.cycles) == bool(self.cap.money):
                report.wrong(f"{path}.cap", "cycles and money", "either cycles or money, by rank")

    def _check_cycles(self, path: str, names: Names, report: Report) -> None:
        """Report cycles beside a staircase, neither of them, and numbers that do not rise."""
        if self.cycle is None and self.stairs is None:
            report.missing(f"{path}.cycle", "what a cycle takes and pays, or stairs")
        if self.stairs is not None:
            always = self.strong_leg is StrongLeg.CYCLE
            self.stairs.check(f"{path}.stairs", always=always, names=names, report=report)
            beside = {"cycle": self.cycle, "fallback": self.fallback, "by_number": self.by_number or None}
            for key, stated in beside.items():
                if stated is not None:
                    report.wrong(f"{path}.{key}", "there", "nothing: each step of the stairs says what it takes and pays")
        for key, cycle in (("cycle", self.cycle), ("fallback", self.fallback)):
            if cycle is not None:
                cycle.check(f"{path}.{key}", names, report)
        for place, number in enumerate(self.by_number, 1):
            check_ranked(f"{path}.by_number[{place}].amounts", number.amounts, "what a cycle then pays this rank", names, report)
        for place, (lower, higher) in enumerate(pairwise(self.by_number), 2):
            if higher.cycles <= lower.cycles:
                report.wrong(f"{path}.by_number[{place}].cycles", higher.cycles, "more cycles than in the row before")
        if self.by_number and self.cap is not None and self.cap.money:
            report.wrong(f"{path}.cap", "money", "cycles, as what a cycle pays goes by how many are made")

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        found = dict(super().figures(calculation, index, person))
        for word, name in (("steps_behind", "step"), ("cycles_of_this_step", "done")):
            if f"{self.code}.stairs.{name}" in calculation.leaves:
                found[word] = int(calculation.leaves[f"{self.code}.stairs.{name}"][person])
        return found

    def match(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        if self.stairs is not None:
            return self._climb(calculation, index, self.stairs, legs, refused)
        plan, rank = calculation.plan, calculation.standings.rank
        is_kept = self.cap is not None and self.cap.beyond is Beyond.CARRIED
        room = self._room(calculation)
        at, used, over = legs, np.zeros_like(legs), np.zeros(len(rank), dtype=np.bool_)
        is_left = legs[0] >= legs[1]
        blocks = []
        for level, cycle in enumerate((self.cycle, self.fallback), 1):
            if cycle is None:
                continue
            strong = at[0] >= at[1] if self.strong_leg is StrongLeg.CYCLE else is_left
            run = Run.of(at, cycle, strong, always=self.strong_leg is StrongLeg.CYCLE)
            pays = amount_of(cycle.amounts, plan, calculation.standings)
            for number in self.by_number if level == 1 else ():
                pays = np.where(run.count >= number.cycles, amount_of(number.amounts, plan, calculation.standings), pays)
            without = Reason.NOT_QUALIFIED if isinstance(cycle.amounts, AmountRows) else Reason.RANK_TOO_LOW
            why = np.where((refused == Reason.PAID) & (pays == 0), np.int8(without), refused)
            qualified = why == Reason.PAID
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

    def _climb(
        self, calculation: "Calculation", index: int, stairs: Stairs, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        """Make the cycles of a staircase, and leave where everybody stands on it."""
        plan, standings = calculation.plan, calculation.standings
        stated = np.stack([amount_of(step.amounts, plan, standings) for step in stairs.steps])
        pays = np.where(refused == Reason.PAID, stated, 0)
        climb = Climb.begin(
            calculation,
            self.code,
            stairs,
            legs,
            always=self.strong_leg is StrongLeg.CYCLE,
            pays=pays,
            costs=pays if self.cap is not None and self.cap.money else np.minimum(pays, 1),
            takes=self.takes_unpaid,
            room=self._room(calculation),
            keeps_above=self.cap is not None and self.cap.beyond is Beyond.CARRIED,
        )
        climb.climb()
        climb.leave(calculation, self.code)
        blocks = []
        for place, step in enumerate(stairs.steps):
            without = Reason.NOT_QUALIFIED if isinstance(step.amounts, AmountRows) else Reason.RANK_TOO_LOW
            why = np.where(refused == Reason.PAID, np.int8(without), refused)
            of = (calculation, index, place + 1, stated[place])
            above = np.full_like(why, Reason.ABOVE_CAP)
            blocks += [self._block(*of, climb.paid[place]), self._block(*of, climb.lost[place], why)]
            blocks += [self._block(*of, climb.above[place], above)]
        flushes = self.cap is not None and self.cap.beyond is Beyond.FLUSHED
        return Outcome(legs - climb.at, climb.over & flushes), blocks

    def _room(self, calculation: "Calculation") -> NDArray[np.int64]:
        """Return how many cycles each person may be paid, or how much for them."""
        if self.cap is None:
            return np.full(len(calculation.people), NO_CAP, dtype=np.int64)
        return most_of(calculation.plan, calculation.standings, self.cap.money or self.cap.cycles)

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
