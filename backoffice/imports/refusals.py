"""What was refused and why, row by row: kept beside the staged rows while they are checked, written to a report at the end."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _

from backoffice.imports.columns import NOTHING, words

TABLE = "refused"
HEADER = ("file", "line", "field", "value", "expected")
SHOWN = 200


class Refusal(NamedTuple):
    """One reason why one row is not taken. ``key`` is the row's own name, so that rows which refer to it can say so."""

    file: str
    line: int
    key: str
    field: str
    value: str
    expected: str


def create(cursor) -> None:
    """Make the table that refusals wait in; it goes with the connection."""
    cursor.execute(
        f"CREATE TEMP TABLE {TABLE} (file text, line integer, key text, field text, value text, expected text);"
        f"CREATE INDEX ON {TABLE} (file, line); CREATE INDEX ON {TABLE} (file, key)"
    )


def note(cursor, refusals: Iterable[Refusal]) -> None:
    """Keep refusals."""
    with cursor.copy(f"COPY {TABLE} FROM STDIN") as copy:
        for refusal in refusals:
            texts = (refusal.file, str(refusal.line), *(_readable(text) for text in refusal[2:]))
            copy.write("\t".join(texts) + "\n")


def _readable(text: str) -> str:
    """Bring any text, readable or not, into a form that fits a report."""
    if text == NOTHING:
        return ""
    text = text.encode("utf-8", "replace").decode()
    text = "".join(sign if sign.isprintable() else "?" for sign in text[:SHOWN])
    return words()(text)


def counts(cursor) -> dict[str, int]:
    """Count the refused rows of each file."""
    cursor.execute(f"SELECT file, count(DISTINCT line) FROM {TABLE} GROUP BY file ORDER BY file")
    return dict(cursor.fetchall())


def examples(cursor, most: int = 12) -> list[str]:
    """Return the first refusals as sentences: a few of each file."""
    cursor.execute(
        "SELECT file, line, field, value, expected FROM (SELECT *, row_number() OVER (PARTITION BY file ORDER BY line) AS nth"
        f" FROM {TABLE}) r ORDER BY nth, file LIMIT %s",
        [most],
    )
    sentence = _("%(file)s, line %(line)d: %(field)s is “%(value)s”, expected %(expected)s")
    return [sentence % dict(zip(HEADER, row, strict=True)) for row in sorted(cursor.fetchall())]


def write(cursor, path: Path) -> None:
    """Write the report: one line a reason, in the order of the files. A value can never become a formula of a spreadsheet."""
    with path.open("w", encoding="utf-8", newline="") as file:
        report = csv.writer(file, lineterminator="\n")
        report.writerow(HEADER)
        cursor.execute(f"SELECT file, line, field, value, expected FROM {TABLE} ORDER BY file, line, field")
        while rows := cursor.fetchmany(5000):
            report.writerows([(f, n, field, _harmless(value), expected) for f, n, field, value, expected in rows])


def _harmless(value: str) -> str:
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
