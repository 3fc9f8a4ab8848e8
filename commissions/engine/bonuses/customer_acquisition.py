"""Customer acquisition: the seller is paid for new customers.

docs/plans/customer_acquisition.md states the rule with a worked example.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Unit
from commissions.engine.bonuses.crediting import Crediting, Credits
from commissions.engine.bonuses.dues import groups, sums
from commissions.engine.bonuses.rewards import base_of, require_base, times
from commissions.engine.bonuses.sources import Buyer, Sources
from commissions.engine.bonuses.windows import CALENDARS, Window, own_purchases
from commissions.engine.document import ListOf, Selected, Table, setting
from commissions.engine.kinds import Code, Money, OneOf, Percent, Points, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines
from commissions.engine.snapshot import NONE, BuyerKind

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_CUSTOMERS = OneOf((Buyer.PREFERRED, Buyer.RETAIL), Buyer)


class Counted(StrEnum):
    """Whether customers are counted anew in each period, or on and on."""

    PERIOD = "period"
    LIFE = "life"


class Pays(StrEnum):
    """Of several milestones passed at once, whether each is paid or only the highest."""

    EACH = "each"
    HIGHEST = "highest"


@dataclass(frozen=True, kw_only=True)
class Acquired(ABC):
    """What new customers are worth."""

    kind: ClassVar[str]

    def check(self, path: str, names: Names, report: Report) -> None:  # noqa: B027
        """Report settings that contradict each other."""


@dataclass(frozen=True, kw_only=True)
class OfFirstOrder(Acquired):
    """``rate`` of the new customer's first order; ``of`` names a volume or an amount."""

    kind: ClassVar[str] = "percent"
    rate: int = setting(Percent())
    of: str = setting(Code())

    def check(self, path: str, names: Names, report: Report) -> None:
        require_base(f"{path}.of", self.of, names, report)


