"""Bonuses that count generations: from the head of one group to the head of the next, and one payee each."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Unit, Walk, why_not
from commissions.engine.bonuses.groups import at_or_above, group_head
from commissions.engine.bonuses.levels import Levelled, climb
from commissions.engine.bonuses.payees import may_be_paid
from commissions.engine.bonuses.rows import most_levels
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Switch, choice
from commissions.engine.names import Names
from commissions.engine.result import Reason
from commissions.engine.snapshot import Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class Unqualified(StrEnum):
    """What a head who may not be paid does to the counting: nothing, or uses up a generation."""

    LOOKED_THROUGH = "looked_through"
    COUNTS = "counts"


class Boundary(StrEnum):
    """Where one generation ends and the next begins, as ``generation.Generation`` says."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    BREAKAWAY = "breakaway"
    ACTIVE_LEVEL = "active_level"


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Who heads groups: ``start`` the groups that sales are made in, ``counted`` the generations; ``may`` be paid at all.

    ``short`` are those who may not only for what their own group falls short of.
    """

    start: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    may: NDArray[np.bool_]
    short: NDArray[np.bool_] | None = None


@dataclass(frozen=True, kw_only=True)
class Generations(Levelled, Walking):
    """Each generation's rate goes to the head above it; ``active_only`` says whether heads have to be active for that."""

    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    unqualified: Unqualified = setting(choice(Unqualified))
    active_only: bool = setting(Switch())

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.check_levels(path, names, report)

    def most(self, plan: "Plan") -> Fraction | None:
        """The highest rate of each generation: a generation is paid once."""
        return self.most_of_levels() if self.volume == "cv" else None

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        return most_levels(self.rates), self.deepest()

    @property
    @abstractmethod
    def begins(self) -> Boundary:
        """How generations are counted."""

    @abstractmethod
    def heads(self, calculation: "Calculation", index: int) -> Heads:
        """Say who heads a group."""

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def may(self, calculation: "Calculation", index: int) -> NDArray[np.bool_]:
        """Say who may be paid as far as account, gates and activity go."""
        return may_be_paid(calculation, index, active_only=self.active_only)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        plan, standings = calculation.plan, calculation.standings
        forest = calculation.people.forest(self.tree)
        heads = self.heads(calculation, index)
        ranked = self.ranked_levels(plan, standings)
        reasons = why_not(plan, index, calculation.people, standings)
        reasons[:-1][self.may(calculation, index)] = Reason.RANK_TOO_LOW
        if heads.short is not None:
            reasons[:-1][heads.short] = Reason.NOT_QUALIFIED
        walk = climb(
            calculation,
            self,
            self._met(forest, heads, starters),
            levels=np.where(heads.may, self.unlocked_levels(calculation, ranked), np.int16(0)),
            ranked=np.where(heads.may, ranked, np.int16(0)),
            reasons=reasons,
            parent=forest.parent,
            unearned=self.unearned,
        )
        return self._without_own(walk, starters) if self.begins is Boundary.EXCLUSIVE else walk

    def _met(self, forest: Forest, heads: Heads, starters: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Yield whom each generation meets on the way up."""
        above = forest.next_upline(heads.counted)
        at = starters
        if self.begins in (Boundary.BREAKAWAY, Boundary.EXCLUSIVE):
            at = at_or_above(starters, group_head(forest, heads.start))
        for generation in range(1, most_levels(self.rates) + 1):
            if generation > 1 or self.begins is not Boundary.EXCLUSIVE:
                at = above[at]
            yield at

    def _without_own(self, walk: Walk, starters: NDArray[np.int64]) -> Walk:
        """Pay a head no first generation on the own sales."""
        rates = np.array(np.broadcast_to(walk.rate_ppm, walk.payee.shape))
        rates[0][(walk.payee[0] == starters) | (walk.missed[0] == starters)] = 0
        return Walk(walk.payee, walk.missed, walk.reason, rates, walk.level)
