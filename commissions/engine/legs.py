"""What legs are counted for: a rank somewhere in them or at their head, with people in between looked through or not."""

from dataclasses import dataclass
from enum import StrEnum


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
