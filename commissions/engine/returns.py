"""What a plan document says about orders that come back after their period was closed."""

from dataclasses import dataclass

from commissions.engine.document import setting
from commissions.engine.kinds import Switch, Whole


@dataclass(frozen=True, kw_only=True)
class Returns:
    """The bonuses of an order returned ``within_days`` of its credit date are clawed back.

    ``lowers_qualifying`` says whether such a return lowers the qualifying volume of the period in which it is processed.
    """

    within_days: int = setting(Whole(0, 3660))
    lowers_qualifying: bool = setting(Switch())
