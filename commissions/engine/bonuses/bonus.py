"""What every bonus is: settings that say what is rounded, on what it pays, and who is paid for it.

A kind of bonus is one module with one dataclass. It declares its settings and answers three questions: on what it pays
(``sources``), what each level pays (``rates_ppm``), and who is paid at each level for what a person sold (``walk``).
Multiplying, rounding and adding up are the same for all and live in ``lines.py``.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.bonuses.sources import Sources
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Text, choice
from commissions.engine.money import Rounding
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE, People, Sales, Status

if TYPE_CHECKING:
    from commissions.engine.plan import Plan


class Unit(StrEnum):
    """What one payment line is, and so what is rounded once: an order, a seller's sales, or all that a payee gets."""

    ORDER = "order"
    SOURCE = "source"
    PAYEE = "payee"


class Unearned(StrEnum):
    """Where the money goes of a person who does not qualify: the company keeps it, or the upline gets it."""

    BREAKAGE = "breakage"
    ROLL_UP = "roll_up"


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Who is paid, ``[level, seller]``: a person or NONE. ``missed`` and ``reason`` are as in ``result.Lines``."""

    payee: NDArray[np.int64]
    missed: NDArray[np.int64]
    reason: NDArray[np.int8]

    @classmethod
    def empty(cls, levels: int, sellers: int) -> "Walk":
        """Room for a walk that is still to be made."""
        shape = (levels, sellers)
        return cls(np.empty(shape, np.int64), np.empty(shape, np.int64), np.empty(shape, np.int8))


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A walk ends after it has met ``most`` of the people who are ``marked``, the seller counted.

    It is a bound: some walks end sooner.
    """

    marked: NDArray[np.bool_]
    most: int


@dataclass(frozen=True, kw_only=True)
class Bonus(ABC):
    """The settings that every kind of bonus has."""

    kind: ClassVar[str]
    first_level: ClassVar[int] = 1
    code: str = setting(Code())
    name: str = setting(Text())
    line: Unit = setting(choice(Unit))
    rounding: Rounding = setting(choice(Rounding))
    unearned: Unearned = setting(choice(Unearned))

    @property
    @abstractmethod
    def rates_ppm(self) -> tuple[int, ...]:
        """What each level pays, in parts per million of the base."""

    @abstractmethod
    def sources(self, sales: Sales) -> Sources:
        """Gather what the bonus pays on to the size of a payment line; rows that pay nothing are left out."""

    @abstractmethod
    def walk(self, plan: "Plan", people: People, standings: Standings, sellers: NDArray[np.int64]) -> Walk:
        """Find who is paid at each level for what each of ``sellers`` sold."""

    @abstractmethod
    def qualifies(self, plan: "Plan", standings: Standings) -> NDArray[np.int16]:
        """Say for how many levels each person may be paid, 0 for who is paid nothing."""

    def claim(self, plan: "Plan", standings: Standings) -> NDArray[np.int16]:
        """Put into one number per person all that ``walk`` asks of a standing: while it stays, walks stay."""
        levels = self.qualifies(plan, standings)
        by_rank = self.unearned is Unearned.ROLL_UP
        return levels + np.int16(256) * (standings.rank + np.int16(1)) if by_rank else levels

    @abstractmethod
    def reach(self, plan: "Plan", standings: Standings) -> "Reach | None":
        """Say how far up a walk can come; None where nothing bounds it."""

    @abstractmethod
    def check(self, path: str, ranks: tuple[str, ...], report: Report) -> None:
        """Report settings that contradict each other or the ladder of ranks."""


_BY_STATUS = np.full(len(Status), Reason.NOT_ACTIVE, dtype=np.int8)
_BY_STATUS[[Status.SUSPENDED, Status.TERMINATED, Status.HOUSE]] = Reason.SUSPENDED, Reason.TERMINATED, Reason.HOUSE


def why_not(people: People, standings: Standings) -> NDArray[np.int8]:
    """Say why each person would not be paid, given that the person does not qualify; one entry more, for nobody."""
    reason = np.where(standings.active, np.int8(Reason.RANK_TOO_LOW), _BY_STATUS[people.status])
    return np.append(reason, np.int8(Reason.NOBODY_ABOVE))


def roll_up(qualified: NDArray[np.bool_], people: People, rank: NDArray[np.int8], missed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find who gets the money of each person in ``missed``.

    It is the nearest person above who is ``qualified`` and holds the same rank as the missed person or a higher one.
    """
    payee = np.full(len(missed), NONE, dtype=np.int64)
    lost = missed != NONE
    for least in np.unique(rank[missed[lost]]):
        above = tree.next_upline(qualified & (rank >= least), people.parent)
        here = lost & (rank[missed] == least)
        payee[here] = above[missed[here]]
    return payee
