"""Waking workers and open pages after a commit. What is sent here may be lost: it carries hints, never facts."""

import json
import logging
import time
from functools import partial

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import pools

FEED_CHANNEL = "canopy:feed"
STANDINGS_CHANNEL = "canopy:standings"
PATIENCE_SECONDS = 0.5
REST_SECONDS = 2.0

log = logging.getLogger(__name__)
_resting_until = 0.0
_line = redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)


def after_commit(connection, task):
    """Send a task by name once the transaction is committed, however often it was asked for in it."""
    here = set(connection.savepoint_ids)
    asked = any(getattr(entry[1], "args", None) == (task,) and entry[0] <= here for entry in connection.run_on_commit)
    if not asked:
        connection.on_commit(partial(_send, task), robust=True)


def open_pages(people):
    """Tell the open pages of some distributors, once this transaction is committed, that there is news in their feed."""
    transaction.on_commit(partial(_publish, FEED_CHANNEL, {"people": sorted(people)}), robust=True)


def _send(task):
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
    }

    def send():
        line = current_app.connection_for_write(transport_options=options)
        with pools.producers[line].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(task, producer=producer, retry=False, ignore_result=True, expires=60)

    _patiently(send, f"wake-up of {task}")


def _publish(channel, message):
    _patiently(lambda: _line.publish(channel, json.dumps(message)), f"hint on {channel}")


def _patiently(act, what):
    """Do it once; when Valkey does not answer, say so and leave the rest to the sweep and to the pages' own catching up."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        act()
    except Exception as error:  # whatever the client raises, the rows are committed
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("%s not sent (%s)", what, type(error).__name__)
