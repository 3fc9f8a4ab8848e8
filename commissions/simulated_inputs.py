"""What a period of a simulation is calculated from: the same people and sales for both plans, with what each asks for.

Usually that is one snapshot. A plan that asks for other trees, or for other columns of the sales, has one of its own,
read at the same instant.
"""

import copy
import dataclasses

from commissions import plan_versions, sale_columns, snapshots
from commissions.carried import SIDES


def read(stretch):
    """Return the snapshot of a period for each side; a side whose plan has no such period sees what the other one sees."""
    found: dict = {}
    with snapshots.one_instant():
        company = snapshots.read_company()
        for side, version in stretch.versions.items():
            asked = _asks(plan_versions.load(version))
            if asked not in found:
                found[asked] = _read(company, stretch, version)
            found[side] = found[asked]
    return {side: found[side] if side in found else found[next(iter(stretch.versions))] for side in SIDES}


def _asks(plan):
    """Say what of the company a plan has to know beside what every plan has."""
    return tuple(plan.trees), tuple(sorted(sale_columns.of_plan(plan))), plan.ladder.period, plan.returns


def _read(company, stretch, version):
    """Read a period as it would be if the company counted by a plan version."""
    period = copy.copy(stretch.period)
    period.plan = version
    return dataclasses.replace(snapshots.of_company(company, period), period=stretch.kind)
