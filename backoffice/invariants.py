"""The register of what must always be true: every app says it of its own tables, and here it is asked for all at once.

An app that has something to prove has a module ``verify`` with a list ``CHECKS`` of functions; each returns its sentence,
how many things it looked at, and one text for each fault.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

MODULE = "verify"
Check = Callable[[], tuple[str, int, list[str]]]


@dataclass(frozen=True)
class Finding:
    """What one check found: where it lives, what must hold, how many were looked at, which did not hold."""

    app: str
    name: str
    examined: int
    faults: tuple[str, ...]
    seconds: float


def check(only: list[str] | None = None) -> Iterator[Finding]:
    """Run every check, or those whose app or sentence holds one of the given words, and tell each finding."""
    for app, function in checks():
        if only and not any(word.lower() in f"{app} {function.__name__} {function.__doc__ or ''}".lower() for word in only):
            continue
        started = time.monotonic()
        try:
            name, examined, faults = function()
        except Exception as error:  # what is broken enough to stop a check must not hide what the others find
            name, examined, faults = sentence(function), 0, [f"the check could not be made: {type(error).__name__}: {error}"]
        yield Finding(app, str(name), examined, tuple(map(str, faults)), time.monotonic() - started)


def sentence(function: Check) -> str:
    """Return what a check proves, from its own description."""
    return (function.__doc__ or function.__name__).strip().splitlines()[0].rstrip(".")


def checks() -> Iterator[tuple[str, Check]]:
    """Find the checks of every installed app, the lowest app first."""
    for config in reversed(list(apps.get_app_configs())):
        where = f"{config.name}.{MODULE}"
        if find_spec(where):
            for function in import_module(where).CHECKS:
                yield config.label, function
