"""Live workers are killed and doubled while several writers credit at once and commit out of order."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, connections, transaction

from commissions import live, verify, volume
from commissions.models import LivePending, VolumeEntry
from config.processes import BASE_DIR
from tests.commissions.company import Company, at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PROGRAM = "import django; django.setup(); from commissions.live_worker import LiveWorker; LiveWorker().run()"
WRITERS = 6
PATIENCE = 180.0
CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'canopy live lock' AND datname = current_database()
"""


def outline(deep):
    """Return a house with a line of some depth and somebody beside each of them."""
    lines = ["house"]
    for depth in range(1, deep):
        lines += [" " * depth + f"p{depth}", " " * depth + f"q{depth}"]
    return "\n".join(lines)


@pytest.fixture
def company(transactional_db):
    company = Company(outline(40))
    live.refresh_everything()
    return company


@pytest.fixture
def workers():
    started = []

    def start(kill_at=""):
        told = {"CANOPY_DATABASE": connection.settings_dict["NAME"], "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment = {**os.environ, **told, "KILL_AT": kill_at}
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=BASE_DIR, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


class Writers:
    """Credit and take back from several connections until told to stop, each transaction open for a while before it commits."""

    def __init__(self, company):
        self.company, self.names = company, list(company.people)
        self.faults, self.acknowledged, self.enough = [], [0] * WRITERS, threading.Event()
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def write(self, number):
        chance = random.Random(number)
        try:
            while not self.enough.is_set():
                reference = f"order:{number}.{self.acknowledged[number]}"
                with transaction.atomic():
                    credit(self.company, chance.choice(self.names), reference, chance.randrange(50, 400))
                    time.sleep(chance.random() * 0.03)
                self.acknowledged[number] += 1
                if chance.random() < 0.2:
                    volume.reverse(reference=reference.replace("order", "refund"), of_reference=reference, at=at(2026, 11, 12))
        except Exception as error:
            self.faults.append(error)
        finally:
            connections.close_all()

    def finish(self):
        """Stop, wait for the refresh, then check that nobody failed, nothing is lost and every figure is right."""
        self.enough.set()
        for thread in self.threads:
            thread.join()
        assert self.faults == []
        wait_until(lambda: not LivePending.objects.exists())
        assert VolumeEntry.objects.filter(reverses=None).count() == sum(self.acknowledged)
        found = {name: faulty for name, _examined, faulty in (check() for check in verify.CHECKS)}
        assert not any(found.values()), found


@pytest.fixture
def writers(company):
    started = []

    def start():
        started.append(Writers(company))
        return started[-1]

    yield start
    for each in started:
        each.enough.set()


def credit(company, name, reference, points):
    line = volume.VolumeLine(
        1, "tea", quantity=1, pv=points * 100, cv=points * 90, paid_minor=points * 130, seller_price_minor=points * 100
    )
    volume.credit(
        distributor_id=company.id(name), lines=[line], at=at(2026, 11, 10), reference=reference, buyer_kind="retail",
        market_id=company.market.pk, currency="USD",
    )  # fmt: skip


def wait_until(holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", ["live.claimed:2", "live.written:1", "live.written:3", "live.committed:2"])
def test_a_worker_killed_in_the_middle_of_a_refresh_loses_and_doubles_nothing(writers, workers, place):
    doomed = workers(kill_at=place)
    writing = writers()
    assert doomed.wait(PATIENCE) == -signal.SIGKILL
    workers()
    writing.finish()


@pytest.mark.timeout(600)
def test_a_second_worker_stands_by_and_takes_over(writers, workers):
    first, _second = workers(), workers()
    writing = writers()
    wait_until(lambda: sum(writing.acknowledged) > 60)
    first.kill()
    writing.finish()


@pytest.mark.timeout(600)
def test_connections_of_the_worker_may_be_cut_at_any_time(writers, workers):
    workers()
    writing = writers()
    for _cut in range(12):
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute(CUT)
    writing.finish()
