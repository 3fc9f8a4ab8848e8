"""Indexes and references that rest while a company's first rows come in, since a table is indexed faster than row by row.

Building an index over a full table, or proving a reference for all its rows at once, takes a fraction of what the same
costs row by row. Only a first import does so, into tables that hold next to nothing yet. What keeps a row from coming in
twice stays: unique indexes, checks, triggers. What rests is written down in a table, in the transaction that drops it, so
that whatever becomes of the import its next run, or ``manage.py prepare``, puts it back; ``manage.py verify`` tells if it
waits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

Say = Callable[[str], None]

RESTING = "backoffice_import_resting"
PATIENCE = "5s"

ARE_OURS = "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY(%s::regclass[])"
CREATE = f"CREATE TABLE IF NOT EXISTS {RESTING} (of_table text, nth int, name text, put_back text, take_away text)"
# An index on a few states holds next to none of what comes in, and PostgreSQL would write the list of them otherwise.
WRITE_DOWN = f"""
    INSERT INTO {RESTING} SELECT class::regclass::text, nth, name, put_back, take_away
    FROM (
        SELECT 1 AS nth, indrelid AS class, indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS put_back,
            format('DROP INDEX %%s', indexrelid::regclass) AS take_away
        FROM pg_index WHERE NOT indisunique AND indisvalid AND coalesce(pg_get_expr(indpred, indrelid), '') NOT LIKE '%%ARRAY%%'
        UNION ALL
        SELECT 2, conrelid, conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                pg_get_constraintdef(oid)), format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
        FROM pg_constraint WHERE contype = 'f' AND convalidated
    ) AS secondary WHERE class = ANY(%s::regclass[]) AND name <> ALL(%s)
    RETURNING nth, take_away
"""


@contextmanager
def at_rest(tables: tuple[str, ...], *, needed: tuple[str, ...] = (), say: Say = lambda text: None) -> Iterator[None]:
    """Let the secondary indexes and the references of some tables rest meanwhile; those named as ``needed`` stay."""
    with suppress(OperationalError):  # somebody has held a table for longer than our patience: slower, but as right
        let_rest(tables, needed=needed)
    try:
        yield
    finally:
        put_back(tables, say=say)


def let_rest(tables: tuple[str, ...], *, needed: tuple[str, ...] = ()) -> None:
    """Drop what may rest, and write down how to build it, in one transaction; nothing when the tables are another role's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ARE_OURS, [list(tables)])
        if not cursor.fetchone()[0]:
            return
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(CREATE)
        cursor.execute(WRITE_DOWN, [list(tables), list(needed)])
        for _nth, statement in sorted(cursor.fetchall(), reverse=True):  # references before what they are looked up by
            cursor.execute(statement)


def waiting(tables: tuple[str, ...] | None = None) -> list[str]:
    """Name what has been dropped of some tables, or of any, and not put back yet, in the order to build it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [RESTING])
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute(f"SELECT of_table, name FROM {RESTING} ORDER BY nth, of_table, name")
        return [name for table, name in cursor.fetchall() if tables is None or table in tables]


def put_back(tables: tuple[str, ...] | None = None, *, say: Say = lambda text: None) -> None:
    """Build again what rests of some tables, or of any, one after the other, each for good."""
    names = waiting(tables)
    if not names:
        return
    say(_("%(count)d indexes and references are built") % {"count": len(names)})
    with connection.cursor() as cursor:
        for name in names:
            with transaction.atomic():
                cursor.execute(f"DELETE FROM {RESTING} WHERE name = %s RETURNING put_back", [name])
                cursor.execute(cursor.fetchone()[0])
        if not waiting():
            cursor.execute(f"DROP TABLE {RESTING}")
