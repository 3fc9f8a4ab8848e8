"""Stops the embedded servers after a supervisor that was killed.

Whoever is killed says no goodbye, and what the supervisor ran ends after it in any order, some without letting go of its
lease in time to be the last one out. So a keeper runs beside them: it holds leases of its own, and its standard input ends
when the supervisor does, however that ends. Then it waits until the others have gone, and stops the servers as the last one.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config import servers
from config.processes import BASE_DIR

PATIENCE_SECONDS = 60.0


@contextmanager
def beside(environment: dict[str, str]) -> Iterator[None]:
    """Run a keeper while the block runs; it is gone when the block is left."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "config.keeper"], cwd=BASE_DIR, env=environment, stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        keeper.kill()  # the supervisor itself lets go of the servers
        keeper.communicate()


def main() -> None:
    """Hold the servers until the supervisor has gone, and stop them when nobody else holds them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    servers.hold()
    sys.stdin.buffer.read()
    for server in servers.embedded_ones():
        server.release(patience=PATIENCE_SECONDS)


if __name__ == "__main__":
    main()
