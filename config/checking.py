"""``make check``: everything about the code that a program can judge without running the product.

Each check prints its name, how long it took and, when it fails, what it found; all are run, whatever the first ones say.
"""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from config.processes import BASE_DIR, manage

APPS = ("genealogy", "commissions", "storefront", "autoship", "backoffice")
DOORS = {"views", "forms", "tasks", "handlers", "admin", "urls", "management"}

# A site as it would be run for real. The values are of the right shape and open nothing.
PRODUCTION = {
    "SECRET_KEY": "a-key-that-is-long-enough-to-be-taken-and-that-opens-nothing-0123456789",
    "FIELD_KEYS": "bm90LWEtcmVhbC1rZXktb25seS1hLXNoYXBlLW9mMzI=",
    "ALLOWED_HOSTS": "shop.example.com",
    "PUBLIC_URL": "https://shop.example.com",
    "DATABASE_URL": "postgres://canopy:secret@127.0.0.1:1/canopy",
    "VALKEY_URL": "redis://127.0.0.1:1/0",
    "PAYMENT_GATEWAY": "stripe",
    "STRIPE_SECRET_KEY": "sk_live_shape",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_shape",
    "STRIPE_WEBHOOK_SECRET": "whsec_shape",
    "EMAIL_URL": "smtp+tls://canopy:secret@mail.example.com",
    "TRUSTED_PROXIES": "1",
}


def python_module(*arguments: str) -> list[str]:
    """Return a tool of the environment as a command."""
    return [sys.executable, "-m", *arguments]


def steps() -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return each check with its command and the environment it needs beside the usual one."""
    return {
        "format": (python_module("ruff", "format", "--check", "--quiet", "."), {}),
        "lint": (python_module("ruff", "check", "--quiet", "."), {}),
        "layers": ([sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"], {}),
        "doors": (python_module("config.checking", "doors"), {}),
        "types": (python_module("mypy"), {}),
        "migrations": (manage("makemigrations", "--check", "--dry-run"), {}),
        "templates": (manage("check_templates"), {}),
        "settings": (manage("check", "--fail-level", "WARNING"), {}),
        "static": (
            manage("collectstatic", "--no-input", "--verbosity", "0"),
            PRODUCTION | {"STATIC_ROOT": str(BASE_DIR / ".data" / "check-static")},
        ),
        "production": (manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    }


def foreign_doors() -> Iterator[str]:
    """Find imports of another app's doors and of underscored names, which no layer rule sees.

    Doors are what the outside calls: views, forms, tasks, handlers, admin, urls, commands. Other apps call subject modules.
    """
    for app in APPS:
        for path in sorted((BASE_DIR / app).rglob("*.py")):
            for line, module, name in imports(path):
                whose, *inside = module.split(".") if not name else [*module.split("."), name]
                if (
                    whose in APPS
                    and whose != app
                    and ((inside[:1] and inside[0] in DOORS) or any(private(part) for part in inside))
                ):
                    yield f"{path.relative_to(BASE_DIR)}:{line}: {'.'.join([whose, *inside])} belongs to {whose} alone"


def imports(path: Path) -> Iterator[tuple[int, str, str]]:
    """Give line, module and name of each import in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)


def private(name: str) -> bool:
    """Tell whether a name says that it is nobody else's."""
    return name.startswith("_") and not name.startswith("__")


def run(name: str, command: list[str], extra: dict[str, str]) -> bool:
    """Run one check and print how it went."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=BASE_DIR, env={**os.environ, **extra}, capture_output=True, text=True, check=False)
    passed = done.returncode == 0
    print(f"{'ok  ' if passed else 'FAIL'}  {name:<11} {time.monotonic() - began:5.1f} s", flush=True)
    if not passed:
        print((done.stdout + done.stderr).rstrip() + "\n", flush=True)
    return passed


def main() -> int:
    """Run every check, or only those that are named; return how many failed."""
    if sys.argv[1:] == ["doors"]:
        found = list(foreign_doors())
        print("\n".join(found))
        return len(found)
    wanted = sys.argv[1:] or list(steps())
    failed = [name for name in wanted if not run(name, *steps()[name])]
    print(
        f"\n{len(failed)} of {len(wanted)} checks failed: {', '.join(failed)}"
        if failed
        else f"\nAll {len(wanted)} checks passed."
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
