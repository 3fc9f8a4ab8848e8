"""Reading across models for the office: the period, the plan's ladder, a distributor's figures and what is missing."""

from dataclasses import dataclass, field

from django.db.models import Sum

from backoffice import sales
from commissions import periods, plan_versions
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

    def bonus_name(self, code):
        """Return the name of a bonus."""
        return next((bonus.name for bonus in self.plan.bonuses if bonus.code == code), code) if self.plan else code

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
class Total:
    """What one bonus has paid one person so far in a period."""

    code: str
    name: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Figures:
    """A distributor's figures of a period, as of the last live refresh."""

    period: Period | None
    currency: str
    standing: Standing
    rank_name: str
    rank_level: int
    totals: list[Total]
    today: dict
    climb: object | None = None
    history: list = field(default_factory=list)

    @property
    def earned_minor(self):
        """The sum of the bonuses, so that the parts and the whole agree wherever they are shown."""
        return sum(total.amount_minor for total in self.totals)


def figures(distributor):
    """Return the figures of now."""
    office = ladder()
    standing = standing_of(distributor.pk, office.period)
    return Figures(
        period=office.period,
        currency=office.currency,
        standing=standing,
        rank_name=office.rank_name(standing.rank),
        rank_level=standing.rank + 1,
        totals=totals(distributor.pk, office),
        today=sales.today(distributor),
    )


def standing_of(distributor_id, period):
    """Return somebody's standing in a period; one of zeros when there is none yet."""
    found = period and Standing.objects.filter(period=period, distributor=distributor_id).first()
    return found or Standing(period=period, distributor_id=distributor_id)


def totals(distributor_id, office):
    """Return what each bonus of the plan has paid somebody, in the plan's order; bonuses that paid nothing are there too."""
    if office.plan is None:
        return []
    rows = EarningTotal.objects.filter(period=office.period, distributor=distributor_id)
    paid = dict(rows.values_list("bonus", "amount_minor"))
    return [Total(bonus.code, bonus.name, paid.get(bonus.code, 0), office.currency) for bonus in office.plan.bonuses]


def history(distributor_id, *, most=6):
    """Return somebody's standings of earlier periods, newest first, each with the name of its rank."""
    rows = list(
        Standing.objects.filter(distributor=distributor_id)
        .exclude(period=ladder().period)
        .select_related("period__plan")
        .order_by("-period__starts_at")[:most]
    )
    for row in rows:
        row.rank_name = ladder(row.period).rank_name(row.rank)
    return rows


def earned_by_period(distributor_id):
    """Return what somebody earned in each period, newest first: ``[(period, amount in the plan's currency, currency), ...]``."""
    rows = EarningTotal.objects.filter(distributor=distributor_id).values("period", "currency").order_by()
    sums = {row["period"]: row for row in rows.annotate(sum=Sum("amount_minor"))}
    found = Period.objects.filter(pk__in=sums).order_by("-starts_at")
    return [(period, sums[period.pk]["sum"], sums[period.pk]["currency"]) for period in found]
