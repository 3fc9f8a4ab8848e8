"""Periods: which stretch of the plan's calendar an instant counts in, and making the stretches before they are needed.

A period is half-open, ``[start, end)``, and its borders are midnights on the plan's own clock, whatever daylight saving does.
A plan may have several period types side by side. Volume is stored with the period of the type in which ranks are tested;
in those of the other types it counts by its instant, and by which was there first: the entry, or the end of the books.
"""

import logging
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions import live_pending, locks, plan_versions
from commissions.engine import periods as calendar
from commissions.models import Period, VolumeEntry

AHEAD = timedelta(days=3)

log = logging.getLogger(__name__)


class NoSuchType(LookupError):
    """A plan has no period type of this code."""


def type_of(plan, kind):
    """Return a plan's period type by its code, the one in which ranks are tested where none is said."""
    kind = kind or plan.ladder.period
    if kind not in plan.periods:
        raise NoSuchType(
            _("Plan %(plan)s has no period type %(kind)s; it has %(known)s.")
            % {"plan": plan.plan.code, "kind": kind, "known": ", ".join(plan.periods)}
        )
    return kind, plan.periods[kind]


def is_leading(period):
    """Tell whether ranks are tested in periods of this type, which is where volume entries are stored."""
    return plan_versions.load(period.plan).ladder.period == period.kind


def span_of(plan_type, at):
    """Return the stretch of the calendar that an instant falls in, on the clock of a plan's period type."""
    return calendar.containing(plan_type, at.astimezone(ZoneInfo(plan_type.time_zone)).date())


def containing(at, *, kind=None):
    """Return the period that an instant falls in, made now if nobody needed it before. Raises plan_versions.NoPlan.

    ``kind`` is the code of a period type of the plan, the one in which ranks are tested where none is said.
    """
    there = Period.objects.select_related("plan").filter(starts_at__lte=at, ends_at__gt=at).order_by("kind")
    for period in there.filter(kind=kind) if kind else there:
        if kind or is_leading(period):
            return period
    return _make(at, kind)


def _make(at, kind):
    """Make the period of an instant. The plan of its first day holds for all of it, or, in the company's first month,
    the plan that begins in it.
    """
    version = plan_versions.in_force(at)
    kind, plan_type = type_of(plan_versions.load(version), kind)
    span = span_of(plan_type, at)
    try:
        version = plan_versions.in_force(span.start)
    except plan_versions.NoPlan:
        log.info("the plan %s begins within period %s", version.pk, span.name)
    defaults = {
        "plan": version,
        "time_zone": plan_type.time_zone,
        "starts_at": span.start.astimezone(UTC),
        "ends_at": span.end.astimezone(UTC),
    }
    return Period.objects.get_or_create(kind=kind, name=span.name, defaults=defaults)[0]


def counting(at, *, kind=None):
    """Return the open period in which volume of this instant counts, and whether it is late for its own.

    Volume that arrives for a shut period counts in the next open one. Call it while ``locks.share_books`` is
    held, or the period may be shut before the volume is committed.
    """
    period = containing(at, kind=kind)
    late = False
    while period.status != Period.Status.OPEN:
        late = True
        period = containing(period.ends_at, kind=period.kind)
    return period, late


def counted(period, alias="v"):
    """Return the condition, in SQL with its parameters, under which a volume entry counts in a period.

    Of a type in which volume is not stored: what was credited in it before its books were shut, and what came late for
    those before it.
    """
    if is_leading(period):
        return f"{alias}.period_id = %s", [period.pk]
    before = Period.objects.filter(kind=period.kind, ends_at__lte=period.starts_at, last_entry__isnull=False)
    earlier = before.order_by("-starts_at").values_list("last_entry", flat=True).first()
    where, params = f"{alias}.credited_at >= %s AND {alias}.credited_at < %s", [period.starts_at, period.ends_at]
    if earlier is not None:
        where = f"({where} OR ({alias}.credited_at < %s AND {alias}.id > %s))"
        params += [period.starts_at, earlier]
    if period.last_entry is not None:
        where, params = f"{where} AND {alias}.id <= %s", [*params, period.last_entry]
    return f"({where})", params


def current(*, kind=None):
    """Return the period of this instant."""
    return containing(timezone.now(), kind=kind)


def live(*, at=None, ahead=timedelta(hours=1)):
    """Return the open periods that have begun or are about to, the oldest first: those that have live figures."""
    at = at or timezone.now()
    begun = Period.objects.filter(status=Period.Status.OPEN, starts_at__lte=at + ahead)
    return [period for period in begun.select_related("plan").order_by("starts_at") if is_leading(period)]


def prepare(*, at=None):
    """Make the periods of now and, in their last days, the next ones; one that has not begun takes the plan of its first day."""
    at = at or timezone.now()
    types = plan_versions.load(plan_versions.in_force(at)).periods
    made = [containing(instant, kind=kind) for kind in types for instant in (at, at + AHEAD)]
    for period in Period.objects.filter(status=Period.Status.OPEN, starts_at__gt=at):
        version = plan_versions.in_force(period.starts_at)
        if Period.objects.filter(pk=period.pk).exclude(plan=version).update(plan=version):
            live_pending.ask_reload(period.pk)
    return made


def begun(*, at=None):
    """Return the periods of every type that an instant falls in, the shortest first."""
    at = at or timezone.now()
    here = Period.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("plan")
    return sorted(here, key=lambda period: (period.ends_at - period.starts_at, period.kind))


def waiting(*, at=None):
    """Return the periods that are over and not closed yet, the oldest first: those that wait for a run."""
    over = Period.objects.exclude(status=Period.Status.CLOSED).filter(ends_at__lte=at or timezone.now())
    return list(over.select_related("plan").order_by("ends_at", "kind"))


class AlreadyShut(ValueError):
    """A period that is shut already was to be shut."""


@transaction.atomic
def shut(period):
    """Let no more volume into an open period. Waits for the credits that are on their way."""
    locks.take_books()
    newest = VolumeEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    told = {"status": Period.Status.SHUT, "shut_at": timezone.now(), "last_entry": newest}
    if not Period.objects.filter(pk=period.pk, status=Period.Status.OPEN).update(**told):
        raise AlreadyShut(_("Period %(name)s is closed already.") % {"name": period.name})
    for name, value in told.items():
        setattr(period, name, value)
