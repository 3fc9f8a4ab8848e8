"""Loyalty: an amount, or points, for having been active for so many periods in a row.

docs/plans/loyalty.md states the rule with worked examples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine import money
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.stated import check_breakage, rewards
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Money, Points, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class AfterLast(StrEnum):
    """What comes after the last step: nothing, the last step again each period, or the first step from the start."""

    STOPS = "stops"
    REPEATS = "repeats"
    STARTS_OVER = "starts_over"


@dataclass(frozen=True, kw_only=True)
class LoyaltyStep:
    """What is given in the period in which a person has been active for ``periods`` in a row."""

    periods: int = setting(Whole(1, 1200))
    amount: Fraction = setting(Money(), default=Fraction(0))
    points: int = setting(Points(), default=0)


@dataclass(frozen=True, kw_only=True)
class Loyalty(Bonus):
    """``steps``, the fewest periods first. An inactive period breaks the row."""

    kind: ClassVar[str] = "loyalty"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    steps: tuple[LoyaltyStep, ...] = setting(ListOf(Table(LoyaltyStep)))
    after_last: AfterLast = setting(choice(AfterLast))

    @property
    def per_person(self) -> bool:
        return True

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        check_breakage(self, path, report)
        for place, (lower, step) in enumerate(pairwise(self.steps), 2):
            if step.periods <= lower.periods:
                report.wrong(f"{path}.steps[{place}].periods", step.periods, f"more than {lower.periods}, the step before")
        for place, step in enumerate(self.steps, 1):
            if not step.amount and not step.points:
                report.missing(f"{path}.steps[{place}].amount", "an amount, or points")

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        row = calculation.leaves.get(f"{self.code}.row")
        return {} if row is None else {"active_periods_in_a_row": int(row[person])}

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        active = calculation.standings.active & calculation.open_to(index)
        row = np.where(active, calculation.state(f"{self.code}.row") + 1, 0)
        at = [step.periods for step in self.steps]
        step = np.searchsorted(np.array(at), row, side="left")  # the first step that asks for so many or more
        is_due = active & (np.array([*at, 0])[step] == row)
        if self.after_last is AfterLast.REPEATS:
            beyond = row > at[-1]
            step, is_due = np.where(beyond, len(at) - 1, step), is_due | beyond
        amounts = np.array([*(calculation.plan.minor(each.amount) for each in self.steps), 0], dtype=np.int64)
        points = np.array([*(each.points for each in self.steps), 0], dtype=np.int64)
        yield rewards(calculation, index, np.where(is_due, amounts[step], 0), step + 1)
        balance = calculation.state(f"{self.code}.points") + np.where(is_due, points[step], 0)
        money.require_summable(balance, "points for loyalty")
        if self.after_last is AfterLast.STARTS_OVER:
            row = np.where(row >= at[-1], 0, row)
        calculation.leave(f"{self.code}.row", row)
        calculation.leave(f"{self.code}.points", balance)
