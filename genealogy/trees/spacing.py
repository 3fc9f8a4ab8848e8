"""Making room: a small stretch of labels is spread at once, by whoever needs it; a wide one waits for the background."""

import logging

from django.db import connection, transaction

from genealogy import labels
from genealogy.labels import Stretch
from genealogy.models import Respacing
from genealogy.trees import locks

logger = logging.getLogger(__name__)

REACHES = (256, 1_024, 2 * labels.INLINE_ROWS + 1)  # how many labels to each side are looked at: more only when needed
BATCH = 1_000  # labels that a background step moves while it has the tree to itself

SPOT = """
    SELECT coalesce((SELECT max(rght) FROM genealogy_position WHERE parent_id = parent.id), lft), rght
    FROM genealogy_position parent WHERE id = %s"""

LABELS_NEAR = """
    SELECT * FROM (
        (SELECT lft AS label, id, true AS opens FROM genealogy_position
            WHERE tree_id = %(tree)s AND lft <= %(spot)s ORDER BY lft DESC LIMIT %(reach)s)
        UNION ALL (SELECT rght, id, false FROM genealogy_position
            WHERE tree_id = %(tree)s AND rght <= %(spot)s ORDER BY rght DESC LIMIT %(reach)s)
        UNION ALL (SELECT lft, id, true FROM genealogy_position
            WHERE tree_id = %(tree)s AND lft > %(spot)s ORDER BY lft LIMIT %(reach)s)
        UNION ALL (SELECT rght, id, false FROM genealogy_position
            WHERE tree_id = %(tree)s AND rght > %(spot)s ORDER BY rght LIMIT %(reach)s)
    ) AS near ORDER BY label"""

COUNT_LABELS = """
    SELECT (SELECT count(*) FROM genealogy_position WHERE tree_id = %(tree)s AND lft BETWEEN %(low)s AND %(high)s)
         + (SELECT count(*) FROM genealogy_position WHERE tree_id = %(tree)s AND rght BETWEEN %(low)s AND %(high)s)"""

LABELS_UP = """
    SELECT label, id, opens FROM (
        (SELECT lft AS label, id, true AS opens FROM genealogy_position
            WHERE tree_id = %(tree)s AND lft BETWEEN %(low)s AND %(high)s ORDER BY lft LIMIT %(most)s)
        UNION ALL (SELECT rght, id, false FROM genealogy_position
            WHERE tree_id = %(tree)s AND rght BETWEEN %(low)s AND %(high)s ORDER BY rght LIMIT %(most)s)
    ) AS stretch ORDER BY label LIMIT %(most)s"""

LABELS_DOWN = """
    SELECT label, id, opens FROM (
        (SELECT lft AS label, id, true AS opens FROM genealogy_position
            WHERE tree_id = %(tree)s AND lft BETWEEN %(low)s AND %(high)s ORDER BY lft DESC LIMIT %(most)s)
        UNION ALL (SELECT rght, id, false FROM genealogy_position
            WHERE tree_id = %(tree)s AND rght BETWEEN %(low)s AND %(high)s ORDER BY rght DESC LIMIT %(most)s)
    ) AS stretch ORDER BY label DESC LIMIT %(most)s"""

MOVE_LABELS = """
    UPDATE genealogy_position AS position
    SET lft = coalesce(moved.lft, position.lft), rght = coalesce(moved.rght, position.rght)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS moved (id, lft, rght) WHERE position.id = moved.id"""


def make_room(cursor, tree_id, *, parent_id):
    """Spread the labels around the place of a parent's next child. The caller holds the tree alone.

    When the stretch that theory asks for is wide, a smaller one is spread for now and the wide one put on the list
    of ``Respacing``.
    """
    cursor.execute(SPOT, [parent_id])
    spot, end = cursor.fetchone()
    if end - spot >= 3:
        return  # somebody else made the room while we waited for the tree
    for reach in REACHES:
        near, known = _labels_near(cursor, tree_id, spot, reach)
        stretch, settled = labels.stretch_to_spread(near, spot, known, rows=labels.INLINE_ROWS)
        if settled or (reach == REACHES[-1] and stretch):
            _move(cursor, _plan([label for label in near if stretch.low <= label[0] <= stretch.high], stretch))
            break
    else:  # so crowded that even the largest small stretch has no room
        stretch = _wide_stretch(cursor, tree_id, spot)
        _move(cursor, _plan(_all_labels(cursor, tree_id, stretch), stretch))
        settled = True
    if not settled:
        Respacing.objects.bulk_create([Respacing(tree_id=tree_id, low=stretch.low, high=stretch.high)], ignore_conflicts=True)


def respace_all():
    """Spread every wide stretch that waits; return how many labels moved."""
    return sum(respace(waiting) for waiting in Respacing.objects.select_related("tree").order_by("pk"))


