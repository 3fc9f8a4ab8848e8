"""The loop of the live refresh: when to look, how long to gather, and what to do when something fails.

It runs in a thread of the one Celery worker that serves the queue ``live``. Wake-ups only make it look at once; it
looks every second anyway, with Valkey or without, so a lost wake-up costs a second and nothing else.
"""

import logging
import threading
import time

from django.db import connection

from commissions import wake
from commissions.live import Refresher

LOOK_SECONDS = 1.0
"""How long a lost wake-up may go unnoticed."""

SHORTEST_WINDOW, LONGEST_WINDOW = 0.05, 0.2
"""Under load, how many seconds of credits are gathered for one refresh."""

BUSY_ROWS = 3
"""A refresh that took in fewer rows than this was not under load: the next one waits for nothing."""

STANDBY_SECONDS = 5.0
"""How often a second worker asks whether the first still has the lock."""

LONGEST_PAUSE = 5.0
"""After failures: seconds after the database is back, the figures move again."""

WORTH_TELLING_SECONDS = 1.0

log = logging.getLogger(__name__)


class LiveWorker:
    """A thread that refreshes for as long as the process lives."""

    def __init__(self):
        self.woken = threading.Event()
        self.ending = threading.Event()
        self.thread = None

    def start(self):
        """Start the thread, unless it runs."""
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self.run, name="live refresh", daemon=True)
            self.thread.start()

    def wake(self):
        """Have the thread look now."""
        self.start()
        self.woken.set()

    def stop(self, patience=10.0):
        """End the thread after the refresh it is in."""
        self.ending.set()
        self.woken.set()
        if self.thread is not None:
            self.thread.join(patience)

    def run(self):
        """Refresh whenever something is pending, until told to end."""
        refresher, failures = Refresher(), 0
        try:
            while not self.ending.is_set():
                self.woken.clear()
                wake.heard()
                try:
                    pause = self.drain(refresher)
                    failures = 0
                except Exception:
                    failures += 1
                    pause = min(2.0**failures, LONGEST_PAUSE)
                    log.exception("the live refresh failed; everything is read anew in %.0f s", pause)
                    refresher.drop()
                    connection.close()
                    self.ending.wait(pause)  # a wake-up does not cut this short: it would only fail again
                    continue
                self.woken.wait(pause)
        finally:
            refresher.drop()
            connection.close()

    def drain(self, refresher):
        """Refresh until nothing is left to take in, and return how long to wait for a wake-up."""
        while not self.ending.is_set():
            started = time.monotonic()
            done = refresher.step()
            if done is None:
                return STANDBY_SECONDS
            if not done.taken:
                return LOOK_SECONDS
            took = time.monotonic() - started
            level = logging.INFO if took > WORTH_TELLING_SECONDS else logging.DEBUG
            log.log(level, "live refresh: %s rows taken in, %s standings, %.2f s", done.taken, sum(done.written.values()), took)
            if done.taken >= BUSY_ROWS:
                self.ending.wait(min(max(took, SHORTEST_WINDOW), LONGEST_WINDOW))
        return 0.0


WORKER = LiveWorker()
