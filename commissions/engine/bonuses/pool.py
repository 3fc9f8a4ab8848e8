"""Pool: a percentage of the company's volume, divided among those who hold shares.

docs/plans/pool.md states the rule with worked examples.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.rows import CountRows, row_of
from commissions.engine.bonuses.sources import SalesFilter, sum_of_volume
from commissions.engine.bonuses.stated import check_breakage
from commissions.engine.document import ListOf, Selected, Table, TableOf, setting
from commissions.engine.kinds import Code, Percent, Points, Report, Switch, Whole, choice
from commissions.engine.money import Rounding
from commissions.engine.names import Names
from commissions.engine.requirements import REQUIREMENTS, Requirement
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_SHARES = 2**50
_AFTER_POOLS = ("matching", "fee")


class Nobody(StrEnum):
    """Where the fund goes when nobody has a share: the company keeps it, or it is added to the next period's."""

    KEPT = "kept"
    ROLLED = "rolled"


class Remainder(StrEnum):
    """What becomes of the minor units that the division leaves: none is given out, or one each in a stated order."""

    ROUNDED = "rounded"
    MOST_SHARES = "most_shares"
    LARGEST_FRACTION = "largest_fraction"
    EARLIEST = "earliest"


class Measured(StrEnum):
    """Whose volume counts: the person's own, or the whole group's."""

    OWN = "own"
    GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class Shares(ABC):
    """How many shares a person has."""

    by: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The bonuses that shares depend on."""
        return ()

    def check(self, path: str, names: Names, report: Report) -> None:  # noqa: B027
        """Report names that nothing has."""

    @abstractmethod
    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        """Return everybody's shares; what is below 0 counts as none."""


@dataclass(frozen=True, kw_only=True)
class ByRank(Shares):
    """So many shares for each rank."""

    by: ClassVar[str] = "rank"
    count_of: Mapping[str, int] = setting(TableOf(Code(), Whole(0, 10**9)))

    def check(self, path: str, names: Names, report: Report) -> None:
        names.require_each_rank(f"{path}.count_of", self.count_of, "how many shares this rank has, 0 for none", report)

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        by_rank = [*(self.count_of[rank.code] for rank in calculation.plan.ranks), 0]
        return np.array(by_rank, dtype=np.int64)[calculation.standings.rank]


@dataclass(frozen=True, kw_only=True)
class ByVolume(Shares):
    """One share for each full ``each`` points of the period's qualifying volume."""

    by: ClassVar[str] = "volume"
    measured: Measured = setting(choice(Measured))
    each: int = setting(Points())

    def check(self, path: str, names: Names, report: Report) -> None:
        if self.each == 0:
            report.wrong(f"{path}.each", 0, "more than 0 points")

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        return _measured(calculation, self.measured) // self.each


@dataclass(frozen=True, kw_only=True)
class ByGrowth(Shares):
    """One share for each full ``each`` points by which volume grew since the period before, of ``least`` at least."""

    by: ClassVar[str] = "growth"
    measured: Measured = setting(choice(Measured))
    each: int = setting(Points())
    least: int = setting(Points(), default=0)

    def check(self, path: str, names: Names, report: Report) -> None:
        if self.each == 0:
            report.wrong(f"{path}.each", 0, "more than 0 points")

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        volume = _measured(calculation, self.measured)
        grown = volume - calculation.state(f"{code}.before")
        calculation.leave(f"{code}.before", volume)
        return np.where(grown >= self.least, grown, 0) // self.each


@dataclass(frozen=True, kw_only=True)
class ByIncome(Shares):
    """One share for each minor unit earned of the named ``bonuses`` in the period, before caps."""

    by: ClassVar[str] = "income"
    bonuses: tuple[str, ...] = setting(ListOf(Code()))

    @property
    def names(self) -> tuple[str, ...]:
        return self.bonuses

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        rows = [calculation.plan.bonus_index(each) for each in self.bonuses]
        money.require_summable(calculation.earned[rows].ravel(), "the income that shares are counted by")
        income: NDArray[np.int64] = calculation.earned[rows].sum(axis=0)
        return income


@dataclass(frozen=True, kw_only=True)
class ByPoints(Shares):
    """As many shares as a ``fact`` of the person says, such as points that head office has given."""

    by: ClassVar[str] = "points"
    fact: str = setting(Code())

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        return calculation.people.fact(self.fact)


@dataclass(frozen=True, kw_only=True)
class ByRequirement(CountRows, Shares):
    """As many shares as the last row says of which everything holds that it requires."""

    by: ClassVar[str] = "requirement"

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        shares = np.array([*(row.count for row in self.table), 0], dtype=np.int64)
        return np.asarray(shares[row_of(calculation.plan, calculation.standings, self.table)])


