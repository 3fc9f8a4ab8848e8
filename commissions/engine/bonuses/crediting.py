"""Bonuses that pay one person for a sale: nobody is climbed to, the sale itself says who is due."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.arrays import mask
from commissions.engine.bonuses.bonus import Unit, Walk
from commissions.engine.bonuses.dues import groups, settle, sums
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import setting
from commissions.engine.kinds import Switch
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Crediting(Walking):
    """``active_only`` says whether whoever is due has to be active; an open account is needed at any rate."""

    first_level: ClassVar[int] = 0
    active_only: bool = setting(Switch())

    @abstractmethod
    def credits(self, calculation: "Calculation") -> "Credits":
        """Say who is due what for which entries."""

    def rate_ppm(self) -> int:
        """The rate at which everything is paid."""
        return money.PPM

    def takes(self, calculation: "Calculation") -> NDArray[np.bool_]:
        return mask(len(calculation.sales), self.credits(calculation).entries)

    def takes_alone(self, plan: "Plan") -> bool:
        return False

    def walks_from(self, seller: int, due: int) -> int:
        return due

    def sources(self, calculation: "Calculation") -> Sources:
        return self.credits(calculation).gather(calculation, by_order=self.line is Unit.ORDER)

    def qualified(self, calculation: "Calculation", index: int) -> NDArray[np.bool_]:
        """Say who may be paid."""
        may = calculation.open_to(index)
        return may & calculation.standings.active if self.active_only else may

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        qualified = self.qualified(calculation, index)
        walk = settle(calculation, index, starters, qualified, calculation.people.parent).as_walk(self.first_level)
        walk.rate_ppm[:] = self.rate_ppm()
        return walk


@dataclass(frozen=True, slots=True, eq=False)
class Credits:
    """Entries that are paid on (indexes, sorted), who is due (a person or NONE), what it is paid on and in which currency."""

    entries: NDArray[np.int64]
    due: NDArray[np.int64]
    base: NDArray[np.int64]
    currency: NDArray[np.int16]

    def gather(self, calculation: "Calculation", *, by_order: bool) -> Sources:
        """Add up by seller, who is due and currency, and by order if lines are orders."""
        sales = calculation.sales
        seller = sales.person[self.entries]
        order = sales.order[self.entries] if by_order else np.zeros(len(self.entries), dtype=np.int64)
        first, group = groups((seller, order, self.due, self.currency.astype(np.int64)))
        base = sums(self.base, group, len(first))
        pays = np.flatnonzero(base)
        first = first[pays]
        return Sources(
            seller=seller[first],
            sale=self.entries[first] if by_order else np.full(len(first), NONE, dtype=np.int64),
            base=base[pays],
            currency=self.currency[first],
            currencies=tuple(np.unique(self.currency[first]).tolist()),
            start=self.due[first],
        )
