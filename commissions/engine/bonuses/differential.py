"""Differential (stair-step): everybody on the way up is paid what the own rate is above the highest one paid below.

docs/plans/differential.md states the rule with a worked example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Reach, Unearned, Unit, Walk, open_to, roll_up, why_not
from commissions.engine.bonuses.marginal import Mode, StairsOfGroups, check_groups
from commissions.engine.bonuses.payees import may_be_paid, sees_one_order
from commissions.engine.bonuses.rates import RATES, ByBracket, ByRank, Rates, differences
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import BySale
from commissions.engine.document import Selected, setting
from commissions.engine.kinds import Code, Report, Switch, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason, Standings
from commissions.engine.snapshot import NONE, Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class OwnSales(StrEnum):
    """What the seller's rate does to the own sale: it is paid, it counts as paid by other means, or it is passed over."""

    PAID = "paid"
    COUNTS = "counts"
    PASSED = "passed"


class Unqualified(StrEnum):
    """What the rate of somebody who may not be paid does: nothing, or it counts as if it had been paid."""

    TRANSPARENT = "transparent"
    BLOCKS = "blocks"


@dataclass(frozen=True, kw_only=True)
class Differential(BySale):
    """``rates`` says which rate each person has; ``active_only`` whether one has to be active to be paid.

    ``mode`` says whether the rate is for all of a volume, which it is where left out, or for what lies inside a bracket.
    """

    kind: ClassVar[str] = "differential"
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    rates: Rates = setting(Selected(RATES, by="by"))
    own_sales: OwnSales = setting(choice(OwnSales))
    unqualified: Unqualified = setting(choice(Unqualified))
    active_only: bool = setting(Switch())
    mode: Mode | None = setting(choice(Mode), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return super().names + self.rates.names

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.rates.check(f"{path}.rates", names, report)
        if self.unqualified is Unqualified.TRANSPARENT and self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: who is transparent leaves nothing that could roll up")
        check_groups(path, self.mode, self.rates, self.volume, self.sales, report)
        if self.mode is Mode.MARGINAL and self.line is not Unit.PAYEE:
            report.wrong(f"{path}.line", self.line, "payee: marginal brackets cut what a group sells, not single sales")
        if self.mode is Mode.MARGINAL and self.own_sales is not OwnSales.PAID:
            report.wrong(f"{path}.own_sales", self.own_sales, "paid: marginal brackets cut the volume of the whole group")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def rate(self, calculation: "Calculation") -> NDArray[np.int64]:
        """Return each person's rate, in parts per million."""
        return self.rates.by_person(calculation, calculation.people.forest(self.tree), self.tree, self.code)

    def may(self, calculation: "Calculation", index: int) -> NDArray[np.bool_]:
        """Say who may be paid."""
        return may_be_paid(calculation, index, active_only=self.active_only)

    @property
    def asks_standings_alone(self) -> bool:
        """Who is active is a distributor; of others their facts say so, which may have changed since."""
        return self.rates.told_by_standings(self.tree) and self.active_only

    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[Any]:
        may = open_to(plan, index, standings) & standings.active
        claim = self.rates.of_standings(plan, standings) * 2 + may
        return claim * 64 + (standings.rank + 1) if self.unearned is Unearned.ROLL_UP else claim

    def reach(self, plan: "Plan", index: int, standings: Standings) -> Reach | None:
        return None

    @property
    def goes_by_order(self) -> bool:
        return isinstance(self.rates, ByRank) and sees_one_order(self.sales)

    def most(self, plan: "Plan") -> Fraction | None:
        """The highest rate of the table: it is paid once."""
        return Fraction(max(self.rates.steps, default=0), money.PPM) if self.volume == "cv" else None

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        if self.mode is Mode.MARGINAL:
            return self._cut(calculation, index).figures(calculation.plan, person)
        return self.rates.figures(calculation, calculation.people.forest(self.tree), self.tree, self.code, person)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        if self.mode is Mode.MARGINAL:
            yield self._cut(calculation, index).lines(calculation, index)
        else:
            yield from super().pay(calculation, index)

    def _cut(self, calculation: "Calculation", index: int) -> StairsOfGroups:
        assert isinstance(self.rates, ByBracket)
        may = self.may(calculation, index)
        counts = np.ones_like(may) if self.unqualified is Unqualified.BLOCKS else may
        return StairsOfGroups.of(calculation, self.rates, self.tree, self.code, may=may, counts=counts)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        """Make one step of each rate: it goes to the first person on the way up who has that rate or a higher one.

        Where the same person is first for several rates, the steps are one line at the highest of them.
        """
        plan, standings = calculation.plan, calculation.standings
        forest = calculation.people.forest(self.tree)
        may = self.may(calculation, index)
        rate = self.rate(calculation)
        counts = rate if self.unqualified is Unqualified.BLOCKS else np.where(may, rate, 0)
        own = rate if self.own_sales is OwnSales.COUNTS else counts  # what the seller had by other means, qualified or not
        first = [self._first(forest, counts >= step, own >= step, starters) for step in self.rates.steps]
        walk = Walk.empty(self.rates.steps, len(starters))
        due = differences(self.rates.steps, first, len(starters))
        reasons = why_not(plan, index, calculation.people, standings)
        for place, at in enumerate(first):
            paid = np.append(may, False)[at]
            missed = np.where(paid, NONE, at)
            walk.payee[place] = np.where(paid, at, NONE)
            walk.missed[place] = missed
            walk.reason[place] = np.where(paid, np.int8(Reason.PAID), reasons[at])
            if self.unearned is Unearned.ROLL_UP:
                walk.payee[place] = np.where(paid, at, roll_up(may, forest.parent, standings.rank, missed))
            if self.own_sales is OwnSales.COUNTS:
                due[place][at == starters] = 0
        return Walk(walk.payee, walk.missed, walk.reason, due, walk.level)

    def _first(
        self, forest: Forest, marked: NDArray[np.bool_], own: NDArray[np.bool_], starters: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        above = forest.next_upline(marked)[starters]
        if self.own_sales is OwnSales.PASSED:
            return above
        first: NDArray[np.int64] = np.where(own[starters], starters, above)
        return first
