"""Matching: a percentage of what the people below earned of named bonuses, by level or by generation.

docs/plans/matching.md states the rule with worked examples.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.bonuses.bonus import Unearned, Unit, Walk, roll_up, why_not
from commissions.engine.bonuses.rows import (
    RANKED_LEVEL_RATES,
    LevelRates,
    check_levels,
    highest,
    list_of,
    lists_of,
    most_levels,
    stated,
)
from commissions.engine.bonuses.sources import Sources, of_people
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Code, Report, choice
from commissions.engine.names import Names
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class Base(StrEnum):
    """What is matched: what people earned, or what was left of it after the caps that come before the match."""

    BEFORE_CAPS = "before_caps"
    AFTER_CAPS = "after_caps"


class Counting(StrEnum):
    """Who is counted on the way up: everybody, active people, or only people who are paid."""

    NONE = "none"
    INACTIVE = "inactive"
    FULL = "full"


class MatchBoundary(StrEnum):
    """Where who holds the generations' rank belongs: to the generation that ends there, or to the next one."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True, kw_only=True)
class MatchGenerations:
    """Only people of this ``rank`` or a higher one are counted and paid; each of them begins a generation upward."""

    rank: str = setting(Code())
    boundary: MatchBoundary = setting(choice(MatchBoundary))


