"""The PostgreSQL and Valkey that start themselves, so that a checkout runs with nothing else installed.

The programs come out of two wheels; when they start, who may stop them and what a crash leaves behind is decided here.

- A server lives in a *home*: a folder with its data, its log and its sockets. Sockets only; nothing listens on the network.
- Every process that uses a server holds a *lease*: a shared lock on a file in the home. The last one out stops the server.
  The operating system drops the lock of a killed process, so a lease cannot be forgotten.
- A second lock makes starting and stopping a matter of one process at a time.
- PostgreSQL refuses to run as root. Root therefore runs both servers as an unprivileged account, with the home and a copy of
  the programs in a private place outside the checkout; permissions of folders that are not ours are never changed.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

RECOVERY_SECONDS = 600
PLAIN_PATH = re.compile(r"^[A-Za-z0-9/._-]+$")
LONGEST_SOCKET_FOLDER = 80
PRIVATE_PLACES = (Path("/var/lib/canopy"), Path("/var/tmp/canopy-root"))
ACCOUNTS = ("postgres", "nobody", "daemon")


class EmbeddedError(RuntimeError):
    """An embedded server could not be started, stopped or found."""


def account() -> pwd.struct_passwd | None:
    """Return the unprivileged account that root runs the servers as; None for an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError(f"Running as root needs one of the accounts {', '.join(ACCOUNTS)}, and none is there.")


def reachable(folder: Path) -> bool:
    """Tell whether any account may walk into the folder, as far as it exists."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in folder.parents if place.exists())


def digest(path: Path) -> str:
    """Return a short name that stands for one folder."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def private_place() -> Path:
    """Return root's own folder for clusters and programs, made if need be."""
    for place in PRIVATE_PLACES:
        try:
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        found = place.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & stat.S_IWOTH and os.access(place, os.W_OK):
            return place
    raise EmbeddedError(f"Running as root needs a folder of its own: neither {PRIVATE_PLACES[0]} nor {PRIVATE_PLACES[1]} can be used.")


def home_for(wanted: Path, *, explicit: bool) -> Path:
    """Return where the servers of the wanted data folder really live.

    An ordinary user gets the folder itself. Root gets it only when it was named and the unprivileged
    account can walk there; otherwise a private folder outside the checkout stands for it.
    """
    wanted = wanted.absolute()
    if os.geteuid() != 0 or (explicit and reachable(wanted)):
        return wanted
    return private_place() / digest(wanted)


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


class Server(ABC):
    """A server in a home of its own, shared by every process that holds a lease on it."""

    name = ""

    def __init__(self, home: Path) -> None:
        self.home = home
        short = home / "run"
        plain = PLAIN_PATH.match(str(short)) and len(str(short)) < LONGEST_SOCKET_FOLDER
        self.sockets = short if plain else Path(tempfile.gettempdir()) / f"canopy-{os.geteuid()}-{digest(home)}"
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

    def release(self) -> None:
        """Let go; the last one out stops the server."""
        if self._lease is None or self._owner != os.getpid():
            return
        atexit.unregister(self.release)
        with self._alone():
            try:
                fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop("fast")
            finally:
                self._lease.close()
                self._lease = None

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
        user = account()
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
                raise EmbeddedError(f"{self.sockets} is in the way: expected a private folder of our own. Remove it and start again.") from None

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of the programs to its end, as the account the server belongs to."""
        user = account()
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


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(f"The package {package} is not installed: run make, or set DATABASE_URL and VALKEY_URL to servers of your own.")
    return Path(next(iter(found.submodule_search_locations)))


def programs(package: str, distribution: str, keep: tuple[str, ...]) -> Path:
    """Return the package's folder of programs; as root a copy that the unprivileged account may run."""
    folder = wheel_folder(package)
    if os.geteuid() != 0:
        return folder
    shelf = private_place() / "programs"
    shelf.mkdir(mode=0o755, exist_ok=True)
    target = shelf / f"{package}-{version(distribution)}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=shelf, prefix=f".{package}-"))
        draft.chmod(0o755)
        for part in keep:
            if (folder / part).exists():
                shutil.copytree(folder / part, draft / package / part, ignore=shutil.ignore_patterns("*.a", "include", "doc", "man"))
        libraries = folder.with_name(f"{package}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        subprocess.run(["chmod", "-R", "go+rX", str(draft)], check=True)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
    return target / package
