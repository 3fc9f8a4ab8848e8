"""One newcomer at a time: under a sponsor in an open tree, or in a leg of a binary one.

The common case writes one row and takes three statements. Whoever enrols many people in one transaction uses ``load``.
"""

import enum

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from genealogy import labels, spillover
from genealogy.models import Distributor, Position, Tree
from genealogy.refusals import AlreadyPlaced, LegTaken, UnknownLeg, UnknownSponsor
from genealogy.trees import locks, spacing

LOCK_PARENT = """
    SELECT id, lft, rght, level, leg, outer_head_id FROM genealogy_position
    WHERE distributor_id = %s AND tree_id = %s FOR NO KEY UPDATE"""

LOCK_POSITION = """
    SELECT id, lft, rght, level, leg, outer_head_id FROM genealogy_position WHERE id = %s FOR NO KEY UPDATE"""

# A first child takes the middle fourteen sixteenths of its parent's gap, since its own line will grow there; a later
# one takes a thin slice after its brother, since more brothers will follow. No row comes back when there is no room.
INSERT_LEAF = """
    INSERT INTO genealogy_position (tree_id, distributor_id, parent_id, leg, outer_head_id, level, lft, rght)
    SELECT %(tree)s, %(distributor)s, %(parent)s, %(leg)s, %(head)s, %(level)s, place.lft, place.rght
    FROM (SELECT max(rght) AS last FROM genealogy_position WHERE parent_id = %(parent)s) AS brothers,
    LATERAL (SELECT
        CASE WHEN last IS NULL THEN %(low)s + greatest(1, (%(high)s - %(low)s) / 16)
             ELSE last + greatest(1, (%(high)s - last) / 32) END AS lft,
        CASE WHEN last IS NULL THEN %(high)s - greatest(1, (%(high)s - %(low)s) / 16)
             ELSE last + 2 * greatest(1, (%(high)s - last) / 32) END AS rght) AS place
    WHERE %(high)s - coalesce(last, %(low)s) >= 3
    RETURNING id, lft, rght"""

KEEP_TAIL = """
    INSERT INTO genealogy_outerleg (head_id, leg, tail_id) VALUES (%s, %s, %s)
    ON CONFLICT (head_id, leg) DO UPDATE SET tail_id = excluded.tail_id"""

TAIL = """
    SELECT coalesce((SELECT tail_id FROM genealogy_outerleg WHERE head_id = chain.head AND leg = %(leg)s), chain.head)
    FROM (SELECT CASE WHEN leg = %(leg)s THEN outer_head_id ELSE id END AS head
          FROM genealogy_position WHERE distributor_id = %(distributor)s AND tree_id = %(tree)s) AS chain"""

COUNT_BELOW_LEGS = """
    SELECT child.leg, (SELECT count(*) FROM (
        SELECT 1 FROM genealogy_position below
        WHERE below.tree_id = child.tree_id AND below.lft BETWEEN child.lft AND child.rght LIMIT %(most)s) AS seen)
    FROM genealogy_position child JOIN genealogy_position top ON child.parent_id = top.id
    WHERE top.distributor_id = %(distributor)s AND top.tree_id = %(tree)s"""


QUICK_TRIES = 3


class Placement(enum.Enum):
    """How the place in a binary tree is found."""

    HERE = "here"
    """Exactly this leg, under exactly this person."""
    OUTER = "outer"
    """The end of the outer leg: always the same side, down to the last."""
    WEAKER = "weaker"
    """The end of the outer leg on the side with fewer people."""
    FIRST_FREE = "first-free"
    """The first free place from above, and from the left within a level."""


class _NoRoom(Exception):
    """The gap is used up; only somebody who holds the tree alone can make a new one."""


def tree_named(code):
    """Return the tree with a code; LookupError names the trees that there are."""
    tree = Tree.objects.filter(code=code).first()
    if tree is None:
        known = ", ".join(Tree.objects.order_by("code").values_list("code", flat=True)) or _("none yet")
        raise LookupError(_("There is no tree %(code)r; the trees are: %(known)s.") % {"code": code, "known": known})
    return tree


