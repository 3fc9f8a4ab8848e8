"""How to write a benchmark.

Make a module in this folder, named for its subject, and decorate a function:

    from tests.benchmarks.harness import Bench, benchmark, spread

    @benchmark("enrolment", sizes=(10_000, 100_000), full=(1_000_000,))
    def enrol_into_a_grown_tree(bench: Bench, size: int) -> None:
        ...build a company of ``size`` people...
        ours = [bench.clock(enrol_one) for _ in range(2_000)]          # seconds each
        theirs = [bench.clock(insert_with_plain_mptt) for _ in range(5)]
        mptt = {"baseline": "django-mptt", "baseline_value": spread(theirs).median * 1e3}
        bench.report("median", spread(ours).median * 1e3, "ms", **mptt)
        bench.report("p99", spread(ours).p99 * 1e3, "ms")

- The function is called once for each size (``full`` sizes only with FULL=1), **each time in a process of its own with an empty,
  migrated database of its own** on a cluster of the benchmarks' own (fsync on). Peak memory is therefore this benchmark's:
  ``bench.peak_memory_mb()``. Django is set up when the module is imported, so models are imported at its top.
- ``bench.report(stat, value, unit, baseline=, baseline_value=, name=)`` prints one JSON line:
  ``{"name", "size", "stat", "value", "unit", "baseline", "baseline_value", "ratio"}``. ``ratio`` is how many times better we are
  than the baseline: baseline / ours, or ours / baseline where more is better (units that end in "/s"). Figures
  are printed, never asserted; the obvious alternative belongs in the same run.
- ``bench.company(...)`` runs the whole product (web, workers, beat) on that database: see ``tests/servers.py``.
- ``bench.say("...")`` prints progress to stderr. Without FULL all benchmarks together should take less than ten minutes.
- Generators of load run beside the server on the same machine, against loopback only, and stop by themselves.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.servers import Company


@dataclass(frozen=True)
class Benchmark:
    """One registered function with the sizes it is measured at."""

    name: str
    run: Callable[["Bench", int], None]
    sizes: tuple[int, ...]
    full: tuple[int, ...]


REGISTRY: dict[str, list[Benchmark]] = {}


def benchmark(name: str, *, sizes: Iterable[int], full: Iterable[int] = ()) -> Callable:
    """Register a function under the name that ONLY= takes; several functions may share a name."""

    def register(run: Callable[["Bench", int], None]) -> Callable:
        REGISTRY.setdefault(name, []).append(Benchmark(name, run, tuple(sizes), tuple(full)))
        return run

    return register


@dataclass(frozen=True)
class Spread:
    """How a list of measurements is spread, in the unit it was given in."""

    median: float
    p95: float
    p99: float
    worst: float


def spread(values: Iterable[float]) -> Spread:
    """Return median, 95th and 99th percentile and the worst of some measurements."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return Spread(statistics.median(ordered), ordered[round(last * 0.95)], ordered[round(last * 0.99)], ordered[-1])


@dataclass
class Bench:
    """What a benchmark is given."""

    name: str
    size: int
    full: bool = False
    companies: list[Company] = field(default_factory=list)

    def clock(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> float:
        """Call once and return the seconds it took."""
        started = time.perf_counter()
        call(*args, **kwargs)
        return time.perf_counter() - started

    def report(
        self,
        stat: str,
        value: float,
        unit: str,
        *,
        baseline: str | None = None,
        baseline_value: float | None = None,
        name: str = "",
        **more: str,
    ) -> None:
        """Print one figure, beside what the obvious alternative took; ``more`` says what else it belongs to."""
        ratio = None
        if baseline_value and value:
            ratio = rounded(value / baseline_value if unit.endswith("/s") else baseline_value / value)
        line = {"name": name or self.name, **more, "size": self.size, "stat": stat, "value": rounded(value), "unit": unit}
        line |= {"baseline": baseline, "baseline_value": rounded(baseline_value), "ratio": ratio}
        print(json.dumps(line), flush=True)

    def say(self, words: str) -> None:
        """Tell the person who waits how far it has got."""
        print(f"  {self.name} {self.size:,}: {words}", file=sys.stderr, flush=True)

    def peak_memory_mb(self) -> float:
        """Return the most memory that this process has held so far, in megabytes."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == "darwin" else 1e3)

    def company(self, **options: Any) -> Company:
        """Start the whole product on this benchmark's database; it is stopped at the end."""
        company = Company.on_this_database(**options)
        self.companies.append(company)
        company.start()
        return company


def rounded(value: float | None) -> float | None:
    """Keep four digits that mean something."""
    return None if value is None else float(f"{value:.4g}")
