"""The rows that a run writes by the million: into a table of its own by COPY, then indexed, then attached as a partition.

Loading into a table that is indexed already is twenty times as slow, and a table that is not attached yet is seen by nobody.
All of it happens in the caller's one transaction: what is killed on the way was never there. docs/runs.md has the figures.
"""

import dataclasses
import hashlib
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from django.db import connection
from psycopg import sql

from commissions import killpoints
from commissions.engine.money import CURRENCIES
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

LINES, STANDINGS, TOTALS = TABLES = ("commissions_runline", "commissions_runstanding", "commissions_runtotal")
CHUNK = 1 << 17
"""Rows that are put together at a time: some megabytes, which a processor's cache has room for."""

MOST_AHEAD = 4
"""Chunks that may wait for their checksum: it is quicker than the database, unless the machine is busy."""

NOBODY = 0
NO_CURRENCY = b"XXX"
"""ISO 4217 for no currency: the base is points."""

PEOPLE = {"payee": "payee_id", "source": "source_id", "missed": "missed_id"}
SALES = {"sale": "entry_id"}
COLUMN_OF = {field.name: {**PEOPLE, **SALES}.get(field.name, field.name) for field in dataclasses.fields(Lines)}
"""The engine's names of a line's columns, and where each is stored: whatever the engine adds comes along."""

ALWAYS = {"bonus", "payee_id", "base", "currency", "amount_minor"}
USUAL = {"quantity": 1, "of": 1}
"""What a column says on nearly every line; for all others 0. Where a whole chunk says it, it is left out and stays null."""

KIND = ("bonus", "level", "currency", "rate_ppm")
SUMMED = ("base", "amount_minor", "person_cut_minor", "cut_minor")

_WIDTHS = {"b": ">i2", "h": ">i2", "i": ">i4", "l": ">i8", "q": ">i8", "?": ">i1", "S": "S3"}
_MEMORY = "SET LOCAL maintenance_work_mem = '512MB'"


def name_of(table, run_id):
    """Return the name of a run's own part of a table."""
    return f"{table}_{int(run_id)}"


def create(cursor, table, run_id):
    """Make a run's part of a table, empty and not attached; its rows know their run without being told."""
    part = sql.Identifier(name_of(table, run_id))
    cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(part))
    cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS)").format(part, sql.Identifier(table)))
    cursor.execute(sql.SQL("ALTER TABLE {} ALTER run_id SET DEFAULT {}").format(part, sql.Literal(int(run_id))))


def attach(cursor, table, run_id):
    """Index a run's part of a table as the table is indexed, let nobody change it, and attach it."""
    part, whole, number = name_of(table, run_id), sql.Identifier(table), sql.Literal(int(run_id))
    here = sql.Identifier(part)
    cursor.execute(_MEMORY)
    for statement in _indexes(cursor, table, part):
        cursor.execute(statement)
    # The check spares the attachment a look at every row.
    cursor.execute(sql.SQL("ALTER TABLE {} ADD CONSTRAINT of_this_run CHECK (run_id = {})").format(here, number))
    cursor.execute(
        sql.SQL(
            "CREATE TRIGGER rows_of_a_run_stay BEFORE INSERT OR UPDATE OR DELETE ON {} "
            "FOR EACH STATEMENT EXECUTE FUNCTION commissions_rows_of_a_run_stay()"
        ).format(here)
    )
    cursor.execute(sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})").format(whole, here, number))
    cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT of_this_run").format(here))


INDEXES = """
    SELECT c.relname, i.indisprimary, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass ORDER BY i.indisprimary DESC, c.relname
"""


def _indexes(cursor, table, part):
    """Say how to give a part the indexes that its table has."""
    cursor.execute(INDEXES, [table])
    for name, is_primary, definition in cursor.fetchall():
        columns = definition[definition.index(" USING ") :]
        if is_primary:
            yield sql.SQL(f"ALTER TABLE {{}} ADD PRIMARY KEY {columns.partition(' btree ')[2]}").format(sql.Identifier(part))
        else:
            yield sql.SQL(f"CREATE INDEX {{}} ON {{}}{columns}").format(sql.Identifier(f"{part}_{name}"), sql.Identifier(part))


def drop(run_id):
    """Drop all rows of a run. The caller has made sure that nobody is paid by it."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name_of(table, run_id))))


def analyze(run_id):
    """Tell the planner about a run's rows, as the first thing after they are committed."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name_of(table, run_id))))


