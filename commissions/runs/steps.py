"""Runs, as people ask for them: preview, calculate, calculate again, approve, close, discard.

A period is over, its books are shut, it is calculated, looked at, approved by a second person, and closed: from then on the
database itself refuses to change it. Every step is one conditional UPDATE, so of two people at once one does it and the other
is told. docs/runs.md tells the whole way.
"""

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions import killpoints, periods, settlements
from commissions.events import PeriodClosed
from commissions.models import Period, Run
from commissions.runs import work
from config.outbox import announce

DONE = (Run.Status.CALCULATED, Run.Status.APPROVED)


class Refused(ValueError):
    """A step that cannot be taken; the message says what to do instead."""


@transaction.atomic
def preview(period, *, by):
    """Have a period calculated as it stands, to look at: its books stay open, and the result can never be closed."""
    _require(by, "calculate_run")
    period = _locked(period)
    if period.status == Period.Status.CLOSED:
        raise Refused(_("%(period)s is closed: calculate it again instead, from what it was closed with.") % _names(period))
    return _begin(period, by, is_preview=True)


@transaction.atomic
def calculate(period, *, by):
    """Shut the books of a period that is over, and have it calculated. Safe to repeat: a run that waits is returned.

    Orders that arrive from now on count in the next period, marked late. Periods of a type are closed one after the other,
    since each begins with what the one before left.
    """
    _require(by, "calculate_run")
    period = _locked(period)
    if period.status == Period.Status.CLOSED:
        raise Refused(_("%(period)s is closed: calculate it again instead, from what it was closed with.") % _names(period))
    if period.ends_at > _now():
        raise Refused(_("%(period)s is not over yet: it can be previewed, and calculated when it has ended.") % _names(period))
    earlier = Period.objects.filter(kind=period.kind, ends_at__lte=period.starts_at).exclude(status=Period.Status.CLOSED)
    first = earlier.order_by("starts_at").first()
    if first is not None:
        raise Refused(
            _("Close %(first)s first: %(period)s begins with what it leaves.") % (_names(period) | {"first": first.name})
        )
    waiting = _waiting(period)
    if waiting is not None and not waiting.is_preview:
        return waiting
    if period.status == Period.Status.OPEN:
        periods.shut(period)
    return _begin(period, by)


@transaction.atomic
def again(run, *, by):
    """Have a run calculated again from the input that was kept with it: it must come to the same, to the last byte."""
    _require(by, "calculate_run")
    if not run.is_done or run.repeats_id is not None or run.is_preview:
        raise Refused(_("Only a finished run of a period can be calculated again from its own input."))
    return _begin(_locked(run.period), by, repeats=run)


@transaction.atomic
def retry(run, *, by):
    """Have a run that failed calculated once more."""
    _require(by, "calculate_run")
    _require_nothing_waits(run.period)
    if not Run.objects.filter(pk=run.pk, status=Run.Status.FAILED).update(
        status=Run.Status.WAITING, stage=Run.Stage.QUEUED, progress=0
    ):
        raise Refused(_("Run %(run)s has not failed.") % {"run": run})
    work.BELL.ring_after_commit()


@transaction.atomic
def approve(run, *, by):
    """Approve a calculated run. Whoever asked for the calculation cannot: it takes a second person."""
    _require(by, "approve_run")
    _locked(run.period)
    run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("period__plan").get(pk=run.pk)
    _require_final(run)
    if by.pk == run.calculated_by_id:
        raise Refused(_("You asked for this calculation: a second person has to approve it."))
    if run.status != Run.Status.CALCULATED:
        raise Refused(_("%(run)s is %(status)s: only a calculated run can be approved.") % _told(run))
    _require_fresh(run)
    Run.objects.filter(pk=run.pk).update(status=Run.Status.APPROVED, approved_by=by, approved_at=timezone.now())
    run.refresh_from_db()
    return run


