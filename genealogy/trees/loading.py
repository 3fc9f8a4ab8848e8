"""Many newcomers at once, for the importer: checked as one, labelled in memory, written by COPY."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from genealogy import labels, spillover
from genealogy.models import Tree
from genealogy.refusals import BrokenTree
from genealogy.trees import locks
from genealogy.trees.rebuilding import rebuild

STANDING = """
    SELECT distributor_id, id, level, leg, outer_head_id, lft, rght,
        (SELECT max(rght) FROM genealogy_position child WHERE child.parent_id = position.id),
        (SELECT array_agg(leg) FROM genealogy_position child WHERE child.parent_id = position.id AND leg IS NOT NULL),
        (SELECT distributor_id FROM genealogy_position parent WHERE parent.id = position.parent_id)
    FROM genealogy_position position WHERE tree_id = %s AND distributor_id = ANY(%s)"""

COPY = """
    COPY genealogy_position (id, tree_id, distributor_id, parent_id, leg, outer_head_id, level, lft, rght) FROM STDIN"""

KEEP_TAILS = """
    INSERT INTO genealogy_outerleg (head_id, leg, tail_id)
    SELECT tail.outer_head_id, tail.leg, tail.id FROM genealogy_position tail
    WHERE tail.id BETWEEN %s AND %s AND tail.tree_id = %s AND tail.outer_head_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM genealogy_position below WHERE below.parent_id = tail.id AND below.leg = tail.leg)
    ON CONFLICT (head_id, leg) DO UPDATE SET tail_id = excluded.tail_id"""

SHARE = 8  # newcomers below somebody who stands in the tree take this part of the gap, so that more can follow


class Entry(NamedTuple):
    """One row of an import: who, under whom, in which leg. ``name`` is how the report calls the row."""

    name: str
    distributor_id: int
    under_id: int | None
    leg: int | None = None


class Refusal(NamedTuple):
    """A row that was left out, and why."""

    name: str
    reason: str


@dataclass
class Loaded:
    """What became of the rows."""

    placed: int = 0
    present: int = 0
    """Rows that stood there already, exactly so: a repeated import."""
    refused: list[Refusal] = field(default_factory=list)


class _Standing(NamedTuple):
    """Somebody who stands in the tree already."""

    distributor_id: int
    id: int
    level: int
    leg: int | None
    head: int | None
    lft: int
    rght: int
    last: int | None
    """The right label of the last child."""
    legs: list[int] | None
    under_id: int | None


class _Open(NamedTuple):
    """A position on the way down: what those below it need to know."""

    id: int | None
    distributor_id: int | None
    leg: int | None
    head: int | None
    level: int
    lft: int


class _Below(dict):
    """Who stands directly below whom, by distributor; nobody where nothing is said."""

    def __missing__(self, key):
        return ()


@transaction.atomic
def load(tree, entries: Iterable[Entry]) -> Loaded:
    """Put many distributors into a tree, in any order of rows; return how many, and which rows were refused and why.

    Refused are: a second row for one distributor, one who stands elsewhere in the tree, an unknown sponsor, a leg
    that is taken or missing, a circle, a second root, and whoever stands below a refused row. The rest is placed.
    A distributor's row in an empty tree without anybody above becomes its root.
    """
    entries = list(entries)
    with connection.cursor() as cursor:
        locks.hold(cursor, tree.pk)
        standing = _standing(cursor, tree, {e.distributor_id for e in entries} | {e.under_id for e in entries})
        loaded = Loaded()
        chosen = _chosen(cursor, tree, entries, standing, loaded)
        below = _Below()
        for entry in chosen.values():
            below.setdefault(entry.under_id, []).append(entry.distributor_id)
        sizes = _sizes(below, standing)
        _refuse_unreached(chosen, below, standing, loaded)
        if not _fits(sizes, standing):
            rebuild(tree)
            standing = _standing(cursor, tree, set(sizes))
            if not _fits(sizes, standing):
                raise BrokenTree(_("There is no room for so many people in “%(tree)s”.") % {"tree": tree})
        loaded.placed = _write(cursor, tree, chosen, below, sizes, standing)
    return loaded


def _standing(cursor, tree, distributor_ids):
    cursor.execute(STANDING, [tree.pk, [i for i in distributor_ids if i is not None]])
    return {row[0]: _Standing(*row) for row in cursor.fetchall()}


def _chosen(cursor, tree, entries, standing, loaded):
    """Return the rows that are right in themselves, by distributor; note the others."""
    cursor.execute("SELECT count(*) FROM genealogy_position WHERE tree_id = %s AND parent_id IS NULL", [tree.pk])
    has_root = bool(cursor.fetchone()[0])
    chosen: dict[int, Entry] = {}
    times = Counter(entry.distributor_id for entry in entries)
    legs = {(person.distributor_id, leg) for person in standing.values() for leg in person.legs or ()}
    for entry in entries:
        here = standing.get(entry.distributor_id)
        if here and (here.under_id, here.leg) == (entry.under_id, entry.leg):
            loaded.present += 1
            continue
        reason = _fault(tree, entry, times, here, standing, has_root, legs)
        if reason:
            loaded.refused.append(Refusal(entry.name, reason))
            continue
        has_root = has_root or entry.under_id is None
        if entry.leg is not None:
            legs.add((entry.under_id, entry.leg))
        chosen[entry.distributor_id] = entry
    return chosen


def _fault(tree, entry, times, here, standing, has_root, legs):
    """Say what is wrong with a row in itself, if anything."""
    if times[entry.distributor_id] > 1:
        return _("appears %(times)s times; a distributor has one position in a tree") % {"times": times[entry.distributor_id]}
    if here:
        return _("stands elsewhere in the tree already; an import does not move anybody")
    if entry.under_id is None and has_root:
        return _("has nobody above; only the root may, and the tree has one")
    if entry.under_id is None:
        return None if entry.leg is None else _("names a leg, but stands below nobody")
    if entry.under_id not in standing and not times[entry.under_id]:
        return _("the one above is not in the tree and not among the rows")
    if tree.kind == Tree.Kind.OPEN:
        return _("names a leg, but “%(tree)s” has none") % {"tree": tree} if entry.leg is not None else None
    if entry.leg is None or (tree.kind == Tree.Kind.BINARY and entry.leg not in spillover.LEGS):
        return _("names no leg of the tree: 0 is left, 1 is right")
    if (entry.under_id, entry.leg) in legs:
        return _("the leg is taken")
    return None


def _refuse_unreached(chosen, below, standing, loaded):
    """Note who hangs in a circle, or below a refused row: nobody reaches them from above."""
    reached: set[int] = set()
    todo = [who for above, people in below.items() if above is None or above in standing for who in people]
    while todo:
        who = todo.pop()
        reached.add(who)
        todo.extend(below[who])
    for entry in chosen.values():
        if entry.distributor_id not in reached:
            loaded.refused.append(Refusal(entry.name, _why_unreached(entry, chosen)))


def _why_unreached(entry, chosen):
    """Follow the rows upward until one is missing, or comes again."""
    seen: dict[int, Entry] = {}
    while entry.distributor_id not in seen:
        seen[entry.distributor_id] = entry
        if entry.under_id not in chosen:
            return _("stands below a row that was refused")
        entry = chosen[entry.under_id]
    line = list(seen.values())
    circle = line[line.index(entry) :]
    names = " → ".join(member.name for member in [*circle[:5], entry])
    return _("stands in or below a circle: %(names)s") % {"names": names}


def _sizes(below, standing):
    """Count the newcomers below each person who stands in the tree already, and below nobody: the root's own tree."""
    sizes = {}
    for above in below:
        if above is None or above in standing:
            todo, count = list(below[above]), 0
            while todo:
                count += 1
                todo.extend(below[todo.pop()])
            sizes[above] = count
    return sizes


