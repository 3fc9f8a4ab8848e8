"""The small chart below the dashboard's first figure: a seller's own volume of the period, day by day.

It is drawn as SVG by the server. What it shows is said in a sentence as well, for whoever does not see it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Sum, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commissions import formats
from commissions.models import VolumeEntry

WIDTH, HEIGHT = 300, 56
INSET = 3
"""The line keeps that far from the upper and lower edge, or half of its own width would stand outside."""


@dataclass(frozen=True)
class Spark:
    """The volume of consecutive days from ``first`` on, in hundredths of a point; not all of them zero."""

    first: date
    days: tuple[int, ...]

    @property
    def box(self):
        """The chart's own coordinates."""
        return f"0 0 {WIDTH} {HEIGHT}"

    @property
    def line(self):
        """The path through the days. A single day is a level line."""
        return "M" + " L".join(f"{x} {y}" for x, y in self._points())

    @property
    def area(self):
        """The path around what lies between the line and zero."""
        zero = self._height(0)
        return f"{self.line} L{WIDTH} {zero} L0 {zero} Z"

    @property
    def best(self):
        """Which the best day was, briefly; nothing while refunds are all there is."""
        if max(self.days) <= 0:
            return ""
        words = {"day": date_format(self._best_day(), "j M"), "points": formats.points(max(self.days))}
        return _("Best day: %(day)s, %(points)s points") % words

    @property
    def said(self):
        """The chart in a sentence."""
        words = {
            "first": date_format(self.first, "j F"),
            "last": date_format(self.first + timedelta(days=len(self.days) - 1), "j F"),
            "points": formats.points(sum(self.days)),
            "day": date_format(self._best_day(), "j F"),
            "most": formats.points(max(self.days)),
        }
        return _("%(points)s points from %(first)s to %(last)s, the most on %(day)s: %(most)s points.") % words

    def _best_day(self):
        return self.first + timedelta(days=self.days.index(max(self.days)))

    def _points(self):
        days = self.days if len(self.days) > 1 else self.days * 2
        return [(round(WIDTH * nth / (len(days) - 1), 1), self._height(volume)) for nth, volume in enumerate(days)]

    def _height(self, volume):
        low, high = min(0, *self.days), max(0, *self.days)
        return round(HEIGHT - INSET - (HEIGHT - 2 * INSET) * (volume - low) / (high - low), 1)


def of(distributor_id, period):
    """Return the chart of somebody's own volume in a period up to today, or None when there is none.

    One query, bounded by the index on period and distributor. Days are those of the period's own clock; what arrived late
    counts on the day on which it arrived.
    """
    zone = ZoneInfo(period.time_zone)
    counted = Case(When(is_late=True, then=F("recorded_at")), default=F("credited_at"))
    entries = VolumeEntry.objects.filter(period=period, distributor=distributor_id).order_by()
    sums = entries.annotate(day=TruncDate(counted, tzinfo=zone)).values_list("day").annotate(Sum("pv"))
    first = timezone.localtime(period.starts_at, zone).date()
    end = min(timezone.now(), period.ends_at - timedelta(microseconds=1))
    days = [0] * (max((timezone.localtime(end, zone).date() - first).days, 0) + 1)
    for day, volume in sums:
        days[min(max((day - first).days, 0), len(days) - 1)] += volume
    return Spark(first, tuple(days)) if any(days) else None
