"""What the office's templates need beside money: ranks by number, months by name, the line to the live stream."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import freshness, notifications
from commissions import formats

LATE_SECONDS = 10

register = template.Library()


@register.filter
def month(period):
    """``{{ period|month }}`` writes a period for people: November 2026, or the week of 2 November 2026."""
    if period is None:
        return ""
    start = timezone.localtime(period.starts_at, timezone=_zone(period))
    if period.kind == "month":
        return date_format(start, "F Y")
    days = (timezone.localtime(period.ends_at, timezone=_zone(period)).date() - start.date()).days
    told = {1: "%s", 7: _("week of %s"), 28: _("four weeks from %s")}
    return told[days] % date_format(start, "j F Y") if days in told and "-" in period.name[5:] else period.name


@register.filter
def days_left(period):
    """Return how many days of a period are left on its own clock, today included; 0 when it is over."""
    here = _zone(period)
    last = timezone.localtime(period.ends_at - timedelta(microseconds=1), timezone=here).date()
    return max((last - timezone.localtime(timezone=here).date()).days + 1, 0)


def _zone(period):
    return ZoneInfo(period.time_zone)


@register.filter
def when(at):
    """Write an instant as briefly as it is clear: 14:03 today, 3 Nov this year, 3 Nov 2025 before."""
    local, now = timezone.localtime(at), timezone.localtime()
    if local.date() == now.date():
        return date_format(local, "H:i")
    return date_format(local, "j M" if local.year == now.year else "j M Y")


@register.filter
def team_count(number):
    """Write a number of people with separators."""
    return number_format(number or 0, force_grouping=True)


@register.filter
def people_below(number):
    """Write how many people a team has: 1 person, 1,204 people."""
    return ngettext("%(number)s person", "%(number)s people", number) % {"number": team_count(number)}


@register.filter
def percent_short(ppm):
    """Write parts per million as a percentage with one decimal: 41.3%."""
    return formats.percent((ppm + 500) // 1000 * 1000)


@register.filter
def rank_name(rank, ranks):
    """``{{ member.rank|rank_name:ranks }}`` writes a rank, given as its place in the ladder; below the ladder nothing."""
    return ranks[rank].name if 0 <= rank < len(ranks) else ""


@register.inclusion_tag("backoffice/office/_live.html", takes_context=True)
def live_stream(context):
    """Connect the page to the live stream from the instant at which its reading began."""
    request = context["request"]
    return {
        "since": int(request.opened_at.timestamp() * 1000),
        "zone": request.distributor.market.time_zone,
        "distributor": request.distributor.pk,
    }


@register.inclusion_tag("elements/fresh.html")
def fresh():
    """Say as of when the figures of this page are."""
    at = freshness.as_of()
    late = (timezone.now() - at).total_seconds() > LATE_SECONDS
    return {"at": timezone.localtime(at), "state": "late" if late else "live"}


@register.inclusion_tag("backoffice/office/_bell.html", takes_context=True)
def bell(context):
    """The way to the news, with how many are unread."""
    return {"unread": notifications.unread(context["request"].distributor)}
