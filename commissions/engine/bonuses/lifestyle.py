"""Lifestyle: a fixed amount in every period in which a rank is held, such as for a car or a home.

docs/plans/lifestyle.md states the rule with worked examples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.stated import amounts_by_rank, check_breakage, held_rank, rewards
from commissions.engine.document import Table, TableOf, setting
from commissions.engine.kinds import Code, Money, Report, Switch, Whole
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class CashAlternative:
    """``amounts`` for those who have the ``fact`` that they take cash instead."""

    fact: str = setting(Code())
    amounts: Mapping[str, Fraction] = setting(TableOf(Code(), Money()))


@dataclass(frozen=True, kw_only=True)
class Lifestyle(Bonus):
    """``amounts`` by rank; who loses the rank keeps the amount for ``grace`` periods in a row."""

    kind: ClassVar[str] = "lifestyle"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    amounts: Mapping[str, Fraction] = setting(TableOf(Code(), Money()))
    grace: int = setting(Whole(0, 60))
    active_only: bool = setting(Switch())
    cash: CashAlternative | None = setting(Table(CashAlternative), default=None)

    @property
    def per_person(self) -> bool:
        return True

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_each_rank(f"{path}.amounts", self.amounts, "what holding this rank pays, 0 for nothing", report)
        if self.cash is not None:
            names.require_each_rank(f"{path}.cash.amounts", self.cash.amounts, "the cash for this rank, 0 for nothing", report)
            for rank, amount in self.cash.amounts.items():
                if rank in self.amounts and amount > self.amounts[rank]:
                    most = Money().dump(self.amounts[rank])
                    report.wrong(f"{path}.cash.amounts.{rank}", Money().dump(amount), f"no more than the amount itself, {most}")
        check_breakage(self, path, report)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        amounts = amounts_by_rank(calculation.plan, self.amounts)
        now = held_rank(calculation, index, active_only=self.active_only)
        before = calculation.state(f"{self.code}.rank") - 1
        missed = np.where(now >= before, 0, calculation.state(f"{self.code}.missed") + 1)
        in_grace = (missed > 0) & (missed <= self.grace)
        paid_as = np.where(in_grace & calculation.open_to(index), before, now)
        amount = amounts[paid_as]
        if self.cash is not None:
            takes_cash = calculation.people.fact(self.cash.fact) > 0
            amount = np.where(takes_cash, amounts_by_rank(calculation.plan, self.cash.amounts)[paid_as], amount)
        yield rewards(calculation, index, amount, paid_as + 1)
        calculation.leave(f"{self.code}.rank", np.where(in_grace, before, now) + 1)
        calculation.leave(f"{self.code}.missed", np.where(in_grace, missed, 0))