@transaction.atomic
def plant(*, code, kind, name, distributor_id):
    """Begin a tree: store it with its one root."""
    tree = Tree.objects.create(code=code, kind=kind, name=name)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO genealogy_position (tree_id, distributor_id, level, lft, rght) VALUES (%s, %s, 0, %s, %s)""",
            [tree.pk, distributor_id, labels.FIRST, labels.LAST],
        )
    return tree


def enrol(distributor_id, *, tree, under_id):
    """Put a distributor under a sponsor in an open tree; return the new position.

    Refused when the sponsor does not stand in the tree, or the newcomer already does.
    """
    if tree.kind != Tree.Kind.OPEN:
        raise UnknownLeg(_("%(tree)s has legs: say how to place with trees.place().") % {"tree": tree})
    return _insert(distributor_id, tree, lambda cursor: _lock_parent(cursor, tree, under_id), leg=None)


def place(distributor_id, *, tree, under_id, leg=None, by=Placement.OUTER):
    """Put a distributor into a binary tree somewhere below a person; return the new position.

    ``leg`` is needed for HERE and OUTER and found by the others. Refused when the leg is taken, when the person does
    not stand in the tree, or when the newcomer already does.
    """
    if tree.kind != Tree.Kind.BINARY:
        raise UnknownLeg(_("%(tree)s has no legs: use trees.enrol().") % {"tree": tree})
    if by in (Placement.HERE, Placement.OUTER) and leg not in spillover.LEGS:
        raise UnknownLeg(_("%(leg)r is no leg of %(tree)s: 0 is left, 1 is right.") % {"leg": leg, "tree": tree})
    if by is Placement.FIRST_FREE:
        return _place_first_free(distributor_id, tree, under_id)
    if by is Placement.HERE:
        return _insert(distributor_id, tree, lambda cursor: _lock_parent(cursor, tree, under_id), leg=leg)
    if by is Placement.WEAKER:
        leg = spillover.weaker_leg(*leg_counts(under_id, tree=tree))
    return _insert(distributor_id, tree, lambda cursor: _lock_tail(cursor, tree, under_id, leg), leg=leg)


def leg_counts(distributor_id, *, tree):
    """Count the people in the left and in the right leg, each exactly or at least up to the smaller one.

    The smaller leg decides the work: both are counted up to a mark that is raised until one stays below it.
    """
    most = 1_000
    while True:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_BELOW_LEGS, {"distributor": distributor_id, "tree": tree.pk, "most": most})
            counts = {spillover.LEFT: 0, spillover.RIGHT: 0} | dict(cursor.fetchall())
        if min(counts.values()) < most:
            return counts[spillover.LEFT], counts[spillover.RIGHT]
        most *= 8


def _insert(distributor_id, tree, lock_parent, *, leg):
    """Insert, and turn what the database refuses into words, once the savepoint is rolled back and it can be asked."""
    try:
        return _insert_or_make_room(distributor_id, tree, lock_parent, leg)
    except IntegrityError as error:
        raise _refusal(error, distributor_id, tree, leg) from error


def _insert_or_make_room(distributor_id, tree, lock_parent, leg):
    """Try with the lock shared; when the gap is used up, again with the tree alone, which may move labels."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            locks.share(cursor, tree.pk)
            return _insert_leaf(cursor, distributor_id, tree, lock_parent(cursor), leg)
    except _NoRoom:
        pass
    with transaction.atomic(), connection.cursor() as cursor:
        locks.hold(cursor, tree.pk)
        parent = lock_parent(cursor)
        spacing.make_room(cursor, tree.pk, parent_id=parent[0])
        return _insert_leaf(cursor, distributor_id, tree, lock_parent(cursor), leg)


def _insert_leaf(cursor, distributor_id, tree, parent, leg):
    """Insert under a parent whose row is locked, and keep the end of the outer leg."""
    parent_id, low, high, level, parent_leg, parent_head = parent
    head = None if leg is None else parent_head if parent_leg == leg else parent_id
    cursor.execute(
        INSERT_LEAF,
        {"tree": tree.pk, "distributor": distributor_id, "parent": parent_id, "leg": leg, "head": head,
         "level": level + 1, "low": low, "high": high},
    )  # fmt: skip
    row = cursor.fetchone()
    if row is None:
        raise _NoRoom
    if leg is not None:
        cursor.execute(KEEP_TAIL, [head, leg, row[0]])
    names = ["id", "tree_id", "distributor_id", "parent_id", "leg", "outer_head_id", "lft", "rght", "level"]
    values = [row[0], tree.pk, distributor_id, parent_id, leg, head, row[1], row[2], level + 1]
    return Position.from_db(connection.alias, names, values)


