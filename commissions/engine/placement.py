"""What a plan document says about its placement trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import Table, setting
from commissions.engine.kinds import Report, Whole, choice
from commissions.engine.snapshot import Snapshot


class Spill(StrEnum):
    """Where somebody goes in a matrix: the first free seat, the end of the left outer line, or the leg asked for."""

    BREADTH_FIRST = "breadth_first"
    POWER_LEG = "power_leg"
    PREFERENCE = "preference"


class Search(StrEnum):
    """Where somebody sits whom the sponsor does not place by hand.

    BREADTH_FIRST: in the first free seat below the sponsor, level by level, from the left. The others go down the
    outer line of one of the sponsor's legs to its end: the left one, the right one, the one with less volume or fewer
    people, the legs in turn, or the one that the sponsor asked for (breadth first where none was).
    """

    BREADTH_FIRST = "breadth_first"
    OUTER_LEFT = "outer_left"
    OUTER_RIGHT = "outer_right"
    WEAKER_BY_VOLUME = "weaker_by_volume"
    WEAKER_BY_COUNT = "weaker_by_count"
    ALTERNATING = "alternating"
    PREFERENCE = "preference"


class TankVolume(StrEnum):
    """From when on the volume of somebody who waited in the holding tank counts in the placement tree.

    FROM_ORDER: from the day of each order, as if there had been no wait. FROM_PLACEMENT: only orders of the moment of
    placement and later. In the sponsor tree volume counts from the day of the order whatever is set here.
    """

    FROM_ORDER = "from_order"
    FROM_PLACEMENT = "from_placement"


@dataclass(frozen=True, kw_only=True)
class Tank:
    """A holding tank: the sponsor places a newcomer within ``hours``; afterwards it is done automatically."""

    hours: int = setting(Whole(1, 24 * 366))
    volume: TankVolume = setting(choice(TankVolume))

    def counts(self, snapshot: Snapshot, tree: str) -> NDArray[np.bool_] | None:
        """Say which sales count in the tree; None where all of them do.

        The fact ``placed_at.<tree>`` says when each person was placed, in microseconds since 1970; 0 where it is not known.
        """
        placed_at = snapshot.people.facts.get(f"placed_at.{tree}")
        if self.volume is TankVolume.FROM_ORDER or placed_at is None:
            return None
        counts: NDArray[np.bool_] = snapshot.sales.at >= placed_at[snapshot.sales.person]
        return counts


@dataclass(frozen=True, kw_only=True)
class PlacementTree:
    """A tree that says where people sit. Whoever enrols waits in the ``tank`` first, where the tree has one."""

    kind: ClassVar[str]
    tank: Tank | None = setting(Table(Tank), default=None)

    @property
    def searches(self) -> Search | None:
        """How a seat is found for whom nobody has placed by hand; None where everybody is placed by hand."""
        return None

    def check(self, path: str, report: Report) -> None:
        """Report a tank out of which nothing leads."""
        if self.tank is not None and self.searches is None:
            report.missing(f"{path}.search", "how people are placed whose time in the tank is over")


@dataclass(frozen=True, kw_only=True)
class BinaryTree(PlacementTree):
    """Two legs under everybody: 0 is left, 1 is right. Without a ``search`` everybody is placed by hand."""

    kind: ClassVar[str] = "binary"
    search: Search | None = setting(choice(Search), default=None)

    @property
    def searches(self) -> Search | None:
        return self.search


@dataclass(frozen=True, kw_only=True)
class MatrixTree(PlacementTree):
    """At most ``width`` people directly under everybody; ``depth`` levels are paid at most."""

    kind: ClassVar[str] = "matrix"
    width: int = setting(Whole(1, 100))
    depth: int = setting(Whole(1, 100))
    spill: Spill = setting(choice(Spill))

    @property
    def searches(self) -> Search | None:
        return _OF_SPILL[self.spill]


@dataclass(frozen=True, kw_only=True)
class OpenTree(PlacementTree):
    """Any number of people under everybody: whoever has left the tank hangs below the sponsor."""

    kind: ClassVar[str] = "open"

    def check(self, path: str, report: Report) -> None:
        """Nothing can be wrong: below the sponsor there is always room."""


_OF_SPILL: Final = MappingProxyType(
    {
        Spill.BREADTH_FIRST: Search.BREADTH_FIRST,
        Spill.POWER_LEG: Search.OUTER_LEFT,
        Spill.PREFERENCE: Search.PREFERENCE,
    }
)


TREES: Final[Mapping[str, type[PlacementTree]]] = MappingProxyType(
    {each.kind: each for each in (BinaryTree, MatrixTree, OpenTree)}
)
