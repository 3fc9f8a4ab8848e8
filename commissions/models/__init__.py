"""What the commissions app stores, a module for each subject."""

from commissions.models.fact import Fact
from commissions.models.live import LivePending
from commissions.models.period import Period
from commissions.models.plan import PlanVersion
from commissions.models.run import Run, RunArray, RunBonus, RunLine, RunStanding, RunTotal
from commissions.models.settlement import Adjustment, Hold
from commissions.models.simulation import SimulatedPeople, SimulatedPeriod, Simulation
from commissions.models.standing import EarningTotal, Standing
from commissions.models.volume import VolumeEntry

__all__ = [
    "Adjustment",
    "EarningTotal",
    "Fact",
    "Hold",
    "LivePending",
    "Period",
    "PlanVersion",
    "Run",
    "RunArray",
    "RunBonus",
    "RunLine",
    "RunStanding",
    "RunTotal",
    "SimulatedPeople",
    "SimulatedPeriod",
    "Simulation",
    "Standing",
    "VolumeEntry",
]
