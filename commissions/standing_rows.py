"""Standings and earning totals between arrays and rows: what is stored, what differs, and writing just that.

Rows are written in the order of their keys, one upsert a batch; a whole company goes by COPY. Only the holder of the
live lock writes here, so that no two writers ever wait for each other.
"""

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from django.db import connection

from commissions import snapshots
from commissions.engine.snapshot import NO_RANK
from commissions.snapshots import POSTGRES_EPOCH

ROWS_BY_COPY = 5_000
"""From here on rows travel by COPY; below, one statement with arrays is quicker."""


@dataclass(eq=False)
class Figures:
    """The live figures of everyone in one period: a column of ``Standing`` each, people in tree order.

    ``totals`` is ``[bonus, person]``. Someone without a stored row has the figures of ``nothing``.
    """

    pv: np.ndarray
    gv: np.ndarray
    is_active: np.ndarray
    rank: np.ndarray
    best_rank: np.ndarray
    earned_minor: np.ndarray
    announced_rank: np.ndarray
    team_size: np.ndarray
    team_active: np.ndarray
    totals: np.ndarray

    @classmethod
    def nothing(cls, count, bonuses):
        """Return the figures of people who have none."""
        blank = {name: np.zeros(count, dtype=np.int64) for name in COLUMNS}
        blank |= {name: np.full(count, NO_RANK, dtype=np.int64) for name in ("rank", "best_rank", "announced_rank")}
        blank["is_active"] = np.zeros(count, dtype=bool)
        return cls(**blank, totals=np.zeros((bonuses, count), dtype=np.int64))

    def at(self, places):
        """Return the figures of some people."""
        return Figures(**{name: getattr(self, name)[places] for name in COLUMNS}, totals=self.totals[:, places])

    def put(self, places, figures):
        """Set the figures of some people."""
        for name in COLUMNS:
            getattr(self, name)[places] = getattr(figures, name)
        self.totals[:, places] = figures.totals

    def widened(self, before):
        """Return the figures with room for newcomers, who have none: each goes before a place, as numpy.insert means it."""
        nothing = Figures.nothing(len(before), len(self.totals))
        return Figures(
            **{name: np.insert(getattr(self, name), before, getattr(nothing, name)) for name in COLUMNS},
            totals=np.insert(self.totals, before, nothing.totals, axis=1),
        )

    def differing(self, other):
        """Say at which places any column but the totals differs."""
        different = np.zeros(len(self.pv), dtype=bool)
        for name in COLUMNS:
            different |= getattr(self, name) != getattr(other, name)
        return different


COLUMNS = tuple(field.name for field in fields(Figures) if field.name != "totals")
_SQL_TYPES = {"is_active": "bool", "rank": "smallint", "best_rank": "smallint", "announced_rank": "smallint"} | {
    "team_size": "integer",
    "team_active": "integer",
}
_WIDTHS = {"bigint": ">i8", "integer": ">i4", "smallint": ">i2", "bool": ">i1"}

STORED = """
    SELECT distributor_id, pv, gv, is_active::int AS is_active, rank, best_rank, earned_minor, announced_rank, team_size,
           team_active
    FROM commissions_standing WHERE period_id = %s
"""
STORED_TOTALS = "SELECT distributor_id, amount_minor FROM commissions_earningtotal WHERE period_id = %s AND bonus = %s"


def read(period_id, index, count, bonuses):
    """Return the stored figures of a period, people in tree order; ``bonuses`` are codes, in the plan's order."""
    figures = Figures.nothing(count, len(bonuses))
    ids, *columns = snapshots.columns(STORED, ("distributor_id", *COLUMNS), [period_id])
    places = index.of(ids, "distributor with live figures")
    for name, column in zip(COLUMNS, columns, strict=True):
        getattr(figures, name)[places] = column
    for row, bonus in enumerate(bonuses):
        ids, amounts = snapshots.columns(STORED_TOTALS, ("distributor_id", "amount_minor"), [period_id, bonus])
        figures.totals[row, index.of(ids, "distributor with live figures")] = amounts
    return figures


