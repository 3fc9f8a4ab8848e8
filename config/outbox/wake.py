"""Waking a task after a commit. A wake-up carries nothing and may be lost: each such task also runs by the clock and looks.

While one wake-up is on its way, further commits send none: a key in Valkey says so, and the task removes it before it looks at
its rows. A Valkey that does not answer costs a request half a second at most, then nothing for a while.
"""

import logging
import time
from contextlib import suppress
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import pools
from redis import Redis

PATIENCE_SECONDS = 0.5
REST_SECONDS = 2.0
KEY_SECONDS = 5

log = logging.getLogger(__name__)


class Bell:
    """Wakes one task: ``bell.ring_after_commit()`` where rows are written, ``bell.heard()`` first thing in the task."""

    def __init__(self, task: str, *, queue: str = "default") -> None:
        self.task = task
        self.queue = queue
        self.key = f"canopy:bell:{task}"
        self._resting_until = 0.0

    def ring_after_commit(self) -> None:
        """Wake the task once when this transaction is committed, however often it was asked for; at once outside of one."""
        connection = transaction.get_connection()
        here = set(connection.savepoint_ids)
        if not any(entry[1] == self.ring and entry[0] <= here for entry in connection.run_on_commit):
            connection.on_commit(self.ring, robust=True)

    def ring(self) -> None:
        """Send the wake-up unless one is on its way. Never raises, never waits long: the database knows the rest."""
        if time.monotonic() < self._resting_until:
            return
        try:
            if valkey().set(self.key, 1, nx=True, ex=KEY_SECONDS):
                self._send_or_forget()
        except Exception as error:  # whatever the clients raise: the rows are committed, and the clock will find them
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("wake-up for %s not sent (%s); it will look by the clock", self.task, type(error).__name__)

    def heard(self) -> None:
        """Note that the task is awake, so that whatever is committed from now on wakes it again."""
        try:
            valkey().delete(self.key)
        except Exception as error:  # without Valkey there are no wake-ups to hear; the key dies by itself
            log.debug("the key of %s stays (%s)", self.task, type(error).__name__)

    def _send_or_forget(self) -> None:
        """Send the wake-up; if that fails, take the key back, which would keep the next ones from being sent."""
        try:
            self._send()
        except Exception:
            with suppress(Exception):
                valkey().delete(self.key)
            raise

    def _send(self) -> None:
        line = current_app.connection_for_write(
            transport_options={
                **current_app.conf.broker_transport_options,
                "socket_timeout": PATIENCE_SECONDS,
                "socket_connect_timeout": PATIENCE_SECONDS,
            }
        )
        with pools.producers[line].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(self.task, queue=self.queue, producer=producer, retry=False, ignore_result=True, expires=60)


@cache
def valkey() -> Redis:
    """Return this process's client of Valkey, with short time-outs."""
    return Redis.from_url(settings.VALKEY_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
