"""The labels made anew from ``parent``, the truth: iteratively, with even gaps, whatever state they were in."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from genealogy import labels
from genealogy.models import Respacing
from genealogy.refusals import BrokenTree
from genealogy.trees import locks

STAGE = """
    CREATE TEMPORARY TABLE relabelled (
        id bigint, lft bigint, rght bigint, level integer, outer_head_id bigint
    ) ON COMMIT DROP"""

APPLY = """
    UPDATE genealogy_position AS position
    SET lft = relabelled.lft, rght = relabelled.rght, level = relabelled.level,
        outer_head_id = relabelled.outer_head_id
    FROM relabelled WHERE position.id = relabelled.id
    AND (position.lft, position.rght, position.level, position.outer_head_id) IS DISTINCT FROM
        (relabelled.lft, relabelled.rght, relabelled.level, relabelled.outer_head_id)"""

FORGET_TAILS = """
    DELETE FROM genealogy_outerleg USING genealogy_position head
    WHERE genealogy_outerleg.head_id = head.id AND head.tree_id = %s"""

KEEP_TAILS = """
    INSERT INTO genealogy_outerleg (head_id, leg, tail_id)
    SELECT tail.outer_head_id, tail.leg, tail.id FROM genealogy_position tail
    WHERE tail.tree_id = %s AND tail.outer_head_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM genealogy_position below WHERE below.parent_id = tail.id AND below.leg = tail.leg)"""


@transaction.atomic
def rebuild(tree):
    """Write every label, level and outer leg of a tree anew; return the number of positions. Nobody enrols meanwhile.

    Brothers keep their order. Refused when the parents do not form one tree.
    """
    with connection.cursor() as cursor:
        locks.hold(cursor, tree.pk)
        cursor.execute("SELECT id, parent_id, leg FROM genealogy_position WHERE tree_id = %s ORDER BY lft, id", [tree.pk])
        nodes = cursor.fetchall()
        if not nodes:
            return 0
        cursor.execute(STAGE)
        with cursor.copy("COPY relabelled FROM STDIN") as copy:
            for row in _relabelled(nodes, tree):
                copy.write_row(row)
        cursor.execute("ANALYZE relabelled")
        cursor.execute(APPLY)
        cursor.execute("DROP TABLE relabelled")
        cursor.execute(FORGET_TAILS, [tree.pk])
        cursor.execute(KEEP_TAILS, [tree.pk])
        Respacing.objects.filter(tree=tree).delete()
    return len(nodes)


def _relabelled(nodes, tree):
    """Yield the new (id, lft, rght, level, outer head) of each position, worked out from the parents alone."""
    index = {node[0]: at for at, node in enumerate(nodes)}
    above = [None if parent is None else index.get(parent, -1) for _, parent, _ in nodes]
    children: list[list[int]] = [[] for _ in nodes]
    for at, parent in enumerate(above):
        if parent is not None and parent >= 0:
            children[parent].append(at)
    roots = [at for at, parent in enumerate(above) if parent is None]
    if len(roots) != 1:
        raise BrokenTree(_("“%(tree)s” has %(count)s roots; it must have one.") % {"tree": tree, "count": len(roots)})
    lefts, rights, levels, heads = ([None] * len(nodes) for _ in range(4))
    depth, places = 0, iter(labels.spread(2 * len(nodes) - 2, labels.FIRST + 1, labels.LAST - 1))
    for at, opens in labels.walk(children, roots[0]):
        if not opens:
            depth -= 1
            rights[at] = labels.LAST if at == roots[0] else next(places)
            continue
        lefts[at], levels[at] = labels.FIRST if at == roots[0] else next(places), depth
        depth += 1
        if nodes[at][2] is not None:
            up = above[at]
            heads[at] = heads[up] if nodes[up][2] == nodes[at][2] else nodes[up][0]
    if None in levels:
        lost = [nodes[at][0] for at, level in enumerate(levels) if level is None]
        raise BrokenTree(
            _("%(count)s positions of “%(tree)s” cannot be reached from its root, position %(first)s among them.")
            % {"count": len(lost), "tree": tree, "first": lost[0]}
        )
    return zip((node[0] for node in nodes), lefts, rights, levels, heads, strict=True)
