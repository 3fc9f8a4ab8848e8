"""The proof that a tree is sound: one parent each, no circle, everybody reached, labels that say the same as ``parent``.

That intervals equal downlines is proved from local facts, each one query over the whole tree: everybody is reached
from the root over ``parent``; each interval lies within its parent's; brothers' intervals are apart. By induction
from the root down, two intervals are then nested exactly when one person is above the other, and apart otherwise.
As a check on the proof itself, the downlines of a sample of people are compared member by member.
"""

from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils.translation import gettext_noop as _

from genealogy.models import Tree
from genealogy.trees import locks

SHOWN = 5  # how many positions a fault names
SAMPLE = 50  # downlines that are compared member by member
SAMPLE_SIZE = 20_000  # the largest such downline


REACHED = """
    CREATE TEMPORARY TABLE reached ON COMMIT DROP AS
    WITH RECURSIVE reached AS (
        SELECT id, 0 AS level FROM genealogy_position WHERE tree_id = %(tree)s AND parent_id IS NULL
        UNION ALL
        SELECT child.id, reached.level + 1 FROM genealogy_position child JOIN reached ON child.parent_id = reached.id
    ) SELECT id, level FROM reached"""

CHECKS = [
    (_("more than one root, or none"), """
        SELECT min(id) FROM genealogy_position WHERE tree_id = %(tree)s
        HAVING count(*) > 0 AND count(*) FILTER (WHERE parent_id IS NULL) <> 1"""),
    (_("the parent is in another tree"), """
        SELECT child.id FROM genealogy_position child JOIN genealogy_position parent ON parent.id = child.parent_id
        WHERE child.tree_id = %(tree)s AND parent.tree_id <> child.tree_id"""),
    (_("not reached from the root: in or below a circle"), """
        SELECT id FROM genealogy_position position WHERE tree_id = %(tree)s
        AND NOT EXISTS (SELECT 1 FROM reached WHERE reached.id = position.id)"""),
    (_("the level is not the distance from the root"), """
        SELECT position.id FROM genealogy_position position JOIN reached USING (id)
        WHERE position.tree_id = %(tree)s AND position.level <> reached.level"""),
    (_("the interval does not lie within the parent's"), """
        SELECT child.id FROM genealogy_position child JOIN genealogy_position parent ON parent.id = child.parent_id
        WHERE child.tree_id = %(tree)s
        AND NOT (parent.lft < child.lft AND child.lft < child.rght AND child.rght < parent.rght)"""),
    (_("the interval meets a brother's"), """
        SELECT id FROM (
            SELECT id, lft, lag(rght) OVER (PARTITION BY parent_id ORDER BY lft, rght) AS before
            FROM genealogy_position WHERE tree_id = %(tree)s AND parent_id IS NOT NULL) AS brothers
        WHERE before >= lft"""),
]  # fmt: skip

LEG_CHECKS = [
    (_("a leg that the tree does not have"), """
        SELECT id FROM genealogy_position WHERE tree_id = %(tree)s
        AND CASE WHEN parent_id IS NULL THEN leg IS NOT NULL ELSE leg IS NULL OR leg NOT IN (0, 1) END"""),
    (_("two in one leg"), """
        SELECT max(id) FROM genealogy_position WHERE tree_id = %(tree)s AND parent_id IS NOT NULL
        GROUP BY parent_id, leg HAVING count(*) > 1"""),
    (_("the head of the outer leg is wrong"), """
        SELECT child.id FROM genealogy_position child JOIN genealogy_position parent ON parent.id = child.parent_id
        WHERE child.tree_id = %(tree)s AND child.outer_head_id IS DISTINCT FROM
            CASE WHEN parent.leg = child.leg THEN parent.outer_head_id ELSE parent.id END"""),
    (_("the end of the outer leg is wrong"), """
        WITH kept AS (
            SELECT head_id, outerleg.leg, tail_id FROM genealogy_outerleg outerleg
            JOIN genealogy_position head ON head.id = head_id WHERE head.tree_id = %(tree)s),
        true_ends AS (
            SELECT outer_head_id AS head_id, leg, id AS tail_id FROM genealogy_position tail
            WHERE tree_id = %(tree)s AND outer_head_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM genealogy_position below WHERE below.parent_id = tail.id AND below.leg = tail.leg))
        SELECT coalesce(kept.tail_id, true_ends.tail_id)
        FROM kept FULL JOIN true_ends USING (head_id, leg) WHERE kept.tail_id IS DISTINCT FROM true_ends.tail_id"""),
]  # fmt: skip

