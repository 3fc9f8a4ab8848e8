"""Goals: what somebody is missing for a rank and the cheapest ways there, in words; and what it takes to keep a rank.

The engine finds the ways (``engine/goals.py``, docs/goals.md); here is read what it tries them on, and said what it found.
Names come from the caller, who knows what the reader may see: ``names_of(distributor_ids)`` returns them by id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import formats, parts, plan_versions, snapshots, standings
from commissions.engine import goals as engine
from commissions.engine import lacks, trials
from commissions.engine.calculate import stand
from commissions.engine.snapshot import NO_RANK, Outside, Snapshot
from commissions.engine.trials import Amount, Kind, Lever
from commissions.models import Standing

WAYS, LEGS = 4, 6


@dataclass(frozen=True)
class Step:
    """One thing to do: ``count`` buyers take ``points`` each. ``leg_id`` heads the leg, None for the person's own doing."""

    distributor_id: int
    leg_id: int | None
    name: str
    leg_name: str
    kinds: tuple[Kind, ...]
    points: int
    count: int

    @property
    def total(self):
        """All points of the step, in hundredths."""
        return self.points * self.count

    @property
    def is_own(self):
        """Whether it is for the person to do, and not for somebody below."""
        return self.leg_id is None

    @property
    def is_spent_by_self(self):
        """Whether its points are sold through the person, and not by a newcomer or by somebody below."""
        return self.is_own and Kind.NEW not in self.kinds

    @property
    def words(self):
        """Say what is to be done."""
        return say(self)


@dataclass(frozen=True)
class Way:
    """Steps that together lead to the rank."""

    steps: list[Step]

    @property
    def points(self):
        """What all steps come to, in hundredths of a point."""
        return sum(step.total for step in self.steps)

    @property
    def legs(self):
        """The steps by leg, the person's own first: ``[(name of the leg, its points, its steps), ...]``."""
        ordered = sorted(
            self.steps, key=lambda step: (not step.is_own, step.leg_name, step.leg_id or 0, Kind.NEW in step.kinds, -step.total)
        )
        grouped = [list(steps) for _leg, steps in groupby(ordered, key=lambda step: step.leg_id)]
        return [(steps[0].leg_name, sum(step.total for step in steps), steps) for steps in grouped]

    @property
    def own_points(self):
        """What the person would have to sell or buy."""
        return sum(step.total for step in self.steps if step.is_spent_by_self)

    @property
    def team_points(self):
        """What others would have to."""
        return self.points - self.own_points


@dataclass(frozen=True)
class Goal:
    """A rank somebody aims at: what it asks for, the ways there, or why there is none."""

    rank: int
    name: str
    is_held: bool
    requirements: tuple[standings.Requirement, ...]
    ways: list[Way]
    why_none: list[str]

    @property
    def met(self):
        """How many of the requirements are met."""
        return sum(each.is_met for each in self.requirements)


@dataclass(frozen=True)
class Supposed:
    """What would be if some things were sold: the rank, and what the goal would still ask for."""

    rank: int
    name: str
    requirements: tuple[standings.Requirement, ...]
    points: int


class Ground:
    """Somebody's part of the company in a period, read once, on which goals are tried."""

    def __init__(self, plan, snapshot, person=0):
        self.plan, self.snapshot, self.person = plan, snapshot, person
        self.standings = stand(plan, snapshot)
        ids = snapshot.people.id
        first, end = person + 1, person + int(snapshot.people.size[person])
        self.frontline = first + np.flatnonzero(snapshot.people.parent[first:end] == person)
        self.id = int(ids[person])

    @property
    def rank(self):
        """The rank that the person is paid as by what is sold now, NO_RANK for none."""
        return int(trials.attained(self.plan, self.standings)[self.person])

    def id_of(self, person):
        """Return the distributor who stands at a place."""
        return int(self.snapshot.people.id[person])

    @property
    def strongest(self):
        """Return the distributors who head the legs with the largest group volume, at most a handful."""
        by_volume = self.frontline[np.argsort(-self.standings.gv[self.frontline], kind="stable")]
        return self.snapshot.people.id[by_volume[:LEGS]].tolist()

    def leg_of(self, person):
        """Return who heads the leg in which somebody stands, None for the person."""
        if person == self.person:
            return None
        return self.id_of(self.frontline[np.searchsorted(self.frontline, person, side="right") - 1])

    def answer(self, target, most=WAYS):
        """Have the engine seek the ways to a rank."""
        return engine.seek(self.plan, self.snapshot, self.person, target, standings=self.standings, most=most)

    def seek(self, target, names_of, most=WAYS):
        """Return the goal of holding a rank, with the ways there."""
        answer = self.answer(target, most)
        return Goal(
            rank=target,
            name=self.plan.ranks[target].name,
            is_held=answer.is_held,
            requirements=self._in_words(lacks.of_person(self.plan, self.standings, self.person, target)),
            ways=[] if answer.is_held else self._ways(answer.ways, names_of),
            why_none=[] if answer.ways else self._why_none(answer),
        )

    def suppose(self, target, sold):
        """Return what would be if points (in hundredths) were sold by people below, the person included: ``{id: points}``."""
        places = {int(id): place for place, id in enumerate(self.snapshot.people.id.tolist()) if id in sold}
        levers = {Lever(Kind.RETAIL, places[id]): Amount(points) for id, points in sold.items() if id in places and points > 0}
        after, place = trials.suppose(self.plan, self.snapshot, self.standings, self.person, levers)
        rank = int(trials.attained(self.plan, after)[place])
        return Supposed(
            rank=rank,
            name=rank_name(self.plan, rank),
            requirements=self._in_words(lacks.of_person(self.plan, after, place, target)),
            points=sum(amount.total for amount in levers.values()),
        )

    def _ways(self, ways, names_of):
        people = {step.person for way in ways for step in way.steps}
        ids = {person: (self.id_of(person), self.leg_of(person)) for person in people}
        names = names_of(sorted({id for pair in ids.values() for id in pair if id}))
        return [Way([self._step(step, *ids[step.person], names) for step in way.steps]) for way in ways]

    def _step(self, step, id, leg_id, names):
        known = {"name": names.get(id, ""), "leg_name": names.get(leg_id, "")}
        return Step(id, leg_id, **known, kinds=step.kinds, points=step.points, count=step.count)

    def _in_words(self, wanted):
        return tuple(standings.in_words(self.plan, each) for each in wanted)

    def _why_none(self, answer):
        if not answer.is_open:
            return [_("The account is not open, and only an open account holds a rank.")]
        said = []
        for each in self._in_words(answer.beyond):
            values = {"what": each.label, "have": each.have_words, "need": each.need_words}
            said.append(_("%(what)s: %(have)s of %(need)s, even if everybody who comes into question sold more.") % values)
        return said or [_("It would take so much at once that no way was found.")]


