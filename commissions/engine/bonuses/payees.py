"""Who may be paid a bonus, as far as anything but its own rule goes."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


def may_be_paid(calculation: "Calculation", index: int, *, active_only: bool) -> NDArray[np.bool_]:
    """Say which distributors have an open account and passed all gates of a bonus, and are active where it asks for that."""
    may = calculation.open_to(index) & calculation.people.is_distributor()
    return may & calculation.standings.active if active_only else may
