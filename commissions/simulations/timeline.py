"""The periods that a simulation goes through: those that either plan cuts the time of the company into, in order.

Two plans may cut time differently, one by months, the other by weeks as well. Each period is calculated under the plans
that have it; what ends first comes first, and of what ends together the shortest.
"""

from dataclasses import dataclass, field
from datetime import UTC

from commissions import periods, plan_versions
from commissions.models import Period


@dataclass(frozen=True, eq=False)
class Stretch:
    """A period of a timeline: the code of its type, and the plan versions under which it is calculated, by side.

    ``period`` is the company's own where it has one, else one that is not stored and counts volume by its instant alone.
    ``own`` is the company's own period in which it ends.
    """

    kind: str
    name: str
    period: Period
    own: Period
    versions: dict = field(default_factory=dict)

    @property
    def is_own(self):
        """Whether it is one of the company's own periods that the simulation was asked for."""
        return self.period == self.own

    def plan(self, side):
        """Return the engine's plan of a side; None of one that has no such period."""
        return plan_versions.load(self.versions[side]) if side in self.versions else None


def leading(first, last):
    """Return the company's own periods of one type from one to another, the earliest first."""
    found = Period.objects.filter(kind=first.kind, starts_at__gte=first.starts_at, starts_at__lte=last.starts_at)
    return list(found.select_related("plan").order_by("starts_at"))


def versions(own, baseline):
    """Return the plan versions that held in some periods, or the one that is compared with instead, each once."""
    return list(dict.fromkeys([baseline] if baseline else [period.plan for period in own]))


def of(own, baseline, tried):
    """Return the timeline over the company's own periods: under ``before`` what held in each, or ``baseline``, under
    ``after`` the version ``tried``, which need not be stored.
    """
    if not own:
        return []
    stored = {
        (period.kind, period.starts_at, period.ends_at): period
        for period in Period.objects.filter(ends_at__gt=own[0].starts_at, ends_at__lte=own[-1].ends_at).select_related("plan")
    }
    stretches: dict = {}
    for period in own:
        for side, version in (("before", baseline or period.plan), ("after", tried)):
            for code, plan_type, span in _ending_in(plan_versions.load(version), period):
                key = code, span.start, span.end
                if key not in stretches:
                    row = stored.get(key) or _unstored(period, plan_type, span)
                    stretches[key] = Stretch(code, span.name, row, period)
                stretches[key].versions[side] = version
    return sorted(stretches.values(), key=lambda each: (each.period.ends_at, -each.period.starts_at.timestamp(), each.kind))


def _ending_in(plan, period):
    """Yield the code, the type and the span of each period of a plan that ends in one of the company's periods."""
    for code, plan_type in plan.periods.items():
        span = periods.span_of(plan_type, period.starts_at)
        while span.end <= period.ends_at:
            if span.end > period.starts_at:
                yield code, plan_type, span
            span = periods.span_of(plan_type, span.end)


def _unstored(period, plan_type, span):
    """Return a period that the company never had. It is of no type of the company's, so its volume counts by its instant."""
    starts_at, ends_at = (instant.astimezone(UTC) for instant in (span.start, span.end))
    return Period(kind="", name=span.name, plan=period.plan, time_zone=plan_type.time_zone, starts_at=starts_at, ends_at=ends_at)
