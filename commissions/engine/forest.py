"""One tree as a rule sees it, whichever it is: the sponsor tree that people stand in, or a placement tree over them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree

NONE = -1
"""No person: the parent of a root, the payee of a line that nobody earned."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Another tree over the same people, in its own preorder.

    ``order`` lists people (indexes into ``People``) in this tree's preorder; ``parent`` and ``size`` are like those of
    ``People`` but count in ``order``; ``leg`` is the leg under the parent, NONE where the tree has no legs. A person
    who is not placed is not in ``order``.
    """

    order: NDArray[np.int64]
    parent: NDArray[np.int64]
    size: NDArray[np.int64]
    leg: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """One tree as a rule sees it, whichever it is: everything by person, in the order of ``People``.

    ``parent`` is the person above, NONE for a root and for who is not placed; ``leg`` is the leg under the parent, NONE
    where the tree has none. Sums cover a person and everyone below; who is not placed counts alone.
    """

    parent: NDArray[np.int64]
    leg: NDArray[np.int64] | None
    _tree: Tree | None
    _size: NDArray[np.int64]

    def preorder(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each person's place in the tree's preorder, and how many stand from there on at or below the person.

        Who is not placed comes after all others, alone.
        """
        count = len(self.parent)
        if self._tree is None:
            return np.arange(count, dtype=np.int64), self._size.astype(np.int64)
        place, size = np.full(count, NONE, dtype=np.int64), np.ones(count, dtype=np.int64)
        order = self._tree.order
        place[order], size[order] = np.arange(len(order)), self._tree.size
        missing = np.flatnonzero(place == NONE)
        place[missing] = len(order) + np.arange(len(missing))
        return place, size

    def downline_sum(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum ``values`` over each person and everyone below."""
        if self._tree is None:
            return tree.downline_sum(values, self._size)
        total = values.copy()
        total[self._tree.order] = tree.downline_sum(values[self._tree.order], self._tree.size)
        return total

    def personal_group(self, values: NDArray[np.int64], heads: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Sum ``values`` over each person's downline less the groups of the ``heads`` below the person."""
        if self._tree is None:
            return tree.sum_without_groups(values, heads, self._size)
        total = values.copy()
        order = self._tree.order
        total[order] = tree.sum_without_groups(values[order], heads[order], self._tree.size)
        return total

    def sum_of_children(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum ``values`` over everybody directly below each person."""
        return tree.sum_of_children(values, self.parent)

    def largest_child(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the largest of the ``values`` (>= 0) of those directly below each person, 0 where there is nobody."""
        most = np.zeros(len(values) + 1, dtype=np.int64)
        np.maximum.at(most, self.parent, values)
        return most[:-1]

    def nth_child(self, values: NDArray[np.int64], nth: int) -> NDArray[np.int64]:
        """Find the ``nth`` largest (from 1) of the ``values`` of those directly below each person, 0 where it is less or none."""
        found = np.zeros(len(values) + 1, dtype=np.int64)
        there = np.flatnonzero(tree.place_among_siblings(values, self.parent) == nth - 1)
        found[self.parent[there]] = np.maximum(values[there], 0)
        return found[:-1]

    def largest_children(self, values: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Sum the ``count`` largest of the ``values`` of those directly below each person, none of them less than 0."""
        if count == 1:
            return self.largest_child(values)
        among = tree.place_among_siblings(values, self.parent) < count
        return self.sum_of_children(np.where(among, np.maximum(values, 0), 0))

    def of_leg(self, values: NDArray[np.int64], leg: int) -> NDArray[np.int64]:
        """Return the value of the person who heads each person's ``leg``, 0 where it is empty."""
        found = np.zeros(len(values) + 1, dtype=np.int64)
        if self.leg is not None:
            heads = np.flatnonzero((self.leg == leg) & (self.parent != NONE))
            found[self.parent[heads]] = values[heads]
        return found[:-1]

    def count_children(self, marked: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Count who is ``marked`` directly below each person."""
        return tree.count_children(marked, self.parent)

    def holds_below(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say who has somebody ``marked`` below, the person included."""
        if self._tree is None:
            return tree.holds_below(marked, self._size)
        holds = marked.copy()
        holds[self._tree.order] = tree.holds_below(marked[self._tree.order], self._tree.size)
        return holds

    def next_upline(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Find the nearest ``marked`` person above each person; one entry more, for NONE itself."""
        return tree.next_upline(marked, self.parent)

    def depth(self) -> NDArray[np.int64]:
        """Count the steps up to the root."""
        if self._tree is None:
            return tree.depth(self._size)
        steps = np.zeros(len(self.parent), dtype=np.int64)
        steps[self._tree.order] = tree.depth(self._tree.size)
        return steps
