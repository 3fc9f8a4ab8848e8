"""What the commissions app stores, a module for each subject."""

from commissions.models.fact import Fact
from commissions.models.live import LivePending
from commissions.models.period import Period
from commissions.models.plan import PlanVersion
from commissions.models.standing import EarningTotal, Standing
from commissions.models.volume import VolumeEntry

__all__ = [
    "EarningTotal",
    "Fact",
    "LivePending",
    "Period",
    "PlanVersion",
    "Standing",
    "VolumeEntry",
]
