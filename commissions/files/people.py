"""people.csv: who there is, who introduced whom, where they sit in each placement tree, and what is known of them."""

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import snapshot
from commissions.engine import tree as engine_tree
from commissions.engine.placement import BinaryTree, MatrixTree, OpenTree, PlacementTree
from commissions.engine.plan import Plan
from commissions.engine.ranks import PAID_AS
from commissions.engine.snapshot import NONE, BuyerKind, Index, People, Status
from commissions.files import values
from commissions.files.columns import BadFile, Column, Read, Source, read
from commissions.files.values import NOBODY, Names

_STATUSES = {"open": Status.OPEN, "suspended": Status.SUSPENDED, "terminated": Status.TERMINATED, "house": Status.HOUSE}
_KINDS = {"distributor": BuyerKind.DISTRIBUTOR, "preferred": BuyerKind.PREFERRED, "retail": BuyerKind.RETAIL}
_MOST_LEGS = 100
_RANKS = {"title": "rank.title", "paid_as": PAID_AS}


def read_people(source: Source, plan: Plan, names: Names, zone: ZoneInfo) -> tuple[People, dict[str, NDArray[np.int64]]]:
    """Return the people in tree order, and the columns of state by person. Raises BadFile."""
    rows = read(source, _columns(plan, names, zone), _family)
    ids = np.array(rows.columns["id"], dtype=np.int64)
    if not len(ids):
        raise BadFile(f"{source.name} has no people")
    _refuse_twice(rows, ids, names)
    sponsors = np.array(rows.columns["sponsor"], dtype=np.int64)
    parent = _places(rows, ids, sponsors, "sponsor", names)
    _refuse_circles(rows, parent, "sponsors", names)
    column = rows.column
    people = snapshot.people(id=ids, sponsor_id=sponsors, status=column("status"), joined_at=column("joined_on"))
    place = Index(ids).of(people.id, "person")
    facts = {name.removeprefix("fact."): column(name)[place] for name in rows.columns if name.startswith("fact.")}
    if "kind" in rows.columns:
        facts["kind"] = column("kind")[place]
    state = {name.removeprefix("state."): column(name)[place] for name in rows.columns if name.startswith("state.")}
    state |= {_RANKS[name]: column(name)[place] for name in _RANKS if name in rows.columns}
    return (
        People(
            id=people.id,
            parent=people.parent,
            size=people.size,
            status=people.status,
            joined_at=people.joined_at,
            facts=facts,
            trees={code: _placed(rows, code, tree, ids, people, names) for code, tree in plan.trees.items()},
        ),
        state,
    )


def _columns(plan: Plan, names: Names, zone: ZoneInfo) -> dict[str, Column]:
    ranks = values.word({rank.code: place for place, rank in enumerate(plan.ranks, 1)}, empty=0)
    columns = {
        "id": Column(names.needed, needed=True, many=names.numbers),
        "sponsor": Column(names.number, needed=True, many=names.numbers),
        "joined_on": Column(values.maybe(values.instant(zone), 0)),
        "kind": Column(values.word(_KINDS, empty=BuyerKind.DISTRIBUTOR)),
        "status": Column(values.word(_STATUSES, empty=Status.OPEN)),
        **{name: Column(ranks) for name in _RANKS},
    }
    for code, tree in plan.trees.items():
        columns[f"{code}_parent"] = Column(names.number, many=names.numbers)
        columns[f"{code}_leg"] = Column(values.word(_legs(_width(tree)), empty=NONE))
    return columns


def _width(tree: PlacementTree) -> int:
    """How many people sit directly under everybody at most."""
    return 2 if isinstance(tree, BinaryTree) else tree.width if isinstance(tree, MatrixTree) else _MOST_LEGS


def _legs(width: int) -> dict[str, int]:
    sides = {"left": 0, "right": 1}
    return {**sides, **{str(leg): leg - 1 for leg in range(1, width + 1)}}


def _family(name: str) -> Column | None:
    known = name.startswith(("fact.", "state.")) and len(name.partition(".")[2]) > 0
    return Column(values.whole) if known else None


