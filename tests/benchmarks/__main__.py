"""Runs benchmarks: prints what machine this is and a calibration, then one JSON line a figure.

The parent starts the cluster and makes a migrated template once; each benchmark and size gets a child process and a
database of its own, so nothing that one leaves behind is measured by the next.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
os.environ["CANOPY_DATA"] = os.environ.get("CANOPY_BENCH_DATA") or str(BASE_DIR / ".data" / "bench")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
for variable in ("DATABASE_URL", "VALKEY_URL", "DEBUG"):
    os.environ.pop(variable, None)

import django  # noqa: E402  (after the environment that its settings are read from)

django.setup()

import numpy as np  # noqa: E402

import tests.benchmarks  # noqa: E402
from config import servers  # noqa: E402
from tests import databases  # noqa: E402
from tests.benchmarks.harness import REGISTRY, Bench, Benchmark, rounded  # noqa: E402

MINUTES_FOR_ONE = 60


def load_all() -> None:
    """Import every module of this folder, which registers its benchmarks; what a web process serves is no module of ours."""
    for module in pkgutil.iter_modules(tests.benchmarks.__path__):
        if module.name not in ("__main__", "harness", "obvious"):
            importlib.import_module(f"tests.benchmarks.{module.name}")


def machine() -> dict:
    """Return what a reader must know of the machine to compare figures."""
    with servers.cluster().connect() as connection:
        postgres = connection.execute("SHOW server_version").fetchone()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(memory, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "postgres": postgres,
    }


def calibrate() -> dict:
    """Measure the three things that most figures rest on: memory, a round trip to the database, a commit to disk."""
    block = np.ones(16_000_000, dtype=np.int64)
    copy = min(timed(block.copy) for _ in range(5))
    with servers.cluster().connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS calibration (n bigint)")
        ask = timed(lambda: [connection.execute("SELECT 1", prepare=True).fetchone() for _ in range(5_000)]) / 5_000
        write = timed(lambda: [connection.execute("INSERT INTO calibration VALUES (1)", prepare=True) for _ in range(500)]) / 500
        connection.execute("DROP TABLE calibration")
    return {
        "numpy_copy_gb_per_s": rounded(2 * block.nbytes / copy / 1e9),
        "select_round_trip_us": rounded(ask * 1e6),
        "commit_us": rounded(write * 1e6),
    }


def timed(call) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def run_here(name: str, index: int, size: int, full: bool) -> None:
    """Run one benchmark at one size in this process; the parent has given it its database."""
    load_all()
    bench = Bench(name, size, full)
    try:
        REGISTRY[name][index].run(bench, size)
    finally:
        for company in bench.companies:
            company.stop()


def run_in_child(entry: Benchmark, index: int, size: int, full: bool) -> bool:
    """Run one benchmark at one size with a process and a database of its own; tell whether it came through."""
    database = f"bench_{entry.name}_{index}_{size}"
    databases.create(servers.cluster(), database)
    command = [sys.executable, "-m", "tests.benchmarks", "--run", entry.name, "--index", str(index), "--size", str(size)]
    try:
        done = subprocess.run(
            command + (["--full"] if full else []),
            cwd=BASE_DIR, env={**os.environ, "CANOPY_DATABASE": database}, timeout=MINUTES_FOR_ONE * 60, check=False,
        )  # fmt: skip
        return done.returncode == 0
    finally:
        servers.cluster().drop_database(database)


def main() -> int:
    """Run what was asked for and return how many benchmarks failed."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", default="", help="names, with commas between")
    parser.add_argument("--full", action="store_true", help="the large sizes too")
    parser.add_argument("--run")
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--size", type=int, default=0, help="this size alone")
    asked = parser.parse_args()
    if asked.run:
        run_here(asked.run, asked.index, asked.size, asked.full)
        return 0
    load_all()
    names = [name.strip() for name in asked.only.split(",") if name.strip()] or sorted(REGISTRY)
    unknown = [name for name in names if name not in REGISTRY]
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(sorted(REGISTRY))}")
    servers.hold()
    print(json.dumps({"name": "calibration", "machine": machine(), **calibrate()}), flush=True)
    failed = 0
    for name in names:
        for index, entry in enumerate(REGISTRY[name]):
            sizes = (asked.size,) if asked.size else (*entry.sizes, *(entry.full if asked.full else ()))
            for size in sizes:
                if not run_in_child(entry, index, size, asked.full):
                    print(f"{name} at {size:,} FAILED", file=sys.stderr, flush=True)
                    failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
