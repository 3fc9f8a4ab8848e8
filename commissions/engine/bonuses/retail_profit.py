"""Retail profit: the seller earns what a customer paid above the seller's own price.

docs/plans/retail_profit.md states the rule with a worked example.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Bonus, Reach, Unearned, Unit, Walk, roll_up, why_not
from commissions.engine.bonuses.sources import Sources
from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Report, Switch, choice
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE, BuyerKind, People, Sales

if TYPE_CHECKING:
    from commissions.engine.plan import Plan


class Buyer(StrEnum):
    """The customers on whose purchases there is a profit. A distributor's own purchase has none."""

    PREFERRED = "preferred"
    RETAIL = "retail"


@dataclass(frozen=True, kw_only=True)
class RetailProfit(Bonus):
    """``buyers`` are the customers that count; ``active_only`` says whether the seller has to be active."""

    kind: ClassVar[str] = "retail_profit"
    first_level: ClassVar[int] = 0
    buyers: tuple[Buyer, ...] = setting(ListOf(choice(Buyer), most=len(Buyer)))
    active_only: bool = setting(Switch())

    @property
    def rates_ppm(self) -> tuple[int, ...]:
        return (money.PPM,)

    def check(self, path: str, ranks: tuple[str, ...], report: Report) -> None:
        if len(set(self.buyers)) < len(self.buyers):
            report.wrong(f"{path}.buyers", ", ".join(self.buyers), "each kind of buyer once")

    def sources(self, sales: Sales) -> Sources:
        """A line sold below the seller's price earns nothing, and costs nothing; a reversal takes back what was earned."""
        kinds = [BuyerKind[buyer.name] for buyer in self.buyers]
        entries = np.flatnonzero(np.isin(sales.buyer_kind, kinds))
        money.require_summable(sales.paid_minor, "the amounts paid")
        money.require_summable(sales.seller_minor, "the sellers' prices")
        above = sales.paid_minor[entries] - sales.seller_minor[entries]
        profit = np.where(sales.quantity[entries] < 0, np.minimum(above, 0), np.maximum(above, 0))
        return sources.of_amount(sales, entries, profit, by_order=self.line is Unit.ORDER)

    def qualifies(self, plan: "Plan", standings: Standings) -> NDArray[np.int16]:
        return (standings.active if self.active_only else standings.payable).astype(np.int16)

    def reach(self, plan: "Plan", standings: Standings) -> Reach | None:
        if self.unearned is Unearned.ROLL_UP:
            return None
        return Reach(np.ones(len(standings.active), dtype=np.bool_), 0)

    def walk(self, plan: "Plan", people: People, standings: Standings, sellers: NDArray[np.int64]) -> Walk:
        qualified = self.qualifies(plan, standings) > 0
        paid = qualified[sellers]
        missed = np.where(paid, NONE, sellers)
        payee = np.where(paid, sellers, NONE)
        if self.unearned is Unearned.ROLL_UP:
            payee = np.where(paid, sellers, roll_up(qualified, people, standings.rank, missed))
        reason = np.where(paid, np.int8(Reason.PAID), why_not(people, standings)[sellers])
        return Walk(payee[np.newaxis], missed[np.newaxis], reason[np.newaxis])
