"""How single values are written in the files: names, points, amounts, instants, words."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.files.columns import Unfit

NOBODY = 0
"""The number of an empty name."""

_NUMBERS = re.compile(r"[1-9]\d{0,17}")
_NAMED_FROM = 2**60
_LONGEST_NUMBER = 18
_POWERS_OF_TEN = 10 ** np.arange(_LONGEST_NUMBER, dtype=np.int64)
_WHOLE = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Names:
    """Gives each name a number that stays the same from file to file, and the name back for it.

    A name that is a whole number is its own number; any other takes one from its text, beyond all those.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def number(self, name: str) -> int:
        """Return the number of a name, NOBODY for an empty one. Raises Unfit for a name too long or taken."""
        name = name.strip()
        if not name:
            return NOBODY
        if _NUMBERS.fullmatch(name) and int(name) < _NAMED_FROM:
            return int(name)
        if len(name) > 200:
            raise Unfit("a name of at most 200 characters")
        digest = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
        number = _NAMED_FROM + digest % _NAMED_FROM
        if self._names.setdefault(number, name) != name:
            raise Unfit(f"a name that does not fall on the same number as {self._names[number]}")
        return number

    @staticmethod
    def numbers(names: Sequence[str]) -> NDArray[np.int64] | None:
        """Return the numbers of names that are all numbers themselves; None where one is anything else."""
        digits = "".join(names)
        if not (digits.isascii() and digits.isdigit()) or max(map(len, names)) > _LONGEST_NUMBER:
            return None
        try:
            numbers = np.fromiter(map(int, names), dtype=np.int64, count=len(names))
        except ValueError:
            return None
        plain = int(np.searchsorted(_POWERS_OF_TEN, numbers, side="right").sum()) == len(digits)  # no zeros in front
        return numbers if plain else None

    def needed(self, name: str) -> int:
        """Return the number of a name that has to be there."""
        number = self.number(name)
        if number == NOBODY:
            raise Unfit("a name")
        return number

    def name(self, number: int) -> str:
        """Return the name of a number."""
        return self._names.get(number, str(number))


def whole(text: str) -> int:
    """A whole number; an empty text is 0."""
    text = text.strip()
    if text and not _WHOLE.fullmatch(text):
        raise Unfit("a whole number such as 12 or -3")
    return int(text or 0)


def decimal(places: int, meant: str) -> Callable[[str], int]:
    """A number with at most so many decimals, in units of the last of them; an empty text is 0."""

    def convert(text: str) -> int:
        text = text.strip()
        if not text:
            return 0
        if not _DECIMAL.fullmatch(text):
            raise Unfit(f"{meant} such as 12.50 or -3")
        units, _, rest = text.partition(".")
        rest = rest.rstrip("0")
        if len(rest) > places:
            raise Unfit(f"{meant} with at most {places} decimals")
        value = int(units.lstrip("-") + rest.ljust(places, "0"))
        if value >= money.LIMIT:
            raise Unfit(f"{meant} below {money.LIMIT // 10**places:,}")
        return -value if text.startswith("-") else value

    return convert


points = decimal(2, "points")

MOST_DECIMALS = max(money.EXPONENTS.values())
amount = decimal(MOST_DECIMALS, "an amount")
"""Amounts are read with as many decimals as any currency has, and then scaled to those of the row's currency."""


def instant(zone: ZoneInfo) -> Callable[[str], int]:
    """A date, or a date with a time, on the clock of ``zone`` unless it states another; microseconds since 1970 in UTC."""

    def convert(text: str) -> int:
        text = text.strip()
        try:
            is_day = len(text) == 10
            at = datetime.combine(date.fromisoformat(text), time(), zone) if is_day else datetime.fromisoformat(text)
        except ValueError as error:
            raise Unfit("a date such as 2026-01-31, or with a time: 2026-01-31T14:30") from error
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        return (at - _EPOCH) // timedelta(microseconds=1)

    return convert


def day_of(at: int, zone: ZoneInfo) -> int:
    """Return the instant at which the day of an instant begins on the clock of ``zone``."""
    return (datetime.combine(_on_clock(at, zone).date(), time(), zone) - _EPOCH) // timedelta(microseconds=1)


def written_day(at: int, zone: ZoneInfo) -> str:
    """Return the date of an instant on the clock of ``zone``."""
    return _on_clock(at, zone).date().isoformat()


def _on_clock(at: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def maybe(convert: Callable[[str], int], empty: int) -> Callable[[str], int]:
    """The same, but an empty text is ``empty``."""
    return lambda text: convert(text) if text.strip() else empty


def word(words: Mapping[str, int], *, empty: int | None = None) -> Callable[[str], int]:
    """One of a closed set of words."""

    def convert(text: str) -> int:
        text = text.strip()
        if not text and empty is not None:
            return empty
        if text not in words:
            raise Unfit(f"one of {', '.join(words)}")
        return words[text]

    return convert


class Words:
    """Numbers the words of an open set as they come; an empty text is NONE."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Return the place of a word."""
        text = text.strip()
        return self.places.setdefault(text, len(self.places)) if text else -1
