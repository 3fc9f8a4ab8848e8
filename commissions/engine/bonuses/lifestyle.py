"""Lifestyle: a fixed amount in every period in which a rank, or something else, is held, such as for a car or a home.

docs/plans/lifestyle.md states the rule with worked examples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.rows import RANKED_AMOUNTS, AmountRows, RankedAmounts, amounts_of, check_ranked, row_figures
from commissions.engine.bonuses.stated import check_breakage, held_place, rewards
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

    def check(self, path: str, instead_of: RankedAmounts, names: Names, report: Report) -> None:
        """Report cash beside rows, ranks that are left out, and cash above the amount that it is paid instead of."""
        if isinstance(instead_of, AmountRows):
            report.wrong(path, "there", "nothing: of amounts by requirement a row may ask for the fact")
            return
        names.require_each_rank(f"{path}.amounts", self.amounts, "the cash for this rank, 0 for nothing", report)
        for rank, amount in self.amounts.items():
            if rank in instead_of and amount > instead_of[rank]:
                most = Money().dump(instead_of[rank])
                report.wrong(f"{path}.amounts.{rank}", Money().dump(amount), f"no more than the amount itself, {most}")


@dataclass(frozen=True, kw_only=True)
class Lifestyle(Bonus):
    """``amounts`` by rank or by row; who loses the rank, or the row, keeps the amount for ``grace`` periods in a row."""

    kind: ClassVar[str] = "lifestyle"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    amounts: RankedAmounts = setting(RANKED_AMOUNTS)
    grace: int = setting(Whole(0, 60))
    active_only: bool = setting(Switch())
    cash: CashAlternative | None = setting(Table(CashAlternative), default=None)

    @property
    def per_person(self) -> bool:
        return True

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        check_ranked(f"{path}.amounts", self.amounts, "what holding this rank pays, 0 for nothing", names, report)
        if self.cash is not None:
            self.cash.check(f"{path}.cash", self.amounts, names, report)
        check_breakage(self, path, report)

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        return row_figures(self.amounts, calculation.plan, calculation.standings, person)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        amounts = amounts_of(self.amounts, calculation.plan)
        held = f"{self.code}.{'row' if isinstance(self.amounts, AmountRows) else 'rank'}"
        now = held_place(calculation, index, self.amounts, active_only=self.active_only)
        before = np.minimum(calculation.state(held), len(amounts) - 1) - 1
        missed = np.where(now >= before, 0, calculation.state(f"{self.code}.missed") + 1)
        in_grace = (missed > 0) & (missed <= self.grace)
        paid_as = np.where(in_grace & calculation.open_to(index), before, now)
        amount = amounts[paid_as]
        if self.cash is not None:
            takes_cash = calculation.people.fact(self.cash.fact) > 0
            amount = np.where(takes_cash, amounts_of(self.cash.amounts, calculation.plan)[paid_as], amount)
        yield rewards(calculation, index, amount, paid_as + 1)
        calculation.leave(held, np.where(in_grace, before, now) + 1)
        calculation.leave(f"{self.code}.missed", np.where(in_grace, missed, 0))
