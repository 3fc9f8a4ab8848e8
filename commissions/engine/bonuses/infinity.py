"""Infinity: a rate on all volume below the last unilevel level, down to the next person who earns it as well.

docs/plans/infinity.md states the rule with a worked example.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Reach, Unearned, Unit, Walk, open_to
from commissions.engine.bonuses.payees import may_be_paid, sees_one_order
from commissions.engine.bonuses.rates import differences
from commissions.engine.bonuses.rows import RANKED_RATES, RankedRates, check_ranked, rate_of, rates_in
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import BySale
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Switch, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE, Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_LEVELS = 100


class Counted(StrEnum):
    """Which people make a level on the way up: everybody, or who is active."""

    EVERYBODY = "everybody"
    ACTIVE = "active"


class Blocking(StrEnum):
    """Where in a leg it ends: see docs/plans/infinity.md."""

    EXCLUDED = "excluded"
    INCLUDED = "included"
    OFFSET = "offset"
    DIFFERENTIAL = "differential"


@dataclass(frozen=True, kw_only=True)
class Infinity(BySale):
    """``rates`` by rank or by what is required, ``"0%"`` for who does not qualify; paid below level ``below_level``."""

    kind: ClassVar[str] = "infinity"
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    rates: RankedRates = setting(RANKED_RATES)
    below_level: int = setting(Whole(0, _MOST_LEVELS))
    counted: Counted = setting(choice(Counted))
    blocking: Blocking = setting(choice(Blocking))
    active_only: bool = setting(Switch())

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        check_ranked(f"{path}.rates", self.rates, 'the rate of this rank, "0%" for none', names, report)
        if not any(rates_in(self.rates)):
            report.wrong(f"{path}.rates", "0% throughout", "a rate above 0% for one of the ranks or rows")
        if self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: who does not qualify is passed, and leaves nothing")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    @property
    def goes_by_order(self) -> bool:
        return sees_one_order(self.sales)

    def most(self, plan: "Plan") -> Fraction | None:
        """The highest rate: nobody is paid beside it, or only what is missing to it."""
        return Fraction(max(rates_in(self.rates)), money.PPM) if self.volume == "cv" else None

    def qualified(self, calculation: "Calculation", index: int) -> NDArray[np.int64]:
        """Return each person's rate, 0 for who does not qualify."""
        may = may_be_paid(calculation, index, active_only=self.active_only)
        return np.where(may, rate_of(self.rates, calculation.plan, calculation.standings), 0)

    @property
    def asks_standings_alone(self) -> bool:
        """Who is active is a distributor; of others their facts say so, which may have changed since."""
        return self.active_only

    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[Any]:
        """The rate, and whether the person makes a level."""
        rate = np.where(open_to(plan, index, standings) & standings.active, rate_of(self.rates, plan, standings), 0)
        return rate * 2 + standings.active if self.counted is Counted.ACTIVE else rate

    def reach(self, plan: "Plan", index: int, standings: Standings) -> Reach | None:
        return None

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        forest = calculation.people.forest(self.tree)
        rate = self.qualified(calculation, index)
        edge = self._climb_levels(calculation, forest, starters)
        if self.blocking is Blocking.DIFFERENTIAL:
            return self._differences(forest, rate, edge)
        walk = Walk.empty((max(rates_in(self.rates)),), len(starters))
        at = forest.next_upline(rate > 0)[edge]
        free = self._free(forest, rate > 0, starters, at)
        walk.payee[0] = np.where(free, at, NONE)
        walk.missed[0] = np.where(free, NONE, at)
        walk.reason[0] = np.where(at == NONE, np.int8(Reason.NOBODY_ABOVE), np.where(free, np.int8(Reason.PAID), Reason.BLOCKED))
        rates = np.append(rate, max(rates_in(self.rates)))[at].astype(np.int32)
        return Walk(walk.payee, walk.missed, walk.reason, rates.reshape(1, -1), walk.level)

    def _climb_levels(self, calculation: "Calculation", forest: Forest, starters: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find who is level ``below_level`` above each starter: whoever is paid stands above that person."""
        if self.counted is Counted.ACTIVE:
            above = forest.next_upline(calculation.standings.active)
        else:
            above = np.append(forest.parent, NONE)
        at = starters
        for _ in range(self.below_level):
            at = above[at]
        return at

    def _free(
        self, forest: Forest, qualified: NDArray[np.bool_], starters: NDArray[np.int64], at: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Say where nobody else who qualifies stands in between, as far as that blocks."""
        free: NDArray[np.bool_] = np.not_equal(at, NONE)
        if self.blocking is not Blocking.OFFSET:
            free &= at == forest.next_upline(qualified)[starters]
        if self.blocking is Blocking.EXCLUDED:
            free &= ~qualified[starters]
        return free

    def _differences(self, forest: Forest, rate: NDArray[np.int64], edge: NDArray[np.int64]) -> Walk:
        """Pay whoever comes first the whole rate, and each higher rate above the difference."""
        steps = tuple(sorted(set(rates_in(self.rates)) - {0}))
        first = [forest.next_upline(rate >= step)[edge] for step in steps]
        walk = Walk.empty(steps, len(edge))
        for place, at in enumerate(first):
            walk.payee[place] = at
            walk.reason[place] = np.where(at == NONE, np.int8(Reason.NOBODY_ABOVE), np.int8(Reason.PAID))
        return Walk(walk.payee, walk.missed, walk.reason, differences(steps, first, len(edge)), walk.level)
