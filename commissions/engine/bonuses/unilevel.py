"""Unilevel: each level above a sale is paid its own percentage of the commissionable volume.

docs/plans/unilevel.md states the rule with a worked example.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Reach, Unearned, Unit, Walk, open_to, roll_up, why_not
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import PerSale
from commissions.engine.document import ListOf, TableOf, setting
from commissions.engine.kinds import Code, Percent, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE, SPONSOR

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_LEVELS = 100


class Compression(StrEnum):
    """Who is counted on the way up: everybody, active people, or only people who are paid."""

    NONE = "none"
    INACTIVE = "inactive"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Unilevel(PerSale):
    """``rates`` by level, level 1 first; ``depth`` says down to which level each rank is paid."""

    kind: ClassVar[str] = "unilevel"
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    rates: tuple[int, ...] = setting(ListOf(Percent(), most=_MOST_LEVELS))
    depth: dict[str, int] = setting(TableOf(Code(), Whole(0, _MOST_LEVELS)))
    compression: Compression = setting(choice(Compression))

    @property
    def per_sale(self) -> bool:
        return self.tree == SPONSOR and self.sales is None

    @property
    def levels(self) -> int:
        return len(self.rates)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        names.require_each_rank(f"{path}.depth", self.depth, "the number of levels that this rank is paid", report)
        for rank, levels in self.depth.items():
            if levels > len(self.rates):
                report.wrong(f"{path}.depth.{rank}", levels, f"at most {len(self.rates)}, the number of rates")
        if self.compression is Compression.FULL and self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: full compression leaves nothing that could roll up")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def qualifies(self, plan: "Plan", index: int, standings: Standings) -> NDArray[np.int16]:
        """Down to which level each person is paid: by rank, and 0 for who is not active or stopped by a gate."""
        by_rank = np.array([*(self.depth[rank.code] for rank in plan.ranks), 0], dtype=np.int16)
        return np.where(standings.active & open_to(plan, index, standings), by_rank[standings.rank], np.int16(0))

    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[np.int16]:
        claim = super().claim(plan, index, standings)
        return claim + np.int16(128) * standings.active if self.compression is Compression.INACTIVE else claim

    def reach(self, plan: "Plan", index: int, standings: Standings) -> Reach | None:
        if self.unearned is Unearned.ROLL_UP:
            return None
        if self.compression is Compression.NONE:
            marked = np.ones(len(standings.active), dtype=np.bool_)
        elif self.compression is Compression.INACTIVE:
            marked = standings.active
        else:
            marked = self.qualifies(plan, index, standings) == len(self.rates)
        return Reach(marked, len(self.rates))

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        if self.compression is Compression.FULL:
            return self._walk_from_payee_to_payee(calculation, index, starters)
        return self._walk_counting(calculation, index, starters)

    def _walk_from_payee_to_payee(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        """Give each level to the next person above the payee before who is active and ranked for that level."""
        parent = calculation.people.forest(self.tree).parent
        levels = self.qualifies(calculation.plan, index, calculation.standings)
        walk = Walk.empty(self.rates, len(starters))
        at = starters
        above, qualify = np.empty(0, dtype=np.int64), -1
        for level in range(1, len(self.rates) + 1):
            ranked = levels >= level
            if (still := int(np.count_nonzero(ranked))) != qualify:  # fewer or the same, as levels go up
                above, qualify = tree.next_upline(ranked, parent), still
            at = above[at]
            walk.payee[level - 1] = at
        walk.reason[:] = np.where(walk.payee == NONE, np.int8(Reason.NOBODY_ABOVE), np.int8(Reason.PAID))
        return walk

    def _walk_counting(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        """Count levels person by person, or active person by active person; who is not ranked for one is passed."""
        plan, standings = calculation.plan, calculation.standings
        parent = calculation.people.forest(self.tree).parent
        levels = np.append(self.qualifies(plan, index, standings), np.int16(0))
        reasons = why_not(plan, index, calculation.people, standings)
        if self.compression is Compression.INACTIVE:
            above = tree.next_upline(standings.active, parent)
        else:
            above = np.append(parent, NONE)
        walk = Walk.empty(self.rates, len(starters))
        at = starters
        for level in range(1, len(self.rates) + 1):
            at = above[at]
            paid = levels[at] >= level
            missed = np.where(paid, NONE, at)
            walk.payee[level - 1] = np.where(paid, at, NONE)
            walk.missed[level - 1] = missed
            walk.reason[level - 1] = np.where(paid, np.int8(Reason.PAID), reasons[at])
            if self.unearned is Unearned.ROLL_UP:
                heirs = roll_up(levels[:-1] >= level, parent, standings.rank, missed)
                walk.payee[level - 1] = np.where(paid, at, heirs)
        return walk
