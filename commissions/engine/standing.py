"""Where everybody stands: who is active, the measures that count for ranks, and the ranks."""

from commissions.engine import ranks, volumes
from commissions.engine.plan import Plan
from commissions.engine.result import Standings
from commissions.engine.snapshot import Snapshot


def stand(plan: Plan, snapshot: Snapshot) -> Standings:
    """Compute who is active, then the measures that count for ranks, then the ranks."""
    snapshot = volumes.settled(plan, snapshot)
    pv = volumes.own_volume(snapshot)
    gv = volumes.group_volume(snapshot, pv)
    payable = volumes.payable(snapshot)
    active = ranks.active(plan, snapshot, payable=payable, pv=pv, gv=gv)
    holder = volumes.holders(plan, snapshot.people, active)
    if holder is not None:
        pv = volumes.moved(pv, holder)
        gv = volumes.group_volume(snapshot, pv)
    return ranks.stand(plan, snapshot, pv=pv, gv=gv, payable=payable, active=active, holder=holder)
