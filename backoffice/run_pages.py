"""What the pages of runs show: periods that wait, closed ones, and of one run its review with the names of people."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from commissions import periods, plan_versions, runs
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE
from commissions.models import Adjustment, Hold, Period, Run
from genealogy.models import Distributor

CLOSED_SHOWN = 36


@dataclass(frozen=True)
class Waiting:
    """A period that is over and not closed. ``first`` is the one that has to be closed before it, None if it is its turn."""

    period: Period
    run: Run | None
    first: Period | None


def waiting():
    """Return the periods that are over and not closed, the oldest of each type first in turn, with their newest run."""
    found, turn = [], {}
    over = periods.waiting()
    newest = _newest_runs(over)
    for period in over:
        found.append(Waiting(period, newest.get(period.pk), turn.get(period.kind)))
        turn.setdefault(period.kind, period)
    return found


def running():
    """Return the periods that are not over yet, with their newest preview: ``[(period, run), ...]``."""
    now = [period for period in periods.begun() if period.status == Period.Status.OPEN]
    newest = _newest_runs(now)
    return [(period, newest.get(period.pk)) for period in now]


def closed():
    """Return the closed runs, newest first."""
    found = Run.objects.filter(status=Run.Status.CLOSED).select_related("period", "closed_by", "approved_by")
    return found.defer("review", "state").order_by("-period__ends_at")[:CLOSED_SHOWN]


def _newest_runs(of_periods):
    found = Run.objects.filter(period__in=of_periods).exclude(status=Run.Status.DISCARDED)
    return {run.period_id: run for run in found.defer("review", "state").order_by("number")}


@dataclass(frozen=True)
class Changed:
    """Somebody who gets more or less than in the period before."""

    distributor: Distributor
    before: int
    now: int

    @property
    def change(self):
        """How much more it is."""
        return self.now - self.before


@dataclass(frozen=True)
class Unearned:
    """What nobody earned of a bonus, and why, in words."""

    bonus: str
    why: str
    lines: int
    amount_minor: int


def review(run):
    """Return all that the page of a finished run shows."""
    plan, told = plan_versions.load(run.plan), run.review
    names = _named({row[0] for key in ("up", "down", "risen", "unpaid") for row in told[key]})
    bonuses = {bonus.code: bonus.name for bonus in run.bonuses.all()}
    return {
        "bonuses": [bonus for bonus in run.bonuses.all() if bonus.lines or bonus.earned_minor or bonus.clawback_minor],
        "up": [Changed(names[who], before, now) for who, before, now in told["up"] if who in names],
        "down": [Changed(names[who], before, now) for who, before, now in told["down"] if who in names],
        "risen": [(names[who], _rank(plan, before), _rank(plan, now)) for who, before, now in told["risen"] if who in names],
        "unpaid": [(names[who], pv, gv) for who, pv, gv in told["unpaid"] if who in names],
        "ranks": [(name, now, now - before) for name, now, before in reversed(told["ranks"])],
        "unearned": [Unearned(bonuses[code], why(reason), lines, amount) for code, reason, lines, amount in told["unearned"]],
        "adjustments": _settled(Adjustment, told["settled"]["adjustments"]),
        "holds": _settled(Hold, told["settled"]["holds"]),
        "of_volume_ppm": _ratio(run.earned_minor, _worth(plan, run.cv)),
        "of_sold_ppm": _ratio(run.earned_minor, run.sold_minor),
        "stale": runs.stale(run),
        "others": list(Run.objects.filter(period=run.period_id).exclude(pk=run.pk).defer("review", "state").order_by("-number")),
    }


def _named(ids):
    return Distributor.objects.only("pk", "name", "number").in_bulk(ids)


def _settled(model, ids):
    return list(model.objects.filter(pk__in=ids).select_related("distributor", "asked_by", "approved_by").order_by("pk"))


def _rank(plan, rank):
    return plan.ranks[rank].name if 0 <= rank < len(plan.ranks) else ""


def _worth(plan, cv):
    """Return what commissionable volume is worth in the plan's currency."""
    num, den = plan.value_of(NONE)
    return cv * num // den


def _ratio(part, whole):
    return part * 1_000_000 // whole if whole > 0 else 0


WHY = {
    Reason.PAID: _("nobody to pay"),
    Reason.NOBODY_ABOVE: _("nobody stands above"),
    Reason.NOT_ACTIVE: _("not active"),
    Reason.RANK_TOO_LOW: _("rank too low for the level"),
    Reason.SUSPENDED: _("suspended"),
    Reason.TERMINATED: _("left the company"),
    Reason.HOUSE: _("the company's own account"),
    Reason.GATED: _("a condition for being paid is not met"),
    Reason.BLOCKED: _("blocked by somebody in between"),
    Reason.ABOVE_CAP: _("above a cap"),
    Reason.SMALLER: _("the smaller of two bonuses"),
    Reason.NOT_DUE: _("not due yet"),
    Reason.FIXED: _("fixed in an earlier period"),
    Reason.NOT_QUALIFIED: _("something else that the bonus asks for is missing"),
}


def why(reason):
    """Say why nobody earned a line, in words."""
    return WHY.get(reason, str(reason))


def settlements_waiting():
    """Return what was asked for by hand and waits for a second person: (adjustments, holds)."""
    return tuple(
        list(model.objects.filter(approved_at=None, ended_at=None).select_related("distributor", "asked_by").order_by("pk"))
        for model in (Adjustment, Hold)
    )


def settlements_in_force():
    """Return the approved adjustments of periods that are not closed, and the holds in force."""
    adjustments = Adjustment.objects.exclude(period__status=Period.Status.CLOSED).filter(approved_at__isnull=False, ended_at=None)
    holds = Hold.objects.filter(approved_at__isnull=False, ended_at=None)
    people = ("distributor", "asked_by", "approved_by")
    return list(adjustments.select_related("period", *people).order_by("-pk")), list(
        holds.select_related(*people).order_by("-pk")
    )
