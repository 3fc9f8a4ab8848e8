"""Equalisation: a flat rate by generation on groups whose head has the top rate too, where a differential is zero.

docs/plans/equalisation.md states the rule with a worked example.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from commissions.engine.bonuses.differential import Differential
from commissions.engine.bonuses.generations import Boundary, Generations, Heads, Unqualified
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report
from commissions.engine.names import Names

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class Equalisation(Generations):
    """``differential`` is the code of the bonus whose top rate makes a head."""

    kind: ClassVar[str] = "equalisation"
    differential: str = setting(Code())

    @property
    def begins(self) -> Boundary:
        return Boundary.BREAKAWAY

    @property
    def names(self) -> tuple[str, ...]:
        return (*super().names, self.differential)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        fitting = [code for code, kind in names.bonuses.items() if kind == Differential.kind]
        names.require(f"{path}.differential", self.differential, fitting, "one of the plan's differential bonuses", report)

    def heads(self, calculation: "Calculation", index: int) -> Heads:
        bonus = calculation.plan.bonuses[calculation.plan.bonus_index(self.differential)]
        assert isinstance(bonus, Differential)
        top = max(bonus.rates.steps, default=0)
        heads = (bonus.rate(calculation) >= top) & (top > 0)
        may = self.may(calculation, index)
        counted = heads & may if self.unqualified is Unqualified.LOOKED_THROUGH else heads
        return Heads(start=counted, counted=counted, may=may)
