"""Requirements of volume: own, customers', of groups, of legs, and of periods before."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tenure, volumes
from commissions.engine.buyers import Buyer
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Code, Percent, Points, Report, Whole, choice
from commissions.engine.legs import LegCap, held_down
from commissions.engine.names import Names
from commissions.engine.requirements.requirement import Requirement, Sight

_BUYERS = ListOf(choice(Buyer), least=1, most=len(Buyer))
CUSTOMERS = ListOf(choice(Buyer), least=1, most=2)


def check_customers(path: str, buyers: tuple[Buyer, ...], report: Report) -> None:
    """Report a distributor among those who are to be customers."""
    if Buyer.DISTRIBUTOR in buyers:
        report.wrong(path, ", ".join(buyers), "customers: preferred, retail or both")


class Of(StrEnum):
    """Whose volume: the person's own, or the whole downline's with the person's."""

    OWN = "own"
    GROUP = "group"


class Less(StrEnum):
    """What a personal group leaves out of the downline.

    BREAKAWAY: the groups of those who ended the period before with the rank or a higher one, and so broke away.
    RANK: the groups of those who hold the rank or a higher one in this period. LEGS: whole legs, from the frontline
    person down, in which somebody holds it.
    """

    BREAKAWAY = "breakaway"
    RANK = "rank"
    LEGS = "legs"


class OwnCounts(StrEnum):
    """Whether the own volume counts beside the legs'."""

    COUNTS = "counts"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, kw_only=True)
class _OfVolume(Requirement):
    """At least so many points of a named volume."""

    is_points: ClassVar[bool] = True
    volume: str = setting(Code())
    least: int = setting(Points())

    @property
    def need(self) -> int:
        return self.least

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)


@dataclass(frozen=True, kw_only=True)
class OwnVolume(_OfVolume):
    """Volume credited to the person, of what the ``buyers`` bought: the own purchases, or customers'."""

    measure: ClassVar[str] = "own_volume"
    buyers: tuple[Buyer, ...] = setting(_BUYERS)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return sight.own_volume(self.volume, self.buyers)


@dataclass(frozen=True, kw_only=True)
class GroupVolume(_OfVolume):
    """Volume of the person and everyone below in a tree: all of them, or those of the first ``levels`` only.

    With ``own`` left out, of those below without the person. With a ``leg_cap`` no leg counts for more than that says.
    """

    measure: ClassVar[str] = "group_volume"
    tree: str = setting(Code())
    levels: int | None = setting(Whole(1, 100), default=None)
    own: OwnCounts = setting(choice(OwnCounts), default=OwnCounts.COUNTS)
    leg_cap: LegCap | None = setting(Table(LegCap), default=None)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        group = sight.group_volume(self.volume, self.tree) if self.levels is None else self._of_levels(sight, self.levels)
        if self.leg_cap is None and self.own is OwnCounts.COUNTS:
            return group
        own = sight.own_volume(self.volume, tree=self.tree)
        if self.leg_cap is not None:
            counted = own if self.own is OwnCounts.COUNTS else np.zeros_like(own)
            return held_down(self.leg_cap, self.least, sight.people.forest(self.tree), counted, group)
        return group - own

    def _of_levels(self, sight: Sight, levels: int) -> NDArray[np.int64]:
        forest = sight.people.forest(self.tree)
        total = level = sight.own_volume(self.volume, tree=self.tree)
        money.require_summable(level, "group volume")
        for _ in range(levels):
            level = forest.sum_of_children(level)
            total = total + level
        return total

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        if self.leg_cap is not None:
            self.leg_cap.check(f"{path}.leg_cap", report)
            if self.levels is not None:
                report.wrong(f"{path}.levels", self.levels, "no levels beside leg_cap, which is of whole legs")
            if self.least == 0:
                report.wrong(f"{path}.least", 0, "a volume above 0, as leg_cap says what of a leg counts towards it")


@dataclass(frozen=True, kw_only=True)
class PersonalGroupVolume(_OfVolume):
    """Volume of the downline in the sponsor tree, less what ``less`` says of ``rank``."""

    measure: ClassVar[str] = "personal_group_volume"
    less: Less = setting(choice(Less))
    rank: str = setting(Code())

    @property
    def reads_ranks(self) -> bool:
        return self.less is not Less.BREAKAWAY

    @property
    def rises(self) -> bool:
        return self.less is Less.BREAKAWAY

    @property
    def ranks(self) -> tuple[str, ...]:
        return (self.rank,)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        own = sight.own_volume(self.volume)
        if self.less is Less.RANK:
            return sight.people.forest().personal_group(own, sight.at_least(self.rank))
        if self.less is Less.BREAKAWAY:
            broke_away = tenure.ago(sight.snapshot, 1) >= sight.plan.rank_index(self.rank)
            return sight.people.forest().personal_group(own, broke_away)
        forest = sight.people.forest()
        group = volumes.summed(forest, own)
        stays = ~forest.holds_below(sight.at_least(self.rank))
        return own + forest.sum_of_children(np.where(stays, group, 0))


