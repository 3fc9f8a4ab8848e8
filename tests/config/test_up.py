"""``manage.py up``: everything runs, what dies comes back, and nothing stays behind, however it ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from config import embedded, servers
from config.processes import BASE_DIR, manage
from tests.servers import free_port

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 120


class Up:
    """One run of ``manage.py up`` in a data folder of its own."""

    def __init__(self, folder):
        self.port = free_port()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CANOPY_")}
        self.environment = {**inherited, "CANOPY_DATA": str(folder / "up data")}
        self.servers = servers.from_environment(self.environment)
        self.output = folder / "output"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                manage("up", "--port", str(self.port), "--no-demo"),
                env=self.environment, cwd=BASE_DIR, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def said(self):
        return self.output.read_text()

    def wait_for(self, what, condition):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError(f"{what} did not happen:\n{self.said()}")

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def children(self):
        """Return the processes that the supervisor runs, by id, with their command lines; its keeper is not one of them."""
        found = {}
        for line in subprocess.run(
            ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid and "config.keeper" not in command:
                found[int(pid)] = command
        return found


@pytest.fixture
def up(tmp_path):
    run = Up(tmp_path)
    yield run
    if run.process.poll() is None:
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(60)
    run.servers.cluster.stop(mode="immediate")
    run.servers.valkey.stop(mode="immediate")
    shutil.rmtree(run.servers.cluster.home, ignore_errors=True)


def test_everything_runs_what_dies_comes_back_and_one_signal_stops_all(up):
    up.wait_for("readiness", up.ready)
    assert f"http://localhost:{up.port}" in up.said()
    up.wait_for("every process", lambda: len(up.children()) == 4)

    web = next(pid for pid, command in up.children().items() if "uvicorn" in command)
    os.kill(web, signal.SIGKILL)
    up.wait_for("the new web process", lambda: web not in up.children() and up.ready())
    assert re.search(r"web \| ended \(signal SIGKILL\); starting again", up.said())

    up.servers.cluster.stop(mode="immediate")
    up.wait_for("the database's return", lambda: up.servers.cluster.pid() is not None and up.ready())

    children = up.children()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert not [pid for pid in children if embedded.running_process(pid)]
    assert up.servers.cluster.pid() is None
    assert up.servers.valkey.pid() is None


@pytest.mark.skipif(not os.path.exists("/proc"), reason="only Linux ends the children of a killed supervisor")
def test_a_killed_supervisor_takes_everything_along(up):
    up.wait_for("readiness", up.ready)
    children = up.children()
    up.process.kill()
    up.process.wait()
    up.wait_for("the end of the processes", lambda: not [pid for pid in children if embedded.running_process(pid)])
    up.wait_for("the end of the servers", lambda: up.servers.cluster.pid() is None and up.servers.valkey.pid() is None)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="only Linux ends the children of a killed supervisor")
def test_the_servers_end_even_when_nobody_says_goodbye(up):
    up.wait_for("every process", lambda: up.ready() and len(up.children()) == 4)
    for pid in (up.process.pid, *up.children()):
        os.kill(pid, signal.SIGKILL)
    up.process.wait()
    up.wait_for("the end of the servers", lambda: up.servers.cluster.pid() is None and up.servers.valkey.pid() is None)


def test_a_taken_port_is_said_at_once_with_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(manage("up", "--port", str(port)), cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"Port {port} is taken" in done.stderr
    assert f"make up PORT={port + 1}" in done.stderr
