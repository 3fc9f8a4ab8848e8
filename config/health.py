"""Two questions that a machine may ask: is this process alive, and can the site do its work.

``live`` asks nothing of anybody: restart the process when it does not answer. ``ready`` asks the database and Valkey, and tells
how long ago the clock ticked and how far the outbox lags; 503 means that pages cannot be served, or that what was announced does
not arrive. It says figures and names of parts, nothing of people.
"""

import time
from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from config.beat import BEAT_KEY
from config.outbox import delivery, wake

OLDEST_TICK_SECONDS = 60.0
LONGEST_LAG_SECONDS = 60.0

log = structlog.get_logger("canopy.health")


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether all that the site needs answers in time."""
    parts = {name: examine(ask) for name, ask in {"database": database, "valkey": valkey, "beat": beat, "outbox": outbox}.items()}
    well = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ok" if well else "unwell", **parts}, status=200 if well else 503)


def examine(ask: Callable[[], dict]) -> dict:
    """Return what one part says, or that it does not answer."""
    try:
        return ask()
    except (DatabaseError, RedisError, OSError) as error:
        log.warning("no answer", part=ask.__name__, error=type(error).__name__)
        return {"ok": False, "error": type(error).__name__}


def database() -> dict:
    """Ask the database anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def valkey() -> dict:
    """Ask Valkey itself; the cache would forgive its absence."""
    wake.valkey().ping()
    return {"ok": True}


def beat() -> dict:
    """Ask how long ago the clock ticked."""
    ticked = cache.get(BEAT_KEY)
    age = None if ticked is None else round(max(time.time() - ticked, 0.0), 1)
    return {"ok": age is not None and age <= OLDEST_TICK_SECONDS, "age_seconds": age}


def outbox() -> dict:
    """Ask how long the oldest announcement has been waiting to be delivered."""
    figures = delivery.figures()
    lag = round(figures.lag.total_seconds(), 1)
    return {"ok": lag <= LONGEST_LAG_SECONDS, "lag_seconds": lag, "pending": figures.pending, "failed": figures.failed}
