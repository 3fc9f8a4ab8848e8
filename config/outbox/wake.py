"""Waking the delivery after a commit. A wake-up may be lost: it saves waiting for the next sweep and carries nothing."""

import logging
import time

from celery import current_app
from django.db.backends.base.base import BaseDatabaseWrapper
from kombu import pools

PATIENCE_SECONDS = 0.5
REST_SECONDS = 2.0
TASK = "config.outbox.tasks.deliver"

log = logging.getLogger(__name__)
_resting_until = 0.0


def after_commit(connection: BaseDatabaseWrapper) -> None:
    """Wake the delivery once when the transaction is committed, however often it was asked for."""
    here = set(connection.savepoint_ids)
    if not any(entry[1] is send and entry[0] <= here for entry in connection.run_on_commit):
        connection.on_commit(send, robust=True)


def send() -> None:
    """Send the wake-up; when Valkey does not answer, say so in the log, rest a little and leave the work to the sweep."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE_SECONDS,
        "socket_connect_timeout": PATIENCE_SECONDS,
    }
    try:
        line = current_app.connection_for_write(transport_options=options)
        with pools.producers[line].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            current_app.send_task(TASK, producer=producer, retry=False, ignore_result=True, expires=60)
    except Exception as error:  # whatever the broker's client raises, the rows are committed and the sweep finds them
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("outbox wake-up not sent (%s); the sweep will deliver", type(error).__name__)