def close(run, *, by):
    """Close a period with its approved run: from now on nothing changes either. Safe to repeat.

    Of two who close at once, one does and the other finds it closed. What other runs of the period wrote is dropped.
    """
    _require(by, "close_run")
    with transaction.atomic():
        period = _locked(run.period)  # first the period, then its runs: two who close different runs of it wait here
        run = Run.objects.select_for_update(of=("self",), no_key=True).select_related("period__plan").get(pk=run.pk)
        if run.status == Run.Status.CLOSED:
            return run
        _require_final(run)
        if run.status != Run.Status.APPROVED:
            raise Refused(_("%(run)s is %(status)s: it has to be approved before it is closed.") % _told(run))
        if period.status != Period.Status.SHUT:
            raise Refused(_("%(period)s is closed by another run.") % _names(period))
        _require_fresh(run)
        others = Run.objects.filter(period=period).exclude(pk=run.pk).exclude(status=Run.Status.DISCARDED)
        others.update(status=Run.Status.DISCARDED)
        Run.objects.filter(pk=run.pk).update(status=Run.Status.CLOSED, closed_by=by, closed_at=timezone.now())
        killpoints.reach("run.closing")
        Period.objects.filter(pk=period.pk).update(status=Period.Status.CLOSED)
        announce(PeriodClosed(period_id=period.pk, run_id=run.pk))
        killpoints.reach("run.closed")
    killpoints.reach("run.close_committed")
    work.BELL.ring_after_commit()
    run.refresh_from_db()
    return run


@transaction.atomic
def discard(run, *, by):
    """Give up a run that is not closed; its rows are dropped soon. The books stay shut: the period is calculated anew."""
    _require(by, "calculate_run")
    open_still = Run.objects.filter(pk=run.pk).exclude(status__in=(Run.Status.CLOSED, Run.Status.DISCARDED))
    if not open_still.update(status=Run.Status.DISCARDED):
        raise Refused(_("Run %(run)s is closed or discarded already.") % {"run": run})
    work.BELL.ring_after_commit()


def stale(run):
    """Say why a calculated run is out of date, in words; empty while it is not."""
    if run.repeats_id is not None or run.is_preview or run.status not in DONE:
        return ""
    if settlements.of_period(run.period, at=run.cut_at).ids() != run.review["settled"]:
        return _("Adjustments or holds were approved, withdrawn or released since: calculate the period again.")
    return ""


def _begin(period, by, *, is_preview=False, repeats=None):
    """Add a run that waits to be calculated. A preview takes the place of the one before it, and so does a repetition."""
    _require_nothing_waits(period)
    if is_preview or repeats is not None:
        older = Run.objects.filter(period=period, is_preview=is_preview, repeats__isnull=repeats is None)
        older.exclude(status=Run.Status.DISCARDED).update(status=Run.Status.DISCARDED)
    number = (Run.objects.filter(period=period).aggregate(most=Max("number"))["most"] or 0) + 1
    run = Run.objects.create(
        period=period,
        number=number,
        plan=period.plan,
        calculated_by=by,
        is_preview=is_preview,
        repeats=repeats,
        follows=repeats.follows if repeats else _followed(period),
        cut_at=repeats.cut_at if repeats else None,
    )
    work.BELL.ring_after_commit()
    return run


def _followed(period):
    """Return the closed run of the last period of this type before, whose balances come in."""
    closed = Run.objects.filter(status=Run.Status.CLOSED, period__kind=period.kind, period__ends_at__lte=period.starts_at)
    return closed.order_by("-period__starts_at").first()


def _waiting(period):
    return Run.objects.filter(period=period, status=Run.Status.WAITING).first()


def _require_nothing_waits(period):
    waiting = _waiting(period)
    if waiting is not None:
        raise Refused(_("%(run)s is being calculated: wait for it, or discard it.") % {"run": waiting})


def _require_final(run):
    if run.is_preview or run.repeats_id is not None:
        raise Refused(_("%(run)s is only to be looked at: calculate the period to close it.") % {"run": run})


def _require_fresh(run):
    why = stale(run)
    if why:
        raise Refused(why)


def _require(user, permission):
    if not user.has_perm(f"commissions.{permission}"):
        raise Refused(_("%(who)s may not do that: it takes the right %(right)s.") % {"who": user, "right": permission})


def _locked(period):
    """Take the period's row, without keeping anybody from crediting volume that refers to it."""
    return Period.objects.select_for_update(of=("self",), no_key=True).select_related("plan").get(pk=period.pk)


def _now():
    """Return the database's clock: those of workers may differ."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _names(period):
    return {"period": period.name}


def _told(run):
    return {"run": run, "status": run.get_status_display()}
