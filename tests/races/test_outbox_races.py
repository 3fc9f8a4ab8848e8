"""Two workers at the outbox at once, and a Valkey that is gone."""

import dataclasses
import threading
import time

import pytest
from django.contrib.auth.models import Group
from django.db import close_old_connections, connection

from config import servers
from config.outbox import announce, delivery, registry, subscribe
from config.outbox.models import Delivery

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@dataclasses.dataclass(frozen=True)
class DoorOpened:
    """What these tests announce."""

    door_id: int


@pytest.fixture
def counted():
    """Count each door by a row whose name is not unique to the handler, so that a second delivery would show."""

    def count(event):
        time.sleep(0.002)
        Group.objects.create(name=f"door {event.door_id} by {threading.get_ident()} at {time.monotonic_ns()}")

    subscribe(DoorOpened, count, "tests.count_doors")
    yield
    registry.unsubscribe("tests.count_doors")


def in_threads(number, work):
    failures = []

    def run():
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_workers_at_once_deliver_each_announcement_once(counted):
    for door in range(150):
        announce(DoorOpened(door_id=door))
    in_threads(4, delivery.deliver_due)
    doors = [name.split(" by ")[0] for name in Group.objects.values_list("name", flat=True)]
    assert sorted(doors) == sorted(f"door {door}" for door in range(150))
    assert set(Delivery.objects.values_list("status", "attempts")) == {("done", 1)}


def test_what_is_announced_while_workers_deliver_is_delivered_too(counted):
    done = threading.Event()

    def announce_some():
        for door in range(40):
            announce(DoorOpened(door_id=threading.get_ident() % 1_000_003 * 1000 + door))

    def deliver_until_done():
        while not done.is_set() or delivery.figures().pending:
            delivery.deliver_due()
            close_old_connections()

    workers = [threading.Thread(target=lambda: (deliver_until_done(), connection.close())) for _ in range(2)]
    for worker in workers:
        worker.start()
    in_threads(3, announce_some)
    done.set()
    for worker in workers:
        worker.join(60)
    assert Delivery.objects.filter(status="done").count() == Group.objects.count() == 120


def test_without_valkey_an_announcement_is_not_lost_and_not_each_one_waits_for_it(counted, caplog):
    valkey = servers.valkey()
    valkey.stop(mode="immediate")
    try:
        for door in range(20):
            announce(DoorOpened(door_id=door))
    finally:
        valkey.forget()
        valkey.start()
    assert 1 <= caplog.text.count("not sent") < 20  # one learns it, and for a while the others do not even try
    assert delivery.deliver_due() == 20
    assert Group.objects.count() == 20
