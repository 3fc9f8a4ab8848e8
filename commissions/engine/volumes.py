"""The measures: own volume, group volume, and who is active."""

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.plan import Plan
from commissions.engine.requirements import Sight
from commissions.engine.snapshot import NO_RANK, Snapshot, Status


def own_volume(snapshot: Snapshot) -> NDArray[np.int64]:
    """PV: the qualifying volume of all that is credited to a person, bought by customers or by the person.

    For a folded person of a slice it is the group volume that is folded, so that group volumes add up.
    """
    money.require_summable(snapshot.sales.pv, "PV")
    pv = np.zeros(len(snapshot.people), dtype=np.int64)
    if snapshot.outside is not None:
        pv += snapshot.outside.pv
    np.add.at(pv, snapshot.sales.person, snapshot.sales.pv)
    return pv


def group_volume(snapshot: Snapshot, pv: NDArray[np.int64]) -> NDArray[np.int64]:
    """GV: the PV of the whole downline, the person included."""
    money.require_summable(pv, "GV")
    return tree.downline_sum(pv, snapshot.people.size)


def payable(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Who has an open account; folded people of a slice are not asked."""
    is_open: NDArray[np.bool_] = snapshot.people.status == Status.OPEN
    return is_open if snapshot.outside is None else is_open & ~snapshot.outside.folded


def active(
    plan: Plan, snapshot: Snapshot, *, payable: NDArray[np.bool_], pv: NDArray[np.int64], gv: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Who has what activity takes, among the distributors with an open account."""
    reached: NDArray[np.bool_] = payable & (pv >= plan.activity.pv) & snapshot.people.is_distributor()
    if plan.activity.requires:
        nobody = np.full(len(pv), NO_RANK, dtype=np.int8)
        sight = Sight(plan, snapshot, pv=pv, gv=gv, payable=payable, active=reached.copy(), rank=nobody)
        for required in plan.activity.requires:
            reached &= required.have(sight) >= required.need
    return reached