def _fits(sizes, standing):
    """Whether the gap of each who stands in the tree has room, with slack, for the newcomers below."""
    return all(above is None or _room(standing[above]) > 2 * labels.ROOM * count for above, count in sizes.items())


def _room(person):
    """The part of a person's gap that newcomers may fill now."""
    return (person.rght - (person.last or person.lft)) // SHARE


def _write(cursor, tree, chosen, below, sizes, standing):
    """Label the newcomers and write them; return how many."""
    count = sum(sizes.values())
    if not count:
        return 0
    cursor.execute("SELECT nextval('genealogy_position_id_seq') FROM generate_series(1, %s)", [count])
    ids = [row[0] for row in cursor.fetchall()]
    fresh = iter(ids)
    with cursor.copy(COPY) as copy:
        for above, size in sizes.items():
            top, places = _top_and_places(size, standing.get(above))
            for who in below[above]:
                for opened, rght in _closing(who, top, chosen, below, fresh, places):
                    parent, me = opened
                    copy.write_row((me.id, tree.pk, me.distributor_id, parent.id, me.leg, me.head, me.level, me.lft, rght))
    if tree.kind != Tree.Kind.OPEN:
        cursor.execute(KEEP_TAILS, [min(ids), max(ids), tree.pk])
    return count


def _top_and_places(size, person):
    """Return whom the newcomers stand under, and the labels that they take, in order."""
    if person is None:
        inner = labels.spread(2 * size - 2, labels.FIRST + 1, labels.LAST - 1)
        return _Open(None, None, None, None, -1, 0), chain([labels.FIRST], inner, [labels.LAST])
    low = person.last or person.lft
    places = labels.spread(2 * size, low + 1, low + _room(person))
    return _Open(person.id, person.distributor_id, person.leg, person.head, person.level, person.lft), iter(places)


def _closing(start, top, chosen, below, fresh, places):
    """Go around the newcomers from one of them on; yield ((parent, position), right label) as each one closes."""
    line = [top]
    for who, opens in labels.walk(below, start):
        if not opens:
            me = line.pop()
            yield (line[-1], me), next(places)
            continue
        parent, leg = line[-1], chosen[who].leg
        head = None if leg is None else parent.head if parent.leg == leg else parent.id
        line.append(_Open(next(fresh), who, leg, head, parent.level + 1, next(places)))