@dataclass(frozen=True, kw_only=True)
class OfNumber(Acquired):
    """What a number of new customers is worth; ``counted`` says whether the number goes on from period to period."""

    counted: Counted = setting(choice(Counted))

    @abstractmethod
    def worth(self, plan: "Plan", before: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what ``new`` customers are worth, in minor units, to people who had ``before`` of them."""


@dataclass(frozen=True, kw_only=True)
class EachCustomer(OfNumber):
    """An ``amount`` for every ``every`` new customers."""

    kind: ClassVar[str] = "amount"
    amount: Fraction = setting(Money())
    every: int = setting(Whole(1, 1000))

    def worth(self, plan: "Plan", before: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        full = (before + new) // self.every - before // self.every
        return times(np.full(len(new), plan.minor(self.amount), dtype=np.int64), full)


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """An ``amount`` when somebody has this many ``customers``."""

    customers: int = setting(Whole(1, 100_000))
    amount: Fraction = setting(Money())


@dataclass(frozen=True, kw_only=True)
class Milestones(OfNumber):
    """Amounts for numbers of customers; ``pays`` says what happens when several are passed at once."""

    kind: ClassVar[str] = "milestones"
    pays: Pays = setting(choice(Pays))
    milestones: tuple[Milestone, ...] = setting(ListOf(Table(Milestone), most=50))

    def check(self, path: str, names: Names, report: Report) -> None:
        steps = [milestone.customers for milestone in self.milestones]
        if steps != sorted(set(steps)):
            report.wrong(f"{path}.milestones", ", ".join(map(str, steps)), "numbers of customers that rise")

    def worth(self, plan: "Plan", before: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.int64]:
        worth = np.zeros(len(new), dtype=np.int64)
        for milestone in self.milestones:
            passed = (before < milestone.customers) & (before + new >= milestone.customers)
            amount = plan.minor(milestone.amount)
            worth = np.where(passed, amount + (worth if self.pays is Pays.EACH else 0), worth)
        return worth


ACQUIRED: Final[Mapping[str, type[Acquired]]] = MappingProxyType(
    {each.kind: each for each in (OfFirstOrder, EachCustomer, Milestones)}
)


@dataclass(frozen=True, kw_only=True)
class CustomerAcquisition(Crediting):
    """``buyers`` are the kinds of customers that count, by their first order, if it has ``least`` of ``volume``.

    ``window`` counts only customers who came while the seller was new.
    """

    kind: ClassVar[str] = "customer_acquisition"
    buyers: tuple[Buyer, ...] = setting(ListOf(_CUSTOMERS, most=2))
    reward: Acquired = setting(Selected(ACQUIRED))
    volume: str = setting(Code(), default="cv")
    least: int = setting(Points(), default=0)
    window: Window | None = setting(Selected(CALENDARS), default=None)

    @property
    def state(self) -> str:
        """The name under which everybody's customers so far are kept."""
        return f"{self.code}.customers"

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.reward.check(f"{path}.reward", names, report)
        if isinstance(self.reward, OfNumber) and self.line is Unit.ORDER:
            report.wrong(f"{path}.line", self.line, "source or payee, as no single order makes a number of customers")
        if len(set(self.buyers)) < len(self.buyers):
            report.wrong(f"{path}.buyers", ", ".join(self.buyers), "each kind of buyer once")

    def most(self, plan: "Plan") -> Fraction | None:
        of_volume = isinstance(self.reward, OfFirstOrder) and self.reward.of == "cv"
        return Fraction(self.rate_ppm(), money.PPM) if of_volume else None

    def rate_ppm(self) -> int:
        return self.reward.rate if isinstance(self.reward, OfFirstOrder) else money.PPM

    def credits(self, calculation: "Calculation") -> Credits:
        """First orders of new customers, due to the seller."""
        entries, _ = self._new_customers(calculation)
        of = self.reward.of if isinstance(self.reward, OfFirstOrder) else self.volume
        base, currency = base_of(calculation, of, entries)
        return Credits(entries, calculation.sales.person[entries], base, currency)

    def sources(self, calculation: "Calculation") -> Sources:
        if not isinstance(self.reward, OfNumber):
            return super().sources(calculation)
        _, new = self._new_customers(calculation)
        some = np.flatnonzero(new)
        before = calculation.state(self.state) if self.reward.counted is Counted.LIFE else np.zeros_like(new)
        worth = self.reward.worth(calculation.plan, before[some], new[some])
        return sources.of_people(some, worth, money.INDEX[calculation.plan.currency])

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        yield from super().pay(calculation, index)
        if isinstance(self.reward, OfNumber) and self.reward.counted is Counted.LIFE:
            calculation.leave(self.state, calculation.state(self.state) + self._new_customers(calculation)[1])

    def _new_customers(self, calculation: "Calculation") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the entries of the first orders that count, and how many new customers each person has.

        What was taken back in the same period does not count: entries of one customer are added up first. A sale that
        does not say who bought is a customer of its own.
        """
        sales = calculation.sales
        counts = (sales.column("first") > 0) & np.isin(sales.buyer_kind, [BuyerKind[buyer.name] for buyer in self.buyers])
        counts &= ~own_purchases(calculation)
        if self.sales is not None:
            counts &= self.sales.fits(calculation)
        if self.window is not None:
            counts &= self.window.holds(calculation)
        entries = np.flatnonzero(counts)
        seller, buyer = sales.person[entries], sales.column("buyer")[entries]
        kind = sales.buyer_kind[entries].astype(np.int64)
        first, group = groups((seller, kind, buyer, np.where(buyer == NONE, sales.order[entries], 0)))
        quantity = sums(sales.quantity[entries], group, len(first))
        volume = sums(sales.volume(self.volume)[entries], group, len(first))
        new = (quantity > 0) & (volume >= self.least)
        return entries[new[group]], np.bincount(seller[first[new]], minlength=len(calculation.people))