class Digest:
    """The checksum of rows that come in pieces, however they are cut: a sum for each column, and one over these.

    It adds up in a thread of its own, in the time in which the caller waits for the database.
    """

    def __init__(self):
        self._sums = {}
        self._adding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checksum")
        self._ahead: deque = deque()

    def take(self, columns):
        """Take in some more rows: arrays by name, always the same names, that nobody changes afterwards."""
        self._ahead.append(self._adding.submit(self._add, columns))
        if len(self._ahead) > MOST_AHEAD:
            self._ahead.popleft().result()

    def _add(self, columns):
        for name, values in columns.items():
            self._sums.setdefault(name, hashlib.sha256()).update(np.ascontiguousarray(values))

    def hexdigest(self):
        """Return the checksum of all rows."""
        for piece in self._ahead:
            piece.result()
        whole = hashlib.sha256()
        for name, partial in sorted(self._sums.items()):
            whole.update(name.encode() + b"\0" + partial.digest())
        return whole.hexdigest()


def dtypes():
    """Return how each stored column of a line is typed, as the engine's own lines would be written."""
    empty = Lines.join([])
    wide = {name: np.dtype(np.int64) for name in (*PEOPLE, *SALES)} | {"currency": np.dtype("S3")}
    return {column: wide.get(name, getattr(empty, name).dtype) for name, column in COLUMN_OF.items()}


class Writer:
    """Sends rows to one table by binary COPY, chunk after chunk. Use it in a ``with``.

    Columns are arrays of whole numbers, truths or three letters. A chunk whose column is all ``usual`` leaves it out.
    """

    def __init__(self, cursor, table, *, usual=None):
        self.cursor, self.table, self.usual = cursor, table, usual or {}
        self.count = 0
        self._names, self._copy, self._open = None, None, ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0] is None:
            self._end()
        return self._open.__exit__(*error)

    def write(self, columns):
        """Send rows: arrays of one length by column name."""
        kept = {name: values for name, values in columns.items() if name not in self.usual or (values != self.usual[name]).any()}
        layout = [("fields", ">i2")]
        for name, values in kept.items():
            layout += [(f"{name} length", ">i4"), (name, _WIDTHS[values.dtype.char])]
        rows = np.empty(len(next(iter(kept.values()))), dtype=layout)
        rows["fields"] = len(kept)
        for name, values in kept.items():
            rows[f"{name} length"] = rows.dtype[name].itemsize
            rows[name] = values
        self._begin(tuple(kept))
        self._copy.write(rows.view(np.uint8).data)
        self.count += len(rows)

    def _begin(self, names):
        if names == self._names:
            return
        self._end()
        # Nobody has seen the table before this transaction: its rows need no marks of who may see them.
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY, FREEZE)").format(
            sql.Identifier(self.table), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        self._names, self._copy = names, self._open.enter_context(self.cursor.copy(statement))
        self._copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))

    def _end(self):
        if self._copy is not None:
            self._copy.write(b"\xff\xff")
            self._open.close()
        self._names = self._copy = None


