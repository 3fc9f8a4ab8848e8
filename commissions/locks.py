"""The advisory locks of this app, so that no two of them share a number.

A transaction lock suits any connection; ``hold_session`` needs a connection that stays with one server process.
"""

import zlib

from django.db import connection

FAMILY = zlib.crc32(b"canopy.commissions") & 0x7FFFFFFF
BOOKS = 1
"""Held shared by whoever credits volume and exclusive by whoever shuts a period: a period never shuts under a credit."""
LIVE = 2
"""Held by the one process that keeps the arrays of the live refresh."""


def share_books():
    """Keep every period's status as it is until this transaction ends. Any number may hold this together."""
    _take("pg_advisory_xact_lock_shared", BOOKS)


def take_books():
    """Wait until nobody is crediting volume, and keep everybody from it until this transaction ends."""
    _take("pg_advisory_xact_lock", BOOKS)


def _take(function, number):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [FAMILY, number])
