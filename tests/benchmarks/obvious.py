"""The same site, except that the figures of a team are read as they usually are: from the team itself, for each request.

A dashboard walks the whole team by its parents and adds up its volume; the page of a team asks, for each person on it, what
django-mptt's descendants have sold. Benchmarks serve this beside the real one.
"""

from dataclasses import replace

from config.asgi import application  # isort: skip  (sets Django up, which the models below wait for)

from django.db import connection
from django.db.models import Count, Sum

from backoffice import team
from commissions import standings
from commissions.models import VolumeEntry
from genealogy.models import Position

__all__ = ["application"]

WALK_AND_ADD_UP = """
    WITH RECURSIVE team AS (
        SELECT position.id, position.distributor_id FROM genealogy_position AS position
        JOIN genealogy_tree AS tree ON tree.id = position.tree_id AND tree.code = 'sponsor'
        WHERE position.distributor_id = %s
        UNION ALL
        SELECT below.id, below.distributor_id FROM genealogy_position AS below JOIN team ON below.parent_id = team.id
    )
    SELECT count(DISTINCT team.distributor_id), coalesce(sum(entry.pv), 0)
    FROM team LEFT JOIN commissions_volumeentry AS entry ON entry.distributor_id = team.distributor_id AND entry.period_id = %s
"""

stored, read_members = standings.of, team._members


def of(distributor_id, period):
    """Return somebody's standing with team and group volume counted anew."""
    standing = stored(distributor_id, period)
    with connection.cursor() as cursor:
        cursor.execute(WALK_AND_ADD_UP, [distributor_id, period.pk])
        standing.team_size, standing.gv = cursor.fetchone()
    return standing


def members(positions, period, own):
    """Return the members of a page with team and group volume counted anew, person by person."""
    labels = dict(Position.objects.filter(pk__in=[position.pk for position in positions]).values_list("pk", "lft"))
    ends = dict(Position.objects.filter(pk__in=labels).values_list("pk", "rght"))
    found = []
    for member in read_members(positions, period, own):
        below = {"lft__gte": labels[member.position_id], "lft__lte": ends[member.position_id]}
        everyone = Position.objects.filter(tree=own.tree_id, **below).order_by()
        sold = VolumeEntry.objects.filter(period=period, distributor__in=everyone.values("distributor")).order_by()
        size, gv = everyone.aggregate(people=Count("pk"))["people"], sold.aggregate(sum=Sum("pv"))["sum"] or 0
        found.append(replace(member, team_size=size - 1, gv=gv))
    return found


standings.of, team._members = of, members
