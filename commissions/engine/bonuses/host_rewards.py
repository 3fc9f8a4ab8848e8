"""What a party brings its host: credit by bracket, items by tier, or something for a party that a guest booked."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses.marginal import Mode
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Money, Percent, Report, Whole, choice

if TYPE_CHECKING:
    from commissions.engine.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What parties bring, one row each: ``rate_ppm`` of the subtotal, or ``amount_minor`` and ``items``; ``tier`` from 1."""

    tier: NDArray[np.int64]
    rate_ppm: NDArray[np.int64]
    amount_minor: NDArray[np.int64]
    items: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class HostReward(ABC):
    """A thing that a party brings by its subtotal."""

    kind: ClassVar[str]
    for_booking: ClassVar[bool] = False

    @abstractmethod
    def given(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> Given:
        """Say what parties of these subtotals, in minor units of the plan's currency, bring."""

    def check(self, path: str, report: Report) -> None:  # noqa: B027
        """Report tiers that do not rise."""

    def parts(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
        """Return, tier by tier, what part of each subtotal lies inside it and its rate, where that is how it is paid."""
        return []


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """A ``rate`` of the subtotal, or an ``amount``, for a subtotal of at least ``least``."""

    least: Fraction = setting(Money())
    rate: int | None = setting(Percent(), default=None)
    amount: Fraction | None = setting(Money(), default=None)


@dataclass(frozen=True, kw_only=True)
class Credit(HostReward):
    """What the highest of ``brackets`` that the subtotal reaches says, on the whole subtotal, or each on its part."""

    kind: ClassVar[str] = "credit"
    brackets: tuple[Bracket, ...] = setting(ListOf(Table(Bracket), most=50))
    mode: Mode | None = setting(choice(Mode), default=None)

    def check(self, path: str, report: Report) -> None:
        _require_rising(f"{path}.brackets", [each.least for each in self.brackets], report)
        for place, each in enumerate(self.brackets, 1):
            if (each.rate is None) == (each.amount is None):
                stated = "neither" if each.rate is None else "both"
                report.wrong(f"{path}.brackets[{place}]", stated, "either a rate or an amount")
            if self.mode is Mode.MARGINAL and each.amount is not None:
                report.wrong(f"{path}.brackets[{place}].amount", str(each.amount), "a rate: no part of a subtotal has an amount")

    def parts(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
        if self.mode is not Mode.MARGINAL:
            return []
        lows = [plan.minor(each.least) for each in self.brackets]
        edges = zip(lows, [*lows[1:], None], self.brackets, strict=True)
        return [(np.clip(subtotal_minor, low, high) - low, each.rate or 0) for low, high, each in edges]

    def given(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> Given:
        tier = _tier(plan, [each.least for each in self.brackets], subtotal_minor)
        is_whole = self.mode is not Mode.MARGINAL
        rates = np.array([0, *((each.rate or 0) * is_whole for each in self.brackets)], dtype=np.int64)
        amounts = np.array([0, *(plan.minor(each.amount or Fraction(0)) for each in self.brackets)], dtype=np.int64)
        return Given(tier, rates[tier], amounts[tier], np.zeros_like(tier))


@dataclass(frozen=True, kw_only=True)
class Tier:
    """``items`` for a subtotal of at least ``least``."""

    least: Fraction = setting(Money())
    items: int = setting(Whole(1, 1000))


@dataclass(frozen=True, kw_only=True)
class Items(HostReward):
    """So many items (half-price items, free products: the bonus's name says of what) by the highest of ``tiers``."""

    kind: ClassVar[str] = "items"
    tiers: tuple[Tier, ...] = setting(ListOf(Table(Tier), most=50))

    def check(self, path: str, report: Report) -> None:
        _require_rising(f"{path}.tiers", [each.least for each in self.tiers], report)

    def given(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> Given:
        tier = _tier(plan, [each.least for each in self.tiers], subtotal_minor)
        none = np.zeros_like(tier)
        return Given(tier, none, none, np.array([0, *(each.items for each in self.tiers)], dtype=np.int64)[tier])


@dataclass(frozen=True, kw_only=True)
class Booking(HostReward):
    """For the host at whose party a guest booked an own one: ``amount`` and ``items``, if that has at least ``least``.

    ``within_days``: the booked party has to be held so many days after the other at the latest.
    """

    kind: ClassVar[str] = "booking"
    for_booking: ClassVar[bool] = True
    least: Fraction = setting(Money())
    amount: Fraction = setting(Money(), default=Fraction(0))
    items: int = setting(Whole(0, 1000), default=0)
    within_days: int | None = setting(Whole(0, 3660), default=None)

    def check(self, path: str, report: Report) -> None:
        if not self.amount and not self.items:
            report.missing(f"{path}.amount", "an amount, or items")

    def given(self, plan: "Plan", subtotal_minor: NDArray[np.int64]) -> Given:
        tier = _tier(plan, [self.least], subtotal_minor)
        return Given(tier, np.zeros_like(tier), tier * plan.minor(self.amount), tier * self.items)


HOST_REWARDS: Final[Mapping[str, type[HostReward]]] = MappingProxyType({each.kind: each for each in (Credit, Items, Booking)})


def _tier(plan: "Plan", least: list[Fraction], subtotal_minor: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which threshold each subtotal reaches, counted from 1, 0 for none; a subtotal of nothing reaches none."""
    thresholds = np.array([plan.minor(each) for each in least], dtype=np.int64)
    reached = np.searchsorted(thresholds, subtotal_minor, side="right")
    return np.where(subtotal_minor > 0, reached, 0).astype(np.int64)


def _require_rising(path: str, least: list[Fraction], report: Report) -> None:
    if least != sorted(set(least)):
        report.wrong(path, ", ".join(map(str, least)), "thresholds that rise")
