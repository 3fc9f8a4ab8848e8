"""What the binary bonuses share: the volume on both legs, what becomes of it, and who qualifies.

docs/plans/binary_legs.md states the rules. In arrays of two rows the first is the left leg, the second the right.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses.bonus import Bonus, Unearned, Unit, why_not
from commissions.engine.bonuses.sources import SalesFilter, of_volume
from commissions.engine.document import Table, setting
from commissions.engine.kinds import Code, Points, Report, Switch, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE, People

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation

SIDES = ("left", "right")


class Consumed(StrEnum):
    """What a person who does not qualify loses of the legs: nothing, or what would have been paid for."""

    PAID = "paid"
    MATCHED = "matched"


class WhileInactive(StrEnum):
    """What becomes of the volume of an inactive person."""

    KEPT = "kept"
    FLUSHED = "flushed"


class Beyond(StrEnum):
    """What becomes of the volume above a person's cap: it stays, it is used up, or it goes with all that is on the legs."""

    CARRIED = "carried"
    FORFEITED = "forfeited"
    FLUSHED = "flushed"


@dataclass(frozen=True, kw_only=True)
class Qualifies:
    """Who is paid: only active people or not, and those with so many active people on each leg whom they sponsored."""

    active: bool = setting(Switch())
    sponsored_each_leg: int = setting(Whole(0, 100))


