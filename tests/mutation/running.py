"""Runs tests against a mutant: in a forked child, so that what takes long to import is imported once.

The child forgets the engine and the tests, finds the mutant in the module's place, and runs pytest. It may use so much
processor time and memory; one that wants more is caught as if a test had failed.
"""

import os
import resource
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType

import pytest

PASSED = 0
MEMORY = 6 * 2**30
FORGOTTEN = (
    "commissions.engine",
    "commissions.files",
    "commissions.management",
    "tests.commissions.engine",
    "tests.commissions.plans",
)


class Loader(SourceFileLoader):
    """Loads a mutant's code in the place of its module's."""

    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class Finder:
    """Finds the mutant under its module's name."""

    def __init__(self, module: str, code: CodeType):
        self.module, self.code = module, code

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None and spec.origin is not None
        spec.loader = Loader(name, spec.origin)
        spec.loader.code = self.code
        return spec


def outcome(tests: Sequence[str], module: str = "", code: CodeType | None = None, seconds: float = 600) -> tuple[int, float]:
    """Run tests in a child and return (0 if all passed, else something else; seconds of processor time)."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os._exit(_run(tests, module, code, seconds))
    _, status, used = os.wait4(child, 0)
    return status, used.ru_utime + used.ru_stime


def _run(tests: Sequence[str], module: str, code: CodeType | None, seconds: float) -> int:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    for name in [name for name in sys.modules if name.startswith(FORGOTTEN)]:
        del sys.modules[name]
    if code is not None:
        sys.meta_path.insert(0, Finder(module, code))  # type: ignore[arg-type]
    without = [f"-pno:{plugin}" for plugin in ("xdist", "timeout", "django", "cacheprovider")]
    return int(pytest.main(["-x", "-q", *without, "--assert=plain", "--hypothesis-profile=mutants", *tests]))
