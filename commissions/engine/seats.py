"""Finding somebody's seat in a placement tree with a fixed number of legs: pure, over arrays, nobody is moved.

``seat`` says under whom and in which leg a newcomer sits whose sponsor stands at ``top``. The newcomer's sponsor is not
changed by it. docs/plans/placement.md describes the searches.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.placement import Search
from commissions.engine.snapshot import NONE, Forest


class NoSeat(ValueError):
    """The seat that was asked for is taken, or is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Seats:
    """Who sits in which leg of whom: ``below[person, leg]``, NONE where the seat is free."""

    below: NDArray[np.int64]

    @classmethod
    def of(cls, forest: Forest, width: int) -> "Seats":
        """Read the seats of a tree. Raises NoSeat for a leg that a tree of this width does not have."""
        below = np.full((len(forest.parent), width), NONE, dtype=np.int64)
        legs = np.zeros(len(forest.parent), dtype=np.int64) if forest.leg is None else forest.leg
        placed = np.flatnonzero(forest.parent != NONE)
        wrong = placed[(legs[placed] < 0) | (legs[placed] >= width)]
        if wrong.size:
            raise NoSeat(f"person {int(wrong[0])} sits in leg {int(legs[wrong[0]])}, expected 0 to {width - 1}")
        below[forest.parent[placed], legs[placed]] = placed
        return cls(below)

    @property
    def width(self) -> int:
        return int(self.below.shape[1])

    def require_free(self, person: int, leg: int) -> tuple[int, int]:
        """Return a seat that somebody chose by hand. Raises NoSeat if it is taken or not there."""
        if not 0 <= leg < self.width:
            raise NoSeat(f"there is no leg {leg}, expected 0 to {self.width - 1}")
        if self.below[person, leg] != NONE:
            raise NoSeat(f"leg {leg} of person {person} is taken")
        return person, leg


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a search may ask about the sponsor's legs.

    ``volume`` and ``count`` are of everybody's whole downline, the person included; ``sponsored`` is how many people the
    sponsor has sponsored before, and ``preference`` the leg that the sponsor asks for, NONE for none.
    """

    volume: NDArray[np.int64]
    count: NDArray[np.int64]
    sponsored: int = 0
    preference: int = NONE


def seat(search: Search, seats: Seats, top: int, asked: Asked) -> tuple[int, int]:
    """Say under whom and in which leg a newcomer sits whose sponsor is ``top``."""
    if search is Search.BREADTH_FIRST or (search is Search.PREFERENCE and asked.preference == NONE):
        return breadth_first(seats, top)
    return outer(seats, top, _leg(search, seats, top, asked))


def breadth_first(seats: Seats, top: int) -> tuple[int, int]:
    """Find the first free seat: the nearest level below ``top``, from the left."""
    level = np.array([top])
    while True:
        below = seats.below[level]
        free = np.flatnonzero(below.ravel() == NONE)
        if free.size:
            place, leg = divmod(int(free[0]), seats.width)
            return int(level[place]), leg
        level = below.ravel()


def outer(seats: Seats, top: int, leg: int) -> tuple[int, int]:
    """Find the end of the outer line of a leg: from ``top`` down the same leg until it is free."""
    line = seats.below[:, leg]
    last = tree.next_upline(line == NONE, line)
    return (top if line[top] == NONE else int(last[top])), leg


def _leg(search: Search, seats: Seats, top: int, asked: Asked) -> int:
    """Choose one of the sponsor's legs; of equal ones the one further left."""
    if search is Search.OUTER_LEFT:
        return 0
    if search is Search.OUTER_RIGHT:
        return seats.width - 1
    if search is Search.ALTERNATING:
        return asked.sponsored % seats.width
    if search is Search.PREFERENCE:
        if not 0 <= asked.preference < seats.width:
            raise NoSeat(f"there is no leg {asked.preference}, expected 0 to {seats.width - 1}")
        return asked.preference
    strength = asked.volume if search is Search.WEAKER_BY_VOLUME else asked.count
    heads = seats.below[top]
    return int(np.argmin(np.where(heads == NONE, 0, strength[heads])))