@dataclass(frozen=True, kw_only=True)
class Matching(Walking):
    """``rates`` by level, and by rank or by what is required; a level beyond a list is not paid."""

    kind: ClassVar[str] = "matching"
    is_match: ClassVar[bool] = True
    units: ClassVar[tuple[Unit, ...]] = (Unit.SOURCE, Unit.PAYEE)
    bonuses: tuple[str, ...] = setting(ListOf(Code()))
    base: Base = setting(choice(Base))
    tree: str = setting(Code())
    rates: LevelRates = setting(RANKED_LEVEL_RATES)
    compression: Counting = setting(choice(Counting))
    generations: MatchGenerations | None = setting(Table(MatchGenerations), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return self.bonuses

    @property
    def earned_from(self) -> tuple[str, ...]:
        return self.bonuses

    @property
    def levels(self) -> int:
        """Down to which level anybody is paid."""
        return most_levels(self.rates)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        check_levels(f"{path}.rates", self.rates, names, report)
        for place, code in enumerate(self.bonuses, 1):
            if names.bonuses.get(code) == self.kind:
                report.wrong(f"{path}.bonuses[{place}]", code, "a bonus that is not a match itself")
        if self.sales is not None:
            report.wrong(f"{path}.sales", self.sales, "no sales: a match is paid on what people earned")
        if self.generations is not None:
            names.require_rank(f"{path}.generations.rank", self.generations.rank, report)
        if self.compression is Counting.FULL and self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: full compression leaves nothing that could roll up")

    def most(self, plan: "Plan") -> Fraction | None:
        """All levels' highest rates of all that the matched bonuses can pay; what customers pay bounds nothing."""
        matched = [plan.bonuses[plan.bonus_index(code)].most(plan) for code in self.bonuses]
        known = [each for each in matched if each]
        return None if len(known) < len(matched) else sum(known, Fraction(0)) * Fraction(sum(highest(self.rates)), money.PPM)

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        paid = [level for rates in stated(self.rates) for level, rate in enumerate(rates, 1) if rate]
        return self.levels, max(paid, default=0)

    def sources(self, calculation: "Calculation") -> Sources:
        rows = [calculation.plan.bonus_index(code) for code in self.bonuses]
        if self.base is Base.BEFORE_CAPS:
            earned = calculation.earned[rows] - calculation.set_aside[rows]
        else:
            earned = calculation.paid[rows]
        money.require_summable(earned.ravel(), "what is matched")
        people = np.arange(len(calculation.people))
        return of_people(people, earned.sum(axis=0), money.INDEX[calculation.plan.currency])

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        plan, standings = calculation.plan, calculation.standings
        parent = calculation.people.forest(self.tree).parent
        rates = self._rates(calculation)
        may = np.append(standings.active & calculation.open_to(index), False)
        counted, first = self._counted(calculation, starters)
        reasons = why_not(plan, index, calculation.people, standings)
        walk = _room(self.levels, starters, first)
        at = starters
        above = tree.next_upline(counted, parent)
        for step in range(self.levels):
            level = np.minimum(first + step, self.levels)  # one row of rates more, of nothing: beyond the last level
            is_full = self.compression is Counting.FULL
            at = self._next_paid(at, level, counted & may[:-1], rates, parent) if is_full else above[at]
            rate = np.where(at == NONE, 0, rates[level, at])
            paid = may[at]
            missed = np.where(paid | (rate == 0), NONE, at)
            walk.payee[step] = np.where(paid, at, NONE)
            if self.unearned is Unearned.ROLL_UP:
                heirs = self._heirs(level, missed, counted & may[:-1], rates, calculation)
                walk.payee[step] = np.where(paid, at, heirs)
            walk.missed[step] = missed
            walk.reason[step] = np.where(paid, np.int8(Reason.PAID), reasons[at])
            walk.rate_ppm[step] = rate
        return walk

    def _rates(self, calculation: "Calculation") -> NDArray[np.int32]:
        """The rate of everybody, ``[level, person]``; the last level has none, and the last person is nobody."""
        lists = lists_of(self.rates, calculation.plan)
        table = np.zeros((self.levels + 1, len(lists) + 1), dtype=np.int32)
        for place, own in enumerate(lists):
            table[: len(own), place] = own
        rates: NDArray[np.int32] = table[:, np.append(list_of(self.rates, calculation.plan, calculation.standings), -1)]
        return rates

    def _counted(self, calculation: "Calculation", starters: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Say who is counted on the way up, and with which level each starter's way begins, level 1 being 0."""
        standings = calculation.standings
        counted = standings.active if self.compression is Counting.INACTIVE else np.ones(len(standings.rank), dtype=np.bool_)
        if self.generations is None:
            return counted, np.zeros(len(starters), dtype=np.int64)
        heads = counted & (standings.rank >= calculation.plan.rank_index(self.generations.rank))
        is_next = self.generations.boundary is MatchBoundary.EXCLUSIVE
        return heads, (heads[starters] & is_next).astype(np.int64)

    def _next_paid(
        self,
        at: NDArray[np.int64],
        level: NDArray[np.int64],
        may: NDArray[np.bool_],
        rates: NDArray[np.int32],
        parent: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Find who is next above and paid for the level; a level that nobody is paid for leaves everybody where they are."""
        found = np.full(len(at), NONE, dtype=np.int64)
        for one in np.unique(level):
            here = level == one
            found[here] = tree.next_upline(may & (rates[one, :-1] > 0), parent)[at[here]]
        return found

    def _heirs(
        self,
        level: NDArray[np.int64],
        missed: NDArray[np.int64],
        may: NDArray[np.bool_],
        rates: NDArray[np.int32],
        calculation: "Calculation",
    ) -> NDArray[np.int64]:
        """Find who gets what somebody missed: the next above who is paid for the level, of that rank or a higher one."""
        parent, rank = calculation.people.forest(self.tree).parent, calculation.standings.rank
        found = np.full(len(missed), NONE, dtype=np.int64)
        for one in np.unique(level):
            here = level == one
            found[here] = roll_up(may & (rates[one, :-1] > 0), parent, rank, missed[here])
        return found


def _room(levels: int, starters: NDArray[np.int64], first: NDArray[np.int64]) -> Walk:
    """Room for a walk whose rates and levels differ by starter."""
    shape = (levels, len(starters))
    steps = np.arange(levels).reshape(-1, 1)
    return Walk(
        np.full(shape, NONE, np.int64),
        np.full(shape, NONE, np.int64),
        np.zeros(shape, np.int8),
        np.zeros(shape, np.int32),
        (first + steps + 1).astype(np.int16),
    )
