"""Installs what the project needs, into the checkout and nothing outside it: ``python3 config/install.py [--for-development]``.

Needs Python with its venv module and a package index, nothing else; only the standard library is imported, since nothing is
installed yet. The second time it sees from a stamp that all is there. Two runs at once wait for each other.
"""

import fcntl
import hashlib
import os
import ssl
import subprocess
import sys
import venv
from pathlib import Path

UV = "0.13.9"
OLDEST_PYTHON = (3, 11)
BASE_DIR = Path(__file__).resolve().parent.parent
TOOLS = BASE_DIR / ".tools"
ENVIRONMENT = BASE_DIR / ".venv"


def main() -> int:
    """Make .venv hold what uv.lock says; return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, sys.version_info[:3]))
        print(
            f"Canopy needs Python {wanted} or newer; this is {found}. Name another: make PYTHON=python{wanted} up",
            file=sys.stderr,
        )
        return 1
    development = "--for-development" in sys.argv
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = ENVIRONMENT / ("installed-for-development" if development else "installed")
        state = fingerprint()
        if stamp.exists() and stamp.read_text() == state:
            return 0
        print("Installing (once; later starts take seconds) ...", file=sys.stderr, flush=True)
        code = synchronise(development)
        if code == 0:
            stamp.write_text(state)
            if development:
                (ENVIRONMENT / "installed").write_text(state)
        return code


def fingerprint() -> str:
    """Return what the environment depends on: the locked packages, this Python, and where the checkout is."""
    facts = (BASE_DIR / "uv.lock").read_bytes() + (BASE_DIR / "pyproject.toml").read_bytes()
    return hashlib.sha256(facts + f"{UV} {sys.version} {BASE_DIR}".encode()).hexdigest()


def synchronise(development: bool) -> int:
    """Have uv install the locked packages; return its exit code."""
    command = [str(uv()), "sync", "--frozen", "--quiet", "--inexact", "--python", sys.executable]
    settings = {"UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT), "UV_PYTHON_DOWNLOADS": "never"}
    if sys.dont_write_bytecode:
        command.append("--compile-bytecode")  # no later process may keep what it compiles, and each would begin anew: seconds
    if ssl.get_default_verify_paths().cafile:
        settings["UV_SYSTEM_CERTS"] = "true"  # where a proxy stands before the package index, the machine knows its certificate
    inherited = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        command + ([] if development else ["--no-dev"]), cwd=BASE_DIR, env={**inherited, **settings}, check=False
    ).returncode


def uv() -> Path:
    """Return the pinned uv, installed into .tools when it is not there yet."""
    place = TOOLS / f"uv-{UV}"
    program = place / "bin" / "uv"
    if not program.exists():
        venv.create(place, with_pip=True, clear=True)
        python = place / "bin" / "python"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={UV}"], check=True)
    return program


if __name__ == "__main__":
    sys.exit(main())
