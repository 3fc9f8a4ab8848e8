"""Changes the engine in one spot at a time and asks whether a test fails; prints a JSON line for each module.

    python -m tests.mutation --modules ranks,bonuses.n_up --sample 25 --seed 1

The same seed picks the same spots of the same source, and the tests draw the same random companies. ``--again`` tries
only what survived before, once there are more tests. Survivors that change
nothing anybody is paid or told are listed, with the reason, in ``equivalent.toml``; they are left out.
"""

import argparse
import json
import os
import random
import tomllib
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase

import tests.conftest

import tests.commissions.company  # isort: skip  # noqa: F401
from tests.mutation import modules, running
from tests.mutation.mutants import Module, Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
PATIENCE = 6
"""A mutant may take so many times as long as its tests do without it, and ten seconds."""


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """Return why a mutant changes nothing, by module, function, line before and line after."""
    return {
        (row["module"], row["inside"], row["was"], row["becomes"]): row["why"]
        for row in tomllib.loads(EQUIVALENT.read_text())["mutant"]
    }


def key_of(name: str, mutant: Mutant) -> tuple[str, str, str, str]:
    """Return what tells one mutant from another, wherever its line has moved to."""
    return name, mutant.inside, mutant.was, mutant.becomes


def sampled(name: str, sample: int | None, seed: int) -> list[Mutant]:
    """Return a module's mutants, or some of them."""
    module = Module(modules.path_of(name).read_text(), str(modules.path_of(name)))
    changes = module.changes
    if sample is not None and sample < len(changes):
        changes = random.Random(f"{seed} {name}").sample(changes, sample)
    return [module.mutant(change) for change in sorted(changes, key=lambda change: change.line)]


def measured(name: str, mutants: list[Mutant], *, caught: int = 0, equivalent: int = 0) -> dict[str, object]:
    """Try mutants and return the figures and the survivors; ``caught`` and ``equivalent`` are known already."""
    known = equivalents()
    tried = [each for each in mutants if key_of(name, each) not in known]
    tests_of = modules.tests_of(name)
    status, seconds = running.outcome(tests_of)
    if status != running.PASSED:
        raise SystemExit(f"{name}: its tests fail without any mutant: {' '.join(tests_of)}")
    survivors = [each for each in tried if survives(name, each, tests_of, 10 + PATIENCE * seconds)]
    count = caught + len(tried)
    return {
        "module": name,
        "mutants": count,
        "caught": count - len(survivors),
        "percent": round(100 * (count - len(survivors)) / count, 1) if count else None,
        "equivalent": equivalent + len(mutants) - len(tried),
        "survivors": [{"line": each.line, "inside": each.inside, "was": each.was, "becomes": each.becomes} for each in survivors],
    }


def again(row: dict) -> dict[str, object]:
    """Try what survived before, as a line of an earlier run tells it. A change that is no longer there is left out."""
    name, keys = row["module"], {(row["module"], each["inside"], each["was"], each["becomes"]) for each in row["survivors"]}
    mutants = {key_of(name, each): each for each in sampled(name, None, 0) if key_of(name, each) in keys}
    return measured(name, list(mutants.values()), caught=row["caught"], equivalent=row["equivalent"])


def survives(name: str, mutant: Mutant, tests_of: list[str], seconds: float) -> bool:
    """Say whether all tests pass in spite of a mutant."""
    full = f"commissions.engine.{name}"
    return running.outcome(tests_of, full, mutant.code, seconds)[0] == running.PASSED


def main() -> None:
    """Read the command line and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--modules", default=",".join(modules.names()), help="such as ranks,bonuses.n_up; all if left out")
    parser.add_argument("--sample", type=int, help="so many mutants of each module; all if left out")
    parser.add_argument("--seed", type=int, default=1, help="another number picks others")
    parser.add_argument("--again", type=Path, help="a file of lines that were printed before: only what survived is tried")
    options = parser.parse_args()
    wanted = options.modules.split(",")
    if unknown := set(wanted) - set(modules.names()):
        parser.error(f"--modules: no module of commissions/engine: {', '.join(sorted(unknown))}")
    os.nice(15)
    quiet = {"derandomize": True, "database": None, "phases": (Phase.explicit, Phase.generate)}
    hypothesis.settings.register_profile(
        "mutants", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], **quiet
    )
    if options.again:
        rows = [json.loads(line) for line in options.again.read_text().splitlines()]
        results = (again(row) for row in rows if row["module"] in wanted)
    else:
        results = (measured(name, sampled(name, options.sample, options.seed)) for name in wanted)
    for result in results:
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
