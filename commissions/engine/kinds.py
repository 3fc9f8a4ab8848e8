"""How single values of a plan document are written, checked and written back.

Each kind says in words what it means, so that a value that does not fit is reported with what was expected.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

_MOST_POINTS = 10**13
_MOST_TERM = 10**9


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document."""

    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path} {self.found}; expected {self.expected}"


class Report:
    """Collects the problems of one document while it is read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, path: str, value: object, expected: str) -> None:
        """Report a value that does not fit."""
        self.problems.append(Problem(path, f"is {_shown(value)}", expected))

    def missing(self, path: str, expected: str) -> None:
        """Report a key that is not there."""
        self.problems.append(Problem(path, "is missing", expected))

    def unknown(self, path: str, known: Sequence[str]) -> None:
        """Report a key that nothing reads; a list of the top that stands below a table would be that table's."""
        expected = f"one of {', '.join(known)}"
        if path.rpartition(".")[2] in TOP_LISTS and "." in path:
            expected += "; a list of the whole plan stands at the top of the document, before the first table"
        self.problems.append(Problem(path, "is not a known key", expected))


TOP_LISTS = ("volumes", "amounts")
"""The keys of a plan document that are no tables, and so have to come first."""


class Unfit(ValueError):
    """A value that does not fit its kind."""


class Kind(ABC):
    """How a value is written."""

    @property
    @abstractmethod
    def meant(self) -> str:
        """What is expected, in words."""

    def parse(self, raw: Any, path: str, report: Report) -> Any:
        """Return the value, or report what is wrong with ``raw`` and return None."""
        try:
            return self.convert(raw)
        except Unfit:
            report.wrong(path, raw, self.meant)
            return None

    @abstractmethod
    def convert(self, raw: Any) -> Any:
        """Return the value, or raise Unfit."""

    def dump(self, value: Any) -> Any:
        """Write the value as plain data."""
        return value


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Words for people to read."""

    most: int = 120

    @property
    def meant(self) -> str:
        return f"text of 1 to {self.most} characters"

    def convert(self, raw: Any) -> str:
        if not isinstance(raw, str) or not raw.strip() or len(raw) > self.most:
            raise Unfit
        return raw


@dataclass(frozen=True, slots=True)
class Code(Kind):
    """A name for the machine, unique among its like."""

    meant = "a code: a small letter, then up to 39 small letters, digits, hyphens or underscores"

    def convert(self, raw: Any) -> str:
        if not isinstance(raw, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", raw):
            raise Unfit
        return raw


@dataclass(frozen=True, slots=True)
class OneOf(Kind):
    """One of a closed set of words; ``becomes`` makes the value of the word."""

    words: Sequence[str]
    becomes: Callable[[str], Any] = str
    described: str = ""

    @property
    def meant(self) -> str:
        return self.described or f"one of {', '.join(self.words)}"

    def convert(self, raw: Any) -> Any:
        if not isinstance(raw, str) or raw not in self.words:
            raise Unfit
        return self.becomes(raw)

    def dump(self, value: Any) -> str:
        return str(value)


def choice(words: type[StrEnum]) -> OneOf:
    """One of the words of an enumeration."""
    return OneOf(tuple(words), words)


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number."""

    least: int
    most: int

    @property
    def meant(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def convert(self, raw: Any) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool) or not self.least <= raw <= self.most:
            raise Unfit
        return raw


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """True or false."""

    meant = "true or false"

    def convert(self, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise Unfit
        return raw


@dataclass(frozen=True, slots=True)
class Points(Kind):
    """Points of volume with up to two decimals, held as hundredths."""

    meant = f"points: a number from 0 to {_MOST_POINTS} with up to two decimals, such as 100 or 12.5"

    def convert(self, raw: Any) -> int:
        written = _number(raw)
        if not re.fullmatch(r"\d{1,14}(\.\d{1,2})?", written) or Decimal(written) > _MOST_POINTS:
            raise Unfit
        return int(Decimal(written).scaleb(2))

    def dump(self, value: int) -> int | str:
        return value // 100 if value % 100 == 0 else f"{Decimal(value).scaleb(-2):f}"


@dataclass(frozen=True, slots=True)
class Percent(Kind):
    """A percentage written as text, such as "7.5%", held in parts per million."""

    most: str = "100%"

    @property
    def meant(self) -> str:
        return f'a percentage as text from 0% to {self.most} with up to four decimals, such as "7.5%"'

    def convert(self, raw: Any) -> int:
        if not isinstance(raw, str) or not re.fullmatch(r"\d{1,7}(\.\d{1,4})?%", raw) or _ppm(raw) > _ppm(self.most):
            raise Unfit
        return _ppm(raw)

    def dump(self, value: int) -> str:
        return percent(value)


@dataclass(frozen=True, slots=True)
class Ratio(Kind):
    """An exact positive fraction, written as "27/25" or as a decimal number."""

    meant = f'a positive number or fraction with terms up to {_MOST_TERM}, such as "1.08" or "27/25"'

    def convert(self, raw: Any) -> Fraction:
        written = _number(raw)
        if not re.fullmatch(r"\d{1,10}(\.\d{1,10}|/0*[1-9]\d{0,9})?", written):
            raise Unfit
        value = Fraction(written)
        if value == 0 or max(value.numerator, value.denominator) > _MOST_TERM:
            raise Unfit
        return value

    def dump(self, value: Fraction) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Money(Kind):
    """An amount of the plan's currency in whole units, such as 50 or "49.90"; ``Plan.minor`` makes minor units of it."""

    meant = f"an amount of the plan's currency from 0 to {_MOST_POINTS} with up to four decimals, such as 50 or 49.90"

    def convert(self, raw: Any) -> Fraction:
        written = _number(raw)
        if not re.fullmatch(r"\d{1,14}(\.\d{1,4})?", written) or Decimal(written) > _MOST_POINTS:
            raise Unfit
        return Fraction(written)

    def dump(self, value: Fraction) -> int | str:
        return int(value) if value.denominator == 1 else f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """A date."""

    meant = "a date such as 2026-01-31"

    def convert(self, raw: Any) -> date:
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
        if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
            raise Unfit
        try:
            return date.fromisoformat(raw)
        except ValueError as error:
            raise Unfit from error

    def dump(self, value: date) -> str:
        return value.isoformat()


def percent(ppm: int) -> str:
    """Write parts per million as a percentage.

    >>> percent(75_000)
    '7.5%'
    """
    return f"{Decimal(ppm).scaleb(-4).normalize():f}%"


def _number(raw: object) -> str:
    """How a number is written, in the document or as text; empty for what is no number."""
    return str(raw) if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool) else ""


def _ppm(written: str) -> int:
    return int(Decimal(written[:-1]).scaleb(4))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
