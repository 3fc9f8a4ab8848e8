"""Bringing a company in: the demo's files on an empty database, people and orders a second, and the memory it takes."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from backoffice.demo.generator import Generator
from backoffice.imports.company import Import
from commissions import live
from tests.benchmarks.harness import Bench, benchmark

END = datetime(2026, 11, 18, tzinfo=UTC)


@benchmark("import", sizes=(1_000, 10_000, 100_000), full=(1_000_000,))
def bring_a_company_in(bench: Bench, size: int) -> None:
    """Write the files, bring them in, bring them in again, compute the figures."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        started = time.perf_counter()
        orders = Generator(folder, people=size, seed=7, end=END).write()
        bench.report("files written", time.perf_counter() - started, "s", name="generator")
        started = time.perf_counter()
        report = Import(folder, say=bench.say).run()
        seconds = time.perf_counter() - started
        assert not report.refused, report.examples
        bench.report("whole", seconds, "s")
        bench.report("orders", orders / seconds, "orders/s")
        bench.report("peak memory", bench.peak_memory_mb(), "MB")
        started = time.perf_counter()
        Import(folder, say=bench.say).run()
        bench.report("again, nothing new", time.perf_counter() - started, "s")
        started = time.perf_counter()
        live.refresh_everything()
        bench.report("live figures afterwards", time.perf_counter() - started, "s")
