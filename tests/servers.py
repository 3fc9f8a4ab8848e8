"""The real product as processes, for browser tests, flows, faults and benchmarks.

``company_server`` (a session fixture, see tests/conftest.py) is one of these, with a small demo company in it:

    @pytest.mark.browser
    def test_...(company_server, page):
        page.goto(company_server.base_url + "/")

For a company that the test may break, take one of its own; it is stopped at the end of the module, or by ``company.stop()``:

    @pytest.mark.slow
    def test_...(companies):                       # fixture: stops what it started
        company = companies(people=200)            # people=0: no demo, an empty migrated database
        company.kill("live")                       # signal.SIGKILL unless told otherwise
        company.restart("live")
        company.cluster.stop(mode="immediate"); company.cluster.start()    # companies(own_cluster=True) only
        company.valkey.stop(mode="immediate"); company.valkey.forget(); company.valkey.start()
        company.manage("verify")                   # runs a command on its database, returns what it printed, raises if it failed
        with company.database() as connection:     # psycopg connection, autocommit
            connection.execute("SELECT count(*) FROM storefront_order")

Each has a database of its own on the test cluster and a Valkey of its own, a free loopback port, and the processes that
``config.processes`` names: ``web``, ``worker``, ``live``, ``beat``. ``company.processes[name].pid`` is the process,
``company.base_url`` is http://localhost:PORT, ``company.environment`` what the processes were started with, ``company.log(name)``
what one of them has printed. Nothing is eager and nothing is replaced.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable
from pathlib import Path

import psycopg

from config import processes, servers
from tests import databases

NAMES = ("web", "worker", "live", "beat")
START_SECONDS = 240
READY_WORD = "worker is ready"
STOP_SECONDS = 45


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Company:
    """One running company: its processes, its database, its Valkey."""

    def __init__(
        self, environment: dict[str, str], *, names: Iterable[str] = NAMES, owned: bool = False, application: str = ""
    ) -> None:
        self.names = tuple(names)
        self.application = application
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.owned = owned
        self.folder = Path(tempfile.mkdtemp(prefix="canopy-company-"))
        self.processes: dict[str, subprocess.Popen] = {}
        self.began_at: dict[str, int] = {}
        self.environment = {
            **os.environ,
            "MEDIA_ROOT": str(self.folder / "media"),
            "PUBLIC_URL": self.base_url,
            "DEMO": "1",
            **environment,
        }
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        here = servers.from_environment(self.environment)
        self.data, self.cluster, self.valkey = here.data, here.cluster, here.valkey

    @classmethod
    def fresh(cls, *, own_cluster: bool = False, environment: dict[str, str] | None = None, **options) -> "Company":
        """Return a company, not started yet, on a new migrated database.

        With ``own_cluster`` that is on a durable cluster of its own, which the test may crash.
        """
        name = f"company_{uuid.uuid4().hex[:10]}"
        own = {"CANOPY_DATABASE": name, "CANOPY_VALKEY": name}
        if own_cluster:
            own = {"CANOPY_DATA": str(servers.data_folder() / name), "CANOPY_DURABLE": "1"}
        company = cls({**own, **(environment or {})}, owned=True, **options)
        company.cluster.acquire()
        if own_cluster:
            company.manage("migrate", "--verbosity", "0")
        else:
            databases.create(company.cluster, name)
        return company

    @classmethod
    def on_this_database(cls, *, environment: dict[str, str] | None = None, **options) -> "Company":
        """Return a company, not started yet, on the database and Valkey that this process uses."""
        return cls({"CANOPY_DATABASE": servers.cluster().database, **(environment or {})}, **options)

    def start(self) -> None:
        """Start every process and wait until the site answers and each worker listens."""
        self.cluster.acquire()
        self.valkey.acquire()
        for name in self.names:
            self.restart(name)
        self.wait_until_ready()

    def restart(self, name: str) -> None:
        """Start one process, stopping it first when it runs."""
        self.kill(name, signal.SIGTERM)
        self.began_at[name] = len(self.log(name))
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name),
                cwd=processes.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def command(self, name: str) -> list[str]:
        """Return the command of a process; the web serves another application where one was named."""
        command = processes.commands(self.port)[name]
        return [self.application or part if part == "config.asgi:application" else part for part in command]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End one process, and those that it started, by a signal; return when it is gone."""
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_SECONDS)

    def revive(self) -> list[str]:
        """Start again whatever has ended by itself, as the supervisor or systemd does; return the names."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in ended:
            self.restart(name)
        return ended

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the site answers and the workers listen; say what a process printed when one ended instead."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}:\n{self.log(name)[-4000:]}")
            if self.all_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(
            f"the company did not get ready in {seconds} s:\n" + "\n".join(self.log(name)[-2000:] for name in self.names)
        )

    def all_ready(self) -> bool:
        """Tell whether the site answers and each worker has said that it listens, since it was started last."""
        workers = [name for name in ("worker", "live") if name in self.processes]
        said = all(READY_WORD in self.log(name)[self.began_at[name] :] for name in workers)
        return said and ("web" not in self.processes or self.answers())

    def answers(self) -> bool:
        """Tell whether the site takes a request."""
        try:
            with urllib.request.urlopen(self.base_url + "/health/live", timeout=10) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def manage(self, *arguments: str) -> str:
        """Run a management command on this company and return what it printed."""
        done = subprocess.run(
            processes.manage(*arguments),
            cwd=processes.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def database(self) -> psycopg.Connection:
        """Open a connection to the company's database."""
        return self.cluster.connect(self.cluster.database, timeout=10)

    def log(self, name: str) -> str:
        """Return what a process has printed so far."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def stop(self) -> None:
        """Stop every process; what was made for this company alone goes too."""
        for name in reversed(list(self.processes)):
            self.kill(name, signal.SIGTERM)
        self.valkey.release()
        if self.owned and self.cluster.home == servers.cluster().home:
            self.cluster.drop_database(self.cluster.database)
            shutil.rmtree(self.valkey.home, ignore_errors=True)
        self.cluster.release()
        if self.owned and self.cluster.home != servers.cluster().home:
            shutil.rmtree(self.cluster.home, ignore_errors=True)
            shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
