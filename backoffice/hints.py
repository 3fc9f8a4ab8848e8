"""Hints to the open pages after a commit. A hint may be lost: it is never a fact, and the streams look for themselves."""

import json
import logging
import time
from functools import partial

from django.db import transaction

from config.outbox import wake

FEED_CHANNEL = "canopy:feed"
STANDINGS_CHANNEL = "canopy:standings"
REST_SECONDS = 2.0

log = logging.getLogger(__name__)
_resting_until = 0.0


def open_pages(people):
    """Tell the open pages of some distributors, once this transaction is committed, that there is news in their feed."""
    transaction.on_commit(partial(_publish, FEED_CHANNEL, {"people": sorted(people)}), robust=True)


def _publish(channel, message):
    """Send a hint once; when Valkey does not answer, say so and leave it to the pages' own catching up."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        wake.valkey().publish(channel, json.dumps(message))
    except Exception as error:  # whatever the client raises, the rows are committed
        _resting_until = time.monotonic() + REST_SECONDS
        log.warning("hint on %s not sent (%s)", channel, type(error).__name__)
