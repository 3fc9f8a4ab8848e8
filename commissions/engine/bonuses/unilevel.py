"""Unilevel: each level above a sale is paid its own percentage of the commissionable volume.

docs/plans/unilevel.md states the rule with a worked example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Reach, Unearned, Unit, Walk, open_to, why_not
from commissions.engine.bonuses.levels import Levelled, climb
from commissions.engine.bonuses.payees import sees_one_order
from commissions.engine.bonuses.rows import LevelRows, most_levels
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import PerSale
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, choice
from commissions.engine.names import Names
from commissions.engine.result import Standings
from commissions.engine.snapshot import NONE, SPONSOR, Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class Compression(StrEnum):
    """Who is counted on the way up: everybody, active people, who is paid at all, or who is paid that very level."""

    NONE = "none"
    INACTIVE = "inactive"
    PAID_THROUGH = "paid_through"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class Unilevel(Levelled, PerSale):
    """Paid on ``volume``, up the ``tree``; ``compression`` says who is counted as a level."""

    kind: ClassVar[str] = "unilevel"
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    compression: Compression = setting(choice(Compression))

    @property
    def per_sale(self) -> bool:
        return self.tree == SPONSOR and self.sales is None and self.asks_standings_alone

    @property
    def asks_standings_alone(self) -> bool:
        return not self.tiers and self.held is None and not isinstance(self.rates, LevelRows)

    @property
    def levels(self) -> int:
        return most_levels(self.rates)

    @property
    def goes_by_order(self) -> bool:
        return sees_one_order(self.sales)

    def most(self, plan: "Plan") -> Fraction | None:
        """The highest rate of each level: a level is paid once."""
        return self.most_of_levels() if self.volume == "cv" else None

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        return self.levels, self.deepest()

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.check_levels(path, names, report)
        if self.compression is Compression.FULL and self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: full compression leaves nothing that could roll up")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def qualifies(self, plan: "Plan", index: int, standings: Standings) -> NDArray[np.int16]:
        """Down to which level each person is paid by rank: 0 for who is not active or stopped by a gate."""
        may = standings.active & open_to(plan, index, standings)
        return np.where(may, self.ranked_levels(plan, standings), np.int16(0))

    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[Any]:
        levels = self.qualifies(plan, index, standings)
        by_rank = self.unearned is Unearned.ROLL_UP or isinstance(self.rates, Mapping)
        claim = levels + np.int16(256) * (standings.rank + np.int16(1)) if by_rank else levels
        return claim + np.int16(128) * standings.active if self.compression is Compression.INACTIVE else claim

    def reach(self, plan: "Plan", index: int, standings: Standings) -> Reach | None:
        if self.unearned is Unearned.ROLL_UP:
            return None
        levels = self.qualifies(plan, index, standings)
        marked = {
            Compression.NONE: np.ones(len(levels), dtype=np.bool_),
            Compression.INACTIVE: standings.active,
            Compression.PAID_THROUGH: levels > 0,
            Compression.FULL: levels == self.levels,
        }
        return Reach(marked[self.compression], self.levels)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        plan, standings = calculation.plan, calculation.standings
        forest = calculation.people.forest(self.tree)
        ranked = self.qualifies(plan, index, standings)
        levels = self.unlocked_levels(calculation, ranked)
        return climb(
            calculation,
            self,
            self._met(forest, standings, levels, starters),
            levels=levels,
            ranked=ranked,
            reasons=why_not(plan, index, calculation.people, standings),
            parent=forest.parent,
            unearned=self.unearned,
        )

    def _met(
        self, forest: Forest, standings: Standings, levels: NDArray[np.int16], starters: NDArray[np.int64]
    ) -> Iterator[NDArray[np.int64]]:
        """Yield whom each level meets on the way up."""
        at = starters
        above, marks = np.append(forest.parent, NONE), -1
        for level in range(1, self.levels + 1):
            counted = self._counted(standings, levels, level)
            if counted is not None and (still := int(np.count_nonzero(counted))) != marks:  # fewer or the same, as levels go up
                above, marks = forest.next_upline(counted), still
            at = above[at]
            yield at

    def _counted(self, standings: Standings, levels: NDArray[np.int16], level: int) -> NDArray[np.bool_] | None:
        """Say who counts as this level; None where everybody does."""
        match self.compression:
            case Compression.NONE:
                return None
            case Compression.INACTIVE:
                return standings.active
            case Compression.PAID_THROUGH:
                return levels > 0
            case Compression.FULL:
                return levels >= level
