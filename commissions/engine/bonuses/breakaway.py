"""Breakaway: a group whose head has grown out of the upline's personal group pays overrides to the heads above.

docs/plans/breakaway.md states the rule with a worked example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses.generations import Boundary, Generations, Heads, Unqualified
from commissions.engine.bonuses.heads import HEADS, Head
from commissions.engine.bonuses.measured import own_volume
from commissions.engine.document import Selected, Table, setting
from commissions.engine.kinds import Code, Points, Report, Switch, choice
from commissions.engine.names import Names

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Leaves(StrEnum):
    """When a group leaves whose head has reached what it takes: at once, or from the next period on."""

    THIS_PERIOD = "this_period"
    NEXT_PERIOD = "next_period"


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """``least`` points of ``volume`` in the own personal group."""

    volume: str = setting(Code())
    least: int = setting(Points())


@dataclass(frozen=True, kw_only=True)
class Breakaway(Generations):
    """``head`` says what it takes to break away; ``minimum`` what the own personal group needs for the override."""

    kind: ClassVar[str] = "breakaway"
    head: Head = setting(Selected(HEADS, by="by"))
    leaves: Leaves = setting(choice(Leaves))
    recapture: bool = setting(Switch())
    minimum: Minimum = setting(Table(Minimum))

    @property
    def begins(self) -> Boundary:
        return Boundary.BREAKAWAY

    @property
    def names(self) -> tuple[str, ...]:
        return super().names + self.head.names

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        self.head.check(f"{path}.head", names, report)
        names.require_volume(f"{path}.minimum.volume", self.minimum.volume, report)

    def away(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say who heads a group that is out of the upline's personal group, and leave that for the next period."""
        holds = self.head.holds(calculation, self.tree, self.code)
        before = calculation.state(f"{self.code}.away") > 0
        if not (self.recapture and self.leaves is Leaves.THIS_PERIOD):
            calculation.leave(f"{self.code}.away", (holds | before).astype(np.int64))
        if self.leaves is Leaves.NEXT_PERIOD:
            return before & holds if self.recapture else before
        return holds if self.recapture else holds | before

    def personal_group(self, calculation: "Calculation", away: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Measure what the minimum asks for."""
        own = own_volume(calculation, self.minimum.volume, self.tree)
        return calculation.people.forest(self.tree).personal_group(own, away)

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        group = self.personal_group(calculation, self.away(calculation))
        return {"personal_group_points": int(group[person]), "minimum_points": self.minimum.least}

    def heads(self, calculation: "Calculation", index: int) -> Heads:
        away = self.away(calculation)
        group = self.personal_group(calculation, away)
        open_to = self.may(calculation, index)
        enough = group >= self.minimum.least
        may = open_to & enough
        counted = away & may if self.unqualified is Unqualified.LOOKED_THROUGH else away
        return Heads(start=away, counted=counted, may=may, short=open_to & ~enough)
