"""When people buy: more on Mondays than on Sundays, more in the evening, and most when a month is about to close."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

PLAN_ZONE = ZoneInfo("America/New_York")
ZONES = {"us": PLAN_ZONE, "de": ZoneInfo("Europe/Berlin"), "jp": ZoneInfo("Asia/Tokyo")}
WEEKDAYS = (1.2, 1.1, 1.05, 1.0, 1.0, 0.8, 0.7)
HOURS = (1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 11, 10, 9, 9, 9, 10, 12, 14, 15, 13, 8, 3)
RUSH = {0: 3.6, 1: 2.4, 2: 1.8, 3: 1.4, 4: 1.2}  # by the days left of the month

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds(at: datetime) -> int:
    """Return an instant as whole seconds."""
    return int((at - EPOCH).total_seconds())


def first_instant(end: datetime) -> datetime:
    """Return the start of the month two months before the one that ``end`` is in, on the plan's clock."""
    local = end.astimezone(PLAN_ZONE)
    year, month = (local.year, local.month - 2) if local.month > 2 else (local.year - 1, local.month + 10)
    return datetime(year, month, 1, tzinfo=PLAN_ZONE).astimezone(UTC)


class Rhythm:
    """The hours from ``start`` to ``end``, each with its share of a market's purchases."""

    def __init__(self, market: str, start: datetime, end: datetime):
        self.start = start
        hours = max(1, int((end - start) // timedelta(hours=1)))
        weights = [self._weight(start + timedelta(hours=hour), ZONES[market]) for hour in range(hours)]
        self.until = np.cumsum(weights)
        self.until /= self.until[-1]

    @staticmethod
    def _weight(at: datetime, zone: ZoneInfo) -> float:
        local, plan = at.astimezone(zone), at.astimezone(PLAN_ZONE)
        next_month = (plan.replace(day=28) + timedelta(days=4)).replace(day=1)
        left = (next_month.date() - plan.date()).days - 1
        return WEEKDAYS[local.weekday()] * HOURS[local.hour] * RUSH.get(left, 1.0)

    def instants(self, draws: NDArray[np.float64], within: NDArray[np.float64]) -> NDArray[np.int64]:
        """Turn random numbers between 0 and 1 into instants, in seconds."""
        hour = np.minimum(np.searchsorted(self.until, draws), len(self.until) - 1)
        return seconds(self.start) + hour * 3600 + (within * 3600).astype(np.int64)
