"""Arithmetic on a tree that is kept in preorder: a parent precedes everyone below, a downline is one slice.

``parent[i]`` is an index below ``i``, or -1 for a root; ``size[i]`` counts the downline, ``i`` included. Nothing here
loops over people: what needs the way up takes pointer jumping, whose rounds grow with the logarithm of a line's length.
"""

import numpy as np
from numpy.typing import NDArray

_FEW = 20_000
"""Up to here it is quicker to climb to so many people than to pass over a million once."""


class BrokenTree(ValueError):
    """The parents do not make a tree, or the arrays do not stand in its preorder."""


def preorder(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order that puts a parent before everyone below, and siblings as they come in.

    ``parent`` may stand in any order. Raises BrokenTree, naming a row, if following the parents runs in a circle.
    Each person's place is one past the parent's, plus the downlines of the siblings before; places add up on the way
    up, which pointer jumping sums.
    """
    size = sizes(parent)
    siblings = np.argsort(parent, kind="stable")
    before = np.cumsum(size[siblings]) - size[siblings]
    families = parent[siblings]
    first = np.concatenate(([True], families[1:] != families[:-1]))[: len(parent)]
    step = np.empty_like(parent)
    step[siblings] = before - np.maximum.accumulate(np.where(first, before, 0)) + 1
    order = np.empty_like(parent)
    order[sum_upward(step, parent) - 1] = np.arange(len(parent))
    return order


def sizes(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count everyone's downline, the person included, from parents in any order.

    After round k a person has counted those less than 2**k steps below, and ``up`` leads 2**k steps upward.
    """
    count = np.ones(len(parent) + 1, dtype=np.int64)
    up = np.append(parent, -1)
    count[-1] = 0
    for _ in range(_rounds(len(parent))):
        if (up < 0).all():
            return count[:-1]
        inside = np.flatnonzero(up >= 0)
        np.add.at(count, up[inside], count[inside])
        up = up[up]
    raise BrokenTree(f"following the parents of row {int(np.flatnonzero(up >= 0)[0])} runs in a circle")


def sum_upward(values: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum ``values`` over each person and the whole upline; parents in any order, without circles."""
    total = np.append(values, 0)
    up = np.append(parent, -1)
    while (up >= 0).any():
        total += total[up]
        up = up[up]
    return total[:-1]


def downline_sum(values: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum ``values`` over each person and everyone below them.

    >>> # ana - ben - cy
    >>> #     ` dee
    >>> downline_sum(np.array([1, 10, 100, 1000]), np.array([4, 2, 1, 1]))
    array([1111,  110,  100, 1000])
    """
    running = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=running[1:])
    below: NDArray[np.int64] = running[np.arange(len(values)) + size]
    below -= running[:-1]
    return below


def holds_below(marked: NDArray[np.bool_], size: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say whose downline, the person included, has somebody ``marked``."""
    running = np.zeros(len(marked) + 1, dtype=np.int32)
    np.cumsum(marked, out=running[1:])
    found: NDArray[np.bool_] = running[np.arange(len(marked)) + size] != running[:-1]
    return found


def sum_without_groups(values: NDArray[np.int64], heads: NDArray[np.bool_], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum ``values`` over each person's downline less the groups of the ``heads`` in it.

    A head's group is the head and everybody below down to the next heads. Every group is counted where it hangs, so that
    what is left of a downline is the whole of it less all groups of heads inside.
    """
    whole = downline_sum(values, size)
    head = np.flatnonzero(heads)
    inside = whole[head]
    above = _nearest_above(head, size)
    np.subtract.at(inside, above[above >= 0], whole[head[above >= 0]])
    groups = np.zeros_like(whole)
    groups[head] = inside
    left: NDArray[np.int64] = whole - downline_sum(groups, size) + groups
    return left


def _nearest_above(some: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find for each of some people (sorted) which of them is the nearest above, -1 where nobody is.

    Among themselves they stand in a preorder too: whoever is nearest above is the last one before who is one level up.
    """
    count = len(some)
    place = np.arange(count)
    level = depth(np.searchsorted(some, some + size[some]) - place)
    keys = level * count + place
    order = np.argsort(keys, kind="stable")
    before = np.searchsorted(keys[order], (level - 1) * count + place) - 1
    return np.where(level > 0, order[before], -1)


def with_uplines(people: NDArray[np.int64], parent: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, in order, some people and everybody above them.

    A few are climbed from one by one, which costs what is found and not what there is; many are marked and looked for.
    """
    found: set[int] = set()
    for person in people.tolist():
        while person >= 0 and person not in found:
            found.add(person)
            person = parent.item(person)
            if len(found) > _FEW:
                marked = np.zeros(len(parent), dtype=np.bool_)
                marked[people] = True
                return np.flatnonzero(holds_below(marked, size))
    return np.array(sorted(found), dtype=np.int64)


def count_above(marked: NDArray[np.bool_], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count who is ``marked`` in each person's upline, the person not included.

    A marked person opens a bracket that closes where the downline ends; what is open counts.
    """
    opened = np.flatnonzero(marked)
    change = np.bincount(opened + size[opened], minlength=len(marked) + 1)
    change *= -1
    change[opened] += 1
    open_brackets = np.cumsum(change[:-1])
    open_brackets -= marked
    return open_brackets


def depth(size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the steps up to the root: 0 for the root.

    >>> depth(np.array([4, 2, 1, 1]))
    array([0, 1, 2, 1])
    """
    return count_above(np.ones(len(size), dtype=np.bool_), size)


def next_upline(marked: NDArray[np.bool_], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the nearest ``marked`` person above each person, -1 where there is none: compression.

    Whoever's pointer ends at an unmarked person takes over that person's pointer, so that the way doubles each round.
    Works for parents in any order. The result has one entry more, for -1 itself, so that it can be looked up in. Raises
    BrokenTree if following the parents of somebody runs in a circle without meeting anybody marked.
    """
    up = np.append(parent, -1)
    found = np.append(marked, True)
    searching = np.flatnonzero(~found[up])
    for _ in range(_rounds(len(parent))):
        if not searching.size:
            return up
        up[searching] = up[up[searching]]
        searching = searching[~found[up[searching]]]
    raise BrokenTree(f"following the parents of row {int(searching[0])} runs in a circle")


def sum_of_children(values: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum ``values`` over each person's frontline."""
    total = np.zeros(len(parent) + 1, dtype=np.int64)
    np.add.at(total, parent, values)
    return total[:-1]


def count_children(marked: NDArray[np.bool_], parent: NDArray[np.int64]) -> NDArray[np.int32]:
    """Count who is ``marked`` in each person's frontline."""
    sponsors = parent[marked]
    return np.bincount(sponsors[sponsors >= 0], minlength=len(parent)).astype(np.int32)


def require_preorder(parent: NDArray[np.int64], size: NDArray[np.int64]) -> None:
    """Raise BrokenTree, naming a row, unless ``parent`` and ``size`` are one forest in preorder.

    If every downline ends inside the parent's and has the size that its members add up to, it is exactly its slice.
    """
    index = np.arange(len(parent))
    end = index + size
    sponsored = np.flatnonzero(parent >= 0)
    sponsor = parent[sponsored]
    if ((parent < -1) | (parent >= index)).any():
        row = int(np.flatnonzero((parent < -1) | (parent >= index))[0])
        raise BrokenTree(f"row {row} has parent {int(parent[row])}, expected an earlier row or -1")
    outside = end[sponsored] > end[sponsor]
    if outside.any():
        raise BrokenTree(f"the downline of row {int(sponsored[outside][0])} reaches beyond its parent's")
    wrong = (size < 1) | (end > len(parent)) | (size != 1 + sum_of_children(size, parent))
    if wrong.any():
        raise BrokenTree(f"the size of row {int(np.flatnonzero(wrong)[0])} is not that of its downline")


def _rounds(count: int) -> int:
    """Enough doublings to climb any line of ``count`` people, and one look more."""
    return max(count, 1).bit_length() + 1


def place_among_siblings(values: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say how many of those below the same person have a larger value, equal ones counted in tree order: 0 for the largest.

    Roots are siblings of each other.
    """
    order = np.lexsort((-values, parent))
    starts = np.flatnonzero(np.append(True, parent[order][1:] != parent[order][:-1]))[: len(order)]
    first = np.repeat(starts, np.diff(np.append(starts, len(order))))
    place = np.empty(len(values), dtype=np.int64)
    place[order] = np.arange(len(order), dtype=np.int64) - first
    return place
