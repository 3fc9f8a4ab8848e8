"""What every bonus is: settings that say what is rounded and in which period, and a way to payment lines.

A kind of bonus is one module with one dataclass. Most are *walks*: they say on what they pay (``sources``) and who is
paid at each step up from there (``walk``); multiplying, rounding and adding up are the same for all walks and live in
``lines.py`` (``walking.py``). What no walk can say (pairs of legs, pools, one-time rewards) writes ``pay`` itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.bonuses import rows
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Text, choice
from commissions.engine.money import Rounding
from commissions.engine.names import Names
from commissions.engine.requirements import Requirement, requirements_in
from commissions.engine.result import Lines, Reason, Standings
from commissions.engine.snapshot import NONE, People, Status

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
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
    """Who is paid, ``[step, starter]``: a person or NONE. ``missed`` and ``reason`` are as in ``result.Lines``.

    ``rate_ppm`` is ``[step, starter]``, or ``[step, 1]`` where a step pays everybody the same; a step with rate 0 makes
    no line. ``level`` is what a step is called, ``[step, 1]`` or ``[step, starter]``.
    """

    payee: NDArray[np.int64]
    missed: NDArray[np.int64]
    reason: NDArray[np.int8]
    rate_ppm: NDArray[np.int32]
    level: NDArray[np.int16]

    @classmethod
    def empty(cls, rates: tuple[int, ...], starters: int, *, first_level: int = 1) -> "Walk":
        """Room for a walk that is still to be made, one step for each of ``rates``."""
        shape = (len(rates), starters)
        return cls(
            np.full(shape, NONE, np.int64),
            np.full(shape, NONE, np.int64),
            np.zeros(shape, np.int8),
            np.array(rates, dtype=np.int32).reshape(-1, 1),
            np.arange(first_level, first_level + len(rates), dtype=np.int16).reshape(-1, 1),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """A walk ends after it has met ``most`` of the people who are ``marked``, the seller counted.

    It is a bound: some walks end sooner.
    """

    marked: NDArray[np.bool_]
    most: int


@dataclass(frozen=True, kw_only=True)
class Bonus(ABC):
    """The settings that every kind of bonus has. ``period`` is the code of a period type, the ladder's where left out."""

    kind: ClassVar[str]
    is_match: ClassVar[bool] = False
    is_fee: ClassVar[bool] = False
    units: ClassVar[tuple[Unit, ...]] = tuple(Unit)
    code: str = setting(Code())
    name: str = setting(Text())
    line: Unit = setting(choice(Unit))
    rounding: Rounding = setting(choice(Rounding))
    unearned: Unearned = setting(choice(Unearned))
    period: str = setting(Code(), default="")

    @property
    def names(self) -> tuple[str, ...]:
        """The codes of the bonuses that this one is computed from."""
        return ()

    @property
    def earned_from(self) -> tuple[str, ...]:
        """The codes of the bonuses whose earnings it reads: they have to be of the same period type."""
        return ()

    @property
    def sets_aside(self) -> tuple[str, ...]:
        """The codes of the bonuses of which it may take back what they paid, as the greater of two does."""
        return ()

    @property
    def repools(self) -> tuple[str, ...]:
        """The codes of the bonuses of which it divides what nobody earned: that money counts here from then on."""
        return ()

    @property
    def per_sale(self) -> bool:
        """Whether it depends on one sale and the standings above it, so that new sales alone can be paid."""
        return False

    @property
    def per_person(self) -> bool:
        """Whether what somebody is paid depends on that person's standing, facts and history alone; nobody misses anything."""
        return False

    def in_slices(self, plan: "Plan") -> bool:
        """Whether a refresh can pay new sales alone, because standings alone say who is paid for what each seller sold."""
        return False

    def takes_alone(self, plan: "Plan") -> bool:
        """Whether ``takes`` decides on each sale by itself: by what the sale says, and by when the seller joined."""
        return True

    @property
    def goes_by_order(self) -> bool:
        """Whether what it pays on some orders is the same whatever other orders there are, given how people stand.

        Only then can each order be paid by the ranks of its own moment.
        """
        return self.per_sale

    @cached_property
    def requirements(self) -> tuple[tuple[str, Requirement], ...]:
        """All that it asks people for, each with the path of its key."""
        return tuple(requirements_in(self, ""))

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report settings that contradict each other or name something that is not there."""
        for key, required in self.requirements:
            required.check(f"{path}{key}", names, report)
        if self.line not in self.units:
            report.wrong(f"{path}.line", self.line, f"one of {', '.join(self.units)} for a {self.kind}")
        if self.period:
            names.require(f"{path}.period", self.period, names.periods, "one of the plan's periods", report)
        for code in self.names:
            names.require_bonus(_where(self, code, path) or path, code, report)

    def takes(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say on which sales it pays, for a bonus that leaves those to it: none, where no single sale is paid on."""
        return np.zeros(len(calculation.sales), dtype=np.bool_)

    @property
    def pays_for_recruiting(self) -> bool:
        """Whether it pays because somebody joins, with no sale of a product behind it."""
        return False

    def most(self, plan: "Plan") -> Fraction | None:
        """Return the most that it can pay of one unit of commissionable volume; None if nothing in it says."""
        return None

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        """Return how many levels it has, and the deepest that any rank is paid; equal where all are paid."""
        return 0, 0

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        """Return the figures behind what a person is paid or not paid, by name, such as the volumes of two legs.

        Names that end in ``_minor`` are minor units of the plan's currency, in ``_points`` hundredths of a point; others
        are counted. An explanation shows them beside the arithmetic.
        """
        return rows.row_figures(getattr(self, "rates", None), calculation.plan, calculation.standings, person)

    @abstractmethod
    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        """Yield the payment lines in blocks."""


