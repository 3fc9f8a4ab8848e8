"""The open pages of this process, and the one Valkey subscription that tells them what changed.

A stream says *that* something changed, never *what*: the page then fetches its pieces like any other page, through the
same permission checks. Valkey carries hints only, so every heartbeat also asks the database for all open pages at once
what Valkey may have lost.
"""

import asyncio
import contextlib
import json
import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import redis.asyncio
from django.conf import settings
from django.db import connections
from django.utils import timezone

from backoffice import freshness
from backoffice.hints import FEED_CHANNEL, STANDINGS_CHANNEL

HEARTBEAT_SECONDS = 15.0
# Well below the ten seconds after which a page calls its figures late.
LOOK_SECONDS = 5.0
AUTHORITY_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0

CHANNELS = {STANDINGS_CHANNEL: "standings", FEED_CHANNEL: "feed"}

log = logging.getLogger(__name__)

# A stream must not hold a database connection while it is idle, and Django gives every request a thread of its own:
# so the few questions of all streams are asked from these threads.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="streams")


async def ask(question, *args):
    """Ask the database something from one of the streams' own threads."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _ask, question, args)


def _ask(question, args):
    try:
        return question(*args)
    finally:
        connections.close_all()  # back to the pool: questions are rare


class Page:
    """One open page: whose it is, and which news it has not been told yet."""

    def __init__(self, distributor_id, session_key):
        self.distributor_id = distributor_id
        self.session_key = session_key
        self.pending = set()
        self.ended = None
        self._stirred = asyncio.Event()

    def tell(self, kinds):
        """Note that there is news; two hints before the page listens are one."""
        self.pending |= kinds
        self._stirred.set()

    def end(self, reason):
        """Ask the stream to finish."""
        self.ended = reason
        self._stirred.set()

    async def news(self, patience):
        """Wait for news, at most so long, and take it."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), patience)
        self._stirred.clear()
        taken, self.pending = self.pending, set()
        return taken


class Hub:
    """All open pages of one event loop. Its tasks run while at least one page is open."""

    def __init__(self, loop):
        self.loop = loop
        self.pages = {}
        self.as_of = timezone.now()
        self.tasks = []
        self.closing = False

    def join(self, page):
        """Take a page in; the first one starts the subscription."""
        self.pages.setdefault(page.distributor_id, set()).add(page)
        if self.closing:
            page.end("restart")
        elif not self.tasks:
            self.tasks = [self.loop.create_task(work()) for work in (self._listen, self._keep_up, self._check_authority)]

    def leave(self, page):
        """Let a page go; the last one ends the subscription."""
        mine = self.pages.get(page.distributor_id, set())
        mine.discard(page)
        if not mine:
            self.pages.pop(page.distributor_id, None)
        if not self.pages:
            for task in self.tasks:
                task.cancel()
            self.tasks = []

    def tell(self, people, kinds):
        """Pass news on to the open pages of these people, and to nobody else's."""
        for distributor_id in self.pages.keys() & people:
            for page in self.pages[distributor_id]:
                page.tell(kinds)

    def everyone(self):
        """Return all open pages."""
        return [page for pages in self.pages.values() for page in pages]

    def shut_down(self):
        """Finish all streams, so that a stopping server need not wait for them. The browsers come back by themselves."""
        self.closing = True
        for page in self.everyone():
            page.end("restart")

    async def _listen(self):
        pause = FIRST_PAUSE
        while True:
            try:
                async with redis.asyncio.from_url(settings.VALKEY_URL) as client, client.pubsub() as subscription:
                    await subscription.subscribe(*CHANNELS)
                    pause = FIRST_PAUSE
                    async for message in subscription.listen():
                        self._hear(message)
            except (redis.RedisError, OSError) as error:
                log.warning("the live subscription broke (%s); trying again in %.1f s", type(error).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _hear(self, message):
        if message["type"] != "message":
            return
        try:
            hint = json.loads(message["data"])
            people, at = hint.get("people"), hint.get("at")
            whose = set(people) if isinstance(people, list) else self.pages.keys()
            self.as_of = max(self.as_of, datetime.fromisoformat(at)) if at else self.as_of
        except (ValueError, AttributeError, TypeError):
            log.warning("a hint on %s was not understood", message["channel"])
            return
        kinds = {CHANNELS[message["channel"].decode()]}
        self.tell(whose, kinds)

    async def _keep_up(self):
        since = timezone.now()
        while True:
            with _forgiving("keeping up"):
                asked_at = timezone.now()
                news, self.as_of = await ask(freshness.look, list(self.pages), since)
                since = asked_at
                for kind, people in news.items():
                    self.tell(people, {kind})
            await asyncio.sleep(LOOK_SECONDS)

    async def _check_authority(self):
        while True:
            await asyncio.sleep(AUTHORITY_SECONDS)
            with _forgiving("checking authority"):
                pages = self.everyone()
                allowed = await ask(freshness.still_allowed, {(p.session_key, p.distributor_id) for p in pages})
                for page in pages:
                    if (page.session_key, page.distributor_id) not in allowed:
                        page.end("signed-out")


@contextlib.contextmanager
def _forgiving(what):
    """A database that is away for a moment must not end the hub; the next round asks again."""
    try:
        yield
    except Exception as error:  # any driver error; cancellation is no Exception and passes
        log.warning("%s failed (%s)", what, type(error).__name__)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub():
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs.clear()
        _hubs[loop] = Hub(loop)
        _finish_before_the_server(_hubs[loop])
    return _hubs[loop]


def _finish_before_the_server(the_hub):
    """Have the streams end when the server is asked to stop: it waits for open answers before it goes."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def stop(received, frame, before=before):
            the_hub.loop.call_soon_threadsafe(the_hub.shut_down)
            before(received, frame)

        signal.signal(number, stop)


async def events(page, since, patience=HEARTBEAT_SECONDS):
    """Yield the server-sent events of one page until it is closed.

    ``since`` is the instant up to which the page has seen everything; what came after it is told at once.
    """
    the_hub = hub()
    the_hub.join(page)
    try:
        yield "retry: 3000\n\n"
        # Before this page came the hub may have slept, and then it does not know as of when the figures are.
        missed, the_hub.as_of = await ask(freshness.look, [page.distributor_id], since or timezone.now())
        page.pending |= missed.keys() if since else set()
        yield _event("beat", the_hub, kinds=sorted(page.pending))
        if page.pending:
            page.tell(set())
        while not page.ended:
            kinds = await page.news(patience)
            if page.ended:
                break
            yield _event("news", the_hub, kinds=sorted(kinds)) if kinds else f": still here\n\n{_event('beat', the_hub)}"
        yield _event(page.ended, the_hub)
    finally:
        the_hub.leave(page)


def _event(name, the_hub, **facts):
    """Write one event. Its id is an instant: what the browser has seen when it comes back with it."""
    data = json.dumps({"as_of": the_hub.as_of.isoformat(timespec="milliseconds"), **facts})
    return f"event: {name}\nid: {int(timezone.now().timestamp() * 1000)}\ndata: {data}\n\n"
