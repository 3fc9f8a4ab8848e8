"""The company as it is now, for head office: sales today, where they come from, who is active, ranks, payout so far.

Sums over a whole company cost a moment, so they are computed at most once every few seconds a process, whoever looks.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.formats import date_format

from backoffice import freshness, reports
from commissions.models import Standing, VolumeEntry
from genealogy.models import Distributor
from storefront.models import Order

KEPT_SECONDS = 5.0
HOURS = 24


@dataclass(frozen=True)
class MarketSales:
    """What one market sold today, in its own currency and on the clock of the plan."""

    name: str
    currency: str
    orders: int
    amount_minor: int
    value_minor: int


@dataclass(frozen=True)
class Board:
    """Everything the board shows, as of ``at``. Amounts without a currency of their own are in the plan's."""

    at: datetime
    period: object
    currency: str
    markets: list[MarketSales]
    hours: list[int]
    orders: int
    value_minor: int
    distributors: int
    active: int
    joined: int
    ranks: list[tuple[str, int, int]]
    earned_minor: int
    sold_minor: int

    @property
    def payout_ppm(self):
        """What was earned so far of what was sold so far, in parts per million."""
        return self.earned_minor * 1_000_000 // self.sold_minor if self.sold_minor else 0

    @property
    def clock(self):
        """As of when the board is, on the plan's own clock."""
        return date_format(self.at, "H:i:s")

    @property
    def active_ppm(self):
        """How many of the distributors are active, in parts per million."""
        return self.active * 1_000_000 // self.distributors if self.distributors else 0

    @property
    def bars(self):
        """Today's hours as bars of a chart 240 wide and 64 high."""
        most = max(self.hours, default=0) or 1
        heights = [max(count * 60 // most, 2) for count in self.hours]
        return [
            {"x": hour * 10 + 1, "y": 64 - height, "height": height, "title": f"{hour:02d}:00  {count}"}
            for hour, (height, count) in enumerate(zip(heights, self.hours, strict=True))
        ]


_lock = threading.Lock()
_kept = (float("-inf"), None)


def board():
    """Return the board, at most a few seconds old. One thread computes it, the others wait for it."""
    global _kept
    with _lock:
        if time.monotonic() - _kept[0] > KEPT_SECONDS:
            _kept = (time.monotonic(), compute())
        return _kept[1]


def compute():
    """Compute the board from the database."""
    office = reports.ladder()
    at = freshness.as_of()
    zone = ZoneInfo(office.period.time_zone) if office.period else timezone.get_default_timezone()
    midnight = timezone.localtime(timezone=zone).replace(hour=0, minute=0, second=0, microsecond=0)
    paid = Order.objects.filter(paid_at__gte=midnight, status__in=(Order.Status.PAID, Order.Status.REFUNDED))
    markets = _markets(paid, office)
    standings = _standings(office)
    return Board(
        at=at.astimezone(zone),
        period=office.period,
        currency=office.currency,
        markets=markets,
        hours=_hours(paid, midnight),
        orders=sum(market.orders for market in markets),
        value_minor=sum(market.value_minor for market in markets),
        distributors=Distributor.objects.filter(status=Distributor.Status.ACTIVE, is_house=False).count(),
        active=standings["active"],
        joined=Distributor.objects.filter(enrolled_at__gte=midnight).count(),
        ranks=standings["ranks"],
        earned_minor=standings["earned"],
        sold_minor=_sold(office),
    )


def _markets(paid, office):
    rows = (
        paid.values("market__name", "currency")
        .order_by()
        .annotate(orders=Count("pk"), amount=Sum("total_minor") - Sum("refunded_minor"))
    )
    found = [
        MarketSales(
            row["market__name"],
            row["currency"],
            row["orders"],
            row["amount"],
            office.in_plan_currency(row["amount"], row["currency"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda market: -market.value_minor)


def _hours(paid, midnight):
    """Count today's orders hour by hour, up to this one."""
    counts = [0] * HOURS
    for paid_at in paid.values_list("paid_at", flat=True).iterator(chunk_size=5000):
        counts[min(int((paid_at - midnight).total_seconds() // 3600), HOURS - 1)] += 1
    now = int((timezone.now() - midnight).total_seconds() // 3600)
    return counts[: now + 1]


def _standings(office):
    if office.period is None:
        return {"active": 0, "ranks": [], "earned": 0}
    rows = Standing.objects.filter(period=office.period).values("rank").order_by()
    by_rank = {
        row["rank"]: row
        for row in rows.annotate(people=Count("pk"), active=Count("pk", filter=Q(is_active=True)), earned=Sum("earned_minor"))
    }
    ladder = [(rank.name, by_rank.get(place, {}).get("people", 0)) for place, rank in enumerate(office.ranks)]
    most = max((people for _, people in ladder), default=0)
    return {
        "active": sum(row["active"] for row in by_rank.values()),
        "ranks": [(name, people, most) for name, people in reversed(ladder)],
        "earned": sum(row["earned"] for row in by_rank.values()),
    }


def _sold(office):
    """Add up what was paid for goods in the period so far, in the plan's currency; reversals take away."""
    if office.period is None:
        return 0
    rows = VolumeEntry.objects.filter(period=office.period).values("currency").order_by().annotate(paid=Sum("paid_minor"))
    return sum(office.in_plan_currency(row["paid"], row["currency"]) for row in rows)
