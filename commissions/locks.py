"""The advisory locks of this app, so that no two of them share a number.

Those of a transaction suit any connection. LIVE is of a session: it needs a connection that stays with one server
process, so PgBouncer must not stand before the live worker, or pool by sessions.
"""

import zlib

from django.db import connection

FAMILY = zlib.crc32(b"canopy.commissions") & 0x7FFFFFFF
BOOKS = 1
"""Held shared by whoever credits volume and exclusive by whoever shuts a period: a period never shuts under a credit."""
LIVE = 2
"""Held by the one process that keeps the arrays of the live refresh."""
WRITE = 3
"""Held while live figures are written: by a process that has the session lock, or had it a moment ago."""
SIMULATIONS = 7
"""Held by the one worker that works off the simulations that wait, in a transaction that stays open meanwhile."""
SIMULATION = zlib.crc32(b"canopy.commissions.simulation") & 0x7FFFFFFF
"""A family of its own: held in the same way with the number of the simulation that a process works off."""

HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 2 AND granted AND pid = %s
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""


def share_books():
    """Keep every period's status as it is until this transaction ends. Any number may hold this together."""
    _take("pg_advisory_xact_lock_shared", BOOKS)


def take_books():
    """Wait until nobody is crediting volume, and keep everybody from it until this transaction ends."""
    _take("pg_advisory_xact_lock", BOOKS)


def take_live_writing():
    """Be the only one to write live figures until this transaction ends."""
    _take("pg_advisory_xact_lock", WRITE)


def is_held(number, backend_pid, *, family=FAMILY):
    """Tell whether a session, named by the id of its server process, holds a lock."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [family, number, backend_pid])
        return cursor.fetchone()[0]


def _take(function, number):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [FAMILY, number])
