"""Who is new: the time after somebody joined in which a sale counts as a new person's.

Days and months are those of the calendar in the time zone of the period, and the one in which somebody joined is the
first, however little is left of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import setting
from commissions.engine.kinds import Whole
from commissions.engine.snapshot import BuyerKind

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = date(9999, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Window(ABC):
    """A time after joining. ``goes_by_time`` says that nothing but when the seller joined decides on a sale."""

    kind: ClassVar[str]
    goes_by_time: ClassVar[bool] = False

    @abstractmethod
    def holds(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say which sales are credited to somebody who was new at the time."""


@dataclass(frozen=True, kw_only=True)
class Calendar(Window):
    """A number of calendar days or months, the one of joining included."""

    goes_by_time: ClassVar[bool] = True

    @property
    @abstractmethod
    def length(self) -> int:
        """How many of them."""

    @abstractmethod
    def begins(self, day: date) -> date:
        """Return the first day of the day or month that ``day`` is in."""

    @abstractmethod
    def later(self, first: date, count: int) -> date:
        """Return the first day of the one that comes ``count`` later, or earlier."""

    def still_new(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say who is new when the period begins, or joins in it."""
        zone = ZoneInfo(calculation.plan.periods[calculation.period].time_zone)
        first = self.begins(_local(calculation.snapshot.start, zone))
        new: NDArray[np.bool_] = calculation.people.joined_at >= _instant(self.later(first, 1 - self.length), zone)
        return new

    def holds(self, calculation: "Calculation") -> NDArray[np.bool_]:
        sales, people = calculation.sales, calculation.people
        if not len(sales):
            return np.zeros(0, dtype=np.bool_)
        zone = ZoneInfo(calculation.plan.periods[calculation.period].time_zone)
        first = self.begins(_local(int(sales.at.min()), zone))
        last = _local(int(sales.at.max()), zone)
        firsts = [first]
        while (following := self.later(firsts[-1], 1)) <= min(last, _LAST):
            firsts.append(following)
        starts = np.array([_instant(day, zone) for day in firsts], dtype=np.int64)
        earliest = np.array([_instant(self.later(day, 1 - self.length), zone) for day in firsts], dtype=np.int64)
        of_sale = np.searchsorted(starts, sales.at, side="right") - 1
        new: NDArray[np.bool_] = people.joined_at[sales.person] >= earliest[of_sale]
        return new


@dataclass(frozen=True, kw_only=True)
class Days(Calendar):
    """The day of joining and those after it, ``days`` in all."""

    kind: ClassVar[str] = "days"
    days: int = setting(Whole(1, 3660))

    @property
    def length(self) -> int:
        return self.days

    def begins(self, day: date) -> date:
        return day

    def later(self, first: date, count: int) -> date:
        return first + timedelta(days=count)


@dataclass(frozen=True, kw_only=True)
class Months(Calendar):
    """The rest of the month of joining and the months after it, ``months`` in all."""

    kind: ClassVar[str] = "months"
    months: int = setting(Whole(1, 120))

    @property
    def length(self) -> int:
        return self.months

    def begins(self, day: date) -> date:
        return day.replace(day=1)

    def later(self, first: date, count: int) -> date:
        month = first.year * 12 + first.month - 1 + count
        return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True, kw_only=True)
class FirstOrder(Window):
    """The first order that somebody ever placed for themselves."""

    kind: ClassVar[str] = "first_order"

    def holds(self, calculation: "Calculation") -> NDArray[np.bool_]:
        first: NDArray[np.bool_] = (calculation.sales.column("first") > 0) & own_purchases(calculation)
        return first


CALENDARS: Final[Mapping[str, type[Calendar]]] = MappingProxyType({each.kind: each for each in (Days, Months)})

WINDOWS: Final[Mapping[str, type[Window]]] = MappingProxyType({each.kind: each for each in (Days, Months, FirstOrder)})


def own_purchases(calculation: "Calculation") -> NDArray[np.bool_]:
    """Say which sales are what the person credited bought: a distributor's, or those of a customer who stands in the tree."""
    sales, people = calculation.sales, calculation.people
    own: NDArray[np.bool_] = sales.buyer_kind == BuyerKind.DISTRIBUTOR
    own |= sales.buyer_kind == people.fact("kind")[sales.person]
    return own


def day_numbers(at: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Number the calendar days of some instants: the difference of two numbers is the days between them."""
    if not len(at):
        return at
    first, last = _local(int(at.min()), zone), _local(int(at.max()), zone)
    midnights = [_instant(first + timedelta(days=day), zone) for day in range((last - first).days + 1)]
    number: NDArray[np.int64] = np.searchsorted(np.array(midnights, dtype=np.int64), at, side="right") + first.toordinal()
    return number


def _local(at: int, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).date()


def _instant(day: date, zone: ZoneInfo) -> int:
    return (datetime.combine(day, time(), zone) - _EPOCH) // timedelta(microseconds=1)
