"""Reading where people stand: live figures, what is missing for the next rank, totals by bonus, months before.

What is read here was written by the live refresh; whoever has no row has nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import formats, plan_versions, requirement_words, snapshots
from commissions.engine import lacks, ranks
from commissions.engine.lacks import Measure
from commissions.engine.ladder import Where
from commissions.engine.snapshot import Index, People, Snapshot
from commissions.models import EarningTotal, Fact, Standing
from genealogy.models import Position


@dataclass(frozen=True)
class Requirement:
    """One thing that a rank asks for. Figures are hundredths of a point, or numbers; ``missing_words`` is a sentence.

    ``part`` says of alternatives how many hundredths of the nearest one are there.
    """

    label: str
    have: int
    need: int
    missing: int
    is_points: bool
    have_words: str
    need_words: str
    missing_words: str
    part: int | None = None

    @property
    def is_met(self):
        """Whether nothing is missing."""
        return not self.missing

    @property
    def percent(self):
        """How much of it is there, 0 to 100; of alternatives what the nearest one comes to."""
        if self.part is not None:
            return self.part
        return min(100, max(0, self.have) * 100 // self.need) if self.need else 100


@dataclass(frozen=True)
class Progress:
    """The rank somebody holds in a period, the next one up, and what it asks for. At the top there is no next."""

    rank: int
    rank_name: str
    next_rank: int | None
    next_name: str
    requirements: tuple[Requirement, ...]

    @property
    def percent(self):
        """How much of the way is done, 0 to 100: all requirements weigh the same."""
        asked = self.requirements
        return sum(each.percent for each in asked) // len(asked) if asked else 100


@dataclass(frozen=True)
class BonusTotal:
    """What somebody has earned so far in a period with one bonus."""

    code: str
    name: str
    amount_minor: int
    currency: str


def of(distributor_id, period):
    """Return somebody's standing in a period, with nothing in it when there is no row."""
    found = Standing.objects.filter(period=period, distributor=distributor_id).first()
    return found or Standing(period=period, distributor_id=distributor_id, updated_at=timezone.now())


def rank_name(period, rank):
    """Return the name of a rank in a period's plan; of -1 that there is none."""
    return plan_versions.load(period.plan).ranks[rank].name if rank >= 0 else _("No rank yet")


def progress(distributor_id, period, standing=None):
    """Return what somebody has and lacks for the rank after the present one. Two queries."""
    plan = plan_versions.load(period.plan)
    standing = standing or of(distributor_id, period)
    target = standing.rank + 1
    if target >= len(plan.ranks):
        return Progress(standing.rank, rank_name(period, standing.rank), None, "", ())
    return Progress(
        rank=standing.rank,
        rank_name=rank_name(period, standing.rank),
        next_rank=target,
        next_name=plan.ranks[target].name,
        requirements=requirements(plan, target, standing),
    )


def requirements(plan, target, standing):
    """Set what somebody has against everything that a rank asks for, in words."""
    legs, counted = _legs(plan, target, standing)
    found = lacks.of(plan, target, pv=standing.pv, gv=standing.gv, legs=legs, counted_gv=counted)
    return (*(in_words(plan, each) for each in found), *_further(plan, target, standing))


def _further(plan, target, standing):
    """Put the rank's further requirements in words: what facts say, and of the rest, which no row keeps, what it takes."""
    asked = plan.ranks[target].requires
    single = [part for each in asked for part in each.parts or (each,)]
    facts = _facts(standing, {part.name for part in single if part.measure in _OF_FACTS})
    for each in asked:
        said = in_words(plan, _by_facts(each, facts))
        if said.is_met or all(part.measure in _OF_FACTS for part in each.parts or (each,)):
            yield said
        else:
            yield replace(said, have_words=_("see your goals"), missing_words=_("Your goals say how much you have of it."))


_OF_FACTS = ("fact", "without_fact")


def _by_facts(required, facts):
    """Set what facts say against a requirement; of what they say nothing about, somebody has nothing."""
    ways = tuple(tuple(_by_facts(part, facts) for part in way) for way in required.of) if required.parts else ()
    have = sum(not any(part.missing for part in way) for way in ways)
    if required.measure in _OF_FACTS:
        value = facts.get(required.name, 0)
        have = value if required.measure == "fact" else int(not value)
    return lacks.Requirement(Measure.REQUIRED, have, required.need, required=required, alternatives=ways)


