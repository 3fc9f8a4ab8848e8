"""What a bonus measures of each person to find a bracket: whose volume, which volume, and over how long a time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, volumes
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.snapshot import SPONSOR, Forest

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation

_MOST_PERIODS = 60
_MEANT = "a volume over several periods"


class Of(StrEnum):
    """Whose volume: the person's own, the whole downline's with it, or that less the groups that broke away."""

    OWN = "own"
    GROUP = "group"
    PERSONAL_GROUP = "personal_group"


class Over(StrEnum):
    """Over how long a time: this period, the last few with this one, or all periods since the beginning."""

    PERIOD = "period"
    ROLLING = "rolling"
    LIFETIME = "lifetime"


class BreaksAway(Protocol):
    """A bonus that knows whose groups have left their upline's personal groups."""

    def away(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say who heads a group that has left."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A volume of each person. ``periods`` counts the periods of ``rolling``, this one included.

    ``without`` is the code of the breakaway bonus whose groups a personal group leaves out.
    """

    of: Of = setting(choice(Of))
    volume: str = setting(Code())
    over: Over = setting(choice(Over))
    periods: int | None = setting(Whole(2, _MOST_PERIODS), default=None)
    without: str = setting(Code(), default="")

    @property
    def names(self) -> tuple[str, ...]:
        """The codes of the bonuses that the measure is computed from."""
        return (self.without,) if self.without else ()

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report settings that contradict each other or name something that is not there."""
        names.require_volume(f"{path}.volume", self.volume, report)
        if self.over is Over.ROLLING and self.periods is None:
            report.missing(f"{path}.periods", "over how many periods it rolls, this one included")
        if self.over is not Over.ROLLING and self.periods is not None:
            report.wrong(f"{path}.periods", self.periods, 'no number of periods: only over = "rolling" has one')
        if self.of is Of.PERSONAL_GROUP:
            fitting = [code for code, kind in names.bonuses.items() if kind == "breakaway"]
            names.require(f"{path}.without", self.without, fitting, "one of the plan's breakaway bonuses", report)
        elif self.without:
            report.wrong(f"{path}.without", self.without, 'no breakaway bonus: only of = "personal_group" leaves groups out')

    def now(self, calculation: "Calculation", forest: Forest, tree: str) -> NDArray[np.int64]:
        """Measure this period alone."""
        own = own_volume(calculation, self.volume, tree)
        if self.of is Of.OWN:
            return own
        if self.of is Of.PERSONAL_GROUP:
            return forest.personal_group(own, self.away(calculation))
        if self.volume == "pv" and tree == SPONSOR:
            return calculation.standings.gv
        return volumes.summed(forest, own)

    def away(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say whose groups a personal group leaves out."""
        plan = calculation.plan
        return cast(BreaksAway, plan.bonuses[plan.bonus_index(self.without)]).away(calculation)

    def before(self, calculation: "Calculation", code: str) -> NDArray[np.int64]:
        """Return what the periods before this one add to it."""
        if self.over is Over.LIFETIME:
            return calculation.state(f"{code}.lifetime")
        earlier = (calculation.state(f"{code}.volume.{back}") for back in range(1, self.periods or 1))
        return money.added([np.zeros(len(calculation.people), dtype=np.int64), *earlier], _MEANT)

    def leave(self, calculation: "Calculation", code: str, now: NDArray[np.int64]) -> None:
        """Leave this period's figure for those that follow."""
        if self.over is Over.LIFETIME:
            calculation.leave(f"{code}.lifetime", money.added([calculation.state(f"{code}.lifetime"), now], _MEANT))
        for back in range((self.periods or 1) - 1, 0, -1):
            earlier = now if back == 1 else calculation.state(f"{code}.volume.{back - 1}")
            calculation.leave(f"{code}.volume.{back}", earlier)

    def measure(self, calculation: "Calculation", forest: Forest, tree: str, code: str) -> NDArray[np.int64]:
        """Measure each person over the whole time, and leave what later periods need of it."""
        now = self.now(calculation, forest, tree)
        self.leave(calculation, code, now)
        return money.added([now, self.before(calculation, code)], _MEANT)


def own_volume(calculation: "Calculation", name: str, tree: str) -> NDArray[np.int64]:
    """Add up a named volume of this period by the person for whom it counts in a tree."""
    if name == "pv" and tree == SPONSOR:
        return calculation.standings.pv
    plan, snapshot = calculation.plan, calculation.snapshot
    own = volumes.counting_in(plan, snapshot, tree, name)
    return volumes.moved(own, volumes.holders(plan, snapshot.people, calculation.standings.active))