@dataclass(frozen=True, kw_only=True)
class CarryOver:
    """What stays on the legs for the next period; without it nothing does.

    At most ``most`` a leg, for ``expires_after`` periods after its own, and of inactive people as ``while_inactive`` says,
    after ``grace`` periods in a row. Whoever is below ``least_rank`` counts as inactive here.
    """

    consumed: Consumed = setting(choice(Consumed))
    most: int | None = setting(Points(), default=None)
    expires_after: int | None = setting(Whole(1, 60), default=None)
    while_inactive: WhileInactive = setting(choice(WhileInactive))
    grace: int = setting(Whole(0, 60), default=0)
    least_rank: str = setting(Code(), default="")

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report settings about flushing where nothing is flushed, and a rank that the plan does not have."""
        if self.while_inactive is WhileInactive.KEPT:
            if self.grace:
                report.wrong(f"{path}.grace", self.grace, "no grace where volume is kept while inactive")
            if self.least_rank:
                report.wrong(f"{path}.least_rank", self.least_rank, "no rank where volume is kept while inactive")
        elif self.least_rank:
            names.require_rank(f"{path}.least_rank", self.least_rank, report)


class OwnLeg(StrEnum):
    """On which of the own legs own volume counts."""

    LESSER = "lesser"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class OwnVolume:
    """What is credited to a person beyond ``above`` points of a period counts on one of the own legs."""

    above: int = setting(Points())
    leg: OwnLeg = setting(choice(OwnLeg))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a period takes off the legs, ``[leg, person]``, and of whom everything goes."""

    used: NDArray[np.int64]
    flushed: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Binary(Bonus):
    """A bonus on both legs of a binary ``tree``. ``sales`` narrows the sales whose ``volume`` counts."""

    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    tree: str = setting(Code())
    volume: str = setting(Code())
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)
    qualifies: Qualifies = setting(Table(Qualifies))
    carry_over: CarryOver | None = setting(Table(CarryOver), default=None)
    own_volume: OwnVolume | None = setting(Table(OwnVolume), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report, "binary")
        names.require_volume(f"{path}.volume", self.volume, report)
        if self.sales is not None:
            self.sales.check(f"{path}.sales", report)
        if self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, f"breakage: a {self.kind} is never rolled up")
        if self.carry_over is not None:
            self.carry_over.check(f"{path}.carry_over", names, report)

    @abstractmethod
    def match(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        """Pay on the ``legs`` (never below 0), and say what that takes off them.

        ``refused`` says why a person does not qualify, PAID for those who do.
        """

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        none = np.zeros(len(calculation.people), dtype=np.int64)
        kept = ([none, *self._carried(calculation, side).values()] for side in SIDES)
        carried = np.stack([money.added(ages, "what was carried over") for ages in kept])
        new = self._new(calculation, carried)
        total = new + carried
        money.require_summable(total.ravel(), "what is on the legs")
        outcome, blocks = self.match(calculation, index, np.maximum(total, 0), self._refused(calculation, index))
        yield from blocks
        self._leave(calculation, new, total, outcome)

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        named = {"carried": "in", "new": "new", "used": "used", "lost": "lost"}
        return {
            f"{side}_{word}_points": int(calculation.leaves[f"{self.code}.{side}.{name}"][person])
            for side in SIDES
            for word, name in named.items()
            if f"{self.code}.{side}.{name}" in calculation.leaves
        }

    @property
    def takes_unpaid(self) -> bool:
        """Whether people who do not qualify lose what they would have been paid for."""
        return self.carry_over is None or self.carry_over.consumed is Consumed.MATCHED

    @property
    def _ages(self) -> int:
        """How many ages of carried volume are told apart: all is age 1 where none expires."""
        return 0 if self.carry_over is None else self.carry_over.expires_after or 1

    def _new(self, calculation: "Calculation", carried: NDArray[np.int64]) -> NDArray[np.int64]:
        """The period's own volume on both legs: all below the leg's head, the head included, and own volume that counts."""
        bought = of_volume(calculation, self.volume, by_order=False, only=self.sales)
        own = np.zeros(len(calculation.people), dtype=np.int64)
        np.add.at(own, bought.seller, bought.base)
        forest = calculation.people.forest(self.tree)
        below = forest.downline_sum(own)
        new = np.stack([forest.of_leg(below, leg) for leg in range(2)])
        if self.own_volume is not None:
            left_is_less = new[0] + carried[0] < new[1] + carried[1]
            on_left = left_is_less if self.own_volume.leg is OwnLeg.LESSER else self.own_volume.leg is OwnLeg.LEFT
            extra = np.zeros_like(own)
            placed = calculation.people.placed(self.tree).order
            extra[placed] = np.maximum(own[placed] - self.own_volume.above, 0)
            new += np.stack([np.where(on_left, extra, 0), np.where(on_left, 0, extra)])
        return new

    def _carried(self, calculation: "Calculation", side: str) -> dict[int, NDArray[np.int64]]:
        """What earlier periods left on a leg by age, the youngest first; ages of which nobody has anything are left out."""
        kept = calculation.snapshot.state.people
        ages = {age: kept.get(f"{self.code}.{side}.{age}") for age in range(1, self._ages + 1)}
        return {age: values for age, values in ages.items() if values is not None and values.any()}

    def _refused(self, calculation: "Calculation", index: int) -> NDArray[np.int8]:
        """Say why each person is not paid, PAID for those who are; ranks are asked later."""
        standings, plan = calculation.standings, calculation.plan
        may = calculation.open_to(index)
        if self.qualifies.active:
            may = may & standings.active
        why = np.where(may, np.int8(Reason.PAID), why_not(plan, index, calculation.people, standings)[:-1])
        if self.qualifies.sponsored_each_leg:
            found = sponsored_by_leg(calculation.people, self.tree, standings.active).min(axis=0)
            short = (why == Reason.PAID) & (found < self.qualifies.sponsored_each_leg)
            why = np.where(short, np.int8(Reason.NOT_QUALIFIED), why)
        return why.astype(np.int8)

    def _leave(self, calculation: "Calculation", new: NDArray[np.int64], total: NDArray[np.int64], outcome: Outcome) -> None:
        """Leave what stays for the next period, by age, and the figures of this one."""
        left = total - outcome.used
        left[:, outcome.flushed] = 0
        if self.carry_over is not None and self.carry_over.while_inactive is WhileInactive.FLUSHED:
            keeps = calculation.standings.active
            if self.carry_over.least_rank:
                keeps = keeps & (calculation.standings.rank >= calculation.plan.rank_index(self.carry_over.least_rank))
            inactive = np.where(keeps, 0, calculation.state(f"{self.code}.inactive") + 1)
            calculation.leave(f"{self.code}.inactive", inactive)
            left[:, inactive > self.carry_over.grace] = 0
        for leg, side in enumerate(SIDES):
            kept = self._kept({0: new[leg], **self._carried(calculation, side)}, left[leg])
            lost = total[leg] - outcome.used[leg]
            for age in range(1, self._ages + 1):
                name = f"{self.code}.{side}.{age}"
                if age in kept:
                    lost -= kept[age]
                    calculation.leave(name, kept[age])
                elif name in calculation.snapshot.state.people:
                    calculation.leave(name, np.zeros(len(lost), dtype=np.int64))
            figures = {"in": total[leg] - new[leg], "new": new[leg], "used": outcome.used[leg], "lost": lost}
            for word, values in figures.items():
                calculation.leave(f"{self.code}.{side}.{word}", values)

    def _kept(self, ages: dict[int, NDArray[np.int64]], left: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
        """Say what stays of a leg by age: the oldest volume was used first, so what is left is the youngest.

        A leg that refunds brought below zero stays below zero: it has to be made good first.
        """
        carry = self.carry_over
        if carry is None:
            return {}
        if carry.expires_after is None:
            return {1: left if carry.most is None else np.minimum(left, carry.most)}
        rest, room = np.maximum(left, 0), np.full_like(left, money.LIMIT if carry.most is None else carry.most)
        kept = {}
        for age, values in ages.items():
            there = np.minimum(np.maximum(values, 0), rest)
            rest -= there
            if age < carry.expires_after:
                kept[age + 1] = np.minimum(there, room)
                room -= kept[age + 1]
        kept[1] += np.minimum(left, 0)
        return kept


def sponsored_by_leg(people: People, code: str, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count, ``[leg, person]``, whom of those ``counted`` each person sponsored and who sits on that leg of the person."""
    found = np.zeros((2, len(people) + 1), dtype=np.int64)
    forest = people.forest(code)
    if code not in people.trees or forest.leg is None:
        return found[:, :-1]
    placed = people.placed(code)
    place = np.full(len(people) + 1, NONE, dtype=np.int64)
    place[placed.order] = np.arange(len(placed.order))
    size = np.zeros(len(people), dtype=np.int64)
    size[placed.order] = placed.size
    members = np.flatnonzero(counted & (people.parent != NONE) & (place[:-1] != NONE))
    sponsors = people.parent[members]
    for leg in range(2):
        heads = np.full(len(people) + 1, NONE, dtype=np.int64)
        top = np.flatnonzero((forest.leg == leg) & (forest.parent != NONE))
        heads[forest.parent[top]] = top
        head = heads[sponsors]
        after = place[members] - place[head]
        within = (head != NONE) & (after >= 0) & (after < size[head])
        np.add.at(found[leg], sponsors[within], 1)
    return found[:, :-1]