def _facts(standing, kinds):
    """Return the value of each kind of fact that is in force for somebody at the end of the period."""
    if not kinds:
        return {}
    rows = Fact.objects.filter(distributor_id=standing.distributor_id, kind__in=kinds, at__lt=standing.period.ends_at)
    return dict(rows.order_by("kind", "-at", "-id").distinct("kind").values_list("kind", "value"))


def _legs(plan, target, standing):
    """Count the legs that meet each of the plan's tests, and the group volume under the target's leg cap (or None)."""
    children = Position.objects.filter(parent__distributor=standing.distributor_id, tree__code="sponsor")
    frontline = Standing.objects.filter(period=standing.period_id, distributor__in=children.order_by().values("distributor"))
    wanted = {
        f"legs_{place}": Count("pk", filter=Q(**{f"{'rank' if test.where is Where.FRONTLINE else 'best_rank'}__gte": test.rank}))
        for place, test in enumerate(plan.leg_tests)
    }
    found = frontline.aggregate(**wanted) if wanted else {}
    counted = None
    if plan.ranks[target].leg_cap is not None:
        counted = _counted_volume(plan.ranks[target], standing, list(frontline.values_list("gv", flat=True)))
    return [found[f"legs_{place}"] for place in range(len(plan.leg_tests))], counted


def _counted_volume(rung, standing, legs):
    """Return the group volume under a rank's leg cap, by the engine, for somebody with the group volumes of the legs."""
    count = 1 + len(legs)
    people = People(
        id=np.arange(count),
        parent=np.minimum(np.arange(count) - 1, 0),
        size=np.array([count] + [1] * len(legs)),
        status=np.zeros(count, dtype=np.int8),
        joined_at=np.zeros(count, dtype=np.int64),
    )
    snapshot = Snapshot(people, snapshots.no_sales(Index(people.id)))
    pv, gv = np.array([standing.pv] + [0] * len(legs)), np.array([standing.gv, *legs])
    return int(ranks.counted_volume(rung, snapshot, pv, gv)[0])


def in_words(plan, asked):
    """Return the engine's requirement with its words."""
    if asked.alternatives:
        return _alternatives(plan, asked)
    if asked.measure is Measure.LEGS:
        rank = plan.ranks[asked.leg_rank].name
        frontline = asked.where is Where.FRONTLINE
        label = (_("Legs headed by %(rank)s") if frontline else _("Legs with %(rank)s")) % {"rank": rank}
        missing = ngettext("%(count)s more leg", "%(count)s more legs", asked.missing) % {"count": asked.missing}
        return _said(asked, label, missing, str)
    write = formats.points if asked.is_points else formats.percent if asked.is_share else str
    if asked.required is not None:
        label, missing = requirement_words.label(plan, asked.required), _("%(amount)s more")
    else:
        label, missing = _("Personal volume") if asked.measure is Measure.PV else _("Group volume"), _("%(amount)s more points")
    return _said(asked, label, missing % {"amount": write(asked.missing)}, write)


def _said(asked, label, missing, write):
    return Requirement(
        label=label, have=asked.have, need=asked.need, missing=asked.missing, is_points=asked.is_points,
        have_words=write(asked.have), need_words=write(asked.need), missing_words=missing if asked.missing else _("Done"),
    )  # fmt: skip


def _alternatives(plan, asked):
    """Return a requirement that several alternatives meet, with each of them, and what the nearest one lacks."""
    nearest = [in_words(plan, each) for each in asked.nearest]
    lacks_of = "; ".join(f"{each.label}: {each.missing_words}" for each in nearest if each.missing)
    said = _said(asked, requirement_words.label(plan, asked.required), _("Nearest: %(lacks)s") % {"lacks": lacks_of}, str)
    return said if not asked.missing else replace(said, part=int(asked.done * 100))


def totals(distributor_id, period):
    """Return what somebody has earned by bonus, in the plan's order; zero where nothing."""
    plan = plan_versions.load(period.plan)
    rows = EarningTotal.objects.filter(period=period, distributor=distributor_id)
    earned = dict(rows.values_list("bonus", "amount_minor"))
    return [BonusTotal(bonus.code, bonus.name, earned.get(bonus.code, 0), plan.currency) for bonus in plan.bonuses]


def history(distributor_id, months=12):
    """Return somebody's standings of the last months that there are, the newest first, each with its period."""
    rows = Standing.objects.filter(distributor=distributor_id, period__starts_at__lte=timezone.now())
    return list(rows.select_related("period", "period__plan").order_by("-period__starts_at")[:months])
