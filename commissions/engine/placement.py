"""What a plan document says about its placement trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from commissions.engine.document import setting
from commissions.engine.kinds import Whole, choice


class Spill(StrEnum):
    """Where somebody goes whose place under the sponsor is taken."""

    BREADTH_FIRST = "breadth_first"
    POWER_LEG = "power_leg"
    PREFERENCE = "preference"


@dataclass(frozen=True, kw_only=True)
class PlacementTree:
    """A tree that says where people sit."""

    kind: ClassVar[str]


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
