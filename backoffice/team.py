"""Reading a downline: level by level, by search, by filter, and the path to one member. Only what ``access`` allows.

Every list is a page of at most ``PAGE`` people behind a cursor, read by an index: a leader of a million with ten thousand
on the first level waits no longer than a newcomer. A cursor names the last position shown by its id, where people go by
volume also the volume they were shown with, as that moves while one reads; labels stay inside.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from backoffice import access
from commissions.models import Standing
from genealogy import lineage
from genealogy.models import Distributor, Position

PAGE = 25
ENDS = 4
WALKED = 1_000
LOOKED_THROUGH = 3_000
LEAST_LETTERS = 2
DEEPEST = 99
CURSOR = re.compile(r"(?P<gv>-?\d{1,18})\.(?P<position>\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Member:
    """What a distributor may know of one person in the own downline. ``level`` counts from the viewer, who is 0."""

    id: int
    position_id: int
    number: str
    name: str
    status: str
    enrolled_at: datetime
    level: int
    has_team: bool
    pv: int
    gv: int
    is_active: bool
    rank: int
    team_size: int


@dataclass(frozen=True)
class Page:
    """Some members, and the cursor behind the last when there are more."""

    members: list[Member]
    after: int | str | None


def children(own, position, period, *, after=None):
    """Return a page of the people somebody sponsored: the largest group volume of the period first, then the newest.

    ``after`` is the cursor of the page before, from which this one goes on; what is no cursor begins anew. Both positions
    were looked up by ``access``.
    """
    standing = FilteredRelation("distributor__standings", condition=Q(distributor__standings__period=period))
    rows = Position.objects.filter(parent=position).annotate(standing=standing, gv=Coalesce(F("standing__gv"), 0))
    cursor = CURSOR.fullmatch(after or "")
    if cursor:
        gv, last = int(cursor["gv"]), Position.objects.filter(pk=int(cursor["position"]), parent=position)
        rows = rows.filter(Q(gv__lt=gv) | Q(gv=gv, rght__lt=Subquery(last.values("rght")[:1])))
    # What is shown of a person is read for those of the page alone, not for each of the thousands that are sorted.
    found = list(rows.order_by("-gv", "-rght").values_list("gv", "pk")[: PAGE + 1])
    shown = {row.pk: row for row in _read(Position.objects.filter(pk__in=[pk for _gv, pk in found[:PAGE]]))}
    more = "{}.{}".format(*found[PAGE - 1]) if len(found) > PAGE else None
    return Page(_members([shown[pk] for _gv, pk in found[:PAGE] if pk in shown], period, own), more)


@dataclass(frozen=True)
class Filters:
    """What to look for: ``active`` is True, False or None for both; ``rank`` and ``level`` None for any."""

    active: bool | None = None
    rank: int | None = None
    level: int | None = None

    def __bool__(self):
        return any(value is not None for value in (self.active, self.rank, self.level))


def found_by(viewer, filters, period, *, after=None):
    """Return a page of the members who pass the filters, in tree order.

    What is common is met soon by walking the tree; what is rare makes a short list of its own. So a page is one or the
    other: first a bounded walk, then, if that has not filled it, the list of those who pass.
    """
    own = access.position_of(viewer)
    rows = _at_level(access.downline(viewer).exclude(pk=own.pk).order_by("lft"), own, filters.level)
    if after is not None:
        rows = rows.filter(lft__gt=Subquery(Position.objects.filter(pk=after, tree=own.tree_id).values("lft")[:1]))
    walked = list(rows.values_list("pk", "distributor_id")[:WALKED])
    passing = _passing([person for _position, person in walked], filters, period)
    found = [position for position, person in walked if person in passing]
    if len(found) <= PAGE and len(walked) == WALKED:
        found = list(_narrowed(rows, filters, period).values_list("pk", flat=True)[: PAGE + 1])
    return _page(Position.objects.filter(pk__in=found[: PAGE + 1]).order_by("lft"), period, own)


def _at_level(rows, own, level):
    """Narrow positions to one level below a person, in a form that the index by level answers in tree order."""
    if level is None:
        return rows
    end = Position.objects.filter(pk=own.pk).values("rght")[:1]
    return rows.filter(tree=own.tree_id, level=own.level + level, lft__lt=Subquery(end))


def _passing(people, filters, period):
    """Return those of some people who pass the filters on activity and rank; without a standing one is not active."""
    standings = Standing.objects.filter(period=period, distributor__in=people)
    if filters.rank is not None:
        standings = standings.filter(rank=filters.rank)
    if filters.active is False and filters.rank is None:
        return set(people) - set(standings.filter(is_active=True).values_list("distributor_id", flat=True))
    if filters.active is not None:
        standings = standings.filter(is_active=filters.active)
    elif filters.rank is None:
        return set(people)
    return set(standings.values_list("distributor_id", flat=True))


def _narrowed(rows, filters, period):
    """Narrow positions by activity and rank in one statement: right for what is rare."""
    standings = Standing.objects.filter(period=period)
    if filters.rank is not None:
        standings = standings.filter(rank=filters.rank)
    if filters.active is False and filters.rank is None:
        active = standings.filter(is_active=True, distributor_id=OuterRef("distributor_id"))
        return rows.filter(~Exists(active))
    if filters.active is not None:
        standings = standings.filter(is_active=filters.active)
    elif filters.rank is None:
        return rows
    return rows.filter(distributor_id__in=standings.values("distributor_id"))


def searched(viewer, words, period):
    """Return members whose name or number holds the words, at most a page of them, by name.

    A small team is looked through whole; of a large one those are looked at whom the index of names finds first.
    """
    wanted = " ".join(words.split())
    if len(wanted) < LEAST_LETTERS:
        return Page([], None)
    own = access.position_of(viewer)
    mine = access.downline(viewer).exclude(pk=own.pk)
    matching = Distributor.objects.filter(Q(name__icontains=wanted) | Q(number__iexact=wanted))
    team = list(mine.values_list("distributor_id", flat=True)[: LOOKED_THROUGH + 1])
    if len(team) <= LOOKED_THROUGH:
        matching = matching.filter(pk__in=team)
    candidates = list(matching.values_list("pk", flat=True)[:LOOKED_THROUGH])
    page = _page(mine.filter(distributor__in=candidates), period, own)
    return Page(sorted(page.members, key=lambda member: (member.name.casefold(), member.id)), page.after)


def member(viewer, position, period):
    """Return one person of the downline as the viewer may see them."""
    rows = _read(Position.objects.filter(pk=position.pk))
    return _members(rows, period, access.position_of(viewer))[0]


@dataclass(frozen=True)
class Step:
    """One person on the way from the viewer to a member, or how many are left out there."""

    id: int = 0
    name: str = ""
    skipped: int = 0


def path(viewer, position):
    """Return who stands between the viewer and a member, the viewer first; of a long way the two ends."""
    above = lineage.upline(position.distributor_id, tree=access.SPONSOR_TREE, up_to=viewer.pk)
    ids = [*reversed(above), position.distributor_id]
    shown = ids if len(ids) <= 2 * ENDS + 1 else [*ids[:ENDS], *ids[-ENDS:]]
    names = dict(Distributor.objects.filter(pk__in=shown).values_list("pk", "name"))
    steps = [Step(pk, names[pk]) for pk in shown]
    if len(shown) < len(ids):
        steps.insert(ENDS, Step(skipped=len(ids) - len(shown)))
    return steps


def _page(rows, period, own):
    found = _read(rows[: PAGE + 1])
    members = _members(found[:PAGE], period, own)
    return Page(members, found[PAGE - 1].pk if len(found) > PAGE else None)


def _read(rows):
    wanted = ("id", "level", *(f"distributor__{field}" for field in access.MEMBER_FIELDS))
    return list(
        rows.annotate(has_team=Exists(Position.objects.filter(parent=OuterRef("pk")))).select_related("distributor").only(*wanted)
    )


def _members(positions, period, own):
    standings = {
        standing.distributor_id: standing
        for standing in Standing.objects.filter(period=period, distributor__in=[p.distributor_id for p in positions])
    }
    nothing = Standing()
    return [_member(position, standings.get(position.distributor_id, nothing), own) for position in positions]


def _member(position, standing, own):
    person = position.distributor
    return Member(
        id=person.pk,
        position_id=position.pk,
        number=person.number,
        name=person.name,
        status=person.status,
        enrolled_at=person.enrolled_at,
        level=position.level - own.level,
        has_team=position.has_team,
        pv=standing.pv,
        gv=standing.gv,
        is_active=standing.is_active,
        rank=standing.rank,
        team_size=standing.team_size,
    )
