"""Bringing the rows of a file into the database to be checked there, in little memory whatever the size of the file.

Staged rows live in temporary tables: whatever happens to an import, nothing of them is left behind.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import psycopg
from django.db import connection
from django.utils.translation import gettext as _

from backoffice.imports import files, refusals
from backoffice.imports.columns import NOTHING, Column, Kind, Refused
from backoffice.imports.files import Broken, File, Row
from backoffice.imports.refusals import Refusal

BATCH = 50_000
PIECE = 2_000
REMEMBERED = 4_096

Say = Callable[[str], None]


def create(cursor, file: File) -> None:
    """Make the table that a file's rows wait in."""
    shape = ", ".join(f'"{column.name}" {column.type}' for column in file.columns)
    cursor.execute(f"CREATE TEMP TABLE {file.table} (row_line integer, {shape})")


def fill(cursor, file: File, header: list[Column], folder: Path, say: Say) -> int:
    """Stage each row of a file that can be read, and refuse the others. Returns how many rows the file has."""
    names = ", ".join(f'"{column.name}"' for column in header)
    parsers = [Parsed(column).__getitem__ for column in header]
    rows, seen = files.rows(file, folder), 0
    while batch := list(islice(rows, BATCH)):
        refused: list[Refusal] = []
        with cursor.copy(f"COPY {file.table} (row_line, {names}) FROM STDIN") as copy:
            lines = _lines(file, header, parsers, batch, refused)
            while some := list(islice(lines, PIECE)):  # in pieces, so that the database reads while the next is parsed
                copy.write("".join(some))
        if refused:
            refusals.note(cursor, refused)
        seen += len(batch)
        if len(batch) == BATCH:
            say(_("%(file)s: %(count)d rows read") % {"file": file.name, "count": seen})
    return seen


class Parsed(dict):
    """What the fields of a column become, remembered for the first few thousand of them: most columns say the same again."""

    def __init__(self, column: Column):
        super().__init__()
        self.parse = column.parse

    def __missing__(self, text: str) -> str:
        value = self.parse(text)
        if len(self) < REMEMBERED:
            self[text] = value
        return value


def _lines(
    file: File, header: list[Column], parsers: list[Kind], batch: list[Row | Broken], refused: list[Refusal]
) -> Iterator[str]:
    for row in batch:
        if isinstance(row, Broken):
            refused.append(Refusal(file.name, row.line, "", "", row.text, row.expected))
            continue
        try:
            parsed = [parse(text) for parse, text in zip(parsers, row.fields, strict=True)]
        except ValueError:  # a field that is refused, or too few or too many of them
            refused.extend(_reasons(file, header, row))
        else:
            yield "\t".join((str(row.line), *parsed)) + "\n"


def _reasons(file: File, header: list[Column], row: Row) -> Iterator[Refusal]:
    if len(row.fields) != len(header):
        text = ",".join(row.fields)
        expected = _("%(expected)d fields, not %(found)d") % {"expected": len(header), "found": len(row.fields)}
        yield Refusal(file.name, row.line, "", "", text, expected)
        return
    key = ""
    for column, text in zip(header, row.fields, strict=True):
        if column.name == file.key:
            try:
                key = column.parse(text)
            except Refused:
                key = ""
    for column, text, expected in files.faults(header, row.fields):
        yield Refusal(file.name, row.line, "" if key == NOTHING else key, column.name, text.strip(), expected)


def sequence(cursor, table: str) -> str:
    """Write the SQL for the sequence of a table's ids, looked up once and not for every row."""
    cursor.execute("SELECT quote_literal(pg_get_serial_sequence(%s, 'id')) || '::regclass'", [table])
    return cursor.fetchone()[0]


def integers(sql: str, params: tuple = ()) -> list[np.ndarray]:
    """Run a query that returns one row of ``string_agg(int8send(...), '')`` columns, as int64 arrays."""
    with psycopg.Cursor(connection.connection) as cursor:
        row = cursor.execute(sql, params, binary=True).fetchone() or ()
    return [np.frombuffer(column or b"", dtype=">i8").astype(np.int64) for column in row]


def gathered(expression: str, order: str) -> str:
    """Write the SQL that packs a whole number of every row into one array, in the given order."""
    return f"string_agg(int8send(({expression})::bigint), ''::bytea ORDER BY {order})"