def _refuse_twice(rows: Read, ids: NDArray[np.int64], names: Names) -> None:
    order = np.argsort(ids, kind="stable")
    twice = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if twice.size:
        row, first = int(order[twice[0] + 1]), int(order[twice[0]])
        raise rows.bad(row, "id", f"{names.name(int(ids[row]))} is there already, on line {rows.lines[first]}")


def _places(rows: Read, ids: NDArray[np.int64], wanted: NDArray[np.int64], column: str, names: Names) -> NDArray[np.int64]:
    """Return which row each wanted id is on, NONE for nobody."""
    order = np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
    place = order[at]
    unknown = np.flatnonzero((ids[place] != wanted) & (wanted != NOBODY))
    if unknown.size:
        row = int(unknown[0])
        raise rows.bad(row, column, f"{names.name(int(wanted[row]))} is not among the people")
    return np.where(wanted == NOBODY, NONE, place)


def _refuse_circles(rows: Read, parent: NDArray[np.int64], what: str, names: Names) -> None:
    try:
        engine_tree.sizes(parent)
    except engine_tree.BrokenTree:
        up = np.append(parent, NONE)
        for _ in range(len(parent).bit_length() + 1):
            up = up[up]
        row = int(up[np.flatnonzero(up >= 0)[0]])  # so far up that it is in a circle itself
        line = [row]
        while (above := int(parent[line[-1]])) != row:
            line.append(above)
        shown = " -> ".join(names.name(rows.columns["id"][each]) for each in [*line[:5], *([row] if len(line) <= 5 else [])])
        more = "" if len(line) <= 5 else f" and {len(line) - 5} more"
        raise rows.bad(row, what, f"run in a circle: {shown}{more}") from None


def _placed(rows: Read, code: str, tree: PlacementTree, ids: NDArray[np.int64], people: People, names: Names) -> snapshot.Tree:
    """Return a placement tree. Whoever has no parent there is not placed, but for a root with somebody below."""
    parents = rows.column(f"{code}_parent", NOBODY)
    above = _places(rows, ids, parents, f"{code}_parent", names)
    _refuse_circles(rows, above, f"{code}_parents", names)
    has_below = np.zeros(len(ids), dtype=np.bool_)
    has_below[above[above != NONE]] = True
    placed = np.flatnonzero((parents != NOBODY) | has_below)
    legs = rows.column(f"{code}_leg", NONE)
    taken = np.flatnonzero((above != NONE) & (legs != NONE))
    order = taken[np.lexsort((legs[taken], above[taken]))]
    same = np.flatnonzero((above[order][1:] == above[order][:-1]) & (legs[order][1:] == legs[order][:-1]))
    if same.size:
        row, first = int(order[same[0] + 1]), int(order[same[0]])
        raise rows.bad(row, f"{code}_leg", f"under {names.name(int(parents[row]))} is taken already, on line {rows.lines[first]}")
    _refuse_too_many(rows, code, tree, above, legs, names)
    return snapshot.placed(Index(people.id), id=ids[placed], parent_id=parents[placed], leg=legs[placed])


def _refuse_too_many(
    rows: Read, code: str, tree: PlacementTree, above: NDArray[np.int64], legs: NDArray[np.int64], names: Names
) -> None:
    """Refuse who sits on no leg of a binary tree, and more people directly under somebody than the tree has room for."""
    placed = np.flatnonzero(above != NONE)
    if isinstance(tree, BinaryTree):
        legless = placed[legs[placed] == NONE]
        if legless.size:
            raise rows.bad(int(legless[0]), f"{code}_leg", "is empty; expected left or right")
    if not isinstance(tree, OpenTree):
        order = placed[np.lexsort((placed, above[placed]))]
        width = _width(tree)
        crowded = np.flatnonzero(above[order][width:] == above[order][:-width])
        if crowded.size:
            row = int(order[crowded[0] + width])
            parent = names.name(int(rows.columns["id"][above[row]]))
            raise rows.bad(row, f"{code}_parent", f"{parent} has {width} people below already; expected at most {width}")
