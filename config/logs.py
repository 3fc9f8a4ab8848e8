"""Log lines: one event a line, with the id of its request, and nothing that tells who a person is.

Addresses of pages may carry a receipt's token, so routes are logged instead; anything that looks like an e-mail address is
blotted out wherever it comes from, tracebacks and database errors included.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

E_MAIL = re.compile(r"[\w.+%'-]+@[\w-]+(\.[\w-]+)+")
ID_HEADER = "X-Request-ID"
ID_SHAPE = re.compile(r"^[A-Za-z0-9-]{8,64}$")

log = structlog.get_logger("canopy.web")


def blot_out(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace e-mail addresses in whatever is about to be written."""
    return {key: E_MAIL.sub("[e-mail]", value) if isinstance(value, str) else value for key, value in event.items()}


class RouteOnly(logging.Filter):
    """Has Django name the route of a failed request where it would print the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; keep it."""
        request = getattr(record, "request", None)
        if request is not None:
            record.msg, record.args = (
                f"{record.levelname.lower()} answer {getattr(record, 'status_code', '')} at {route_of(request)}",
                (),
            )
        return True


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure(*, json: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING: plain lines for a terminal, JSON for a log collector."""
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        blot_out,
        renderer,
    ]
    if not json:
        last.insert(1, drop_timestamp)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"route_only": {"()": RouteOnly}},
        "formatters": {"line": {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": SHARED, "processors": last}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["route_only"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": ["console"], "propagate": False},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            "uvicorn": {"level": "WARNING"},
        },
    }


def drop_timestamp(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave the time of day to the terminal."""
    event.pop("timestamp", None)
    return event


def route_of(request: HttpRequest) -> str:
    """Return the pattern that a request matched, never the address itself."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "(no route)"


class RequestLog:
    """Give each request an id, hand it back in a header, and log how the request ended."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Answer the request, or promise to, as the server asks."""
        if iscoroutinefunction(self):
            return self._answer_later(request)
        started = self._begin(request)
        return self._end(request, self.get_response(request), started)

    async def _answer_later(self, request: HttpRequest) -> HttpResponse:
        started = self._begin(request)
        return self._end(request, await self.get_response(request), started)

    def _begin(self, request: HttpRequest) -> float:
        given = request.headers.get(ID_HEADER, "")
        request.id = given if ID_SHAPE.match(given) else uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.id)  # type: ignore[attr-defined]
        return time.perf_counter()

    def _end(self, request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
        response[ID_HEADER] = request.id  # type: ignore[attr-defined]
        route = route_of(request)
        if not route.startswith("/health/"):
            took = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=request.method, route=route, status=response.status_code, ms=took)
        return response