def respace(waiting):
    """Spread a stretch that waits, while people go on enrolling; return how many labels moved."""
    moved = sum(steps(waiting))
    logger.info("labels spread", extra={"tree": waiting.tree_id, "moved": moved})
    return moved


def steps(waiting, *, batch=BATCH):
    """Spread a stretch that waits in short steps; after each, committed, yield how many labels moved.

    Labels that go up are moved from the top down, then those that go down from the bottom up. So each step leaves
    every label between its neighbours, whatever was inserted since the last step, and any step may be the last.
    """
    with connection.cursor() as cursor:
        stretch = _wide_stretch(cursor, waiting.tree_id, waiting.low, within=(waiting.low, waiting.high))
    for upwards in (True, False):
        start, order = (stretch.high if upwards else stretch.low), 0
        while start is not None:
            start, seen, moved = _step(waiting.tree_id, stretch, start, order, batch, upwards)
            order += seen
            yield moved
    waiting.delete()


@transaction.atomic
def _step(tree_id, stretch, start, order, batch, upwards):
    """Move one batch of labels towards their even places, only up or only down.

    Return where the next batch starts, or None at the end, how many labels were looked at, and how many moved.
    """
    low, high = (stretch.low, start) if upwards else (start, stretch.high)
    places = labels.spread(stretch.used, stretch.low, stretch.high)
    with connection.cursor() as cursor:
        locks.hold(cursor, tree_id)
        query = LABELS_DOWN if upwards else LABELS_UP
        cursor.execute(query, {"tree": tree_id, "low": low, "high": high, "most": batch})
        rows = cursor.fetchall()
        if not rows:
            return None, 0, 0
        edge = _edge(cursor, tree_id, rows[0][0], stretch, upwards)
        plan = []
        for at, (label, position, opens) in enumerate(rows, order):
            aim = places[max(-1 - at, -len(places)) if upwards else min(at, len(places) - 1)]
            edge = max(label, min(aim, edge - 1)) if upwards else min(label, max(aim, edge + 1))
            if edge != label:
                plan.append((edge, position, opens))
        _move(cursor, plan)
    return edge - 1 if upwards else edge + 1, len(rows), len(plan)


def _edge(cursor, tree_id, label, stretch, upwards):
    """Return the nearest label beyond the batch, or just past the end of the stretch: the limit for the first one."""
    beyond = {"tree": tree_id, "most": 1}
    if upwards:
        cursor.execute(LABELS_UP, beyond | {"low": label + 1, "high": stretch.high})
    else:
        cursor.execute(LABELS_DOWN, beyond | {"low": stretch.low, "high": label - 1})
    row = cursor.fetchone()
    return row[0] if row else stretch.high + 1 if upwards else stretch.low - 1


def _labels_near(cursor, tree_id, spot, reach):
    """Return the labels next to a spot, in order, and between which two labels none is missing."""
    cursor.execute(LABELS_NEAR, {"tree": tree_id, "spot": spot, "reach": reach})
    near = cursor.fetchall()
    low, high = labels.FIRST, labels.LAST
    for opens in (True, False):
        below = [label for label, _, side in near if side == opens and label <= spot]
        above = [label for label, _, side in near if side == opens and label > spot]
        low = max(low, below[0] if len(below) == reach else low)
        high = min(high, above[-1] if len(above) == reach else high)
    return near, (low, high)


def _wide_stretch(cursor, tree_id, spot, within=(0, 0)):
    """Return the smallest roomy aligned stretch around a spot, at least as wide as the given one, by counting."""
    for bits in range(3, labels.BITS + 1):
        low, high = labels.around(spot, bits)
        if high - low < within[1] - within[0]:
            continue
        cursor.execute(COUNT_LABELS, {"tree": tree_id, "low": low, "high": high})
        stretch = Stretch(low, high, cursor.fetchone()[0])
        if stretch.roomy:
            return stretch
    return stretch  # the whole of a tree beyond some tens of millions


def _all_labels(cursor, tree_id, stretch):
    cursor.execute(LABELS_UP, {"tree": tree_id, "low": stretch.low, "high": stretch.high, "most": stretch.used + 1})
    return cursor.fetchall()


def _plan(rows, stretch):
    """Pair the labels of a stretch, in order, with even places in it."""
    places = labels.spread(len(rows), stretch.low, stretch.high)
    return [(place, position, opens) for place, (_, position, opens) in zip(places, rows, strict=True)]


def _move(cursor, plan):
    """Write new labels, one row a position."""
    moved: dict[int, list] = {}
    for label, position, opens in plan:
        moved.setdefault(position, [None, None])[0 if opens else 1] = label
    if moved:
        lefts, rights = zip(*moved.values(), strict=True)
        cursor.execute(MOVE_LABELS, [list(moved), list(lefts), list(rights)])