class NotInTree(LookupError):
    """Somebody does not stand in the sponsor tree."""


def read(distributor_id, period):
    """Read what goals of somebody are tried on. Raises NotInTree.

    That is the person's team with its sales; of a large team the stored figures. A plan whose ranks ask for more than
    volume and legs is tried on the whole company.
    """
    plan = plan_versions.load(period.plan)
    if not plan.stands_in_slices:
        snapshot = snapshots.take(period)
        place = np.flatnonzero(snapshot.people.id == distributor_id)
        if not place.size:
            raise NotInTree(f"Distributor {distributor_id} does not stand in the sponsor tree.")
        return Ground(plan, snapshot, int(place[0]))
    try:
        if parts.is_small(distributor_id, period):
            held = parts.below(distributor_id, period).held
            return Ground(plan, Snapshot(held.people, held.batches[0]))
        held = parts.figures_below(distributor_id, period).held
    except parts.OutsideTree as error:
        raise NotInTree(str(error)) from error
    count = len(held.people)
    blank = np.full(count, NO_RANK, dtype=np.int8)
    outside = Outside(folded=np.zeros(count, dtype=np.bool_), pv=held.standings.pv, rank=blank, best=blank)
    return Ground(plan, Snapshot(held.people, held.batches[0], outside))


@dataclass(frozen=True)
class Card:
    """The report card of a period: the rank of the last period and the highest ever held, and whether the first is kept."""

    goal: Goal | None
    title_name: str
    last_period: object | None


def card(ground, period, names_of: Callable[[list[int]], dict[int, str]], *, known: Goal | None = None) -> Card:
    """Return what it takes to be paid again as in the last period. ``goal`` is None for whoever had no rank.

    ``known`` is a goal that has been sought already: it is not sought again.
    """
    earlier = Standing.objects.filter(distributor=ground.id, period__kind=period.kind, period__ends_at__lte=period.starts_at)
    rows = list(earlier.select_related("period__plan").order_by("-period__starts_at"))
    codes = [rank.code for rank in ground.plan.ranks]

    def now(row):
        """The rung of today's ladder that has the code of the rank then, NO_RANK if none has."""
        code = plan_versions.load(row.period.plan).ranks[row.rank].code if row.rank >= 0 else ""
        return codes.index(code) if code in codes else NO_RANK

    title = max((now(row) for row in rows), default=NO_RANK)
    last = now(rows[0]) if rows and rows[0].period.ends_at == period.starts_at else NO_RANK
    if known is None or known.rank != last:
        known = ground.seek(last, names_of, most=1) if last > NO_RANK else None
    return Card(
        goal=known,
        title_name=ground.plan.ranks[title].name if title > NO_RANK else "",
        last_period=rows[0].period if last > NO_RANK else None,
    )


def rank_name(plan, rank):
    """Return the name of a rank; of NO_RANK that there is none."""
    return plan.ranks[rank].name if rank != NO_RANK else _("No rank yet")


def say(step):
    """Say what is to be done."""
    values = {"name": isolated(step.name), "points": formats.points(step.points), "count": step.count}
    if step.kinds == (Kind.NEW,):
        return _newcomers(step.is_own, values) % values
    if step.count > 1:
        own = _("Win %(count)s customers who order %(points)s points each.")
        return (own if step.is_own else _("%(name)s needs %(count)s customers who order %(points)s points each.")) % values
    if step.is_own:
        return _own_sales(set(step.kinds)) % values
    if Kind.OWN not in step.kinds:
        return _("%(name)s needs %(points)s more points from customers.") % values
    return _("%(name)s needs %(points)s more points, from customers or by own orders.") % values


def isolated(name):
    """Return a name that keeps its own direction of writing within a sentence: an Arabic one does not turn it around."""
    return f"\u2068{name}\u2069"


def _own_sales(kinds):
    if kinds == {Kind.OWN}:
        return _("Order %(points)s points yourself.")
    if Kind.OWN not in kinds:
        return _("Sell %(points)s more points to your customers.")
    return _("Sell %(points)s more points, to your customers or by your own orders.")


def _newcomers(own, values):
    if own:
        return ngettext(
            "Bring in %(count)s person who sells %(points)s points.",
            "Bring in %(count)s people who sell %(points)s points each.",
            values["count"],
        )
    return ngettext(
        "%(name)s brings in %(count)s person who sells %(points)s points.",
        "%(name)s brings in %(count)s people who sell %(points)s points each.",
        values["count"],
    )
