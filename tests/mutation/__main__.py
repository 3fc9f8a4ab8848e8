"""Changes the engine in one spot at a time and asks whether a test fails; prints a JSON line for each module.

    python -m tests.mutation --modules ranks,bonuses.n_up --sample 25 --seed 1

The same seed picks the same spots of the same source, and the tests draw the same random companies. Survivors that change
nothing anybody is paid or told are listed, with the reason, in ``equivalent.toml``; they are left out.
"""

import argparse
import json
import os
import random
import sys
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


def measured(name: str, sample: int | None, seed: int, known: dict[tuple[str, str, str, str], str]) -> dict[str, object]:
    """Try a module's mutants and return the figures and the survivors."""
    module = Module(modules.path_of(name).read_text(), str(modules.path_of(name)))
    changes = module.changes
    if sample is not None and sample < len(changes):
        changes = random.Random(f"{seed} {name}").sample(changes, sample)
    mutants = [module.mutant(change) for change in sorted(changes, key=lambda change: change.line)]
    tried = [each for each in mutants if (name, each.inside, each.was, each.becomes) not in known]
    tests_of = modules.tests_of(name)
    status, seconds = running.outcome(tests_of)
    if status != running.PASSED:
        raise SystemExit(f"{name}: its tests fail without any mutant: {' '.join(tests_of)}")
    survivors = [each for each in tried if survives(name, each, tests_of, 10 + PATIENCE * seconds)]
    caught = len(tried) - len(survivors)
    return {
        "module": name,
        "spots": len(module.changes),
        "mutants": len(tried),
        "caught": caught,
        "percent": round(100 * caught / len(tried), 1) if tried else None,
        "equivalent": len(mutants) - len(tried),
        "survivors": [{"line": each.line, "inside": each.inside, "was": each.was, "becomes": each.becomes} for each in survivors],
    }


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
    options = parser.parse_args()
    wanted = options.modules.split(",")
    if unknown := set(wanted) - set(modules.names()):
        parser.error(f"--modules: no module of commissions/engine: {', '.join(sorted(unknown))}")
    os.nice(15)
    quiet = {"derandomize": True, "database": None, "phases": (Phase.explicit, Phase.generate)}
    hypothesis.settings.register_profile(
        "mutants", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], **quiet
    )
    known = equivalents()
    for name in wanted:
        print(json.dumps(measured(name, options.sample, options.seed, known)), flush=True)
    sys.exit()


if __name__ == "__main__":
    main()
