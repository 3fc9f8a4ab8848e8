"""Who may be paid a bonus, and on which orders, as far as anything but its own rule goes."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from commissions.engine.bonuses.sources import SalesFilter
    from commissions.engine.calculation import Calculation


def may_be_paid(calculation: "Calculation", index: int, *, active_only: bool) -> NDArray[np.bool_]:
    """Say which distributors have an open account and passed all gates of a bonus, and are active where it asks for that.

    Nobody but a distributor is ever active.
    """
    return calculation.open_to(index) & (calculation.standings.active if active_only else calculation.people.is_distributor())


def sees_one_order(only: "SalesFilter | None") -> bool:
    """Say whether a filter of sales decides on each order alone; what other bonuses take may depend on all of them."""
    return only is None or not only.without_bonuses
