"""The clock that sends what recurs.

Any number of beats may run: the one that holds an advisory lock sends, the others stand by.
"""

import logging
import time

from celery.beat import Scheduler
from django.core.cache import cache
from django.db import DatabaseError, connection

LOCK = 4_716_020_001
LOOK_AGAIN_SECONDS = 2.0
BEAT_KEY = "beat:ticked"

log = logging.getLogger(__name__)


class OneScheduler(Scheduler):
    """A schedule kept in memory that ticks only while this process holds the lock."""

    holds = False
    looked_at = 0.0
    noted_at = 0.0

    def tick(self, *args, **kwargs):
        """Send what is due, or wait a little when another beat has the lock or the database is away."""
        if not self._still_mine():
            return LOOK_AGAIN_SECONDS
        self._note()
        return min(super().tick(*args, **kwargs), LOOK_AGAIN_SECONDS)

    def _still_mine(self) -> bool:
        """Hold the lock, asking again now and then whether the session that holds it still lives."""
        now = time.monotonic()
        if self.holds and now - self.looked_at < LOOK_AGAIN_SECONDS:
            return True
        held = self.holds
        try:
            self.holds = self._ask()
        except DatabaseError as error:
            log.warning("beat has no database (%s)", type(error).__name__)
            connection.close()
            self.holds = False
        self.looked_at = now
        if self.holds and not held:
            log.warning("beat has the clock")
        return self.holds

    def _ask(self) -> bool:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            if self.holds:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted"
                    " AND (classid::bigint << 32) | objid::bigint = %s",
                    [LOCK],
                )
                return cursor.fetchone()[0] > 0
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return cursor.fetchone()[0]

    def _note(self) -> None:
        """Leave word for the health page that the clock ticks."""
        if time.monotonic() - self.noted_at < LOOK_AGAIN_SECONDS:
            return
        self.noted_at = time.monotonic()
        try:
            cache.set(BEAT_KEY, time.time(), timeout=None)
        except Exception as error:  # a hint only: without Valkey the health page says so itself
            log.warning("beat could not leave word (%s)", type(error).__name__)
