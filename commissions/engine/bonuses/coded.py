"""Coded bonus: the person whose code a sale carries is paid for it, always or for a seller's first sales.

docs/plans/coded.md states the rule with a worked example.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses.crediting import Crediting, Credits
from commissions.engine.bonuses.dues import sums
from commissions.engine.bonuses.rewards import REWARDS, OfSale, Reward
from commissions.engine.bonuses.sources import orders, originals
from commissions.engine.document import Selected, setting
from commissions.engine.kinds import Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines
from commissions.engine.snapshot import NONE, Index

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class WithoutCode(StrEnum):
    """Who is the coder of a sale that carries no code."""

    SPONSOR = "sponsor"
    SELLER = "seller"
    NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Coded(Crediting):
    """``passes`` says how many orders of each seller go to the coder; those after it are the seller's. Left out: all do."""

    kind: ClassVar[str] = "coded"
    reward: Reward = setting(Selected(REWARDS))
    without_code: WithoutCode = setting(choice(WithoutCode))
    passes: int | None = setting(Whole(1, 1000), default=None)

    @property
    def state(self) -> str:
        """The name under which everybody's orders so far are kept."""
        return f"{self.code}.orders"

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        self.reward.check(f"{path}.reward", names, report)

    def most(self, plan: "Plan") -> Fraction | None:
        of_volume = isinstance(self.reward, OfSale) and self.reward.of == "cv"
        return Fraction(self.reward.rate_ppm, money.PPM) if of_volume else None

    def rate_ppm(self) -> int:
        return self.reward.rate_ppm

    def credits(self, calculation: "Calculation") -> Credits:
        """What was sold, due to the coder or to the seller."""
        entries = self._entries(calculation)
        due = self._coder(calculation, entries)
        if self.passes is not None:
            ordinal = self._ordinal(calculation, entries)
            due = np.where(ordinal <= self.passes, due, calculation.sales.person[entries])
        base, currency = self.reward.of_entries(calculation, entries)
        return Credits(entries, due, base, currency)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        yield from super().pay(calculation, index)
        if self.passes is not None:
            entries = self._entries(calculation)
            first, _, counts = self._orders(calculation, entries)
            sellers = calculation.sales.person[entries[first[counts]]]
            new = np.bincount(sellers, minlength=len(calculation.people))
            calculation.leave(self.state, calculation.state(self.state) + new)

    def _entries(self, calculation: "Calculation") -> NDArray[np.int64]:
        sales = calculation.sales
        counts = np.ones(len(sales), dtype=np.bool_) if self.sales is None else self.sales.fits(calculation)
        if self.without_code is WithoutCode.NOBODY:
            counts &= sales.column("code") > 0
        return np.flatnonzero(counts)

    def _coder(self, calculation: "Calculation", entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find whose code each sale carries."""
        people, sales = calculation.people, calculation.sales
        code, seller = sales.column("code")[entries], sales.person[entries]
        coder = people.parent[seller] if self.without_code is WithoutCode.SPONSOR else seller.copy()
        has_code = np.flatnonzero(code > 0)
        coder[has_code] = Index(people.id).of(code[has_code], "person whose code a sale carries:")
        return coder

    def _orders(
        self, calculation: "Calculation", entries: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return the first entry of each order in each seller's order of time, each entry's order, and which orders count.

        What is taken back is no sale.
        """
        sales = calculation.sales
        first, group = orders(sales, entries)
        return first, group, sums(sales.quantity[entries], group, len(first)) > 0

    def _ordinal(self, calculation: "Calculation", entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """Say the how manieth order of the seller each entry belongs to; a reversal belongs to what it takes back.

        A reversal of a sale of an earlier period counts as the next one.
        """
        sales = calculation.sales
        first, group, counts = self._orders(calculation, entries)
        seller = sales.person[entries[first]]
        running: NDArray[np.int64] = np.cumsum(counts) - counts
        begins = np.searchsorted(seller, seller)
        ordinal = calculation.state(self.state)[seller] + running - running[begins] + 1
        of_entry: NDArray[np.int64] = ordinal[group]
        original = originals(sales)[entries]
        place = np.minimum(np.searchsorted(entries, original), len(entries) - 1)
        takes_back = np.flatnonzero((original != NONE) & (entries[place] == original))
        of_entry[takes_back] = of_entry[place[takes_back]]
        return of_entry
