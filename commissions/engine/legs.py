"""Legs: how many hold something, with people in between looked through or not, and how much of each may count."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.document import setting
from commissions.engine.forest import Forest
from commissions.engine.kinds import Percent, Points, Report, choice, percent

_NO_RANK = -1


class Where(StrEnum):
    """Where in a leg the rank has to be: at anybody's in it, or at the frontline person's who heads it."""

    ANYWHERE = "anywhere"
    FRONTLINE = "frontline"


class LooksThrough(StrEnum):
    """Who does not head a leg, so that the people below head legs of their own: rank compression."""

    NOBODY = "nobody"
    UNRANKED = "unranked"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class LegTest:
    """A thing to count legs for: those that hold ``rank`` (an index) or a higher one."""

    rank: int
    where: Where
    looks_through: LooksThrough = LooksThrough.NOBODY


def heads(looks_through: LooksThrough, rank: NDArray[np.int8], active: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Say who may head a leg, None where anybody may."""
    if looks_through is LooksThrough.NOBODY:
        return None
    return rank > _NO_RANK if looks_through is LooksThrough.UNRANKED else active


def count(forest: Forest, holds: NDArray[np.bool_], heads: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    """Count each person's legs whose head ``holds``; a leg is headed by the first person below who is one of ``heads``."""
    if heads is None:
        return forest.count_children(holds)
    of_children = forest.count_children(holds & heads).astype(np.int64)
    return forest.personal_group(of_children, heads).astype(np.int32)


class CapOf(StrEnum):
    """Of what a leg cap is a share, or that it is a number of points, and which legs it holds down.

    REQUIREMENT: no leg counts for more than the share of the group volume that is required. OWN_GV: no leg counts for
    more than the share of the person's own group volume. LARGEST_LEG: only the largest leg is held down, to the share of
    what is required. POINTS: no leg counts for more than the points.
    """

    REQUIREMENT = "requirement"
    OWN_GV = "own_gv"
    LARGEST_LEG = "largest_leg"
    POINTS = "points"


class OwnVolume(StrEnum):
    """Whether a leg cap holds the own volume down too."""

    CAPPED = "capped"
    FREE = "free"


@dataclass(frozen=True, kw_only=True)
class LegCap:
    """No leg counts for more than ``share`` (parts per million) of what ``of`` says, or than ``most`` (hundredths of a point)."""

    of: CapOf = setting(choice(CapOf))
    share: int | None = setting(Percent(), default=None)
    most: int | None = setting(Points(), default=None)
    own_volume: OwnVolume = setting(choice(OwnVolume))

    def check(self, path: str, report: Report) -> None:
        """Report a share beside points, points beside a share, and a cap that says neither."""
        if self.of is CapOf.POINTS:
            if self.most is None:
                report.missing(f"{path}.most", "how many points of a leg count at most, as of is points")
            if self.share is not None:
                report.wrong(f"{path}.share", percent(self.share), "no share, as of is points: most says how many")
            return
        if self.share is None:
            report.missing(f"{path}.share", f"a percentage of what of says, which is {self.of}")
        if self.most is not None:
            report.wrong(f"{path}.most", Points().dump(self.most), f"no points, as of is {self.of}: share says how much of it")


def held_down(cap: LegCap, required: int, forest: Forest, own: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return group volume with legs held down to a cap of what is ``required`` (hundredths of a point)."""
    share = cap.share or 0
    if cap.of is CapOf.OWN_GV:
        most, num, den = np.maximum(group, 0), share, money.PPM
        most = most // den * num + most % den * num // den
        legs = forest.sum_of_children(np.minimum(group, np.append(most, 0)[forest.parent]))
        return legs + (np.minimum(own, most) if cap.own_volume is OwnVolume.CAPPED else own)
    at_most = required * share // money.PPM if cap.most is None else cap.most
    own = np.minimum(own, at_most) if cap.own_volume is OwnVolume.CAPPED else own
    if cap.of is CapOf.LARGEST_LEG:
        return own + forest.sum_of_children(group) - np.maximum(forest.largest_child(group) - at_most, 0)
    return own + forest.sum_of_children(np.minimum(group, at_most))
