"""Where embedded servers live and as whom they run.

An ordinary user's are in the data folder of the checkout. PostgreSQL refuses to run as root; root therefore runs both servers
as an unprivileged account, with their homes and a copy of the programs in a private place outside the checkout. The
permissions of folders that are not ours are never changed.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PRIVATE_PLACES = (Path("/var/lib/canopy"), Path("/var/tmp/canopy-root"))  # noqa: S108 (used only when it is root's own)
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
    raise EmbeddedError(
        f"Running as root needs a folder of its own: neither {PRIVATE_PLACES[0]} nor {PRIVATE_PLACES[1]} can be used."
    )


def home_for(wanted: Path, checkout: Path) -> Path:
    """Return where the servers of the wanted data folder really live.

    That is the folder itself, except for root when it lies in the checkout or where the unprivileged
    account cannot walk: then a private folder stands for it, and goes with it wherever it is moved.
    """
    if os.geteuid() != 0 or (reachable(wanted) and not wanted.is_relative_to(checkout)):
        return wanted
    return base_of(wanted)


def base_of(wanted: Path) -> Path:
    """Return the private folder of a data folder: the one whose token it holds, else the one that its path names.

    A folder that was moved, or mounted again, keeps its servers. A copy gets its own: the
    original has the token too.
    """
    for token in private_place().glob("*/token"):
        base = token.parent
        if belongs(base, wanted):
            first = stands_for(base)
            if first == wanted or not belongs(base, first):
                return base
    return private_place() / digest(wanted)


def follow(wanted: Path, *, throwaway: bool = False) -> None:
    """Keep root's private folder in step with the data folder that it stands for; what it holds is never removed.

    A token in both says that they belong together. When the data folder was removed, or a new checkout lies at the
    path of another one, the token is missing there: the servers start afresh, and the former ones are set aside.
    ``throwaway`` marks what a test keeps in the folder of temporary files: it goes when that folder is gone.
    """
    base = base_of(wanted)
    with alone_with(base):
        if not belongs(base, wanted):
            set_aside(base)
            begin(base, wanted)
        (base / "stands_for").write_text(str(wanted))
        mark = base / "throwaway"
        if throwaway and wanted.is_relative_to(tempfile.gettempdir()):
            mark.touch()
        else:
            mark.unlink(missing_ok=True)
    remove_forsaken()


def begin(base: Path, wanted: Path) -> None:
    """Make a private folder, and the token that says whose it is."""
    base.mkdir(mode=0o700)
    wanted.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(8)
    (base / "token").write_text(token)
    (wanted / "servers").write_text(f"The servers of this folder live in {base} (token {token}).\n")
    user = account()
    if user:
        os.chown(base, user.pw_uid, user.pw_gid)


def set_aside(base: Path) -> None:
    """Make way for another checkout at the same path; the data is found again by its token, should its folder come back."""
    if base.exists():
        end_processes_in(base)
        base.rename(base.with_name(f"{base.name}-kept-{secrets.token_hex(4)}"))


def stands_for(base: Path) -> Path:
    """Return the data folder that a private folder was last used for."""
    note = base / "stands_for"
    return Path(note.read_text()) if note.exists() else base


@contextmanager
def alone_with(base: Path, *, patient: bool = True) -> Iterator[None]:
    """Let one process at a time decide about a private folder; BlockingIOError when it is not patient and another does."""
    with base.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        yield


def belongs(base: Path, wanted: Path) -> bool:
    """Tell whether the private folder was made for this very data folder."""
    note, token = wanted / "servers", base / "token"
    try:
        said = token.read_text()
        return bool(said) and f"(token {said})" in note.read_text()
    except OSError:
        return False


def remove_forsaken() -> None:
    """Remove what tests have left whose folders are gone; the data of a company is removed by ``manage.py reset`` alone."""
    for mark in private_place().glob("*/throwaway"):
        base = mark.parent
        try:
            with alone_with(base, patient=False):
                if mark.exists() and not stands_for(base).exists():
                    remove(base)
        except OSError:
            continue  # another process is at it


def remove(base: Path) -> None:
    """Remove a test's private folder with whatever still runs in it."""
    if base.exists():
        end_processes_in(base)
        shutil.rmtree(base)


def end_processes_in(folder: Path) -> None:
    """Kill whatever still works in a folder that is about to be removed."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve().is_relative_to(folder):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(
            f"The package {package} is not installed: run make, or set DATABASE_URL and VALKEY_URL to servers of your own."
        )
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
                shutil.copytree(
                    folder / part, draft / package / part, ignore=shutil.ignore_patterns("*.a", "include", "doc", "man")
                )
        libraries = folder.with_name(f"{package}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        subprocess.run(["chmod", "-R", "go+rX", str(draft)], check=True)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
    return target / package
