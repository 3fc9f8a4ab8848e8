"""How a plan cuts time: period types, each with its own length and clock, and where each of their periods begins.

A period is half-open, ``[start, end)``, from midnight to midnight of its time zone. Periods of one type follow each
other without gaps; types run side by side.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from commissions.engine.document import setting
from commissions.engine.kinds import Day, Kind, Report, Unfit, choice


class PeriodKind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    FOUR_WEEKS = "four_weeks"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_DAYS: Final[Mapping[PeriodKind, int]] = {PeriodKind.DAY: 1, PeriodKind.WEEK: 7, PeriodKind.FOUR_WEEKS: 28}
_MONTHS: Final[Mapping[PeriodKind, int]] = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


@dataclass(frozen=True, slots=True)
class TimeZone(Kind):
    """A time zone by its name."""

    meant = "the name of a time zone, such as America/New_York"

    def convert(self, raw: Any) -> str:
        try:
            return ZoneInfo(raw).key
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise Unfit from error


@dataclass(frozen=True, kw_only=True)
class Period:
    """A period type. Weeks and four-weeks are counted from ``starts_on``, the first day of any one of them."""

    kind: PeriodKind = setting(choice(PeriodKind))
    time_zone: str = setting(TimeZone())
    starts_on: date | None = setting(Day(), default=None)

    def check(self, path: str, report: Report) -> None:
        """Report a start that is missing where it is counted from, or that nothing counts from."""
        counted = self.kind in (PeriodKind.WEEK, PeriodKind.FOUR_WEEKS)
        if counted and self.starts_on is None:
            report.missing(f"{path}.starts_on", "the first day of any one of these periods, such as 2026-01-05")
        if not counted and self.starts_on is not None:
            report.wrong(f"{path}.starts_on", self.starts_on, "no start: only weeks and four_weeks are counted from one")


class NoSuchPeriod(ValueError):
    """The name of a period that is none of its type's."""


@dataclass(frozen=True, slots=True)
class Span:
    """One period: its first day, the day after its last, and the instants at which these begin."""

    name: str
    first: date
    after: date
    start: datetime
    end: datetime


def containing(period: Period, day: date) -> Span:
    """Return the period of this type that a day (of its time zone) is in."""
    if period.kind in _DAYS:
        length = _DAYS[period.kind]
        since = (day - (period.starts_on or date.min)).days
        first = day - timedelta(days=since % length)
        after = first + timedelta(days=length)
    else:
        months = _MONTHS[period.kind]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        after = _months_later(first, months)
    return _span(period, first, after)


def named(period: Period, name: str) -> Span:
    """Return a period by its name, as in ``Span.name``: 2026, 2026-Q1, 2026-01, or its first day.

    Raises NoSuchPeriod for another name, and for a day on which none of these periods begins.
    """
    try:
        day = _first_day(period.kind, name)
    except (ValueError, OverflowError):
        day = None
    if day is None:
        raise NoSuchPeriod(f"{name} is not the name of a {period.kind}; expected {_MEANT[period.kind]}")
    span = containing(period, day)
    if span.first != day:
        raise NoSuchPeriod(f"no {period.kind} begins on {name}; the one that it is in begins on {span.first}")
    return span


def following(period: Period, span: Span) -> Span:
    """Return the period after this one."""
    return containing(period, span.after)


_MEANT: Final[Mapping[PeriodKind, str]] = {
    PeriodKind.DAY: "a day such as 2026-01-31",
    PeriodKind.WEEK: "its first day, such as 2026-01-05",
    PeriodKind.FOUR_WEEKS: "its first day, such as 2026-01-05",
    PeriodKind.MONTH: "a month such as 2026-01",
    PeriodKind.QUARTER: "a quarter such as 2026-Q1",
    PeriodKind.YEAR: "a year such as 2026",
}


def _first_day(kind: PeriodKind, name: str) -> date | None:
    if kind in _DAYS:
        return date.fromisoformat(name)
    if kind is PeriodKind.MONTH and re.fullmatch(r"\d{4}-\d\d", name):
        return date.fromisoformat(f"{name}-01")
    if kind is PeriodKind.QUARTER and re.fullmatch(r"\d{4}-Q[1-4]", name):
        return date(int(name[:4]), int(name[-1]) * 3 - 2, 1)
    if kind is PeriodKind.YEAR and re.fullmatch(r"\d{4}", name):
        return date(int(name), 1, 1)
    return None


def _name(kind: PeriodKind, first: date) -> str:
    if kind is PeriodKind.MONTH:
        return f"{first:%Y-%m}"
    if kind is PeriodKind.QUARTER:
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return f"{first.year}" if kind is PeriodKind.YEAR else first.isoformat()


def _span(period: Period, first: date, after: date) -> Span:
    zone = ZoneInfo(period.time_zone)
    start, end = (datetime.combine(day, time(), zone) for day in (first, after))
    return Span(_name(period.kind, first), first, after, start, end)


def _months_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
