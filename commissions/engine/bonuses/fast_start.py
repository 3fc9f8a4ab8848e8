"""Fast start: a unilevel on the orders of people who have just joined.

docs/plans/fast_start.md states the rule with a worked example.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses import sources
from commissions.engine.bonuses.bonus import Unit
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.unilevel import Unilevel
from commissions.engine.bonuses.windows import WINDOWS, Window
from commissions.engine.document import Selected, setting

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class FastStart(Unilevel):
    """``window`` says how long somebody is new, counted from joining; all else is as in a unilevel."""

    kind: ClassVar[str] = "fast_start"
    window: Window = setting(Selected(WINDOWS))

    @property
    def per_sale(self) -> bool:
        return False

    def takes(self, calculation: "Calculation") -> NDArray[np.bool_]:
        return super().takes(calculation) & self.window.holds(calculation)

    def takes_alone(self, plan: "Plan") -> bool:
        return super().takes_alone(plan) and self.window.goes_by_time

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(
            calculation,
            self.volume,
            by_order=self.line is Unit.ORDER,
            entries=np.flatnonzero(self.takes(calculation)),
        )
