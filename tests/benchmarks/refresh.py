"""A refresh of the live figures under each shipped plan: a few new sales far below, and a sale that moves a leader's rank.

The arithmetic alone, as in ``engine``; ``live`` measures the way through the database with the demo company's plan. Wall
clock and processor time. Pairs of legs, pools, matches, groups that broke away and caps are computed whole each time.
"""

import time
from typing import NamedTuple

import numpy as np

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices, snapshot
from commissions.engine.calculate import calculate
from commissions.engine.snapshot import Index, Snapshot
from tests.benchmarks import engine
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.commissions.plans.examples import SHIPPED

WIDTHS = {"binary": 2, "open": 3}
SALES_AT_ONCE = 20


@benchmark("refresh", sizes=(10_000, 100_000), full=(1_000_000,))
def refresh_under_each_plan(bench: Bench, size: int) -> None:
    """Hold a company under one plan after the other, and refresh it."""
    for path in sorted(SHIPPED.glob("*.toml")):
        _refresh(bench, size, path.stem, plans.parse(path.read_text()))


def _refresh(bench: Bench, size: int, name: str, plan: plans.Plan) -> None:
    dice = np.random.default_rng(11)
    snap = seated(engine.company(size), plan)
    held = holding.hold(plan, snap)
    whole = {"baseline": "the whole calculation", "baseline_value": bench.clock(calculate, plan, snap, keep_lines=False) * 1e3}
    first = 10**8
    took: list[_Timed] = []
    for _ in range(12):
        sales = engine.some_sales(held.index, dice, dice.integers(engine.LINE - 100, engine.LINE + 1, SALES_AT_ONCE), first)
        first += SALES_AT_ONCE
        took.append(_timed(bench, plan, held, sales))
        held = took[-1].held
    bench.report("refresh_p50", spread([each.seconds for each in took]).median * 1e3, "ms", plan=name, **whole)
    bench.report("refresh_p95", spread([each.seconds for each in took]).p95 * 1e3, "ms", plan=name, **whole)
    bench.report("refresh_cpu_p50", spread([each.busy for each in took]).median * 1e3, "ms", plan=name)
    leader = np.array([20])
    much = engine.some_sales(held.index, dice, leader, first)
    much.pv[:], much.cv[:] = 10**9, 10**9
    moved = _timed(bench, plan, held, much)
    bench.report("leader_moves", moved.seconds * 1e3, "ms", plan=name, **whole)
    bench.report("leader_moves_cpu", moved.busy * 1e3, "ms", plan=name)


class _Timed(NamedTuple):
    """How long a refresh took, how much of it the processor was busy, and what is held then."""

    seconds: float
    busy: float
    held: holding.Held


def _timed(bench: Bench, plan: plans.Plan, held: holding.Held, sales: snapshot.Sales) -> _Timed:
    found: list[slices.Change] = []
    used = time.process_time()
    seconds = bench.clock(lambda: found.append(slices.refresh(plan, held, sales)))
    return _Timed(seconds, time.process_time() - used, slices.take(held, found[0]))


def seated(snap: Snapshot, plan: plans.Plan) -> Snapshot:
    """Return the company with everybody in the plan's placement trees, level by level."""
    count = len(snap.people)
    ids, index, trees = np.arange(1, count + 1), Index(snap.people.id), {}
    for code, tree in plan.trees.items():
        width = getattr(tree, "width", WIDTHS.get(tree.kind, 3))
        parent = (np.arange(count) - 1) // width
        trees[code] = snapshot.placed(index, id=ids, parent_id=parent + 1, leg=np.maximum(np.arange(count) - 1, 0) % width)
    return Snapshot(snapshot.with_trees(snap.people, trees), snap.sales)
