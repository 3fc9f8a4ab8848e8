"""Requirements of people: customers, a frontline, a team, and legs that somebody or something is in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import legs, volumes
from commissions.engine.buyers import Buyer
from commissions.engine.document import Table, setting
from commissions.engine.kinds import Code, Points, Report, Whole, choice
from commissions.engine.legs import LooksThrough, Where
from commissions.engine.names import Names
from commissions.engine.requirements.requirement import Requirement, Sight
from commissions.engine.requirements.volume import CUSTOMERS, check_customers
from commissions.engine.snapshot import NONE, SPONSOR

_MOST_PEOPLE = 10**7
_SIDES = 2


class Who(StrEnum):
    """Which distributors are counted: those with an open account, or the active ones among them."""

    OPEN = "open"
    ACTIVE = "active"


@dataclass(frozen=True, kw_only=True)
class Counted(Requirement):
    """At least so many of them."""

    count: int = setting(Whole(1, _MOST_PEOPLE))

    @property
    def need(self) -> int:
        return self.count


@dataclass(frozen=True, kw_only=True)
class Customers(Counted):
    """Different customers who bought at least ``each`` points in the period from the person."""

    measure: ClassVar[str] = "customers"
    buyers: tuple[Buyer, ...] = setting(CUSTOMERS)
    volume: str = setting(Code())
    each: int = setting(Points())

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return volumes.customers(sight.snapshot, self.volume, self.buyers, self.each)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        check_customers(f"{path}.buyers", self.buyers, report)


class WhoseVolume(StrEnum):
    """Whose volume counts of a leg: that of all of it, or of the person who heads it."""

    LEG = "leg"
    HEAD = "head"


@dataclass(frozen=True, kw_only=True)
class LegsWithVolume(Counted):
    """Legs in a tree that have, or whose heads have, at least ``least`` points each."""

    measure: ClassVar[str] = "legs_with_volume"
    tree: str = setting(Code())
    volume: str = setting(Code())
    least: int = setting(Points())
    of: WhoseVolume = setting(choice(WhoseVolume), default=WhoseVolume.LEG)

    @property
    def points(self) -> tuple[int, ...]:
        return (self.least,)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        measured = sight.group_volume if self.of is WhoseVolume.LEG else sight.own_volume
        enough = measured(self.volume, tree=self.tree) >= self.least
        return sight.people.forest(self.tree).count_children(enough).astype(np.int64)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        _require_some(f"{path}.least", self.least, report)


def _require_some(path: str, points: int, report: Report) -> None:
    """Report legs that would count without any volume: whoever has just come, or gone, would be one."""
    if not points:
        report.wrong(path, points, "more than 0, as a leg counts by its volume")


@dataclass(frozen=True, kw_only=True)
class Enough:
    """At least so many points of a named volume."""

    volume: str = setting(Code())
    least: int = setting(Points())


@dataclass(frozen=True, kw_only=True)
class LegsWithRank(Counted):
    """Legs in a tree that hold ``rank``, or a higher one, somewhere or at their head; or have volume, or both."""

    measure: ClassVar[str] = "legs_with_rank"
    tree: str = setting(Code())
    rank: str = setting(Code())
    where: Where = setting(choice(Where))
    looks_through: LooksThrough = setting(choice(LooksThrough), default=LooksThrough.NOBODY)
    with_volume: Enough | None = setting(Table(Enough), default=None)
    or_volume: Enough | None = setting(Table(Enough), default=None)

    @property
    def points(self) -> tuple[int, ...]:
        return tuple(asked.least for asked in (self.with_volume, self.or_volume) if asked is not None)

    @property
    def reads_ranks(self) -> bool:
        return True

    @property
    def reads_unranked(self) -> bool:
        return self.looks_through is LooksThrough.UNRANKED

    @property
    def rises(self) -> bool:
        return self.looks_through is LooksThrough.NOBODY

    @property
    def ranks(self) -> tuple[str, ...]:
        return (self.rank,)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        forest = sight.people.forest(self.tree)
        holds = sight.at_least(self.rank)
        holds = holds if self.where is Where.FRONTLINE else forest.holds_below(holds)
        if self.with_volume is not None:
            holds = holds & self._reach(sight, self.with_volume)
        if self.or_volume is not None:
            holds = holds | self._reach(sight, self.or_volume)
        return legs.count(forest, holds, legs.heads(self.looks_through, sight.rank, sight.active)).astype(np.int64)

    def _reach(self, sight: Sight, asked: Enough) -> NDArray[np.bool_]:
        reached: NDArray[np.bool_] = sight.group_volume(asked.volume, self.tree) >= asked.least
        return reached

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        for key, asked in (("with_volume", self.with_volume), ("or_volume", self.or_volume)):
            if asked is not None:
                names.require_volume(f"{path}.{key}.volume", asked.volume, report)
                _require_some(f"{path}.{key}.least", asked.least, report)


@dataclass(frozen=True, kw_only=True)
class ActiveFrontline(Counted):
    """Active distributors directly below in a tree."""

    measure: ClassVar[str] = "active_frontline"
    tree: str = setting(Code())

    @property
    def reads_active(self) -> bool:
        return True

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return sight.people.forest(self.tree).count_children(sight.active).astype(np.int64)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)


@dataclass(frozen=True, kw_only=True)
class SponsoredInLegs(Counted):
    """Distributors whom the person sponsored, wherever they sit in a leg of a placement tree, in each of so many legs.

    Counted is the leg that has the fewest of them among the ``legs`` that have the most; of a binary tree both legs.
    """

    measure: ClassVar[str] = "sponsored_in_legs"
    tree: str = setting(Code())
    who: Who = setting(choice(Who))
    rank: str = setting(Code(), default="")
    with_volume: Enough | None = setting(Table(Enough), default=None)
    legs: int | None = setting(Whole(1, 100), default=None)

    @property
    def points(self) -> tuple[int, ...]:
        return (self.with_volume.least,) if self.with_volume else ()

    @property
    def reads_active(self) -> bool:
        return self.who is Who.ACTIVE

    @property
    def reads_ranks(self) -> bool:
        return bool(self.rank)

    @property
    def ranks(self) -> tuple[str, ...]:
        return (self.rank,) if self.rank else ()

    def have(self, sight: Sight) -> NDArray[np.int64]:
        counted = _counted(sight, self.who)
        if self.rank:
            counted = counted & sight.at_least(self.rank)
        if self.with_volume is not None:
            counted = counted & (sight.own_volume(self.with_volume.volume) >= self.with_volume.least)
        head = volumes.leg_of_sponsor(sight.people, self.tree)
        in_leg = np.bincount(head[counted & (head != NONE)], minlength=len(head)).astype(np.int64)
        return sight.people.forest(self.tree).nth_child(in_leg, self.legs or _SIDES)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        placed = {code: kind for code, kind in names.trees.items() if code != SPONSOR}
        names.require(f"{path}.tree", self.tree, placed, "one of the plan's placement trees", report)
        if self.with_volume is not None:
            names.require_volume(f"{path}.with_volume.volume", self.with_volume.volume, report)
        if placed.get(self.tree, "binary") != "binary" and self.legs is None:
            report.missing(f"{path}.legs", f"in how many legs they have to sit, as {self.tree} is not binary")
        elif placed.get(self.tree) == "binary" and (self.legs or _SIDES) > _SIDES:
            report.wrong(f"{path}.legs", self.legs, f"at most 2, as {self.tree} is binary")


@dataclass(frozen=True, kw_only=True)
class Team(Counted):
    """Distributors below in a tree, the person not included: all of them, or those of the first ``levels`` only."""

    measure: ClassVar[str] = "team"
    tree: str = setting(Code())
    who: Who = setting(choice(Who))
    levels: int | None = setting(Whole(1, 100), default=None)

    @property
    def reads_active(self) -> bool:
        return self.who is Who.ACTIVE

    def have(self, sight: Sight) -> NDArray[np.int64]:
        forest = sight.people.forest(self.tree)
        counted = _counted(sight, self.who).astype(np.int64)
        if self.levels is None:
            return forest.downline_sum(counted) - counted
        total, level = np.zeros_like(counted), counted
        for _ in range(self.levels):
            level = forest.sum_of_children(level)
            total += level
        return total

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)


def _counted(sight: Sight, who: Who) -> NDArray[np.bool_]:
    return sight.active if who is Who.ACTIVE else sight.payable & sight.people.is_distributor()