def _lock_parent(cursor, tree, under_id):
    """Lock and return the row of the person to stand under."""
    cursor.execute(LOCK_PARENT, [under_id, tree.pk])
    parent = cursor.fetchone()
    if parent is None:
        raise _not_in_tree(under_id, tree)
    return parent


def _lock_position(cursor, position_id):
    """Lock and return the row of a position."""
    cursor.execute(LOCK_POSITION, [position_id])
    return cursor.fetchone()


def _lock_tail(cursor, tree, under_id, leg):
    """Lock and return the row at the end of an outer leg.

    Somebody else may lengthen the leg while we wait for its last row. So the end is read again once the row is ours:
    locks are taken downwards only, hence never in a circle.
    """
    parent = last = None
    while True:
        cursor.execute(TAIL, {"leg": leg, "distributor": under_id, "tree": tree.pk})
        found = cursor.fetchone()
        if found is None:
            raise _not_in_tree(under_id, tree)
        if found[0] == last:
            return parent
        last = found[0]
        parent = _lock_position(cursor, last)


def _place_first_free(distributor_id, tree, under_id):
    """Look from above without locks, then take the place; when others were quicker every time, with the tree to oneself."""
    top = Position.objects.filter(tree=tree, distributor=under_id).values_list("pk", flat=True).first()
    if top is None:
        raise _not_in_tree(under_id, tree)
    for _attempt in range(QUICK_TRIES):
        spot = spillover.first_free(top, _legs_of)
        try:
            return _insert(distributor_id, tree, lambda cursor, s=spot: _lock_position(cursor, s.parent), leg=spot.leg)
        except LegTaken:
            continue  # somebody was quicker
    return _place_first_free_alone(distributor_id, tree, top)


def _place_first_free_alone(distributor_id, tree, top):
    """Look and take with the tree to oneself, in a fresh savepoint that holds no lock of it yet: nobody can be quicker."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            locks.hold(cursor, tree.pk)
            spot = spillover.first_free(top, _legs_of)
            try:
                return _insert_leaf(cursor, distributor_id, tree, _lock_position(cursor, spot.parent), spot.leg)
            except _NoRoom:
                spacing.make_room(cursor, tree.pk, parent_id=spot.parent)
            return _insert_leaf(cursor, distributor_id, tree, _lock_position(cursor, spot.parent), spot.leg)
    except IntegrityError as error:
        raise _refusal(error, distributor_id, tree, None) from error


def _legs_of(position_ids):
    legs: dict[int, dict[int, int]] = {}
    rows = Position.objects.filter(parent__in=list(position_ids)).values_list("parent_id", "leg", "pk")
    for parent, leg, child in rows:
        legs.setdefault(parent, {})[leg] = child
    return legs


def _not_in_tree(distributor_id, tree):
    who = Distributor.objects.filter(pk=distributor_id).first()
    if who is None:
        return UnknownSponsor(_("There is no distributor with the id %(id)s.") % {"id": distributor_id})
    return UnknownSponsor(
        _("%(name)s does not stand in the tree “%(tree)s”, so nobody can be put below.") % {"name": who, "tree": tree}
    )


def _refusal(error, distributor_id, tree, leg) -> Exception:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    words = {"tree": tree, "name": Distributor.objects.filter(pk=distributor_id).first() or distributor_id}
    if constraint == "genealogy_position_leg_free":
        words["leg"] = Position.Leg(leg).label
        return LegTaken(
            _("%(name)s cannot stand in the %(leg)s leg there: somebody does already in the tree “%(tree)s”.") % words
        )
    if constraint == "genealogy_position_once_a_tree":
        return AlreadyPlaced(_("%(name)s stands in the tree “%(tree)s” already.") % words)
    return error
