"""Reading CSV files by column: every value checked, every mistake named by file, line and column.

A file is read in stretches and turned into columns at once. Each column remembers the texts it has met, because the
same few prices, dates and words come again and again.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

_STRETCH = 50_000
_MOST_REMEMBERED = 1_000_000


class BadFile(ValueError):
    """A file that cannot be used; the message names file, line and column, and says what was expected."""


class Unfit(ValueError):
    """A text that is not what its column holds; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Source:
    """A CSV text with the name that mistakes in it are reported by."""

    name: str
    open: Callable[[], TextIO]

    @classmethod
    def file(cls, path: Path) -> "Source":
        """A file on disk, in UTF-8, with or without a byte order mark."""
        return cls(path.name, lambda: path.open(encoding="utf-8-sig", newline=""))

    @classmethod
    def text(cls, name: str, text: str) -> "Source":
        """A text in memory."""
        return cls(name, lambda: StringIO(text, newline=""))


class Column:
    """How the texts of a column become whole numbers. Each distinct text is converted once."""

    def __init__(self, convert: Callable[[str], int], *, needed: bool = False) -> None:
        self.needed = needed
        self._convert = convert
        self._known: dict[str, int] = {}

    def read(self, texts: Iterable[str]) -> list[int]:
        """Convert a stretch of texts. Raises Unfit (see ``first_unfit``)."""
        known = self._known
        try:
            return [known[text] for text in texts]
        except KeyError:
            pass
        if len(known) > _MOST_REMEMBERED:
            known.clear()
        values = []
        for text in texts:
            if text not in known:
                known[text] = self._convert(text)
            values.append(known[text])
        return values

    def first_unfit(self, texts: Iterable[str]) -> tuple[int, str]:
        """Say which of the texts does not fit, and what was expected."""
        for place, text in enumerate(texts):
            try:
                self._convert(text)
            except Unfit as unfit:
                return place, str(unfit)
        raise AssertionError("every text fits")


@dataclass(slots=True)
class Read:
    """What was read: columns of whole numbers, and the line that each row ended on."""

    source: str
    columns: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    lines: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.lines)

    def bad(self, row: int, column: str, said: str) -> BadFile:
        """Return the error about one value of a row."""
        return BadFile(f"{self.source} line {self.lines[row]}: {column} {said}")


def read(source: Source, columns: Mapping[str, Column], family: Callable[[str], Column | None] = lambda _: None) -> Read:
    """Read a CSV file by its header; ``family`` gives the column for names that are not among ``columns``.

    Raises BadFile for a header with unknown, doubled or missing columns, for a row of another length, and for a value that
    its column does not take. Columns that the file leaves out are not in the result.
    """
    try:
        with source.open() as stream:
            return _read(source, stream, columns, family)
    except UnicodeDecodeError as error:
        raise BadFile(f"{source.name} is not in UTF-8 (byte {error.start})") from error
    except csv.Error as error:
        raise BadFile(f"{source.name} is not a CSV file: {error}") from error


def _read(source: Source, stream: TextIO, columns: Mapping[str, Column], family: Callable[[str], Column | None]) -> Read:
    rows = csv.reader(stream, strict=True)
    header = next(rows, None)
    if not header:
        raise BadFile(f"{source.name} is empty; expected a line with the names of the columns: {', '.join(columns)}")
    header = [name.strip() for name in header]
    chosen: dict[str, Column] = {}
    for name in header:
        column = columns.get(name) or family(name)
        if column is None:
            raise BadFile(
                f"{source.name} line 1: {name or 'a column without a name'} is not a known column; expected {', '.join(columns)}"
            )
        if name in chosen:
            raise BadFile(f"{source.name} line 1: {name} is there twice")
        chosen[name] = column
    missing = [name for name, column in columns.items() if column.needed and name not in chosen]
    if missing:
        raise BadFile(f"{source.name} line 1: the column {missing[0]} is missing")
    parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in header}
    numbers: list[NDArray[np.int64]] = []
    for lines, stretch in _stretches(rows):
        if set(map(len, stretch)) != {len(header)}:
            place = next(place for place, row in enumerate(stretch) if len(row) != len(header))
            raise BadFile(
                f"{source.name} line {lines[place]}: {len(stretch[place])} values; expected {len(header)}, one for each column"
            )
        numbers.append(np.array(lines, dtype=np.int64))
        for name, texts in zip(header, zip(*stretch, strict=True), strict=True):
            try:
                parts[name].append(np.array(chosen[name].read(texts), dtype=np.int64))
            except Unfit:
                place, expected = chosen[name].first_unfit(texts)
                shown = texts[place] if len(texts[place]) <= 60 else f"{texts[place][:57]}..."
                raise BadFile(f'{source.name} line {lines[place]}: {name} is "{shown}"; expected {expected}') from None
    none = np.empty(0, dtype=np.int64)
    return Read(
        source.name, {name: np.concatenate([none, *each]) for name, each in parts.items()}, np.concatenate([none, *numbers])
    )


def _stretches(rows: Any) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield rows in stretches with the lines that they end on; empty lines are passed over."""
    numbered = ((rows.line_num, row) for row in rows if row)
    while stretch := list(islice(numbered, _STRETCH)):
        lines, values = zip(*stretch, strict=True)
        yield list(lines), list(values)
