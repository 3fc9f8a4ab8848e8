"""Rank advancement: an amount for reaching a rank, once per rank in a life.

docs/plans/rank_advancement.md states the rule with worked examples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.rows import amounts_of
from commissions.engine.bonuses.stated import check_breakage, held_place, rewards
from commissions.engine.bonuses.windows import CALENDARS, Calendar
from commissions.engine.document import Selected, TableOf, setting
from commissions.engine.kinds import Code, Money, Report, Switch, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Skipped(StrEnum):
    """Which ranks are paid when several are reached at once."""

    ALL = "all"
    HIGHEST = "highest"


@dataclass(frozen=True, kw_only=True)
class RankAdvancement(Bonus):
    """``amounts`` by rank, paid when the rank or a higher one has been held for ``periods`` in a row, this one counted.

    With a ``window`` they are only paid while somebody is new.
    """

    kind: ClassVar[str] = "rank_advancement"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    amounts: Mapping[str, Fraction] = setting(TableOf(Code(), Money()))
    periods: int = setting(Whole(1, 60))
    skipped: Skipped = setting(choice(Skipped))
    active_only: bool = setting(Switch())
    window: Calendar | None = setting(Selected(CALENDARS), default=None)

    @property
    def per_person(self) -> bool:
        return True

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_each_rank(f"{path}.amounts", self.amounts, "what reaching this rank pays, 0 for nothing", report)
        check_breakage(self, path, report)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan = calculation.plan
        amounts = amounts_of(self.amounts, plan)
        rank = held_place(calculation, index, self.amounts, active_only=self.active_only)
        in_time = np.ones(len(rank), dtype=np.bool_) if self.window is None else self.window.still_new(calculation)
        higher = np.zeros(len(rank), dtype=np.bool_)  # a higher rank is paid in this very period
        for place in reversed(range(len(plan.ranks))):
            code = plan.ranks[place].code
            if not amounts[place]:
                continue
            row = np.where(rank >= place, calculation.state(f"{self.code}.{code}.held") + 1, 0)
            done = calculation.state(f"{self.code}.{code}.done")
            due = (row >= self.periods) & (done == 0)
            is_paid = in_time & (due & ~higher if self.skipped is Skipped.HIGHEST else due)
            level = np.full(len(rank), place + 1, dtype=np.int64)
            yield rewards(calculation, index, np.where(is_paid, amounts[place], 0), level)
            higher |= due
            calculation.leave(f"{self.code}.{code}.held", row)
            calculation.leave(f"{self.code}.{code}.done", np.where(due, 1, done))
