"""The live refresh: pending rows in, changed standings out, in one transaction. docs/live.md tells how and why.

One process of a company holds the arrays, under a session lock on a connection of its own. It claims what is pending by
deleting it, computes on slices, writes the rows that differ, announces ranks, commits, and only then takes the batch into
the arrays. Whatever goes wrong, the arrays are dropped and read anew; the database never is in between.
"""

import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from commissions import arrivals, killpoints, live_pending, locks, periods, plan_versions, snapshots, standing_rows, wake
from commissions.books import Book
from commissions.events import RankReached
from commissions.models import LivePending, Period, Standing, VolumeEntry
from config.outbox import announce_all
from genealogy.models import Distributor

BATCH = 5_000
"""Pending rows that one refresh claims at most."""

EVERYBODY = 20_000
"""When more people than this changed, the message says everybody instead of naming them."""

CHANNEL = "canopy:standings"
DJANGOS_OWN = ("context", "cursor_factory", "pool")
RELOAD_SETTLES_SECONDS = 2.0
RELOAD_WAITS_SECONDS = 30.0
LOOK_SECONDS = 5.0

log = logging.getLogger(__name__)


def lock_parameters():
    """Return how the lock's connection is made: as every other one, TLS and all, but without Django's own types."""
    known = connection.get_connection_params()
    named = {name: value for name, value in known.items() if name not in DJANGOS_OWN}
    return {"connect_timeout": 10, **named, "autocommit": True, "application_name": "canopy live lock"}


class LockLost(RuntimeError):
    """Another process may hold the arrays by now: these must not be written from."""


@dataclass(frozen=True)
class Refreshed:
    """What one refresh did: how many pending rows it took in, and how many standings it wrote by period."""

    taken: int = 0
    written: dict = field(default_factory=dict)


class Refresher:
    """Holds the arrays, a book for each period. ``step`` does one refresh; whoever calls it decides when."""

    def __init__(self):
        self.lock = None
        self.forget()

    def forget(self):
        """Forget the arrays; the next step reads them anew."""
        self.books, self.wanted, self.look_again_at = {}, frozenset(), 0.0

    def drop(self):
        """Forget the arrays and let go of the lock."""
        self.forget()
        if self.lock is not None:
            with suppress(psycopg.Error):
                self.lock.close()
        self.lock = None

    def hold(self):
        """Take or keep the lock; False while another process has it."""
        if self.lock is not None:
            try:
                self.lock.execute("SELECT 1")
                return True
            except psycopg.Error:
                log.warning("the connection of the live lock is gone; everything is read anew")
                self.drop()
        self.lock = psycopg.connect(**lock_parameters())
        if not self.lock.execute("SELECT pg_try_advisory_lock(%s, %s)", [locks.FAMILY, locks.LIVE]).fetchone()[0]:
            self.drop()
            return False
        with transaction.atomic():  # who held it before may still be writing: wait for that
            locks.take_live_writing()
        return True

    def step(self):
        """Take in what is pending, if anything, and say what was done; None while another process has the lock.

        Whatever fails leaves the database as it was and the arrays empty, so that the next step reads them anew.
        """
        if not self.hold():
            return None
        try:
            wanted = self._wanted()
            if not wanted <= self.books.keys():
                return self.read(wanted | self.books.keys())
            try:
                return self._refresh()
            except arrivals.Unread as unread:
                return self.read(wanted | self.books.keys() | unread.period_ids)
            except arrivals.Reload:
                return self.read(wanted) if reload_is_due() else Refreshed()
        except BaseException:
            self.forget()
            raise

    def _wanted(self):
        """Return the ids of periods that belong in memory: this one, the next when it is near, and uncounted ones."""
        if time.monotonic() < self.look_again_at:
            return self.wanted
        now = timezone.now()
        with suppress(plan_versions.NoPlan):  # without a plan there is nothing to compute yet
            periods.prepare(at=now)
        self.wanted = frozenset(
            period.pk
            for period in periods.live(at=now)
            if period.ends_at > now or period.pk in self.books or not Standing.objects.filter(period=period).exists()
        )
        self.look_again_at = time.monotonic() + LOOK_SECONDS
        return self.wanted

    def _refresh(self):
        """Claim a batch, write what it changes and commit; then take it into the arrays and tell who listens."""
        if not self.books:
            return Refreshed()
        with transaction.atomic():
            self._require_lock()
            if not self._let_go_of_shut_periods():
                return Refreshed()
            claimed = live_pending.claim(BATCH)
            if not claimed:
                return Refreshed()
            killpoints.reach("live.claimed")
            books, changes = arrivals.take_in(self.books, claimed)
            entries = {pk: books[pk].refresh(change) for pk, change in changes.items()}
            for pk, entry in entries.items():
                self._write(books[pk], entry)
            killpoints.reach("live.written")
        killpoints.reach("live.committed")
        self.books = books
        for pk, entry in entries.items():
            books[pk].take(entry)
        self._publish(entries)
        return Refreshed(len(claimed), {pk: len(entry.people) for pk, entry in entries.items()})

    def _let_go_of_shut_periods(self):
        """Drop the books of periods that were shut, and keep the others from it until this transaction ends.

        Returns whether any book is left; without one it is time to look which periods are wanted.
        """
        locks.share_books()
        unshut = set(Period.objects.filter(pk__in=self.books, status=Period.Status.OPEN).values_list("pk", flat=True))
        self.books = {pk: book for pk, book in self.books.items() if pk in unshut}
        if not self.wanted <= unshut:
            self.look_again_at = 0.0
        return bool(self.books)

    def read(self, period_ids):
        """Read and calculate periods whole, with all that is pending for them, and bring their rows up to that.

        A shut period is left as it is, unless volume that was credited before it was shut waits to be taken in.
        """
        self.forget()
        try:
            with snapshots.one_instant():
                company = snapshots.read_company()
                period_ids = set(period_ids) | pending_periods()
                unshut = Q(status=Period.Status.OPEN) | Q(pk__in=credited_periods())
                found = Period.objects.select_related("plan").filter(unshut, pk__in=period_ids).order_by("starts_at")
                books = {period.pk: Book.read(period, company) for period in found}
                quiet = set(LivePending.objects.filter(kind=LivePending.Kind.HISTORY).values_list("subject_id", flat=True))
        except snapshots.NoTree:
            return Refreshed()
        if not books:
            return Refreshed()
        entries = {pk: book.whole(quiet=pk in quiet) for pk, book in books.items()}
        with transaction.atomic():
            self._require_lock()
            live_pending.drop(company.pending)
            for pk, entry in entries.items():
                self._write(books[pk], entry)
            killpoints.reach("live.written")
        killpoints.reach("live.committed")
        for pk, entry in entries.items():
            books[pk].take(entry)
        self.books, self.look_again_at = books, 0.0
        self._publish(entries)
        return Refreshed(len(company.pending), {pk: len(entry.people) for pk, entry in entries.items()})

    def _require_lock(self):
        """Begin to write: alone, and with the lock still ours. Called first in a transaction."""
        locks.take_live_writing()
        if not locks.is_held(locks.LIVE, self.lock.info.backend_pid):
            raise LockLost("the live lock is gone")

    def _write(self, book, entry):
        """Write what differs, and announce the ranks that rose, in the caller's transaction."""
        ids, figures, totals = book.rows(entry)
        standing_rows.write(book.period.pk, ids, figures, at=timezone.now())
        for bonus, payees, amounts in totals:
            standing_rows.write_totals(book.period.pk, bonus, book.plan.currency, payees, amounts)
        announce_all(
            RankReached(period_id=book.period.pk, distributor_id=distributor_id, rank=rank, rank_code=code)
            for distributor_id, rank, code in book.ranks_reached(entry)
        )

    def _publish(self, entries):
        """Tell the open pages whose figures changed. Nobody's figures depend on this message."""
        at = live_pending.as_of().isoformat()
        for pk, entry in entries.items():
            if not len(entry.people):
                continue
            ids = self.books[pk].ids[entry.people].tolist() if len(entry.people) <= EVERYBODY else None
            message = {"period": pk, "people": ids, "at": at}
            wake.publish(CHANNEL, json.dumps(message))


