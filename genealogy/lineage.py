"""Reading the trees: who stands above whom, the path between two people, and how large the teams below are.

``tree`` is the code of a tree. Upward goes over ``parent``; downward is one slice of the index on ``lft``.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from genealogy.models import Position
from genealogy.refusals import UnknownSponsor

COUNTED = 10_000  # a downline is counted up to here for a list; whoever needs the exact size asks for it alone

UPLINE = """
    WITH RECURSIVE upline AS (
        SELECT parent_id, distributor_id, 0 AS distance FROM genealogy_position
        WHERE distributor_id = %(distributor)s AND tree_id = (SELECT id FROM genealogy_tree WHERE code = %(tree)s)
        UNION ALL
        SELECT above.parent_id, above.distributor_id, upline.distance + 1
        FROM genealogy_position above JOIN upline ON above.id = upline.parent_id
        WHERE (%(limit)s::int IS NULL OR upline.distance < %(limit)s)
        AND (%(up_to)s::bigint IS NULL OR upline.distributor_id <> %(up_to)s)
    ) SELECT distributor_id FROM upline WHERE distance > 0 ORDER BY distance"""

COUNTS_BELOW = """
    SELECT top.id, (SELECT count(*) FROM (
        SELECT 1 FROM genealogy_position below
        WHERE below.tree_id = top.tree_id AND below.lft > top.lft AND below.lft < top.rght LIMIT %(most)s) AS seen)
    FROM genealogy_position top WHERE top.id = ANY(%(positions)s)"""

LEVELS = """
    SELECT below.level - top.level, count(*)
    FROM genealogy_tree tree
    JOIN genealogy_position top ON top.tree_id = tree.id AND top.distributor_id = %(top)s
    JOIN genealogy_position below ON below.tree_id = tree.id AND below.lft > top.lft AND below.lft < top.rght
    WHERE tree.code = %(tree)s GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Path:
    """The way from one person to another, as distributor ids: up to the nearest one above both, and down again."""

    up: tuple[int, ...]
    """From the first person's parent to just below the meeting point."""
    meeting_id: int
    """The nearest person above both; one of the two when one is above the other."""
    down: tuple[int, ...]
    """From just below the meeting point to the second person's parent."""


def position_of(distributor_id, *, tree="sponsor"):
    """Return where somebody stands in a tree; UnknownSponsor when not there."""
    position = Position.objects.filter(distributor=distributor_id, tree__code=tree).select_related("tree").first()
    if position is None:
        raise UnknownSponsor(
            _("Distributor %(id)s does not stand in the tree “%(tree)s”.") % {"id": distributor_id, "tree": tree}
        )
    return position


def upline(distributor_id, *, tree="sponsor", limit=None, up_to=None):
    """Return the ids of the distributors above somebody, nearest first: at most ``limit``, and none above ``up_to``."""
    with connection.cursor() as cursor:
        cursor.execute(UPLINE, {"distributor": distributor_id, "tree": tree, "limit": limit, "up_to": up_to})
        return [row[0] for row in cursor.fetchall()]


def downline(distributor_id, *, tree="sponsor", depth=None):
    """Return the positions below somebody, in tree order, parents before children; ``depth`` levels of them at most."""
    top = position_of(distributor_id, tree=tree)
    below = Position.objects.filter(tree=top.tree_id, lft__gt=top.lft, lft__lt=top.rght).order_by("lft")
    return below if depth is None else below.filter(level__lte=top.level + depth)


def children(distributor_id, *, tree="sponsor"):
    """Return the positions directly below somebody, the newest first, with their distributors."""
    top = position_of(distributor_id, tree=tree)
    return Position.objects.filter(parent=top).order_by("-rght").select_related("distributor")


def direct_counts(position_ids):
    """Count who stands directly below each of some positions: ``{position id: people}``, without those with nobody."""
    counted = Position.objects.filter(parent__in=list(position_ids)).order_by().values("parent")
    return dict(counted.annotate(people=Count("pk")).values_list("parent", "people"))


def downline_counts(position_ids, *, at_most=COUNTED):
    """Count who stands anywhere below each of some positions, no further than ``at_most``: ``{position id: people}``."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS_BELOW, {"positions": list(position_ids), "most": at_most})
        return dict(cursor.fetchall())


def levels(distributor_id, *, tree="sponsor"):
    """Count the downline by level: ``[(1, people), (2, people), ...]``."""
    with connection.cursor() as cursor:
        cursor.execute(LEVELS, {"top": distributor_id, "tree": tree})
        return cursor.fetchall()


def path(from_id, to_id, *, tree="sponsor"):
    """Return how two people are related: up to the nearest one above both, and down again."""
    for distributor_id in (from_id, to_id):
        position_of(distributor_id, tree=tree)
    first, second = [from_id, *upline(from_id, tree=tree)], [to_id, *upline(to_id, tree=tree)]
    while len(first) > 1 and len(second) > 1 and first[-2] == second[-2]:
        first.pop()
        second.pop()
    return Path(up=tuple(first[1:-1]), meeting_id=first[-1], down=tuple(reversed(second[1:-1])))
