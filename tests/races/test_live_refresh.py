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
WRITERS, CREDITS = 6, 25
PATIENCE = 60.0


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
        environment = {**os.environ, "CANOPY_DATABASE": connection.settings_dict["NAME"], "KILL_AT": kill_at}
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=BASE_DIR, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def write(company, faults):
    """Credit and take back from several connections, each transaction open for a random while before it commits."""
    names = list(company.people)

    def writer(number):
        chance = random.Random(number)
        try:
            for turn in range(CREDITS):
                reference = f"order:{number}.{turn}"
                with transaction.atomic():
                    credit(company, chance.choice(names), reference, chance.randrange(50, 400))
                    time.sleep(chance.random() * 0.01)
                if chance.random() < 0.2:
                    volume.reverse(reference=f"refund:{number}.{turn}", of_reference=reference, at=at(2026, 11, 12))
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=writer, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    return threads


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


def finish(threads, faults):
    """Wait for the writers and for the refresh, then check that nobody failed and every figure is right."""
    for thread in threads:
        thread.join()
    assert faults == []
    wait_until(lambda: not LivePending.objects.exists())
    assert VolumeEntry.objects.filter(reverses=None).count() == WRITERS * CREDITS
    found = {name: faulty for name, _examined, faulty in (check() for check in verify.CHECKS)}
    assert not any(found.values()), found


@pytest.mark.timeout(180)
@pytest.mark.parametrize("place", ["live.claimed:3", "live.written:1", "live.written:4", "live.committed:3"])
def test_a_worker_killed_in_the_middle_of_a_refresh_loses_and_doubles_nothing(company, workers, place):
    faults = []
    doomed = workers(kill_at=place)
    threads = write(company, faults)
    assert doomed.wait(PATIENCE) == -signal.SIGKILL
    workers()
    finish(threads, faults)


@pytest.mark.timeout(180)
def test_a_second_worker_stands_by_and_takes_over(company, workers):
    faults = []
    first, _second = workers(), workers()
    threads = write(company, faults)
    wait_until(lambda: VolumeEntry.objects.count() > 40)
    first.kill()
    finish(threads, faults)


@pytest.mark.timeout(180)
def test_connections_of_the_worker_may_be_cut_at_any_time(company, workers):
    faults = []
    workers()
    threads = write(company, faults)
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'canopy live lock'"
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute(cut)
    finish(threads, faults)