NO_LEG_CHECKS = [
    (_("a leg, though the tree has none"), """
        SELECT id FROM genealogy_position WHERE tree_id = %(tree)s AND (leg IS NOT NULL OR outer_head_id IS NOT NULL)"""),
]  # fmt: skip

SAMPLED = (_("the interval holds others than the downline over the parents"), """
    SELECT top.id FROM (
        SELECT id, lft, rght FROM genealogy_position
        WHERE tree_id = %(tree)s AND id %% greatest(1, %(every)s) = 0
        AND (SELECT count(*) FROM (SELECT 1 FROM genealogy_position inner_one WHERE inner_one.tree_id = %(tree)s
             AND inner_one.lft BETWEEN genealogy_position.lft AND genealogy_position.rght LIMIT %(most)s) AS seen) < %(most)s
        LIMIT %(sample)s) AS top
    WHERE EXISTS (
        (SELECT id FROM genealogy_position WHERE tree_id = %(tree)s AND lft BETWEEN top.lft AND top.rght)
        EXCEPT (WITH RECURSIVE downline AS (
            SELECT top.id UNION SELECT child.id FROM genealogy_position child JOIN downline ON child.parent_id = downline.id)
            SELECT id FROM downline))
    OR EXISTS (
        (WITH RECURSIVE downline AS (
            SELECT top.id UNION SELECT child.id FROM genealogy_position child JOIN downline ON child.parent_id = downline.id)
            SELECT id FROM downline)
        EXCEPT (SELECT id FROM genealogy_position WHERE tree_id = %(tree)s AND lft BETWEEN top.lft AND top.rght))""")  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One kind of thing that is wrong, how often, and a few positions where."""

    name: str
    count: int
    positions: tuple[int, ...]


@dataclass
class Verdict:
    """What the proof found."""

    tree: Tree
    positions: int = 0
    deepest: int = 0
    checks: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self):
        """Whether nothing is wrong."""
        return not self.faults


def verify(tree) -> Verdict:
    """Prove that a tree is sound, or name each kind of fault with its count.

    Alone, it looks at one snapshot and disturbs nobody; within somebody's transaction, newcomers wait.
    """
    verdict = Verdict(tree)
    legs = {Tree.Kind.OPEN: NO_LEG_CHECKS, Tree.Kind.BINARY: LEG_CHECKS}.get(tree.kind, ())
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if nested:
            locks.hold(cursor, tree.pk)
        else:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*), coalesce(max(level), 0) FROM genealogy_position WHERE tree_id = %s", [tree.pk])
        verdict.positions, verdict.deepest = cursor.fetchone()
        facts = {
            "tree": tree.pk,
            "every": verdict.positions // SAMPLE,
            "sample": SAMPLE,
            "most": SAMPLE_SIZE,
            "shown": SHOWN,
        }
        cursor.execute(REACHED, facts)
        cursor.execute("CREATE INDEX ON reached (id)")
        for name, query in [*CHECKS, *legs, SAMPLED]:
            cursor.execute(f"SELECT count(*), (array_agg(id ORDER BY id))[1:%(shown)s] FROM ({query}) AS wrong (id)", facts)
            count, positions = cursor.fetchone()
            verdict.checks += 1
            if count:
                verdict.faults.append(Fault(name, count, tuple(positions)))
        cursor.execute("DROP TABLE reached")
    return verdict
