"""Reading across models for the office: the period, the plan's ladder, a distributor's figures and what is missing."""

from dataclasses import dataclass

from django.db.models import Sum

from backoffice import sales, sparks
from commissions import periods, plan_versions, standings
from commissions.engine import money
from commissions.models import EarningTotal, Period, Standing


@dataclass(frozen=True)
class Ladder:
    """The period of now with the plan it counts by; both None before the company has a plan."""

    period: Period | None
    plan: object | None

    @property
    def ranks(self):
        """The rungs, lowest first."""
        return self.plan.ranks if self.plan else ()

    @property
    def currency(self):
        """The currency that all earnings are in."""
        return self.plan.currency if self.plan else "USD"

    def rank_name(self, rank):
        """Return the name of a rank by its place in the ladder; below the ladder it has none."""
        return self.ranks[rank].name if 0 <= rank < len(self.ranks) else ""

    def in_plan_currency(self, amount_minor, currency):
        """Turn an amount into the plan's currency at the plan's own rate, rounded half to even."""
        if self.plan is None:
            return 0
        num, den = self.plan.value_of(money.INDEX[currency])
        return int(money.share([amount_minor], num, den, money.Rounding.HALF_EVEN)[0])


def ladder(period=None):
    """Return a period, the one of now unless said otherwise, with its plan."""
    if period is None:
        try:
            period = periods.current()
        except plan_versions.NoPlan:
            return Ladder(None, None)
    return Ladder(period, plan_versions.load(period.plan))


@dataclass(frozen=True)
class Before:
    """What the period before came to for a distributor; ``rank_name`` is empty for who had no rank."""

    period: Period
    earned_minor: int
    currency: str
    rank_name: str


@dataclass(frozen=True)
class Figures:
    """A distributor's figures of a period, as of the last live refresh. ``climb`` is None before there is a plan.

    ``before`` is None for who was not there in the period before.
    """

    period: Period | None
    currency: str
    standing: Standing
    totals: list
    today: dict
    climb: standings.Progress | None
    spark: sparks.Spark | None
    before: Before | None

    @property
    def rank_level(self):
        """How many leaves the sign of the rank has: the lowest rank has one."""
        return self.standing.rank + 1

    @property
    def earned_minor(self):
        """The sum of the bonuses, so that the parts and the whole agree wherever they are shown."""
        return sum(total.amount_minor for total in self.totals)

    @property
    def steps_met(self):
        """How many of the next rank's requirements are met."""
        return sum(step.is_met for step in self.climb.requirements) if self.climb else 0


def figures(distributor):
    """Return the figures of now."""
    office = ladder()
    today = sales.today(distributor)
    if office.period is None:
        return Figures(None, office.currency, Standing(distributor=distributor), [], today, None, None, None)
    standing = standings.of(distributor.pk, office.period)
    return Figures(
        period=office.period,
        currency=office.currency,
        standing=standing,
        totals=standings.totals(distributor.pk, office.period),
        today=today,
        climb=standings.progress(distributor.pk, office.period, standing),
        spark=sparks.of(distributor.pk, office.period),
        before=before(distributor.pk, office.period),
    )


def before(distributor_id, period):
    """Return what the period before came to for somebody, in two queries, or None."""
    earlier = Standing.objects.filter(distributor=distributor_id, period__kind=period.kind, period__ends_at=period.starts_at)
    row = earlier.select_related("period__plan").first()
    if row is None:
        return None
    office = ladder(row.period)
    earned = EarningTotal.objects.filter(distributor=distributor_id, period=row.period).aggregate(sum=Sum("amount_minor"))["sum"]
    return Before(row.period, earned or 0, office.currency, office.rank_name(row.rank))


def history(distributor_id):
    """Return somebody's standings of earlier periods, newest first, each with the name of its rank."""
    now = ladder().period
    rows = [row for row in standings.history(distributor_id, months=7) if row.period_id != now.pk] if now else []
    for row in rows:
        row.rank_name = ladder(row.period).rank_name(row.rank)
    return rows


def earned_by_period(distributor_id):
    """Return what somebody earned in each period, newest first: ``[(period, amount in the plan's currency, currency), ...]``."""
    rows = EarningTotal.objects.filter(distributor=distributor_id).values("period", "currency").order_by()
    sums = {row["period"]: row for row in rows.annotate(sum=Sum("amount_minor"))}
    found = Period.objects.filter(pk__in=sums).order_by("-starts_at")
    return [(period, sums[period.pk]["sum"], sums[period.pk]["currency"]) for period in found]
