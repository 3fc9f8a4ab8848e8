"""The rate that a person has: by the bracket that a volume reaches, or by rank."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses import rows
from commissions.engine.bonuses.measured import Measured, Of, Over
from commissions.engine.bonuses.rows import RateRows, rate_of, rates_in
from commissions.engine.document import ListOf, Table, TableOf, setting
from commissions.engine.kinds import Code, Percent, Points, Report
from commissions.engine.names import Names
from commissions.engine.result import Standings
from commissions.engine.snapshot import SPONSOR, Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_BRACKETS = 100


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """From ``at`` points on, the rate is ``rate``."""

    at: int = setting(Points())
    rate: int = setting(Percent())


@dataclass(frozen=True, kw_only=True)
class Rates(ABC):
    """Says which rate each person has, in parts per million; 0 for none."""

    by: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The codes of the bonuses that the rates are computed from."""
        return ()

    @property
    @abstractmethod
    def steps(self) -> tuple[int, ...]:
        """The different rates above 0, the lowest first."""

    @abstractmethod
    def check(self, path: str, names: Names, report: Report) -> None:
        """Report settings that contradict each other or name something that is not there."""

    @abstractmethod
    def by_person(self, calculation: "Calculation", forest: Forest, tree: str, code: str) -> NDArray[np.int64]:
        """Return each person's rate, and leave what later periods need to know for theirs."""

    @abstractmethod
    def told_by_standings(self, tree: str) -> bool:
        """Whether how somebody stands says the rate, of a bonus on this tree."""

    @abstractmethod
    def of_standings(self, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
        """Return the rates where ``told_by_standings``."""

    def figures(self, calculation: "Calculation", forest: Forest, tree: str, code: str, person: int) -> Mapping[str, int]:
        """Return the figures behind a person's rate."""
        return {}


@dataclass(frozen=True, kw_only=True)
class ByBracket(Measured, Rates):
    """The rate of the greatest threshold that the measured volume reaches; below the first there is none."""

    by: ClassVar[str] = "bracket"
    table: tuple[Bracket, ...] = setting(ListOf(Table(Bracket), most=_MOST_BRACKETS))

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(sorted({bracket.rate for bracket in self.table} - {0}))

    def check(self, path: str, names: Names, report: Report) -> None:
        Measured.check(self, path, names, report)
        check_brackets(f"{path}.table", self.table, report)

    def by_person(self, calculation: "Calculation", forest: Forest, tree: str, code: str) -> NDArray[np.int64]:
        return self.rate(self.measure(calculation, forest, tree, code))

    def told_by_standings(self, tree: str) -> bool:
        of_standings = self.of is not Of.PERSONAL_GROUP and self.over is Over.PERIOD
        return of_standings and self.volume == "pv" and tree == SPONSOR

    def of_standings(self, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
        return self.rate(standings.pv if self.of is Of.OWN else standings.gv)

    def figures(self, calculation: "Calculation", forest: Forest, tree: str, code: str, person: int) -> Mapping[str, int]:
        return {"volume_that_sets_the_rate_points": int(self.measure(calculation, forest, tree, code)[person])}

    def rate(self, volume: NDArray[np.int64]) -> NDArray[np.int64]:
        """Look up the rate of each volume."""
        return reached(self.table, volume)


@dataclass(frozen=True, kw_only=True)
class ByRank(Rates):
    """A rate for each paid-as rank; without a rank there is none."""

    by: ClassVar[str] = "rank"
    table: dict[str, int] = setting(TableOf(Code(), Percent()))

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(sorted(set(self.table.values()) - {0}))

    def check(self, path: str, names: Names, report: Report) -> None:
        names.require_each_rank(f"{path}.table", self.table, "the rate of this rank", report)

    def by_person(self, calculation: "Calculation", forest: Forest, tree: str, code: str) -> NDArray[np.int64]:
        return self.of_standings(calculation.plan, calculation.standings)

    def told_by_standings(self, tree: str) -> bool:
        return True

    def of_standings(self, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
        rates = np.array([*(self.table[rank.code] for rank in plan.ranks), 0], dtype=np.int64)
        found: NDArray[np.int64] = rates[standings.rank]
        return found


@dataclass(frozen=True, kw_only=True)
class ByRequirement(RateRows, Rates):
    """The rate of the last row for which everything that it requires holds; where none does there is none."""

    by: ClassVar[str] = "requirement"

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(sorted(set(rates_in(self)) - {0}))

    def check(self, path: str, names: Names, report: Report) -> None:
        """Nothing that the rows themselves do not check."""

    def by_person(self, calculation: "Calculation", forest: Forest, tree: str, code: str) -> NDArray[np.int64]:
        return self.of_standings(calculation.plan, calculation.standings)

    def told_by_standings(self, tree: str) -> bool:
        return True

    def of_standings(self, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
        return rate_of(self, plan, standings)

    def figures(self, calculation: "Calculation", forest: Forest, tree: str, code: str, person: int) -> Mapping[str, int]:
        return rows.row_figures(self, calculation.plan, calculation.standings, person)


def reached(table: tuple[Bracket, ...], volume: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rate of the greatest threshold that each volume reaches, 0 below the first."""
    thresholds = np.array([bracket.at for bracket in table], dtype=np.int64)
    rates = np.array([0, *(bracket.rate for bracket in table)], dtype=np.int64)
    found: NDArray[np.int64] = rates[np.searchsorted(thresholds, volume, side="right")]
    return found


def check_brackets(path: str, table: tuple[Bracket, ...], report: Report) -> None:
    """Report brackets that do not rise."""
    for place, (lower, higher) in enumerate(pairwise(table), 2):
        if higher.at <= lower.at:
            report.wrong(f"{path}[{place}].at", Points().dump(higher.at), "more points than the bracket before")


def differences(steps: tuple[int, ...], first: list[NDArray[np.int64]], count: int) -> NDArray[np.int32]:
    """Return what each step pays for each of ``count`` starters, ``[step, starter]``: its rate less the highest one paid before.

    ``first`` is, for each of the rates ``steps``, the first person on the way up who has that rate or a higher one. The
    rates for which one and the same person is first are one line, at the highest of them; the others pay 0.
    """
    due = np.zeros((len(steps), count), dtype=np.int32)
    below = np.zeros(count, dtype=np.int64)
    for place, (step, at) in enumerate(zip(steps, first, strict=True)):
        last = at != first[place + 1] if place + 1 < len(first) else np.ones(count, dtype=np.bool_)
        due[place] = np.where(last, step - below, 0)
        below = np.where(last, step, below)
    return due


RATES: Final[Mapping[str, type[Rates]]] = MappingProxyType({each.by: each for each in (ByBracket, ByRank, ByRequirement)})
