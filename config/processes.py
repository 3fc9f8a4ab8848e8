"""The processes that make up a running company, each as the command that starts it alone.

The supervisor of ``manage.py up`` runs them together; production runs each under its own unit (docs/running.md).
"""

import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
CELERY = ["-m", "celery", "-A", "config", "--quiet"]
QUIET = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


def commands(port: int, *, worker_processes: int = 3) -> dict[str, list[str]]:
    """Return the command of each process by its name; the web process listens on the loopback address.

    A run and a simulation may each keep one worker process for minutes; the third goes on sending mails.
    """
    python = sys.executable
    return {
        "web": [
            python, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--lifespan", "off",
            "--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "1",
        ],
        "worker": [
            python, *CELERY, "worker", "--queues", "default", "--hostname", f"default-{port}@localhost",
            "--concurrency", str(worker_processes), *QUIET,
        ],
        "live": [python, *CELERY, "worker", "--queues", "live", "--hostname", f"live-{port}@localhost", "--pool", "solo", *QUIET],
        "beat": [python, *CELERY, "beat", "--scheduler", "config.beat.OneScheduler", "--loglevel", "WARNING"],
    }  # fmt: skip


def manage(*arguments: str) -> list[str]:
    """Return a management command as a process."""
    return [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