def reload_is_due():
    """Tell whether a reload that was asked for should begin: while an import still asks for more, not for some time."""
    asked = live_pending.seconds_since_reload_asked()
    return asked is None or asked[0] >= RELOAD_SETTLES_SECONDS or asked[1] >= RELOAD_WAITS_SECONDS


def pending_periods():
    """Return the ids of the periods that anything pending belongs to."""
    pending, found = LivePending.objects, credited_periods()
    anew = (LivePending.Kind.RELOAD, LivePending.Kind.HISTORY)
    asked = set(pending.filter(kind__in=anew).values_list("subject_id", flat=True))
    enrolled = pending.filter(kind=LivePending.Kind.ENROLMENT).values("subject_id")
    since = Distributor.objects.filter(pk__in=enrolled).aggregate(since=Min("enrolled_at"))["since"]
    for period in periods.live():
        if 0 in asked or (since and period.ends_at > since):
            found.add(period.pk)
    return found | asked - {0}


def credited_periods():
    """Return the ids of the periods that volume is credited to which waits to be taken in."""
    waiting = LivePending.objects.filter(kind=LivePending.Kind.VOLUME).values("subject_id")
    return set(VolumeEntry.objects.order_by().filter(pk__in=waiting).values_list("period_id", flat=True).distinct())


def refresh_everything(*, patience=900.0):
    """Have every open period computed now, and come back when it is: for a company that was just brought in.

    In this process where no live worker runs, by the worker where one does. Raises TimeoutError when that takes longer
    than ``patience`` seconds.
    """
    refresher = Refresher()
    try:
        if refresher.hold():
            with suppress(plan_versions.NoPlan):
                periods.prepare()
            refresher.read({period.pk for period in periods.live()})
            return
    finally:
        refresher.drop()
    live_pending.ask_reload()
    end = time.monotonic() + patience
    while LivePending.objects.filter(kind=LivePending.Kind.RELOAD).exists():
        if time.monotonic() > end:
            raise TimeoutError("The live worker has not computed the open periods in time: see its log.")
        time.sleep(0.2)