def write(period_id, ids, figures, *, at):
    """Store the standings of some people: ``ids`` and ``figures`` go together, in any order."""
    by = np.argsort(ids, kind="stable")
    columns = {"distributor_id": ids[by], **{name: getattr(figures, name)[by] for name in COLUMNS}}
    constants = {"period_id": period_id, "updated_at": at}
    _upsert("commissions_standing", columns, constants, key=("period_id", "distributor_id"))


def write_totals(period_id, bonus, currency, ids, amounts):
    """Store what some people have earned with one bonus."""
    by = np.argsort(ids, kind="stable")
    columns = {"distributor_id": ids[by], "amount_minor": amounts[by]}
    constants = {"period_id": period_id, "bonus": bonus, "currency": currency}
    _upsert("commissions_earningtotal", columns, constants, key=("period_id", "distributor_id", "bonus"))


def _upsert(table, columns, constants, key):
    """Insert or overwrite rows: ``columns`` are arrays in key order, ``constants`` the same for every row."""
    count = len(next(iter(columns.values())))
    if not count:
        return
    names = (*columns, *constants)
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    into = f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(columns)}, {', '.join(['%s'] * len(constants))} FROM "
    conflict = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
    with connection.cursor() as cursor:
        if count < ROWS_BY_COPY:
            arrays = ", ".join(f"%s::{_type(name)}[]" for name in columns)
            cursor.execute(
                f"{into} unnest({arrays}) AS rows ({', '.join(columns)}){conflict}",
                [*constants.values(), *("{" + ",".join(map(str, column.tolist())) + "}" for column in columns.values())],
            )
            return
        if _is_first(cursor, table, constants):
            copy_in(cursor, f"COPY {table} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)", {**columns, **constants})
            return
        stage = ", ".join(f"{name} {_type(name)}" for name in columns)
        cursor.execute(f"CREATE TEMPORARY TABLE live_stage ({stage}) ON COMMIT DROP")
        copy_in(cursor, f"COPY live_stage ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)", columns)
        cursor.execute(f"{into} live_stage{conflict}", [*constants.values()])
        cursor.execute("DROP TABLE live_stage")


def _is_first(cursor, table, constants):
    """Tell whether the period (and bonus) has no row at all yet, so that nothing can be in the way of a plain COPY."""
    found = [name for name in ("period_id", "bonus") if name in constants]
    where = " AND ".join(f"{name} = %s" for name in found)
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table} WHERE {where})", [constants[name] for name in found])
    return cursor.fetchone()[0]


def _type(name):
    return _SQL_TYPES.get(name, "bigint")


def copy_in(cursor, statement, columns):
    """Send columns by binary COPY: every row is a count of fields, then each field's length and value.

    A column is an array of whole numbers, or one value for all rows: a number, a text or an instant.
    """
    fields = {name: _field(name, column) for name, column in columns.items()}
    layout = [("fields", ">i2")]
    for name, (_value, width) in fields.items():
        layout += [(f"{name}_length", ">i4"), (name, width)]
    rows = np.empty(len(next(iter(columns.values()))), dtype=layout)
    rows["fields"] = len(columns)
    for name, (value, _width) in fields.items():
        rows[f"{name}_length"] = rows.dtype[name].itemsize
        rows[name] = value
    with cursor.copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        copy.write(rows.tobytes())
        copy.write(b"\xff\xff")


def _field(name, column):
    """Return the value of a field as it is sent, and how wide it is."""
    if isinstance(column, str):
        return column.encode(), f"S{len(column.encode())}"
    if isinstance(column, datetime):
        return int(column.timestamp() * 1_000_000) - POSTGRES_EPOCH, ">i8"
    return column, _WIDTHS[_type(name)]
