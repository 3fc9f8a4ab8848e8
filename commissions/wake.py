"""Waking the live refresh after a commit. A wake-up carries nothing and may be lost: the worker also looks by itself.

While one wake-up is on its way, further commits send none: a key in Valkey says so, and the worker removes it before it
looks at the table. A Valkey that does not answer costs a caller half a second at most, then nothing for a while.
"""

import logging
import time
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import connection
from kombu import pools
from redis import Redis

KEY = "canopy:live:woken"
KEY_SECONDS = 2
PATIENCE_SECONDS = 0.5
REST_SECONDS = 2.0
TASK = "commissions.tasks.refresh_live"
QUEUE = "live"

log = logging.getLogger(__name__)
_resting_until = 0.0


def after_commit():
    """Wake the live refresh once when this transaction is committed, however often it was asked for."""
    here = set(connection.savepoint_ids)
    if not any(entry[1] is send and entry[0] <= here for entry in connection.run_on_commit):
        connection.on_commit(send, robust=True)


def send():
    """Send a wake-up unless one is on its way; never raises, never waits long."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        if valkey().set(KEY, 1, nx=True, ex=KEY_SECONDS):
            _send_task()
    except Exception as error:  # whatever the clients raise: the rows are committed and the worker finds them
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("live wake-up not sent (%s); the worker will look by itself", type(error).__name__)


def _send_task():
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
    }
    line = current_app.connection_for_write(transport_options=options)
    with pools.producers[line].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
        current_app.send_task(TASK, queue=QUEUE, producer=producer, retry=False, ignore_result=True, expires=10)


def heard():
    """Note that the worker is awake, so that whatever is committed from now on wakes it again."""
    try:
        valkey().delete(KEY)
    except Exception as error:  # without Valkey there are no wake-ups to hear; the worker looks at the table anyway
        log.debug("the wake-up's key stays (%s)", type(error).__name__)


def publish(channel, message):
    """Send a message to whoever listens; never raises, never waits long."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        valkey().publish(channel, message)
    except Exception as error:  # whatever the client raises: pages that hear nothing ask the database
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("message to %s not sent (%s)", channel, type(error).__name__)


@cache
def valkey():
    """Return this process's client of Valkey, with short time-outs."""
    return Redis.from_url(settings.VALKEY_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
