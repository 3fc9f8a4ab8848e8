"""Greater of: several bonuses are computed, everybody is paid the largest one, and the others are shown.

docs/plans/greater_of.md states the rule with a worked example.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine.bonuses.bonus import Bonus, Unearned, Unit
from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Code, Report
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST = 10


@dataclass(frozen=True, kw_only=True)
class GreaterOf(Bonus):
    """``bonuses`` are two or more; of equal ones the first is paid."""

    kind: ClassVar[str] = "greater_of"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    bonuses: tuple[str, ...] = setting(ListOf(Code(), least=2, most=_MOST))

    @property
    def names(self) -> tuple[str, ...]:
        return self.bonuses

    @property
    def earned_from(self) -> tuple[str, ...]:
        return self.bonuses

    @property
    def sets_aside(self) -> tuple[str, ...]:
        return self.bonuses

    def most(self, plan: "Plan") -> Fraction | None:
        return Fraction(0)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if len(set(self.bonuses)) < len(self.bonuses):
            report.wrong(f"{path}.bonuses", ", ".join(self.bonuses), "different bonuses")
        for place, code in enumerate(self.bonuses, 1):
            if names.bonuses.get(code) in (self.kind, "matching"):
                report.wrong(f"{path}.bonuses[{place}]", code, "a bonus that is neither a match nor a greater_of")
        if self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: what is not paid is only shown")

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        rows = [calculation.plan.bonus_index(code) for code in self.bonuses]
        largest = calculation.paid[rows].argmax(axis=0)
        for place, row in enumerate(rows):
            aside = np.where(largest != place, calculation.paid[row], 0)
            calculation.set_aside[row] += aside
            calculation.paid[row] -= aside
        yield Lines.join([])
