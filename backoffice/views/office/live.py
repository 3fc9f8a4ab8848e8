"""The stream of an open page: server-sent events on ASGI."""

from contextlib import aclosing
from datetime import UTC, datetime

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from backoffice import access, streams

SIGNED_OUT = "event: signed-out\ndata: {}\n\n"


@require_GET
async def live(request):
    """Tell one open page what changed, for as long as it stays open and its session lives."""
    distributor, session_key = await sync_to_async(_who)(request)
    if distributor is None:
        return HttpResponse(SIGNED_OUT, content_type="text/event-stream")
    page = streams.Page(distributor.pk, session_key)
    response = StreamingHttpResponse(_events(page, _since(request)), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _who(request):
    """Ask on the connection that the middleware has used, and let go of it: another one might wait for this one."""
    try:
        return access.office_of(request.user), request.session.session_key
    finally:
        _let_go()


def _let_go():
    """Give back the database connections of this request's own thread; an open page must not keep any."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _since(request):
    """Read the instant up to which the page has seen everything: the browser's Last-Event-ID, else the page's own."""
    written = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    if not written.isdecimal() or len(written) > 14:
        return None
    return datetime.fromtimestamp(int(written) / 1000, UTC)


async def _events(page, since):
    await sync_to_async(_let_go)()  # once more: on its way out the answer has passed the middleware
    async with aclosing(streams.events(page, since)) as events:
        async for event in events:
            yield event
