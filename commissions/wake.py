"""Waking the live refresh after a commit, and telling open pages what it changed. Both may be lost without harm."""

import logging
import time

from config.outbox.wake import Bell, valkey

QUEUE = "live"
REST_SECONDS = 2.0

log = logging.getLogger(__name__)
_bell = Bell("commissions.tasks.refresh_live", queue=QUEUE)
_resting_until = 0.0


def after_commit():
    """Wake the live refresh once when this transaction is committed, however often it was asked for."""
    _bell.ring_after_commit()


def heard():
    """Note that the worker is awake, so that whatever is committed from now on wakes it again."""
    _bell.heard()


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