@dataclass(frozen=True, kw_only=True)
class ByMeasure(Shares):
    """One share for each full ``each`` of what a ``requirement`` measures (points, or things), where it holds."""

    by: ClassVar[str] = "measure"
    requirement: Requirement = setting(Selected(REQUIREMENTS, by="measure"))
    each: int = setting(Whole(1, 10**9))

    def check(self, path: str, names: Names, report: Report) -> None:
        if self.requirement.is_share:
            report.wrong(f"{path}.requirement.measure", self.requirement.measure, "something that is counted, or points")

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        have = calculation.standings.measured[calculation.plan.requirements.index(self.requirement)]
        each = self.each * (100 if self.requirement.is_points else 1)
        return np.where(have >= self.requirement.need, have, 0) // each


class Counted(StrEnum):
    """Who makes a level on the way up: each person, or active people only."""

    EVERYBODY = "everybody"
    ACTIVE = "active"


@dataclass(frozen=True, kw_only=True)
class ByTeam(Shares):
    """For each active person below in a ``tree`` as many shares as ``points`` has for the level, the first one first.

    ``depth`` says for each rank down to which level; left out, down to the last.
    """

    by: ClassVar[str] = "team"
    tree: str = setting(Code())
    points: tuple[int, ...] = setting(ListOf(Whole(0, 10**9)))
    counted: Counted = setting(choice(Counted))
    depth: Mapping[str, int] | None = setting(TableOf(Code(), Whole(0, 100)), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        names.require_tree(f"{path}.tree", self.tree, report)
        if self.depth is not None:
            names.require_each_rank(f"{path}.depth", self.depth, "the number of levels that this rank has shares of", report)

    def count(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        standings = calculation.standings
        forest = calculation.people.forest(self.tree)
        levels = len(self.points)
        by_rank = [levels if self.depth is None else self.depth[rank.code] for rank in calculation.plan.ranks]
        reach = np.array([*by_rank, levels if self.depth is None else 0], dtype=np.int64)[standings.rank]
        up = forest.next_upline(standings.active) if self.counted is Counted.ACTIVE else np.append(forest.parent, NONE)
        shares = np.zeros(len(standings.active), dtype=np.int64)
        holder = up[np.flatnonzero(standings.active)]
        for level, points in enumerate(self.points, 1):
            holder = holder[holder != NONE]
            np.add.at(shares, holder[reach[holder] >= level], points)
            holder = up[holder]
        return shares


def _measured(calculation: "Calculation", measured: Measured) -> NDArray[np.int64]:
    return calculation.standings.pv if measured is Measured.OWN else calculation.standings.gv


SHARES: Final[Mapping[str, type[Shares]]] = MappingProxyType(
    {each.by: each for each in (ByRank, ByVolume, ByGrowth, ByIncome, ByPoints, ByRequirement, ByMeasure, ByTeam)}
)


@dataclass(frozen=True, kw_only=True)
class Pool(Bonus):
    """``share`` of all ``volume`` that ``sales`` lets through, and what nobody earned of the bonuses ``unearned_of``.

    People of ``least_rank`` and above take part.
    """

    kind: ClassVar[str] = "pool"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    share: int = setting(Percent())
    volume: str = setting(Code())
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)
    unearned_of: tuple[str, ...] = setting(ListOf(Code()), default=())
    shares: Shares = setting(Selected(SHARES, by="by"))
    active_only: bool = setting(Switch())
    least_rank: str = setting(Code(), default="")
    nobody: Nobody = setting(choice(Nobody))
    remainder: Remainder = setting(choice(Remainder))

    @property
    def names(self) -> tuple[str, ...]:
        return self.shares.names + self.unearned_of

    @property
    def earned_from(self) -> tuple[str, ...]:
        return self.names

    @property
    def repools(self) -> tuple[str, ...]:
        return self.unearned_of

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        if self.sales is not None:
            self.sales.check(f"{path}.sales", report)
        if self.least_rank:
            names.require_rank(f"{path}.least_rank", self.least_rank, report)
        self.shares.check(f"{path}.shares", names, report)
        self._check_unearned(path, names, report)
        if self.remainder is not Remainder.ROUNDED and self.rounding is not Rounding.TRUNCATE:
            report.wrong(f"{path}.rounding", self.rounding, "truncate: what that leaves is then given out")
        check_breakage(self, path, report)

    def _check_unearned(self, path: str, names: Names, report: Report) -> None:
        """Report bonuses of which nothing is known yet when the pool is divided, and what is taken twice."""
        for place, code in enumerate(self.unearned_of, 1):
            key = f"{path}.unearned_of[{place}]"
            if names.bonuses.get(code) in _AFTER_POOLS:
                report.wrong(key, code, "a bonus that is computed before pools, which matches and fees are not")
            if code in self.unearned_of[: place - 1]:
                report.wrong(key, code, "each of them once")

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan = calculation.plan
        currency = money.INDEX[plan.currency]
        fund = self._whole_fund(calculation)
        shares = np.where(self._takes_part(calculation, index), np.maximum(self.shares.count(calculation, self.code), 0), 0)
        money.require_summable(shares, "the shares of a pool")
        total = int(shares.sum())
        rolls = self.nobody is Nobody.ROLLED
        if rolls:
            calculation.leaves_company[f"{self.code}.rolled"] = 0 if total else fund
        calculation.leave(f"{self.code}.shares", shares)
        if total:
            payee = np.flatnonzero(shares)
            amount = self._divided(calculation, fund, shares[payee], payee, total)
            yield lines.block(
                plan,
                index,
                payee=payee,
                base=np.full(len(payee), fund, dtype=np.int64),
                currency=currency,
                quantity=shares[payee],
                of=total,
                amount_minor=amount,
            )
        elif fund and not rolls:
            nobody = np.array([NONE])
            yield lines.block(plan, index, payee=nobody, base=np.array([fund]), currency=currency, reason=Reason.NOT_QUALIFIED)

    def most(self, plan: "Plan") -> Fraction | None:
        """The share, over time: what is rolled on has not been paid before. Volume other than CV bounds nothing.

        What nobody earned of other bonuses is no more than what they can pay.
        """
        if self.volume != "cv" and self.share:
            return None
        bounds = [plan.bonuses[plan.bonus_index(code)].most(plan) for code in self.unearned_of]
        known = [bound for bound in bounds if bound is not None]
        return None if len(known) < len(bounds) else sum(known, Fraction(self.share, money.PPM))

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        shares = calculation.leaves.get(f"{self.code}.shares", np.zeros(person + 1, dtype=np.int64))
        found = {"fund_minor": self._whole_fund(calculation), "shares": int(shares[person]), "all_shares": int(shares.sum())}
        return found | ({"of_it_unearned_of_others_minor": self._unearned(calculation)} if self.unearned_of else {})

    def _whole_fund(self, calculation: "Calculation") -> int:
        """Return all that there is to divide, in minor units; less than nothing is nothing."""
        rolled = calculation.snapshot.state.company.get(f"{self.code}.rolled", 0)
        return max(self._fund(calculation) + self._unearned(calculation) + rolled, 0)

    def _unearned(self, calculation: "Calculation") -> int:
        """Return what nobody earned of the bonuses ``unearned_of``, in minor units."""
        return sum(int(calculation.unearned[calculation.plan.bonus_index(code)]) for code in self.unearned_of)

    def _fund(self, calculation: "Calculation") -> int:
        """Return the period's fund in minor units: an amount of money that is rounded before it is divided."""
        volume = sum_of_volume(calculation, self.volume, self.sales)
        num, den = lines.fraction(calculation.plan, self.share, NONE)
        return int(money.share([max(volume, 0)], num, den, self.rounding)[0])

    def _takes_part(self, calculation: "Calculation", index: int) -> NDArray[np.bool_]:
        may = calculation.open_to(index)
        if self.active_only:
            may = may & calculation.standings.active
        if self.least_rank:
            may = may & (calculation.standings.rank >= calculation.plan.rank_index(self.least_rank))
        return may

    def _divided(
        self, calculation: "Calculation", fund: int, shares: NDArray[np.int64], payee: NDArray[np.int64], total: int
    ) -> NDArray[np.int64]:
        """Divide the fund; if something is left over, one minor unit each goes to the first in the stated order."""
        if total >= _MOST_SHARES:
            raise money.AmountTooLarge(f"{total} shares of a pool are more than can be divided exactly")
        if self.remainder is Remainder.ROUNDED:
            return money.share(shares, fund, total, self.rounding)
        amount, fraction = money.divide_product(shares, fund, total)
        people = calculation.people
        earliest = (people.id[payee], people.joined_at[payee])
        keys = {
            Remainder.MOST_SHARES: (*earliest, -shares),
            Remainder.LARGEST_FRACTION: (*earliest, -fraction),
            Remainder.EARLIEST: earliest,
        }[self.remainder]
        amount[np.lexsort(keys)[: fund - int(amount.sum())]] += 1
        return amount
