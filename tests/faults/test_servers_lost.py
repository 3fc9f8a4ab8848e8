"""Servers and workers are taken away while a company sells; what was acknowledged is there, once, and every invariant holds."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config import processes

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults"), pytest.mark.timeout(900)]

PEOPLE = 150
LEFT_TO_DO = {
    "volume that the standings do not show": "SELECT count(*) FROM commissions_livepending",
    "events that somebody has not heard": "SELECT count(*) FROM outbox_delivery WHERE status <> 'done'",
    "payments of which nobody knows": "SELECT count(*) FROM storefront_payment WHERE status = 'unknown'",
}
PAID = "SELECT count(*) FROM storefront_order WHERE paid_at IS NOT NULL"
PATIENCE = 180


class Buyers:
    """A simulator in a process of its own, which keeps buying whatever happens to the servers."""

    def __init__(self, company, seconds: int, rate: int = 6):
        command = processes.manage("simulate", "--rate", str(rate), "--for", str(seconds), "--seed", "11")
        self.process = subprocess.Popen(
            command, cwd=processes.BASE_DIR, env=company.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait_for_purchases(self, company, before: int, count: int) -> None:
        """Return when so many orders more than before are paid."""
        wait_until(lambda: one(company, PAID) >= before + count)

    def finish(self) -> int:
        """Wait for the end and return how many purchases the buyers were told had succeeded."""
        said, complaints = self.process.communicate(timeout=300)
        assert self.process.returncode == 0, complaints[-4000:]
        return sum(int(count) for count in re.findall(r"(\d+) bought", said))


def one(company, query: str) -> int:
    with company.database() as connection:
        return connection.execute(query).fetchone()[0]


def wait_until(holds, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def assert_settled_and_sound(company) -> None:
    """Wait until nothing is left to do, then let every invariant be counted."""
    end = time.monotonic() + PATIENCE
    while any((left := {what: one(company, query) for what, query in LEFT_TO_DO.items()}).values()):
        assert time.monotonic() < end, left
        company.revive()  # Celery may end when its broker vanishes in the middle of an acknowledgement
        time.sleep(0.5)
    company.manage("verify")


@pytest.fixture(scope="module")
def running(companies):
    return companies(people=PEOPLE, own_cluster=True)


@pytest.fixture
def company(running):
    """The company, whose servers and processes all run: each test gives back what it takes away, unless it failed."""
    for server in (running.cluster, running.valkey):
        if server.pid() is None:
            server.start()
    running.revive()
    running.wait_until_ready()
    return running


@contextmanager
def while_selling(company, seconds: int, doubted: int = 0) -> Iterator[None]:
    """Let buyers buy before, during and after what the block does; then nothing is lost, nothing doubled, and all is settled.

    ``doubted`` is how many purchases may have been written although their answer was cut off.
    """
    before = one(company, PAID)
    buyers = Buyers(company, seconds=seconds)
    buyers.wait_for_purchases(company, before, 5)
    yield
    acknowledged = buyers.finish()
    assert_settled_and_sound(company)
    assert acknowledged <= one(company, PAID) - before <= acknowledged + doubted


def test_nothing_is_lost_when_valkey_stops_and_forgets_everything(company):
    with while_selling(company, seconds=18):
        company.valkey.stop(mode="immediate")
        during = one(company, PAID)
        wait_until(lambda: one(company, PAID) >= during + 5)
        company.valkey.forget()
        company.valkey.start()


def test_nothing_acknowledged_is_lost_when_postgres_crashes_and_comes_back(company):
    with while_selling(company, seconds=20, doubted=1):
        company.cluster.stop(mode="immediate")
        time.sleep(2)
        company.cluster.start()


def test_nothing_is_lost_or_doubled_when_workers_are_killed_again_and_again(company):
    with while_selling(company, seconds=24):
        for name in ("live", "worker", "live", "beat", "live", "worker"):
            company.kill(name, signal.SIGKILL)
            time.sleep(0.8)
            company.restart(name)
            time.sleep(1.5)