class Summed:
    """Takes a run's lines in blocks, in the order of the result, as they would be stored, and sums them up; writes nothing.

    ``people`` are the ids behind the places that lines name, ``entries`` those of the sales.
    """

    def __init__(self, *, people, entries):
        self.digest, self.by_bonus = Digest(), Counter()
        self._people, self._entries = np.append(people, NOBODY), np.append(entries, NOBODY)
        self._currencies = np.array([*(code.encode() for code in CURRENCIES), NO_CURRENCY], dtype="S3")
        self._nobodys = {}

    def write(self, lines, *, tell=lambda part: None):
        """Take a block of the engine's lines; ``tell`` hears, chunk by chunk, which part of them is done.

        Lines that end above everybody concern nobody: they are added up, and ``end`` writes one for each kind.
        """
        for start in range(0, len(lines), CHUNK):
            piece = lines.take(np.arange(start, min(start + CHUNK, len(lines))))
            nobodys = (piece.payee == NONE) & (piece.missed == NONE) & (piece.reason == Reason.NOBODY_ABOVE)
            if nobodys.any():
                self._gather(piece.take(np.flatnonzero(nobodys)))
                piece = piece.take(np.flatnonzero(~nobodys))
            if len(piece):
                self.write_columns({column: self._stored(name, getattr(piece, name)) for name, column in COLUMN_OF.items()})
            tell(min(start + CHUNK, len(lines)) / len(lines))

    def _gather(self, lines):
        """Add lines of nobody to those of their kind: bonus, level, currency and rate."""
        kinds = np.stack([getattr(lines, name).astype(np.int64) for name in KIND])
        distinct, group = np.unique(kinds, axis=1, return_inverse=True)
        sums = np.zeros((len(SUMMED), distinct.shape[1]), dtype=np.int64)
        for row, name in enumerate(SUMMED):
            np.add.at(sums[row], group.reshape(-1), getattr(lines, name))
        for place, kind in enumerate(map(tuple, distinct.T.tolist())):
            self._nobodys[kind] = self._nobodys.get(kind, 0) + sums[:, place]

    def end(self):
        """Write the lines of nobody, after all others of the engine."""
        if not self._nobodys:
            return
        kinds = sorted(self._nobodys)
        nowhere = {"payee": NONE, "source": NONE, "sale": NONE, "missed": NONE, "quantity": 1, "of": 1}
        nowhere |= {"reason": Reason.NOBODY_ABOVE}
        empty = Lines.join([])
        columns = {name: np.full(len(kinds), nowhere.get(name, 0), dtype=getattr(empty, name).dtype) for name in COLUMN_OF}
        columns |= {name: np.array([kind[row] for kind in kinds], dtype=columns[name].dtype) for row, name in enumerate(KIND)}
        columns |= {name: np.array([self._nobodys[kind][row] for kind in kinds]) for row, name in enumerate(SUMMED)}
        self._nobodys = {}
        self.write_columns({column: self._stored(name, columns[name]) for name, column in COLUMN_OF.items()})

    def write_columns(self, columns):
        """Take lines whose columns are as they are stored: people and entries by their ids."""
        none = np.zeros(len(columns["payee_id"]), dtype=np.int64)
        columns = {"reverses_run": none, "reverses_number": none.astype(np.int32), **columns}
        self.digest.take(columns)
        self.by_bonus.update(dict(zip(*(each.tolist() for each in np.unique(columns["bonus"], return_counts=True)), strict=True)))
        return columns

    def _stored(self, name, values):
        if name in PEOPLE:
            return self._people[values]
        if name in SALES:
            return self._entries[values]
        return self._currencies[values] if name == "currency" else values


class LineWriter(Summed):
    """Writes a run's lines: give it the engine's lines in blocks, then ``attach``."""

    def __init__(self, cursor, run_id, *, people, entries):
        super().__init__(people=people, entries=entries)
        self.cursor, self.run_id = cursor, run_id
        create(cursor, LINES, run_id)
        usual = {name: USUAL.get(name, 0) for name in (*COLUMN_OF.values(), "reverses_run", "reverses_number")}
        self._rows = Writer(cursor, name_of(LINES, run_id), usual={name: usual[name] for name in usual.keys() - ALWAYS})

    @property
    def count(self):
        """How many lines were written so far."""
        return self._rows.count

    def write_columns(self, columns):
        """Write lines whose columns are as they are stored."""
        columns = super().write_columns(columns)
        number = np.arange(self.count + 1, self.count + 1 + len(columns["payee_id"]), dtype=np.int32)
        self._rows.write({**columns, "number": number})
        killpoints.reach("run.copying")
        return columns

    def attach(self):
        """Write the lines of nobody if ``end`` was not called, end the copying, index the lines and attach them."""
        self.end()
        self._rows.__exit__(None, None, None)
        killpoints.reach("run.copied")
        attach(self.cursor, LINES, self.run_id)
        killpoints.reach("run.attached")


def write_lines(run_id, blocks, *, people, entries):
    """Write a run's lines from an iterable of the engine's blocks; return how many, and their checksum.

    Call it in a transaction: the lines are there when it commits, and were never there when it does not.
    """
    with connection.cursor() as cursor:
        writer = LineWriter(cursor, run_id, people=people, entries=entries)
        for block in blocks:
            writer.write(block)
        writer.attach()
        return writer.count, writer.digest.hexdigest()


def write_table(cursor, table, run_id, columns, *, usual=None):
    """Write the whole of a run's part of a table from arrays by column, and attach it."""
    create(cursor, table, run_id)
    count = len(next(iter(columns.values())))
    with Writer(cursor, name_of(table, run_id), usual=usual) as rows:
        for start in range(0, count, CHUNK):
            rows.write({name: values[start : start + CHUNK] for name, values in columns.items()})
    attach(cursor, table, run_id)
    return count
