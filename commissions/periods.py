"""Periods: which stretch of the plan's calendar an instant counts in, and making the stretches before they are needed.

A period is half-open, ``[start, end)``, and its borders are midnights on the plan's own clock, whatever daylight saving does.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions import live_pending, locks, plan_versions
from commissions.models import Period

MONTH = "month"
AHEAD = timedelta(days=3)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stretch:
    """A stretch of the calendar: its name and its two borders, in UTC."""

    name: str
    starts_at: datetime
    ends_at: datetime


def month_of(at, zone):
    """Return the calendar month that an instant falls in on the clock of ``zone``.

    >>> month_of(datetime(2026, 12, 1, 4, 59, tzinfo=UTC), ZoneInfo("America/New_York")).name
    '2026-11'
    """
    local = at.astimezone(zone)
    year, month = local.year, local.month
    starts_at, ends_at = _midnight(year, month, zone), _midnight(year, month + 1, zone)
    return Stretch(f"{year:04d}-{month:02d}", starts_at, ends_at)


def _midnight(year, month, zone):
    """Return the first instant of a month; a midnight that the clock skips is the instant at which it jumps over it."""
    year, month = (year + 1, 1) if month > 12 else (year, month)
    return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)


def containing(at, *, kind=MONTH):
    """Return the period that an instant falls in, made now if nobody needed it before. Raises plan_versions.NoPlan."""
    found = Period.objects.select_related("plan").filter(kind=kind, starts_at__lte=at, ends_at__gt=at).first()
    return found or _make(at, kind)


def _make(at, kind):
    """Make the period of an instant. The plan of its first day holds for all of it, or, in the company's first month,
    the plan that begins in it.
    """
    version = plan_versions.in_force(at)
    zone = ZoneInfo(plan_versions.load(version).period.time_zone)
    stretch = month_of(at, zone)
    try:
        version = plan_versions.in_force(stretch.starts_at)
    except plan_versions.NoPlan:
        log.info("the plan %s begins within period %s", version.pk, stretch.name)
    defaults = {"plan": version, "time_zone": zone.key, "starts_at": stretch.starts_at, "ends_at": stretch.ends_at}
    return Period.objects.get_or_create(kind=kind, name=stretch.name, defaults=defaults)[0]


def counting(at, *, kind=MONTH):
    """Return the open period in which volume of this instant counts, and whether it is late for its own.

    Volume that arrives for a closed period counts in the next open one. Call it while ``locks.share_books`` is
    held, or the period may be shut before the volume is committed.
    """
    period = containing(at, kind=kind)
    late = False
    while period.status == Period.Status.CLOSED:
        late = True
        period = containing(period.ends_at, kind=kind)
    return period, late


def current(*, kind=MONTH):
    """Return the period of this instant."""
    return containing(timezone.now(), kind=kind)


def live(*, at=None, ahead=timedelta(hours=1)):
    """Return the open periods that have begun or are about to, the oldest first: those that have live figures."""
    at = at or timezone.now()
    return list(
        Period.objects.filter(status=Period.Status.OPEN, starts_at__lte=at + ahead).select_related("plan").order_by("starts_at")
    )


def prepare(*, at=None):
    """Make the period of now and, in its last days, the next one; one that has not begun takes the plan of its first day."""
    at = at or timezone.now()
    made = containing(at), containing(at + AHEAD)
    for period in Period.objects.filter(status=Period.Status.OPEN, starts_at__gt=at):
        version = plan_versions.in_force(period.starts_at)
        if Period.objects.filter(pk=period.pk).exclude(plan=version).update(plan=version):
            live_pending.ask_reload(period.pk)
    return made


class AlreadyShut(ValueError):
    """A period that is closed already was to be shut."""


@transaction.atomic
def shut(period):
    """Let no more volume into an open period. Waits for the credits that are on their way."""
    locks.take_books()
    if not Period.objects.filter(pk=period.pk, status=Period.Status.OPEN).update(status=Period.Status.CLOSED):
        raise AlreadyShut(_("Period %(name)s is closed already.") % {"name": period.name})
    period.status = Period.Status.CLOSED
