"""Closing a period from files: read people.csv and orders.csv, calculate, write standings; no database, no payment lines.

Everybody has five orders. Each size runs in a process of its own, as ``manage.py calculate --standings-only`` does.
"""

import multiprocessing
import tempfile
from pathlib import Path

import numpy as np

from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.files import outcome
from commissions.files.company import read_company, sources_in
from tests.benchmarks.close import PLAIN, PLANS
from tests.benchmarks.harness import Bench, benchmark
from tests.benchmarks.population import parents

PERIOD = "2026-01"
STRETCH = 200_000


@benchmark("close", sizes=(10_000, 100_000), full=(1_000_000, 10_000_000))
def close_from_files(bench: Bench, size: int) -> None:
    """Write the files of a company, and calculate a month of it."""
    with tempfile.TemporaryDirectory() as folder:
        bench.say("writing the files")
        write_company(Path(folder), size)
        child = multiprocessing.get_context("fork").Process(target=_close, args=(bench, Path(folder)))
        child.start()
        child.join()
        if child.exitcode:
            raise RuntimeError(f"closing from files ended with {child.exitcode}")


def _close(bench: Bench, folder: Path) -> None:
    plan = plans.parse(next(path for path in PLANS if path.stem == PLAIN).read_text())
    parts = {}
    bench.say("reading")
    loading = bench.clock(lambda: parts.update(company=read_company(plan, sources_in(folder), PERIOD)))
    bench.say("calculating")
    computing = bench.clock(lambda: parts.update(result=calculate(plan, parts["company"].snapshot, keep_lines=False)))
    bench.say("writing")
    writing = bench.clock(outcome.write, plan, parts["company"], parts["result"], folder / "out")
    for stat, took in (("load", loading), ("calculate", computing), ("write", writing), ("total", loading + computing + writing)):
        bench.report(stat, took, "s", plan=PLAIN, source="files")
    bench.report("peak_mb", bench.peak_memory_mb(), "MB", plan=PLAIN, source="files")


def write_company(folder: Path, people: int) -> None:
    """Write people who sponsor each other as people do, and five orders a head, at random times of the month."""
    random = np.random.default_rng(7)
    parent = parents(people, random)
    with (folder / "people.csv").open("w") as file:
        file.write("id,sponsor,joined_on\n")
        for start in range(0, people, STRETCH):
            rows = enumerate((parent[start : start + STRETCH] + 1).tolist(), start + 1)
            file.writelines(f"{person},{sponsor or ''},2025-01-01\n" for person, sponsor in rows)
    with (folder / "orders.csv").open("w") as file:
        file.write("id,person,buyer_kind,at,pv,cv,paid,seller_price\n")
        for start in range(0, 5 * people, STRETCH):
            count = min(STRETCH, 5 * people - start)
            columns = (
                random.integers(1, people, size=count, endpoint=True).tolist(),
                random.integers(1, 31, size=count, endpoint=True).tolist(),
                random.integers(10, 90, size=count).tolist(),
            )
            file.writelines(
                f"{order},{person},{('retail', 'preferred', 'distributor')[order % 3]},2026-01-{day:02d},"
                f"{points},{points - 5},{points + 8},{points}\n"
                for order, (person, day, points) in enumerate(zip(*columns, strict=True), start + 1)
            )
