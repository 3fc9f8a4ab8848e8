"""A refresh of the live figures under each shipped plan: a few new sales far below, and a sale that moves a leader's rank.

The arithmetic alone, as in ``engine``; ``live`` measures the way through the database with the demo company's plan. Plans
with pairs of legs, pools, matches or caps are computed whole each time: what a refresh replaces is the same as what it does.
"""

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
    first, took = 10**8, []
    for _ in range(12):
        sales = engine.some_sales(held.index, dice, dice.integers(engine.LINE - 100, engine.LINE + 1, SALES_AT_ONCE), first)
        first += SALES_AT_ONCE
        took.append(_timed(bench, plan, held, sales))
        held = took[-1][1]
    bench.report("refresh_p50", spread([seconds for seconds, _ in took]).median * 1e3, "ms", plan=name, **whole)
    bench.report("refresh_p95", spread([seconds for seconds, _ in took]).p95 * 1e3, "ms", plan=name, **whole)
    leader = np.array([20])
    much = engine.some_sales(held.index, dice, leader, first)
    much.pv[:], much.cv[:] = 10**9, 10**9
    bench.report("leader_moves", _timed(bench, plan, held, much)[0] * 1e3, "ms", plan=name, **whole)


def _timed(bench: Bench, plan: plans.Plan, held: holding.Held, sales: snapshot.Sales) -> tuple[float, holding.Held]:
    found: list[slices.Change] = []
    seconds = bench.clock(lambda: found.append(slices.refresh(plan, held, sales)))
    return seconds, slices.take(held, found[0])


def seated(snap: Snapshot, plan: plans.Plan) -> Snapshot:
    """Return the company with everybody in the plan's placement trees, level by level."""
    count = len(snap.people)
    ids, index, trees = np.arange(1, count + 1), Index(snap.people.id), {}
    for code, tree in plan.trees.items():
        width = getattr(tree, "width", WIDTHS.get(tree.kind, 3))
        parent = (np.arange(count) - 1) // width
        trees[code] = snapshot.placed(index, id=ids, parent_id=parent + 1, leg=np.maximum(np.arange(count) - 1, 0) % width)
    return Snapshot(snapshot.with_trees(snap.people, trees), snap.sales)
