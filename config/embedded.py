"""The PostgreSQL and Valkey that start themselves, so that a checkout runs with nothing else installed.

The programs come out of two wheels; when they start, who may stop them and what a crash leaves behind is decided here.

- A server lives in a *home*: a folder with its data, its log and its sockets. Sockets only; nothing listens on the network.
- Every process that uses a server holds a *lease*: a shared lock on a file in the home. The last one out stops the server.
  The operating system drops the lock of a killed process, so a lease cannot be forgotten.
- A second lock makes starting and stopping a matter of one process at a time.
- PostgreSQL refuses to run as root: ``config.places`` says where homes are and as whom the servers run.
"""

import atexit
import fcntl
import os
import re
import signal
import stat
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config import places
from config.places import EmbeddedError

RECOVERY_SECONDS = 600
PLAIN_PATH = re.compile(r"^[A-Za-z0-9/._-]+$")
LONGEST_SOCKET_FOLDER = 80


def running_process(pid: int) -> bool:
    """Tell whether a process lives, not counting one that has ended and was not yet collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self/stat").exists() or Path(f"/proc/{pid}").exists()


def noted(note: Path) -> int | None:
    """Return the process id that a pid file begins with, or None; nothing says that it is still true."""
    try:
        return int(note.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


class Server(ABC):
    """A server in a home of its own, shared by every process that holds a lease on it."""

    name = ""
    data: Path
    durable: bool

    def __init__(self, home: Path, *, stands_for: Path | None = None) -> None:
        self.home = home
        self.stands_for = stands_for
        short = home / "run"
        plain = PLAIN_PATH.match(str(short)) and len(str(short)) < LONGEST_SOCKET_FOLDER
        self.sockets = short if plain else Path(tempfile.gettempdir()) / f"canopy-{os.geteuid()}-{places.digest(home)}"
        self.log = home / f"{self.name}.log"
        self._lease: IO[str] | None = None
        self._owner = 0

    # -- leases

    def acquire(self) -> None:
        """Make sure that the server runs, and hold it until this process ends or lets go."""
        if self._lease is not None and self._owner == os.getpid():
            return
        self._prepare_home()
        with self._alone():
            lease = (self.home / f"{self.name}.lease").open("w")
            fcntl.flock(lease, fcntl.LOCK_SH)
            self._start()
        self._lease, self._owner = lease, os.getpid()
        atexit.register(self.release)

    def release(self, *, patience: float = 0) -> None:
        """Let go; the last one out stops the server. With patience, wait so many seconds to be the last one."""
        if self._lease is None or self._owner != os.getpid():
            return
        atexit.unregister(self.release)
        end = time.monotonic() + patience
        while self.home.exists() and not self._let_go(last_only=time.monotonic() < end):
            time.sleep(0.1)
        self._lease.close()  # nothing is left to let go of when somebody removed the home, servers and all
        self._lease = None

    def _let_go(self, *, last_only: bool) -> bool:
        """Close the lease, stopping the server as its last holder; with ``last_only`` say no while others hold it."""
        assert self._lease is not None
        with self._alone():
            try:
                fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if last_only:
                    fcntl.flock(self._lease, fcntl.LOCK_SH)  # the attempt may have cost it
                    return False
            else:
                self._stop("fast")
            self._lease.close()
            return True

    def start(self) -> None:
        """Start the server if it does not run; the lease of the caller, if any, stays as it is."""
        self._prepare_home()
        with self._alone():
            self._start()

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server whoever uses it. ``immediate`` is a crash: nothing is flushed or said goodbye to."""
        if self.home.exists():
            with self._alone():
                self._stop(mode)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.home / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # -- what each kind of server does in its own way

    @abstractmethod
    def pid(self) -> int | None:
        """Return the process id of the running server, or None."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether the server takes a connection and a question."""

    @abstractmethod
    def _start(self) -> None: ...

    @abstractmethod
    def _stop(self, mode: str) -> None: ...

    # -- shared work

    def _prepare_home(self) -> None:
        user = places.account()
        if self.stands_for:
            places.follow(self.stands_for, throwaway=not self.durable)
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user:
            os.chown(self.home, user.pw_uid, user.pw_gid)
        owner = user.pw_uid if user else os.geteuid()
        try:
            self.sockets.mkdir(mode=0o700)
            if user:
                os.chown(self.sockets, user.pw_uid, user.pw_gid)
        except FileExistsError:
            found = self.sockets.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
                raise EmbeddedError(
                    f"{self.sockets} is in the way: expected a private folder of our own. Remove it and start again."
                ) from None

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of the programs to its end, as the account the server belongs to."""
        user = places.account()
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.home,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            text=True,
        )

    def works_here(self, pid: int) -> bool:
        """Tell whether a process is a server of our kind on our data folder: one that merely has the number is not."""
        if not running_process(pid):
            return False
        process = Path(f"/proc/{pid}")
        if process.exists():
            try:
                return (process / "cwd").resolve() == self.data.resolve() and self.name.encode() in (
                    process / "cmdline"
                ).read_bytes()
            except OSError:
                return False
        said = self._run("/bin/ps", "-o", "command=", "-p", str(pid)).stdout
        return self.name in said and str(self.data) in said

    def _failure(self, what: str, output: str = "") -> EmbeddedError:
        said = output.strip()
        if not said and self.log.exists():
            said = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return EmbeddedError(f"{what} Its log is {self.log}:\n{said}")

    def _wait_until_answering(self, seconds: float, pid: int | None = None) -> bool:
        """Wait for an answer; give up at once when the process is gone."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.answers():
                return True
            alive = running_process(pid) if pid else True
            if not alive and not self.answers():
                return False
            time.sleep(0.02)
        return False

    def _wait_until_gone(self, pid: int, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not running_process(pid):
                return True
            time.sleep(0.01)
        return not running_process(pid)

    def _signal_and_wait(self, number: signal.Signals, seconds: float) -> bool:
        pid = self.pid()
        if pid is None:
            return True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        return self._wait_until_gone(pid, seconds)
