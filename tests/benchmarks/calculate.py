"""A whole period: read it, calculate it, write it. Beside it, how the same group volume is had by a recursive query."""

from django.db import connection

from commissions import live, live_pending, plan_versions, snapshots
from commissions.engine.calculate import calculate
from commissions.models import Standing
from tests.benchmarks.harness import Bench, benchmark
from tests.benchmarks.population import Population

GROUP_VOLUME = """
    WITH RECURSIVE below AS (
        SELECT p.id AS top, p.id, p.distributor_id FROM genealogy_position p WHERE p.level >= %s
        UNION ALL SELECT below.top, p.id, p.distributor_id FROM genealogy_position p JOIN below ON p.parent_id = below.id
    ) SELECT count(*) FROM (
        SELECT below.top, sum(v.pv) FROM below JOIN commissions_volumeentry v USING (distributor_id) GROUP BY below.top
    ) totals
"""


@benchmark("calculate", sizes=(10_000, 100_000), full=(1_000_000,))
def calculate_a_period(bench: Bench, size: int) -> None:
    """Load, calculate and write everyone with five entries each; then the same again, when almost nothing differs."""
    bench.say("making the company")
    population = Population(size)
    population.sell(5 * size)
    parts = {}

    def load():
        with snapshots.one_instant():
            parts["company"] = snapshots.read_company()
            parts["snapshot"] = snapshots.of_company(parts["company"], population.period)

    def compute():
        parts["result"] = calculate(plan_versions.load(population.plan), parts["snapshot"], keep_lines=False)

    loading, computing = bench.clock(load), bench.clock(compute)
    bench.report("load", loading, "s")
    bench.report("calculate", computing, "s")
    parts.clear()
    live_pending.tell_history([population.period.pk])  # as an import does, so that a million ranks are no news
    refresher = live.Refresher()
    refresher.hold()
    bench.say("reading, calculating and writing by the live refresh")
    whole = bench.clock(refresher.read, {population.period.pk})
    bench.report("load_calculate_write", whole, "s")
    bench.report("write", max(whole - loading - computing, 0), "s")
    bench.report("rows_written", Standing.objects.count(), "rows")
    bench.report("again_nothing_differs", bench.clock(refresher.read, {population.period.pk}), "s")
    bench.report("peak_memory", bench.peak_memory_mb(), "MB")
    refresher.drop()
    if size <= 10_000:
        with connection.cursor() as cursor:
            took = bench.clock(cursor.execute, GROUP_VOLUME, [0])
        bench.report("group_volume", computing, "s", baseline="recursive SQL, group volume alone", baseline_value=took)
