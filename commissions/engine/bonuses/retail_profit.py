"""Retail profit: the seller earns what a customer paid above the seller's own price, or above another price.

docs/plans/retail_profit.md states the rule with a worked example.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Reach, Unearned, Unit, Walk, open_to, roll_up, why_not
from commissions.engine.bonuses.sources import Buyer, Sources
from commissions.engine.bonuses.walking import PerSale
from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Code, OneOf, Report, Switch
from commissions.engine.names import Names
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE, BuyerKind

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_CUSTOMERS = OneOf((Buyer.PREFERRED, Buyer.RETAIL), Buyer)
"""The customers on whose purchases there is a profit. A distributor's own purchase has none."""


@dataclass(frozen=True, kw_only=True)
class RetailProfit(PerSale):
    """``buyers`` are the customers that count; ``active_only`` says whether the seller has to be active.

    The profit is what the amount ``price`` is above the amount ``basis``.
    """

    kind: ClassVar[str] = "retail_profit"
    first_level: ClassVar[int] = 0
    buyers: tuple[Buyer, ...] = setting(ListOf(_CUSTOMERS, most=2))
    active_only: bool = setting(Switch())
    price: str = setting(Code(), default="paid")
    basis: str = setting(Code(), default="seller")

    @property
    def per_sale(self) -> bool:
        return self.sales is None

    @property
    def levels(self) -> int:
        return 1

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if len(set(self.buyers)) < len(self.buyers):
            report.wrong(f"{path}.buyers", ", ".join(self.buyers), "each kind of buyer once")
        for name in ("price", "basis"):
            names.require(f"{path}.{name}", getattr(self, name), names.amounts, "one of the plan's amounts", report)
        if self.price == self.basis:
            report.wrong(f"{path}.basis", self.basis, "another amount than the price")

    def sources(self, calculation: "Calculation") -> Sources:
        """A line sold below the basis earns nothing, and costs nothing; a reversal takes back what was earned."""
        sales = calculation.sales
        counts = np.isin(sales.buyer_kind, [BuyerKind[buyer.name] for buyer in self.buyers])
        if self.sales is not None:
            counts &= self.sales.fits(calculation)
        entries = np.flatnonzero(counts)
        price, basis = sales.amount(self.price), sales.amount(self.basis)
        money.require_summable(price, "the amounts paid")
        money.require_summable(basis, "the sellers' prices")
        above = price[entries] - basis[entries]
        profit = np.where(sales.quantity[entries] < 0, np.minimum(above, 0), np.maximum(above, 0))
        return sources.of_amount(calculation, entries, profit, by_order=self.line is Unit.ORDER)

    def qualifies(self, plan: "Plan", index: int, standings: Standings) -> NDArray[np.int16]:
        may = open_to(plan, index, standings)
        return (may & standings.active if self.active_only else may).astype(np.int16)

    def reach(self, plan: "Plan", index: int, standings: Standings) -> Reach | None:
        if self.unearned is Unearned.ROLL_UP:
            return None
        return Reach(np.ones(len(standings.active), dtype=np.bool_), 0)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        plan, people, standings = calculation.plan, calculation.people, calculation.standings
        qualified = self.qualifies(plan, index, standings) > 0
        paid = qualified[starters]
        walk = Walk.empty((money.PPM,), len(starters), first_level=0)
        missed = np.where(paid, NONE, starters)
        payee = np.where(paid, starters, NONE)
        if self.unearned is Unearned.ROLL_UP:
            payee = np.where(paid, starters, roll_up(qualified, people.parent, standings.rank, missed))
        walk.payee[0], walk.missed[0] = payee, missed
        walk.reason[0] = np.where(paid, np.int8(Reason.PAID), why_not(plan, index, people, standings)[starters])
        return walk
