"""Streamline: single-file lines, in which each level has a least rank of its own.

docs/plans/streamline.md states the rule with a worked example.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Unearned, Unit, Walk
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import ListOf, Table, TableOf, setting
from commissions.engine.kinds import Code, OneOf, Percent, Report, Whole
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_LINES = 50


@dataclass(frozen=True, kw_only=True)
class Level:
    """What a level pays, and to whom: a person of this ``rank`` or a higher one."""

    rate: int = setting(Percent())
    rank: str = setting(Code())


@dataclass(frozen=True, kw_only=True)
class Streamline(Walking):
    """``levels`` up each line; ``lines`` says how many lines each rank grants, beyond which they are frozen.

    With a ``tree`` the lines are its legs. Without one there are company-wide lines in order of joining: everybody
    stands in the first, and enters a further one at its end in the first period in which a rank grants it.
    """

    kind: ClassVar[str] = "streamline"
    unearned: Unearned = setting(OneOf((Unearned.BREAKAGE,), Unearned))
    tree: str | None = setting(Code(), default=None)
    volume: str = setting(Code(), default="cv")
    levels: tuple[Level, ...] = setting(ListOf(Table(Level), most=1000))
    lines: dict[str, int] = setting(TableOf(Code(), Whole(0, _MOST_LINES)))

    def most(self, plan: "Plan") -> Fraction | None:
        lines = max(self.lines.values()) if self.tree is None else 1
        return Fraction(sum(level.rate for level in self.levels) * lines, money.PPM) if self.volume == "cv" else None

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if self.tree is not None:
            names.require_tree(f"{path}.tree", self.tree, report, "binary", "matrix", "open")
        names.require_volume(f"{path}.volume", self.volume, report)
        for place, level in enumerate(self.levels, 1):
            names.require_rank(f"{path}.levels[{place}].rank", level.rank, report)
        names.require_each_rank(f"{path}.lines", self.lines, "the number of lines that this rank grants", report)
        if not any(self.lines.values()):
            report.wrong(f"{path}.lines", 0, "at least one line for one of the ranks")

    def place_state(self, line: int) -> str:
        """The name under which everybody's place in a line is kept, from 1; 0 for who does not stand in it."""
        return f"{self.code}.place.{line}"

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def line_up(self, calculation: "Calculation") -> NDArray[np.int64]:
        """The first of the lines."""
        return next(parent for _, parent, _ in self._lines(calculation, np.zeros(len(calculation.people), dtype=np.int64)))

    def granted(self, calculation: "Calculation", index: int) -> NDArray[np.int64]:
        """How many lines pay each person now."""
        by_rank = np.array([*(self.lines[rung.code] for rung in calculation.plan.ranks), 0], dtype=np.int64)
        may = calculation.standings.active & calculation.open_to(index)
        return np.where(may, by_rank[calculation.standings.rank], 0)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        granted = self.granted(calculation, index)
        walks = [self._up(calculation, starters, *line) for line in self._lines(calculation, granted)]
        return Walk(
            np.concatenate([walk.payee for walk in walks]),
            np.concatenate([walk.missed for walk in walks]),
            np.concatenate([walk.reason for walk in walks]),
            np.concatenate([walk.rate_ppm for walk in walks]),
            np.concatenate([walk.level for walk in walks]),
        )

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        yield from super().pay(calculation, index)
        if self.tree is None:
            for line, place in enumerate(self.places(calculation), 1):
                calculation.leave(self.place_state(line), place)

    def places(self, calculation: "Calculation") -> list[NDArray[np.int64]]:
        """Find everybody's place in each line; newcomers go to its end, in order of joining and of id."""
        people, standings = calculation.people, calculation.standings
        by_rank = np.array([*(self.lines[rung.code] for rung in calculation.plan.ranks), 0], dtype=np.int64)
        entitled = by_rank[standings.rank]
        places = []
        for line in range(1, max(self.lines.values(), default=0) + 1):
            place = calculation.state(self.place_state(line)).copy()
            enters = (place == 0) & (people.is_distributor() if line == 1 else entitled >= line)
            new = np.flatnonzero(enters)
            new = new[np.lexsort((people.id[new], people.joined_at[new]))]
            place[new] = int(place.max(initial=0)) + 1 + np.arange(len(new))
            places.append(place)
        return places

    def _lines(
        self, calculation: "Calculation", granted: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]]:
        """Yield every line: who stands in it, who stands before each of them, and whether that one is paid from there."""
        if self.tree is not None:
            forest = calculation.people.forest(self.tree)
            leg = np.ones(len(forest.parent), dtype=np.int64) if forest.leg is None else np.maximum(forest.leg + 1, 1)
            yield np.ones(len(leg), dtype=np.bool_), forest.parent, np.append(granted, 0)[forest.parent] >= leg
            return
        for line, place in enumerate(self.places(calculation), 1):
            stands = np.flatnonzero(place)
            stands = stands[np.argsort(place[stands], kind="stable")]
            before = np.full(len(place), NONE, dtype=np.int64)
            before[stands[1:]] = stands[:-1]
            yield place > 0, before, np.append(granted, 0)[before] >= line

    def _up(
        self,
        calculation: "Calculation",
        starters: NDArray[np.int64],
        stands: NDArray[np.bool_],
        parent: NDArray[np.int64],
        paid: NDArray[np.bool_],
    ) -> Walk:
        """Give each level of a line to the next person up who has its rank and whom this line pays.

        Whether somebody is paid depends on the line from which the sale comes, so it is a mark of the person below.
        """
        plan = calculation.plan
        walk = Walk.empty(tuple(level.rate for level in self.levels), len(starters))
        rank = np.append(calculation.standings.rank, np.int8(NONE))[parent]
        at = np.append(np.arange(len(parent)), NONE)[starters]
        self_or_above: dict[int, NDArray[np.int64]] = {}
        for step, level in enumerate(self.levels):
            least = plan.rank_index(level.rank)
            if least not in self_or_above:
                marked = paid & (rank >= least) & (parent != NONE)
                above = tree.next_upline(marked, parent)[:-1]
                self_or_above[least] = np.append(np.where(marked, np.arange(len(parent)), above), NONE)
            at = np.append(parent, NONE)[self_or_above[least][at]]
            walk.payee[step] = at
        walk.reason[:] = np.where(walk.payee == NONE, np.int8(Reason.NOBODY_ABOVE), np.int8(Reason.PAID))
        rates = np.where(stands[starters], walk.rate_ppm, np.int32(0))
        return dataclasses.replace(walk, rate_ppm=rates)
