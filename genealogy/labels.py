"""The arithmetic of gapped labels. Pure: no database here.

Each position owns two labels, ``lft`` and ``rght``, between 1 and 2**62 - 1, and everybody below it has labels between
them. Gaps are left so that a newcomer takes two free numbers and nobody else moves (docs/trees.md; Dietz and Sleator
1987; Bender, Cole, Demaine, Farach-Colton and Zito 2002).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BITS = 62
FIRST = 1
LAST = 2**BITS - 1
ROOM = 8  # labels a range must have for each one in use, or spreading it would hardly help
INLINE_ROWS = 2000  # rows that an enrolment may relabel itself; more would block the others for too long

Label = tuple[int, int, bool]
"""A label in use: the number, the position that owns it, and whether it is that position's ``lft``."""


@dataclass(frozen=True)
class Stretch:
    """A run of labels, both ends included, and how many of them are in use."""

    low: int
    high: int
    used: int

    @property
    def roomy(self):
        """Whether the stretch is sparse enough for its size.

        The larger the stretch, the sparser it must be: at most ``(4/3) ** i`` labels in one of ``2 ** i``.
        So a spread leaves slack at every size, and its cost, shared by the inserts that caused it, is logarithmic.
        """
        size = self.high - self.low + 1
        bits = size.bit_length() - (size & (size - 1) == 0)
        return self.used * 3**bits <= 4**bits and self.used * ROOM <= size


def around(spot: int, bits: int) -> tuple[int, int]:
    """Return the ends of the aligned stretch of ``2 ** bits`` labels that holds a spot."""
    low = spot >> bits << bits
    return max(low, FIRST), min(low + (1 << bits) - 1, LAST)


def stretch_to_spread(labels: Sequence[Label], spot: int, known: tuple[int, int], *, rows: int):
    """Return ``(stretch, settled)``: what to spread so that there is room at the spot again.

    ``labels`` are those in use within ``known``, in order. The smallest roomy stretch is what theory asks for:
    ``settled`` says that it was found. When it holds more than ``rows`` positions, or reaches beyond what is known,
    the largest stretch with some room and few enough rows is returned instead, or None where there is none.
    """
    numbers = [label[0] for label in labels]
    best = None
    for bits in range(3, BITS + 1):
        low, high = around(spot, bits)
        if low < known[0] or high > known[1]:
            break
        start, stop = bisect_left(numbers, low), bisect_right(numbers, high)
        if len({label[1] for label in labels[start:stop]}) > rows:
            break
        stretch = Stretch(low, high, stop - start)
        if stretch.used * ROOM > high - low + 1:
            continue
        best = stretch
        if stretch.roomy:
            return best, True
    return best, False


def spread(count: int, low: int, high: int) -> range:
    """Return ``count`` labels, evenly apart, between two ends that are themselves free to take.

    >>> list(spread(3, 1, 99))
    [25, 50, 75]
    """
    step = (high - low + 2) // (count + 1)
    return range(low - 1 + step, low - 1 + step * count + 1, step)


def walk(children: Sequence[Sequence[int]] | Mapping[int, Sequence[int]], start: int) -> Iterator[tuple[int, bool]]:
    """Go around a tree as one would draw its outline: yield each node as it opens, and again as it closes.

    Iterative, since lines a million deep exist.

    >>> [node if opens else -node for node, opens in walk([[], [2, 3], [], []], 1)]
    [1, 2, -2, 3, -3, -1]
    """
    stack = [(start, True)]
    while stack:
        node, opens = stack.pop()
        yield node, opens
        if opens:
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(children[node]))
