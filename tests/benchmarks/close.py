"""Closing a period under each shipped plan: read it, calculate it, write every line; beside it, the obvious SQL.

The company of a size is made once, with everybody in every tree that some plan names; each plan then runs in a process of
its own, so that its peak of memory is its own. The people have five orders each. ``CLOSE_PLANS=unilevel,binary`` asks for
some of the plans alone.
"""

import multiprocessing
import os
from functools import partial
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from commissions import runs
from commissions.engine import calculate as engine
from commissions.models import Run
from commissions.runs import calculation, rows
from tests.benchmarks.harness import Bench, benchmark
from tests.benchmarks.population import Population

PLANS = sorted((Path(__file__).resolve().parents[2] / "commissions" / "plans").glob("*.toml"))
PLAIN = "unilevel"
"""The plan whose SQL is written out below."""

MOST_FOR_SQL = 100_000

OBVIOUS = """
    CREATE TEMPORARY TABLE own ON COMMIT DROP AS
        SELECT p.id, p.parent_id, p.distributor_id, coalesce(sum(v.pv), 0)::bigint AS pv
        FROM genealogy_position p LEFT JOIN commissions_volumeentry v USING (distributor_id)
        WHERE p.tree_id = (SELECT id FROM genealogy_tree WHERE code = 'sponsor') GROUP BY p.id;
    CREATE INDEX ON own (id);
    CREATE INDEX ON own (parent_id);
    CREATE TEMPORARY TABLE totals ON COMMIT DROP AS
        WITH RECURSIVE above AS (
            SELECT id AS person, parent_id AS up, pv FROM own
            UNION ALL SELECT own.id, own.parent_id, above.pv FROM above JOIN own ON own.id = above.up
        ) SELECT person AS id, sum(pv)::bigint AS gv FROM above GROUP BY person;
    CREATE INDEX ON totals (id);
    CREATE TEMPORARY TABLE stood ON COMMIT DROP AS
        SELECT own.id, own.parent_id, own.distributor_id, own.pv >= 5000 AS active,
               CASE WHEN own.pv < 5000 THEN 1 WHEN gv >= 4000000 THEN 7 WHEN gv >= 1000000 THEN 6
                    WHEN gv >= 250000 THEN 5 WHEN gv >= 50000 THEN 3 ELSE 1 END AS depth
        FROM own JOIN totals USING (id);
    CREATE INDEX ON stood (id);
    CREATE INDEX ON stood (distributor_id);
    CREATE TEMPORARY TABLE paid ON COMMIT DROP AS
        WITH RECURSIVE walk AS (
            SELECT v.id AS entry, v.cv, s.parent_id AS at, 1 AS level, NULL::bigint AS payee
            FROM commissions_volumeentry v JOIN stood s USING (distributor_id)
            UNION ALL
            SELECT walk.entry, walk.cv, s.parent_id,
                   CASE WHEN s.active AND s.depth >= walk.level THEN walk.level + 1 ELSE walk.level END,
                   CASE WHEN s.active AND s.depth >= walk.level THEN s.distributor_id END
            FROM walk JOIN stood s ON s.id = walk.at WHERE walk.level <= 7
        ) SELECT payee, level - 1 AS level, sum(round(cv * (ARRAY[10, 8, 6, 5, 4, 3, 2])[level - 1] / 100.0)) AS amount
          FROM walk WHERE payee IS NOT NULL GROUP BY payee, level;
"""
"""Group volume by a recursive query, ranks by volume, a walk up from every sale: what is written first, nearly everywhere.

It leaves out what it makes hard (ranks in legs, lines in the plan's currency), so it has less to do than the engine.
"""


@benchmark("close", sizes=(10_000, 100_000), full=(1_000_000,))
def close(bench: Bench, size: int) -> None:
    """Close the same period under one plan after the other."""
    asked = [name for name in os.environ.get("CLOSE_PLANS", "").split(",") if name]
    paths = [path for path in PLANS if not asked or path.stem in asked]
    bench.say("making the company")
    population = Population(size, plans=paths)
    population.sell(5 * size)
    for path in paths:
        connection.close()
        child = multiprocessing.get_context("fork").Process(target=_close, args=(bench, size, population, path))
        child.start()
        child.join()
        if child.exitcode:
            raise RuntimeError(f"closing under {path.stem} ended with {child.exitcode}")


def _close(bench: Bench, size: int, population: Population, path: Path) -> None:
    """Calculate a run under one plan as the product does, and report what each part takes."""
    report = partial(_report, bench, path.stem)
    plan = population.count_by(path)
    run = _asked_for(population)
    given = {}
    bench.say(f"{path.stem}: reading")
    loading = bench.clock(lambda: given.update(all=calculation.read(run)))
    report("load", loading, "s")
    bench.say(f"{path.stem}: calculating")
    report("calculate", bench.clock(engine.calculate, plan, given["all"].inputs.snapshot, keep_lines=False), "s")
    came = {}
    settling = bench.clock(lambda: came.update(to=calculation.compute(run, given["all"])))
    report("calculate_with_lines_and_review", settling, "s")
    bench.say(f"{path.stem}: writing")
    writing = bench.clock(_store, run, came["to"])
    run.refresh_from_db()
    report("write", writing, "s")
    report("lines", run.lines, "lines")
    obvious = None
    if path.stem == PLAIN and size <= MOST_FOR_SQL:
        bench.say("the same by SQL")
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            obvious = bench.clock(cursor.execute, OBVIOUS)
            cursor.execute("ROLLBACK")
    report("total", loading + settling + writing, "s", baseline="recursive SQL, temporary tables", baseline_value=obvious)
    report("peak_mb", bench.peak_memory_mb(), "MB")
    rows.drop(run.pk)


@transaction.atomic
def _store(run, outcome):
    """Write a run as a worker does: all of it in one transaction."""
    calculation.store(run, outcome, lambda stage, percent: None)


def _asked_for(population):
    """Return a run that waits to be calculated: a preview, as the period of a benchmark is not over."""
    office, _made = get_user_model().objects.get_or_create(email="office@example.com")
    office.user_permissions.add(Permission.objects.get(codename="calculate_run"))
    runs.preview(population.period, by=office)
    return Run.objects.latest("pk")


def _report(bench, plan, stat, value, unit, *, baseline=None, baseline_value=None):
    bench.report(stat, value, unit, baseline=baseline if baseline_value else None, baseline_value=baseline_value, plan=plan)
