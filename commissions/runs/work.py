"""Whoever works on a run: alone, telling how far it is, and starting over what another left unfinished.

The worker holds a lock in a transaction that stays open on a connection of its own (so that it also holds behind a pooler that
pools by transactions), tells its progress over another, and writes the rows in one transaction on a third. When the process
ends, however it ends, the lock is free and the rows were never there: the next look finds a run that is still waiting. Beat
looks every half minute; a wake-up after the commit is only quicker.
"""

import logging
import time
import zlib
from contextlib import ExitStack, contextmanager, suppress

import psycopg
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from commissions import killpoints, live, locks
from commissions.models import Run
from commissions.runs import calculation, rows
from config.outbox.wake import Bell

FAMILY = zlib.crc32(b"canopy.commissions.runs") & 0x7FFFFFFF
MOST_ATTEMPTS = 5
"""A run that ends its process this often is given up, until somebody asks for it again."""

PATIENCE_MS = 5_000
TELL_SECONDS = 0.25

log = logging.getLogger(__name__)
BELL = Bell("commissions.tasks.work_runs")


class LockLost(RuntimeError):
    """Another process may be working on the run by now."""


class Session:
    """The lock of one run, known by the server process that holds it, and the line over which its progress is told."""

    def __init__(self, line, run_id, holder):
        self.line, self.run_id, self.holder = line, run_id, holder
        self.told_at, self.stage = 0.0, None

    def tell(self, stage, percent):
        """Note how far the run is; not more often than anybody looks."""
        if stage == self.stage and time.monotonic() - self.told_at < TELL_SECONDS:
            return
        self.told_at, self.stage = time.monotonic(), stage
        self.line.execute(
            "UPDATE commissions_run SET stage = %s, progress = %s WHERE id = %s AND status = 'waiting'",
            [str(stage), percent, self.run_id],
        )

    def begin(self):
        """Count the attempt, and return how many there were with this one."""
        row = self.line.execute(
            "UPDATE commissions_run SET attempts = attempts + 1, cut_at = coalesce(cut_at, clock_timestamp()) "
            "WHERE id = %s AND status = 'waiting' RETURNING attempts",
            [self.run_id],
        ).fetchone()
        return row[0] if row else 0

    def require_alone(self):
        """Raise LockLost unless the lock is still held: asked in the transaction that writes."""
        if not locks.is_held(self.run_id, self.holder, family=FAMILY):
            raise LockLost(f"the lock of run {self.run_id} is gone")


@contextmanager
def session(run_id):
    """Hold the lock of a run; None while another process has it."""
    with ExitStack() as opened:
        lock = opened.enter_context(_line("canopy run lock", autocommit=False))
        held, holder = lock.execute("SELECT pg_try_advisory_xact_lock(%s, %s), pg_backend_pid()", [FAMILY, run_id]).fetchone()
        yield Session(opened.enter_context(_line("canopy run", autocommit=True)), run_id, holder) if held else None


@contextmanager
def _line(name, *, autocommit):
    """Open a connection beside Django's."""
    line = psycopg.connect(**{**live.lock_parameters(), "application_name": name, "autocommit": autocommit})
    try:
        yield line
    finally:
        with suppress(psycopg.Error):
            line.close()


def work(run_id):
    """Calculate a waiting run; say whether this process did. A run that another is working on is left alone.

    What goes wrong in the calculation is kept with the run, in words; a lost database leaves the run waiting.
    """
    with session(run_id) as held:
        if held is None:
            return False
        attempts = held.begin()
        if not attempts:
            return False
        killpoints.reach("run.begun")
        run = Run.objects.select_related("period__plan", "plan", "repeats__period__plan", "follows__plan").get(pk=run_id)
        try:
            if attempts > MOST_ATTEMPTS:
                raise RuntimeError(_("The calculation ended %(times)s times without a result.") % {"times": MOST_ATTEMPTS})
            calculation.calculate(run, tell=held.tell, require_alone=held.require_alone)
        except (OperationalError, InterfaceError, psycopg.OperationalError, LockLost):
            raise
        except calculation.Overtaken:
            return False
        except Exception as error:
            log.exception("run %s failed", run_id)
            failed = {"status": Run.Status.FAILED, "problem": f"{type(error).__name__}: {error}", "attempts": 0}
            Run.objects.filter(pk=run_id, status=Run.Status.WAITING).update(**failed)
    return True


def work_all():
    """Calculate every run that waits, and drop the rows of those that were discarded. Safe to repeat, and to run twice."""
    BELL.heard()
    for run_id in Run.objects.filter(status=Run.Status.WAITING).order_by("pk").values_list("pk", flat=True):
        work(run_id)
    sweep()


STRAY = """
    SELECT r.id FROM commissions_run r WHERE r.status = 'discarded' AND to_regclass('commissions_runline_' || r.id) IS NOT NULL
"""


def sweep():
    """Drop the rows and arrays of discarded runs, each when nobody is reading beside it."""
    with connection.cursor() as cursor:
        cursor.execute(STRAY)
        strays = [run_id for (run_id,) in cursor.fetchall()]
    for run_id in strays:
        with suppress(OperationalError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
            run = Run.objects.get(pk=run_id)
            run.arrays.all().delete()
            rows.drop(run_id)
