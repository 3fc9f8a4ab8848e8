"""Indexes and references that rest while a company's first orders come in, since a table is indexed faster than row by row.

Building an index over a full table, or proving a reference for all its rows at once, takes a fraction of what the same
costs row by row. Only a first import does so, while nobody has ordered anything yet. What keeps a row from coming in twice
stays: unique indexes, checks, triggers. What rests is written down in a table, in the transaction that drops it, so that
whatever becomes of the import its next run, or ``manage.py prepare``, puts it back; ``manage.py verify`` tells if it waits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

Say = Callable[[str], None]

RESTING = "backoffice_import_resting"
PATIENCE = "5s"

MAY_REST = """
    SELECT bool_and(pg_has_role(relowner, 'USAGE')) AND to_regclass(%s) IS NULL FROM pg_class
    WHERE oid = ANY(%s::regclass[])
"""
# An index on a few states holds next to none of what comes in, and PostgreSQL would write the list of them otherwise.
WRITE_DOWN = f"""
    CREATE TABLE {RESTING} AS
    SELECT row_number() OVER (ORDER BY nth, class, name) AS nth, class::regclass::text AS of_table, name, put_back, take_away
    FROM (
        SELECT 1 AS nth, indrelid AS class, indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS put_back,
            format('DROP INDEX %%s', indexrelid::regclass) AS take_away
        FROM pg_index WHERE NOT indisunique AND indisvalid AND coalesce(pg_get_expr(indpred, indrelid), '') NOT LIKE '%%ARRAY%%'
        UNION ALL
        SELECT 2, conrelid, conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                pg_get_constraintdef(oid)), format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
        FROM pg_constraint WHERE contype = 'f' AND convalidated
    ) AS secondary WHERE class = ANY(%s::regclass[]) AND name <> ALL(%s)
"""


@contextmanager
def at_rest(tables: tuple[str, ...], *, needed: tuple[str, ...] = (), say: Say = lambda text: None) -> Iterator[None]:
    """Let the secondary indexes and the references of empty tables rest meanwhile, and those of an earlier import.

    Those named as ``needed`` stay. Tables with rows are left as they are, and so are all of them when they belong to
    another role or are in use.
    """
    if _all_empty(tables):
        with suppress(OperationalError):  # somebody has held a table for longer than our patience: slower, but as right
            let_rest(tables, needed=needed)
    try:
        yield
    finally:
        put_back(say)


def let_rest(tables: tuple[str, ...], *, needed: tuple[str, ...] = ()) -> None:
    """Drop what may rest, and write down how to build it, in one transaction. Does nothing when something rests already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAY_REST, [RESTING, list(tables)])
        if not cursor.fetchone()[0]:
            return
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(WRITE_DOWN, [list(tables), list(needed)])
        cursor.execute(f"SELECT take_away FROM {RESTING} ORDER BY nth DESC")
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def waiting() -> list[str]:
    """Name what has been dropped and not put back yet: by an import that runs, or by one that was killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [RESTING])
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute(f"SELECT name FROM {RESTING} ORDER BY nth")
        return [name for (name,) in cursor.fetchall()]


def put_back(say: Say = lambda text: None) -> None:
    """Build again what rests, one after the other, each for good. Does nothing when nothing rests."""
    names = waiting()
    if not names:
        return
    say(_("%(count)d indexes and references are built") % {"count": len(names)})
    with connection.cursor() as cursor:
        for name in names:
            with transaction.atomic():
                cursor.execute(f"DELETE FROM {RESTING} WHERE name = %s RETURNING put_back", [name])
                cursor.execute(cursor.fetchone()[0])
        cursor.execute(f"DROP TABLE {RESTING}")


def _all_empty(tables: tuple[str, ...]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT 1 FROM {table} LIMIT 1)" for table in tables))
        return cursor.fetchone() is None
