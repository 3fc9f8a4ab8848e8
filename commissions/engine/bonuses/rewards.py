"""What a thing that happened is worth: a percentage of a volume or of an amount, or an amount of the plan's currency."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Money, Percent, Report
from commissions.engine.names import Names
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class Reward(ABC):
    """What is paid for a sale."""

    kind: ClassVar[str]

    def check(self, path: str, names: Names, report: Report) -> None:  # noqa: B027
        """Report names that nothing has."""

    @property
    @abstractmethod
    def rate_ppm(self) -> int:
        """The rate that a line carries."""

    @abstractmethod
    def of_entries(self, calculation: "Calculation", entries: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        """Return what each of some entries is paid on, and its currency (NONE: hundredths of a point)."""


@dataclass(frozen=True, kw_only=True)
class OfSale(Reward):
    """``rate`` of what was sold; ``of`` names a volume or an amount."""

    kind: ClassVar[str] = "percent"
    rate: int = setting(Percent())
    of: str = setting(Code())

    def check(self, path: str, names: Names, report: Report) -> None:
        require_base(f"{path}.of", self.of, names, report)

    @property
    def rate_ppm(self) -> int:
        return self.rate

    def of_entries(self, calculation: "Calculation", entries: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        return base_of(calculation, self.of, entries)


@dataclass(frozen=True, kw_only=True)
class EachUnit(Reward):
    """An ``amount`` of the plan's currency for every unit sold."""

    kind: ClassVar[str] = "amount"
    amount: Fraction = setting(Money())

    @property
    def rate_ppm(self) -> int:
        return money.PPM

    def of_entries(self, calculation: "Calculation", entries: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        quantity = calculation.sales.quantity[entries]
        minor = np.full(len(entries), calculation.plan.minor(self.amount), dtype=np.int64)
        return times(minor, quantity), in_plan_currency(calculation, len(entries))


REWARDS: Final[Mapping[str, type[Reward]]] = MappingProxyType({each.kind: each for each in (OfSale, EachUnit)})


def require_base(path: str, name: str, names: Names, report: Report) -> None:
    """Report what is neither a volume nor an amount of the plan, and what is both."""
    known = (*names.volumes, *names.amounts)
    names.require(path, name, known, "one of the plan's volumes or amounts", report)
    if name in names.volumes and name in names.amounts:
        report.wrong(path, name, "a name that not both a volume and an amount have")


def base_of(calculation: "Calculation", name: str, entries: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Return a volume or an amount of some entries by its name, and the currency that it is in (NONE: hundredths of a point)."""
    sales = calculation.sales
    if name in ("pv", "cv", *calculation.plan.volumes):
        return sales.volume(name)[entries], np.full(len(entries), NONE, dtype=np.int16)
    return sales.amount(name)[entries], sales.currency[entries]


def in_plan_currency(calculation: "Calculation", count: int) -> NDArray[np.int16]:
    """Say of each row that it is in the plan's currency."""
    return np.full(count, money.INDEX[calculation.plan.currency], dtype=np.int16)


def times(minor: NDArray[np.int64], quantity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Multiply amounts by quantities. Raises AmountTooLarge rather than wrap."""
    largest = float(np.abs(minor).max(initial=0)) * float(np.abs(quantity).max(initial=0))
    if largest >= money.LIMIT:
        raise money.AmountTooLarge("an amount times a quantity does not fit 64 bits")
    return minor * quantity
