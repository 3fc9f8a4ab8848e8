"""What a period of a simulation is calculated from: the same people and sales for both plans, with what each asks for.

Of a period that a run has closed those are the people as they stood then, so that what held is what was paid, to the
cent; else the people of now. Usually both plans see one snapshot. A plan that asks for other columns of the sales, or for
other trees, has one of its own, read at the same instant.
"""

import copy
import dataclasses

from commissions import plan_versions, sale_columns, snapshots
from commissions.engine.snapshot import Index
from commissions.models import Run
from commissions.runs import inputs as run_inputs
from commissions.simulations.carried import SIDES, Carry


def read(stretch):
    """Return the snapshot of a period for each side; a side whose plan has no such period sees what the other one sees."""
    found: dict = {}
    with snapshots.one_instant():
        snapshot_of = _source(stretch)
        for side, version in stretch.versions.items():
            asked = _asks(plan_versions.load(version))
            if asked not in found:
                period = copy.copy(stretch.period)
                period.plan = version  # as if the company counted by it
                found[asked] = dataclasses.replace(snapshot_of(period), period=stretch.kind)
            found[side] = found[asked]
    return {side: found[side] if side in found else found[next(iter(stretch.versions))] for side in SIDES}


def _asks(plan):
    """Say what of the company a plan has to know beside what every plan has."""
    return tuple(plan.trees), tuple(sorted(sale_columns.of_plan(plan))), plan.ladder.period, plan.returns


def _source(stretch):
    """Return how a snapshot of the period is made: from the people of its closed run, or from those of now.

    A run keeps the trees that its plan names; for a plan that names others, everybody is as they stand now.
    """
    run = closed_run(stretch.period)
    if run is not None:
        people = run_inputs.people_of(run)
        named = {code for version in stretch.versions.values() for code in plan_versions.load(version).trees}
        if named <= people.trees.keys():
            index = Index(people.id)
            return lambda period: snapshots.of_people(people, index, period)
    company = snapshots.read_company()
    return lambda period: snapshots.of_company(company, period)


def closed_run(period):
    """Return the run that closed a period; None of one that is not closed, or that the company never had."""
    if period.pk is None:
        return None
    return Run.objects.filter(period=period, status=Run.Status.CLOSED).select_related("plan", "period", "repeats").first()


def begin(stretch):
    """Return what both plans carry into the first period of a timeline: what the runs before it left."""
    period = stretch.period if stretch.period.pk else stretch.own
    run = closed_run(period)
    snapshot = (run_inputs.read_again(run) if run else run_inputs.read(period)).snapshot
    return Carry(snapshot.people.id, snapshot.state, snapshot.state)
