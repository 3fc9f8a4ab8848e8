"""Sponsor flat bonus: the sponsor of a new person is paid an amount for the product that the new person bought.

docs/plans/sponsor_flat.md states the rule with a worked example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine.bonuses.crediting import Crediting, Credits
from commissions.engine.bonuses.rewards import in_plan_currency, times
from commissions.engine.bonuses.sources import Buyer, places
from commissions.engine.bonuses.windows import WINDOWS, Window, own_purchases
from commissions.engine.document import ListOf, Selected, Table, TableOf, setting
from commissions.engine.kinds import Code, Money, Report, Text, choice
from commissions.engine.names import Names
from commissions.engine.snapshot import NONE, BuyerKind

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class FlatAmount:
    """What a unit of any of ``products`` brings a sponsor of the kind ``sponsor`` (any, where it is left out).

    It is ``amount``, or what ``by_rank`` says for the sponsor's rank.
    """

    products: tuple[str, ...] = setting(ListOf(Text(), most=1000))
    sponsor: Buyer | None = setting(choice(Buyer), default=None)
    amount: Fraction | None = setting(Money(), default=None)
    by_rank: Mapping[str, Fraction] | None = setting(TableOf(Code(), Money()), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report an amount that is stated twice or not at all, and ranks that are left out."""
        if (self.amount is None) == (self.by_rank is None):
            report.wrong(path, "both" if self.by_rank else "neither", "either amount or by_rank")
        if self.by_rank is not None:
            names.require_each_rank(f"{path}.by_rank", self.by_rank, "the amount for a sponsor of this rank", report)
        if len(set(self.products)) < len(self.products):
            report.wrong(f"{path}.products", ", ".join(self.products), "each of them once")


@dataclass(frozen=True, kw_only=True)
class SponsorFlat(Crediting):
    """``window`` says who is new; the first of ``amounts`` that fits product and sponsor is paid for each unit."""

    kind: ClassVar[str] = "sponsor_flat"
    first_level: ClassVar[int] = 1
    window: Window = setting(Selected(WINDOWS))
    amounts: tuple[FlatAmount, ...] = setting(ListOf(Table(FlatAmount), most=200))

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        for place, each in enumerate(self.amounts, 1):
            each.check(f"{path}.amounts[{place}]", names, report)

    def credits(self, calculation: "Calculation") -> Credits:
        """What new people bought for themselves, due to who sponsors them."""
        plan, people, sales = calculation.plan, calculation.people, calculation.sales
        counts = own_purchases(calculation) & self.window.holds(calculation)
        if self.sales is not None:
            counts &= self.sales.fits(calculation)
        entries = np.flatnonzero(counts)
        sponsor = people.parent[sales.person[entries]]
        kind = np.append(people.fact("kind"), NONE)[sponsor]
        rank = np.append(calculation.standings.rank, np.int8(NONE))[sponsor]
        product = sales.column("product")[entries]
        minor = np.zeros(len(entries), dtype=np.int64)
        open_rows = np.ones(len(entries), dtype=np.bool_)
        for each in self.amounts:
            fits = open_rows & np.isin(product, places(calculation.snapshot, "product", each.products))
            if each.sponsor is not None:
                fits &= kind == BuyerKind[each.sponsor.name]
            flat = each.amount or Fraction(0)
            of_rank = [flat if each.by_rank is None else each.by_rank[rung.code] for rung in plan.ranks]
            worth = np.array([plan.minor(amount) for amount in (*of_rank, flat)], dtype=np.int64)
            minor[fits] = worth[rank[fits]]
            open_rows &= ~fits
        paid = np.flatnonzero(~open_rows)
        worth_minor = times(minor[paid], sales.quantity[entries[paid]])
        return Credits(entries[paid], sponsor[paid], worth_minor, in_plan_currency(calculation, len(paid)))
