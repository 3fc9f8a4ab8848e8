"""Prompts: asking a worker to do at once what the poller would do a little later. A prompt may be lost without harm."""

import logging
import time

from celery import current_app
from django.db import connection
from kombu import pools

PATIENCE_SECONDS = 0.5
REST_SECONDS = 2.0

log = logging.getLogger(__name__)
_resting_until = 0.0


def after_commit(task, subject_id):
    """Ask for a task about one row once the row is committed."""
    connection.on_commit(lambda: send(task, subject_id), robust=True)


def send(task, subject_id):
    """Send the prompt; when Valkey does not answer, rest a little and leave the work to the poller."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    try:
        options = {**current_app.conf.broker_transport_options, **patience}
        line = current_app.connection_for_write(transport_options=options)
        with pools.producers[line].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(task, (subject_id,), producer=producer, retry=False, ignore_result=True, expires=60)
    except Exception as error:  # whatever the broker's client raises, the row is committed and the poller finds it
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("%s was not sent (%s); the poller will do it", task, type(error).__name__)
