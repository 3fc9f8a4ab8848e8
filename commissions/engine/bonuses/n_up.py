"""N-up: the positions of a person's first recruits pass to the upline; those of later ones are kept.

docs/plans/n_up.md states the rule with a worked example.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.arrays import mask
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Unit, Walk
from commissions.engine.bonuses.dues import Passing, check_passing, climb, depth_by_rank
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import ListOf, TableOf, setting
from commissions.engine.kinds import Code, Percent, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_LEVELS = 50
_RATES = ListOf(Percent(), most=_MOST_LEVELS)


@dataclass(frozen=True, kw_only=True)
class NUp(Walking):
    """``passes`` are the recruits that pass, by their number in order of joining; after the last, each ``then_every``-th.

    ``passed_rates`` are paid up the passing line for sales of passed positions, ``keeper_rates`` for those of kept ones.
    """

    kind: ClassVar[str] = "n_up"
    volume: str = setting(Code(), default="cv")
    passes: tuple[int, ...] = setting(ListOf(Whole(1, 100_000), most=1000))
    then_every: int | None = setting(Whole(1, 100_000), default=None)
    passed_rates: tuple[int, ...] = setting(_RATES)
    keeper_rates: tuple[int, ...] = setting(_RATES)
    depth: dict[str, int] = setting(TableOf(Code(), Whole(0, _MOST_LEVELS)))
    compression: Passing = setting(choice(Passing))

    @property
    def levels(self) -> int:
        """How many steps a walk has at most."""
        return max(len(self.passed_rates), len(self.keeper_rates))

    @property
    def goes_by_order(self) -> bool:
        return True

    def most(self, plan: "Plan") -> Fraction | None:
        return Fraction(max(sum(self.passed_rates), sum(self.keeper_rates)), money.PPM) if self.volume == "cv" else None

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        return self.levels, max(self.depth.values(), default=0)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        names.require_each_rank(f"{path}.depth", self.depth, "the number of levels that this rank is paid", report)
        check_passing(path, self.compression, self.unearned, report)
        if list(self.passes) != sorted(set(self.passes)):
            report.wrong(f"{path}.passes", ", ".join(map(str, self.passes)), "numbers of recruits that rise")
        for rank, levels in self.depth.items():
            if levels > self.levels:
                report.wrong(f"{path}.depth.{rank}", levels, f"at most {self.levels}, the number of rates")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        passed = self.passed(calculation)
        parent = self.line_of(calculation, passed)
        walk = Walk.empty((0,) * self.levels, len(starters))
        rates = np.zeros((self.levels, len(starters)), dtype=np.int32)
        for values, rows in ((self.passed_rates, passed[starters]), (self.keeper_rates, ~passed[starters])):
            rates[: len(values), rows] = np.array(values, dtype=np.int32)[:, np.newaxis]
        depth = depth_by_rank(calculation, index, self.depth)
        dues = climb(calculation, index, starters, parent, depth, levels=self.levels, passing=self.compression)
        for step, due in enumerate(dues):
            walk.payee[step], walk.missed[step], walk.reason[step] = due.payee, due.missed, due.reason
        return Walk(walk.payee, walk.missed, walk.reason, rates, walk.level)

    def line_up(self, calculation: "Calculation") -> NDArray[np.int64]:
        return self.line_of(calculation, self.passed(calculation))

    def passed(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say whose position passes to the sponsor's upline: by the number that somebody has among the sponsor's recruits.

        Recruits are distributors, numbered in order of joining, and of id where they joined at once.
        """
        people = calculation.people
        recruits = np.flatnonzero((people.parent != NONE) & people.is_distributor())
        recruits = recruits[np.lexsort((people.id[recruits], people.joined_at[recruits], people.parent[recruits]))]
        sponsor = people.parent[recruits]
        number = np.arange(len(recruits)) - np.searchsorted(sponsor, sponsor) + 1
        passes = np.isin(number, self.passes)
        if self.then_every is not None:
            beyond = number - self.passes[-1]
            passes |= (beyond > 0) & (beyond % self.then_every == 0)
        return mask(len(people), recruits[passes])

    def line_of(self, calculation: "Calculation", passed: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Find to whom each position belongs: the sponsor, or where it passes, to whom the sponsor's position belongs."""
        parent = calculation.people.parent
        kept_above = np.where(passed, tree.next_upline(~passed, parent)[:-1], np.arange(len(parent)))
        return np.append(parent, NONE)[kept_above]