def open_to(plan: "Plan", index: int, standings: Standings) -> NDArray[np.bool_]:
    """Say who may be paid a bonus at all: an open account, and all of the bonus's pay gates passed."""
    may = standings.payable
    for gate in plan.gates_of(index):
        may = may & ~standings.gated[gate]
    return may


_BY_STATUS = np.full(len(Status), Reason.NOT_ACTIVE, dtype=np.int8)
_BY_STATUS[[Status.SUSPENDED, Status.TERMINATED, Status.HOUSE]] = Reason.SUSPENDED, Reason.TERMINATED, Reason.HOUSE


def why_not(plan: "Plan", index: int, people: People, standings: Standings) -> NDArray[np.int8]:
    """Say why each person would not be paid, given that the person does not qualify; one entry more, for nobody."""
    shut = standings.payable & ~open_to(plan, index, standings)
    of_rank = np.where(shut, np.int8(Reason.GATED), np.int8(Reason.RANK_TOO_LOW))
    reason = np.where(standings.active | shut, of_rank, _BY_STATUS[people.status])
    return np.append(reason, np.int8(Reason.NOBODY_ABOVE))


def roll_up(
    qualified: NDArray[np.bool_], parent: NDArray[np.int64], rank: NDArray[np.int8], missed: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find who gets the money of each person in ``missed``.

    It is the nearest person above who is ``qualified`` and holds the same rank as the missed person or a higher one.
    """
    payee = np.full(len(missed), NONE, dtype=np.int64)
    lost = missed != NONE
    for least in np.unique(rank[missed[lost]]):
        above = tree.next_upline(qualified & (rank >= least), parent)
        here = lost & (rank[missed] == least)
        payee[here] = above[missed[here]]
    return payee


def _where(value: object, code: str, path: str) -> str:
    """Find under which key a bonus names another one; empty if under none."""
    if value == code:
        return path
    inside: list[tuple[object, str]] = []
    if is_dataclass(value):
        keys = [each.name for each in fields(value) if each.name not in ("code", "name", "tree", "volume")]
        inside = [(getattr(value, key), f"{path}.{key}") for key in keys]
    elif isinstance(value, tuple):
        inside = [(each, f"{path}[{number}]") for number, each in enumerate(value, 1)]
    return next((found for each, at in inside if (found := _where(each, code, at))), "")