@dataclass(frozen=True, kw_only=True)
class CustomerShare(Requirement):
    """Customers' share of the volume, own or of the group: nobody without volume has any."""

    measure: ClassVar[str] = "customer_share"
    is_share: ClassVar[bool] = True
    volume: str = setting(Code())
    of: Of = setting(choice(Of))
    buyers: tuple[Buyer, ...] = setting(CUSTOMERS)
    least: int = setting(Percent())

    @property
    def need(self) -> int:
        return self.least

    @property
    def rises(self) -> bool:
        return False

    def have(self, sight: Sight) -> NDArray[np.int64]:
        if self.of is Of.OWN:
            part, whole = sight.own_volume(self.volume, self.buyers), sight.own_volume(self.volume)
        else:
            part, whole = sight.group_volume(self.volume, buyers=self.buyers), sight.group_volume(self.volume)
        return volumes.share_of(part, whole)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        check_customers(f"{path}.buyers", self.buyers, report)


@dataclass(frozen=True, kw_only=True)
class LesserLeg(_OfVolume):
    """Volume of the smaller of the two legs in a binary tree; the own volume is in neither."""

    measure: ClassVar[str] = "lesser_leg"
    tree: str = setting(Code())

    def have(self, sight: Sight) -> NDArray[np.int64]:
        forest = sight.people.forest(self.tree)
        group = sight.group_volume(self.volume, self.tree)
        return np.minimum(forest.of_leg(group, 0), forest.of_leg(group, 1))

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report, "binary")


@dataclass(frozen=True, kw_only=True)
class OutsideLargestLeg(_OfVolume):
    """Volume of all legs but the largest, or but so many of the ``largest``, with the own volume or without it."""

    measure: ClassVar[str] = "outside_largest_leg"
    tree: str = setting(Code())
    own: OwnCounts = setting(choice(OwnCounts))
    largest: int = setting(Whole(1, 100), default=1)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        forest = sight.people.forest(self.tree)
        group = sight.group_volume(self.volume, self.tree)
        legs = forest.sum_of_children(group) - forest.largest_children(group, self.largest)
        return legs + sight.own_volume(self.volume, tree=self.tree) if self.own is OwnCounts.COUNTS else legs

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)


@dataclass(frozen=True, kw_only=True)
class NthLargestLeg(_OfVolume):
    """Volume of the leg that is the ``nth`` largest: 1 for the largest, 2 for the next; a leg that is not there is 0."""

    measure: ClassVar[str] = "nth_largest_leg"
    tree: str = setting(Code())
    nth: int = setting(Whole(1, 100))

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return sight.people.forest(self.tree).nth_child(sight.group_volume(self.volume, self.tree), self.nth)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)


@dataclass(frozen=True, kw_only=True)
class _OverPeriods(_OfVolume):
    """Own or group volume, this period's and what earlier periods left."""

    of: Of = setting(choice(Of))

    def now(self, sight: Sight) -> NDArray[np.int64]:
        """Measure this period's volume."""
        return sight.own_volume(self.volume) if self.of is Of.OWN else sight.group_volume(self.volume)


@dataclass(frozen=True, kw_only=True)
class LifetimeVolume(_OverPeriods):
    """Volume of all of the ladder's periods, this one included."""

    measure: ClassVar[str] = "lifetime_volume"

    @property
    def _name(self) -> str:
        return f"volume.lifetime.{self.of}.{self.volume}"

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return money.added([self.now(sight), sight.state(self._name)], "lifetime volume")

    def leaves(self, sight: Sight) -> dict[str, NDArray[np.int64]]:
        return {self._name: self.have(sight)}


@dataclass(frozen=True, kw_only=True)
class RollingVolume(_OverPeriods):
    """Volume of the last ``periods`` of the ladder's periods, this one included."""

    measure: ClassVar[str] = "rolling_volume"
    periods: int = setting(Whole(2, 120))

    def _name(self, back: int) -> str:
        return f"volume.ago.{back}.{self.of}.{self.volume}"

    def have(self, sight: Sight) -> NDArray[np.int64]:
        earlier = (sight.state(self._name(back)) for back in range(1, self.periods))
        return money.added([self.now(sight), *earlier], "rolling volume")

    def leaves(self, sight: Sight) -> dict[str, NDArray[np.int64]]:
        older = {self._name(back + 1): sight.state(self._name(back)) for back in range(1, self.periods - 1)}
        return {self._name(1): self.now(sight), **older}
