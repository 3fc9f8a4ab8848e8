"""Mentor bonus: the upline is paid an amount when somebody below reaches a rank for the first time.

docs/plans/mentor.md states the rule with a worked example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.dues import Passing, check_passing, climb, depth_by_rank
from commissions.engine.document import ListOf, TableOf, setting
from commissions.engine.kinds import Code, Money, OneOf, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan

_MOST_LEVELS = 50


class Skipped(StrEnum):
    """Of several ranks reached at once, whether each is paid for or only the highest."""

    EACH = "each"
    HIGHEST = "highest"


@dataclass(frozen=True, kw_only=True)
class Mentor(Bonus):
    """``amounts`` by rank reached and by level; ``depth`` says down to which level each rank of a payee is paid."""

    kind: ClassVar[str] = "mentor"
    units: ClassVar[tuple[Unit, ...]] = (Unit.SOURCE,)
    line: Unit = setting(OneOf((Unit.SOURCE,), Unit))
    tree: str = setting(Code())
    amounts: Mapping[str, tuple[Fraction, ...]] = setting(TableOf(Code(), ListOf(Money(), most=_MOST_LEVELS)))
    depth: dict[str, int] = setting(TableOf(Code(), Whole(0, _MOST_LEVELS)))
    compression: Passing = setting(choice(Passing))
    skipped: Skipped = setting(choice(Skipped))

    @property
    def state(self) -> str:
        """The name under which the highest rank that was paid for is kept: a place in the ladder and 1, 0 for none."""
        return f"{self.code}.reached"

    def levels_and_paid(self, plan: "Plan") -> tuple[int, int]:
        return max((len(levels) for levels in self.amounts.values()), default=0), max(self.depth.values(), default=0)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        for rank in self.amounts:
            names.require_rank(f"{path}.amounts.{rank}", rank, report)
        names.require_each_rank(f"{path}.depth", self.depth, "the number of levels that this rank is paid", report)
        check_passing(path, self.compression, self.unearned, report)
        most = max((len(levels) for levels in self.amounts.values()), default=0)
        for rank, levels in self.depth.items():
            if levels > most:
                report.wrong(f"{path}.depth.{rank}", levels, f"at most {most}, the number of amounts")

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan = calculation.plan
        before, now = calculation.state(self.state), calculation.standings.rank.astype(np.int64) + 1
        calculation.leave(self.state, np.maximum(before, now))
        paid_for = [(plan.rank_index(code), levels) for code, levels in self.amounts.items()]
        for rank, levels in sorted(paid_for):
            reached = (before <= rank) & (now > rank)
            if self.skipped is Skipped.HIGHEST:
                for higher, _ in paid_for:
                    if higher > rank:
                        reached &= now <= higher
            yield from self._pay_for(calculation, index, np.flatnonzero(reached), levels)

    def _pay_for(
        self, calculation: "Calculation", index: int, reached: NDArray[np.int64], amounts: tuple[Fraction, ...]
    ) -> Iterator[Lines]:
        """Pay level after level above those who reached a rank."""
        plan = calculation.plan
        parent = calculation.people.forest(self.tree).parent
        depth = depth_by_rank(calculation, index, self.depth)
        dues = climb(calculation, index, reached, parent, depth, levels=len(amounts), passing=self.compression)
        for level, (amount, due) in enumerate(zip(amounts, dues, strict=True), 1):
            if amount:
                yield lines.block(
                    plan,
                    index,
                    payee=due.payee,
                    base=np.full(len(reached), plan.minor(amount), dtype=np.int64),
                    currency=money.INDEX[plan.currency],
                    source=reached,
                    level=level,
                    missed=due.missed,
                    reason=due.reason,
                )
