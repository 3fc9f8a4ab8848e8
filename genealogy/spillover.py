"""Where in a placement tree a newcomer goes. Pure: the tree is given as a function from positions to their legs."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

LEFT, RIGHT = 0, 1
LEGS = (LEFT, RIGHT)

LegsOf = Callable[[Iterable[int]], Mapping[int, Mapping[int, int]]]
"""Given positions, for each of them who stands in which leg: ``{7: {LEFT: 8}}``."""


class Spot(NamedTuple):
    """A free place: the position above it and the leg."""

    parent: int
    leg: int


def weaker_leg(left: int, right: int) -> int:
    """Return the leg with fewer people; the left one when they are even.

    >>> weaker_leg(3, 5), weaker_leg(5, 3), weaker_leg(4, 4)
    (0, 1, 0)
    """
    return RIGHT if right < left else LEFT


def outer(start: int, leg: int, legs_of: LegsOf) -> Spot:
    """Return the free place at the very end of an outer leg: always the same leg, down to the last.

    This walks; ``trees`` keeps the end of each outer leg instead and must agree.
    """
    parent = start
    while (below := legs_of([parent]).get(parent, {}).get(leg)) is not None:
        parent = below
    return Spot(parent, leg)


def first_free(start: int, legs_of: LegsOf, legs: Iterable[int] = LEGS) -> Spot:
    """Return the first free place from above, and from the left within a level: breadth first, a level at a time."""
    legs, level = tuple(legs), [start]
    while True:
        taken = legs_of(level)
        for parent in level:
            for leg in legs:
                if leg not in taken.get(parent, {}):
                    return Spot(parent, leg)
        level = [taken[parent][leg] for parent in level for leg in legs]
