"""Generation: each group of the people of a rank, counted upwards from a sale, is paid a percentage of its own.

docs/plans/generation.md states the rule with a worked example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from commissions.engine import tenure
from commissions.engine.bonuses.generations import Boundary, Generations, Heads, Unqualified
from commissions.engine.bonuses.payees import sees_one_order
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, choice
from commissions.engine.names import Names

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class HeldAs(StrEnum):
    """By which rank somebody is a boundary: the one of this period's test, or the highest one ever held."""

    PAID_AS = "paid_as"
    TITLE = "title"


@dataclass(frozen=True, kw_only=True)
class Generation(Generations):
    """``boundary`` says where generations end; whoever holds ``rank`` or a higher one is a boundary person."""

    kind: ClassVar[str] = "generation"
    boundary: Boundary = setting(choice(Boundary))
    rank: str = setting(Code(), default="")
    held_as: HeldAs | None = setting(choice(HeldAs), default=None)

    @property
    def goes_by_order(self) -> bool:
        return sees_one_order(self.sales)

    @property
    def begins(self) -> Boundary:
        return self.boundary

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if self.boundary is Boundary.ACTIVE_LEVEL:
            if self.rank:
                report.wrong(f"{path}.rank", self.rank, "no rank: every active person is a boundary")
            if self.held_as is not None:
                report.wrong(f"{path}.held_as", self.held_as, "no such key: every active person is a boundary")
            return
        if self.held_as is None:
            report.missing(f"{path}.held_as", f"one of {', '.join(HeldAs)}")
        names.require_rank(f"{path}.rank", self.rank, report)
        lower = names.ranks[: names.ranks.index(self.rank)] if self.rank in names.ranks else ()
        for rank in lower:
            if self.depth and self.depth.get(rank):
                report.wrong(f"{path}.depth.{rank}", self.depth[rank], f"0, as {rank} is below the boundary {self.rank}")
            if isinstance(self.rates, Mapping) and self.rates.get(rank):
                report.wrong(f"{path}.rates.{rank}", list(self.rates[rank]), f"[], as {rank} is below the boundary {self.rank}")

    def heads(self, calculation: "Calculation", index: int) -> Heads:
        plan, standings = calculation.plan, calculation.standings
        may = self.may(calculation, index)
        if self.boundary is Boundary.ACTIVE_LEVEL:
            bounds = standings.active
        else:
            least = plan.rank_index(self.rank)
            may = may & (standings.rank >= least)
            bounds = standings.rank >= least
            if self.held_as is HeldAs.TITLE:
                bounds = bounds | (tenure.title(calculation.snapshot) >= least)
        counted = bounds & may if self.unqualified is Unqualified.LOOKED_THROUGH else bounds
        return Heads(start=counted, counted=counted, may=may)
