"""Reading CSV files by column: every value checked, every mistake named by file, line and column.

A file is read in stretches and turned into columns at once. Each column remembers the texts it has met, because the
same few prices, dates and words come again and again.
"""

import csv
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

_MARKS = {"\t": "a tab"}
_STRETCH = 2_000
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
    """How the texts of a column become whole numbers. Each distinct text is converted once.

    ``many`` converts a whole stretch at once where all of it is of a plain form, and returns None where it is not.
    """

    def __init__(
        self,
        convert: Callable[[str], int],
        *,
        needed: bool = False,
        many: Callable[[Sequence[str]], NDArray[np.int64] | None] = lambda _: None,
    ) -> None:
        self.needed = needed
        self._convert = convert
        self._many = many
        self._known: dict[str, int] = {}

    def read(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Convert a stretch of texts. Raises Unfit (see ``first_unfit``)."""
        converted = self._many(texts)
        return np.array(self._one_by_one(texts), dtype=np.int64) if converted is None else converted

    def _one_by_one(self, texts: Sequence[str]) -> list[int]:
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

    def column(self, name: str, absent: int = 0) -> NDArray[np.int64]:
        """Return a column, ``absent`` throughout where the file leaves it out (which takes no memory). It is for reading only."""
        found = self.columns.get(name)
        column = np.broadcast_to(np.int64(absent), len(self)) if found is None else found.view()
        column.flags.writeable = False
        return column

    def bad(self, row: int, column: str, said: str) -> BadFile:
        """Return the error about one value of a row."""
        return BadFile(f"{self.source} line {self.lines[row]}: {column} {said}")


def read(source: Source, columns: Mapping[str, Column], family: Callable[[str], Column | None] = lambda _: None) -> Read:
    """Read a CSV file by its header; ``family`` gives the column for names that are not among ``columns``.

    Raises BadFile for a header with unknown, doubled or missing columns, for a row of another length, and for a value that
    its column does not take. Columns that the file leaves out are not in the result.
    """
    with source.open() as stream, _uncollected():
        return _read(source, _rows(source, stream), columns, family)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for circles of objects: rows of texts have none, and the look takes as long as the reading."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


_Rows = Iterator[tuple[int, list[str]]]


def _rows(source: Source, stream: TextIO) -> _Rows:
    """Yield rows with the lines that they end on; empty lines are passed over. Raises BadFile for what is no CSV."""
    rows = csv.reader(stream, strict=True)
    begins = 1
    try:
        for row in rows:
            if row:
                yield rows.line_num, row
            begins = rows.line_num + 1
    except UnicodeDecodeError as error:
        line = rows.line_num + 1 + error.object[: error.start].count(b"\n")
        raise BadFile(f"{source.name} line {line}: not in UTF-8") from error
    except csv.Error as error:
        said = "a quotation mark is opened and never closed" if str(error) == "unexpected end of data" else f"not CSV: {error}"
        raise BadFile(f"{source.name} line {begins}: {said}") from error


def _read(source: Source, rows: _Rows, columns: Mapping[str, Column], family: Callable[[str], Column | None]) -> Read:
    _, header = next(rows, (0, []))
    if not header:
        raise BadFile(f"{source.name} is empty; expected a line with the names of the columns: {', '.join(columns)}")
    header = [name.strip() for name in header]
    chosen = _chosen(source, header, columns, family)
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
                parts[name].append(chosen[name].read(texts))
            except Unfit:
                place, expected = chosen[name].first_unfit(texts)
                shown = texts[place] if len(texts[place]) <= 60 else f"{texts[place][:57]}..."
                raise BadFile(f'{source.name} line {lines[place]}: {name} is "{shown}"; expected {expected}') from None
    none = np.empty(0, dtype=np.int64)
    return Read(
        source.name, {name: np.concatenate([none, *each]) for name, each in parts.items()}, np.concatenate([none, *numbers])
    )


def _chosen(
    source: Source, header: list[str], columns: Mapping[str, Column], family: Callable[[str], Column | None]
) -> dict[str, Column]:
    """Return the column of each name in a header. Raises BadFile for unknown, doubled and missing ones."""
    chosen: dict[str, Column] = {}
    for name in header:
        column = columns.get(name) or family(name)
        if column is None and (mark := next((mark for mark in (";", "\t", "|") if mark in name), None)):
            raise BadFile(f"{source.name} line 1: columns are separated by commas; found {_MARKS.get(mark, mark)} in {name}")
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
    return chosen


def _stretches(rows: _Rows) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Yield rows in stretches with the lines that they end on."""
    while stretch := list(islice(rows, _STRETCH)):
        lines, values = zip(*stretch, strict=True)
        yield list(lines), list(values)
