"""What a plan document says about its placement trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import Table, setting
from commissions.engine.kinds import Whole, choice
from commissions.engine.snapshot import Snapshot


class Spill(StrEnum):
    """Where somebody goes whose place under the sponsor is taken."""

    BREADTH_FIRST = "breadth_first"
    POWER_LEG = "power_leg"
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


@dataclass(frozen=True, kw_only=True)
class BinaryTree(PlacementTree):
    """Two legs under everybody: 0 is left, 1 is right."""

    kind: ClassVar[str] = "binary"


@dataclass(frozen=True, kw_only=True)
class MatrixTree(PlacementTree):
    """At most ``width`` people directly under everybody; ``depth`` levels are paid at most."""

    kind: ClassVar[str] = "matrix"
    width: int = setting(Whole(1, 100))
    depth: int = setting(Whole(1, 100))
    spill: Spill = setting(choice(Spill))


@dataclass(frozen=True, kw_only=True)
class OpenTree(PlacementTree):
    """Any number of people under everybody."""

    kind: ClassVar[str] = "open"


TREES: Final[Mapping[str, type[PlacementTree]]] = MappingProxyType(
    {each.kind: each for each in (BinaryTree, MatrixTree, OpenTree)}
)
