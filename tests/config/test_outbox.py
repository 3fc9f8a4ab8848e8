"""The outbox: what is announced is delivered, once each, whatever a handler does and whatever is lost on the way."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from config.outbox import announce, delivery, registry, subscribe
from config.outbox.models import Delivery, Event
from config.outbox.wake import Bell, valkey

pytestmark = pytest.mark.django_db


@dataclasses.dataclass(frozen=True)
class BellRang:
    """What these tests announce."""

    bell_id: int
    at: datetime | None = None
    on: date | None = None
    weight: Decimal | None = None
    key: UUID | None = None


@pytest.fixture
def listen():
    """Subscribe handlers for one test."""
    names = []

    def listen(handler, name="tests.listener"):
        subscribe(BellRang, handler, name)
        names.append(name)

    yield listen
    for name in names:
        registry.unsubscribe(name)


def remember(event):
    Group.objects.create(name=f"bell {event.bell_id}")


def make_due():
    Delivery.objects.filter(status="pending").update(due_at=timezone.now() - timedelta(seconds=1))


def test_an_announcement_reaches_each_subscriber_once(listen):
    heard = []
    listen(lambda event: heard.append(("first", event)), "tests.first")
    listen(lambda event: heard.append(("second", event)), "tests.second")
    announce(BellRang(bell_id=7))

    assert delivery.deliver_due() == 2
    assert delivery.deliver_due() == 0
    assert sorted(name for name, _ in heard) == ["first", "second"]
    assert {event for _, event in heard} == {BellRang(bell_id=7)}
    assert set(Delivery.objects.values_list("status", "attempts")) == {("done", 1)}


def test_facts_come_back_as_what_they_were(listen):
    heard = []
    listen(heard.append)
    said = BellRang(
        bell_id=2**53 + 1,
        at=datetime(2026, 3, 29, 1, 30, 0, 5000, tzinfo=UTC),
        on=date(2026, 2, 28),
        weight=Decimal("12.340"),
        key=uuid4(),
    )
    announce(said)
    delivery.deliver_due()
    assert heard == [said]


def test_an_older_event_is_read_by_a_newer_class(listen):
    heard = []
    listen(heard.append)
    announce(BellRang(bell_id=1))
    Event.objects.update(facts={"bell_id": 1, "a_fact_of_old": True})
    delivery.deliver_due()
    assert heard == [BellRang(bell_id=1)]


def test_what_nobody_listens_to_is_still_stored():
    stored = announce(BellRang(bell_id=1))
    assert Event.objects.get() == stored
    assert stored.kind == "tests.BellRang"
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_announcement_that_is_rolled_back_was_never_made(listen):
    listen(remember)
    with pytest.raises(ValueError, match="changed my mind"), transaction.atomic():
        announce(BellRang(bell_id=1))
        raise ValueError("changed my mind")
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_a_handler_that_raises_leaves_nothing_behind_and_is_tried_again_later(listen):
    mood = {"well": False}

    def moody(event):
        remember(event)
        if not mood["well"]:
            raise RuntimeError("not today")

    listen(moody)
    announce(BellRang(bell_id=1))
    delivery.deliver_due()

    waiting = Delivery.objects.get()
    assert not Group.objects.exists()
    assert (waiting.status, waiting.attempts, waiting.last_error) == ("pending", 1, "RuntimeError: not today")
    assert waiting.due_at > timezone.now()
    assert delivery.deliver_due() == 0

    mood["well"] = True
    make_due()
    delivery.deliver_due()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.attempts, waiting.last_error) == ("done", 2, "")
    assert Group.objects.count() == 1


def test_one_handler_that_breaks_its_transaction_does_not_harm_the_others_of_the_batch(listen):
    def doubles(event):
        Group.objects.create(name="same")
        Group.objects.create(name="same")

    listen(doubles, "tests.doubles")
    listen(remember, "tests.remember")
    announce(BellRang(bell_id=1))
    announce(BellRang(bell_id=2))
    delivery.deliver_due()
    assert set(Delivery.objects.filter(subscriber="tests.doubles").values_list("status", flat=True)) == {"pending"}
    assert Delivery.objects.filter(subscriber="tests.doubles").first().last_error.startswith("IntegrityError")
    assert set(Group.objects.values_list("name", flat=True)) == {"bell 1", "bell 2"}


def test_an_error_is_noted_without_whom_it_is_about(listen):
    def doubles(event):
        get_user_model().objects.create(email="ana@example.com")
        get_user_model().objects.create(email="ana@example.com")

    def refuses(event):
        raise ValueError("<ana@example.com> was refused (see 'bén@example.org')\nDETAIL: ana@example.com")

    listen(doubles, "tests.doubles")
    listen(refuses, "tests.refuses")
    announce(BellRang(bell_id=1))
    delivery.deliver_due()
    errors = dict(Delivery.objects.values_list("subscriber", "last_error"))
    assert errors["tests.refuses"] == "ValueError: <(address)> was refused (see '(address)')"
    assert errors["tests.doubles"].startswith("IntegrityError: ")
    assert "@" not in errors["tests.doubles"]
    assert "\n" not in errors["tests.doubles"]


def test_a_wake_up_that_was_not_sent_keeps_no_later_one_from_being_sent(monkeypatch):
    bell = Bell("tests.nothing")
    bell.heard()
    with monkeypatch.context() as broken:
        broken.setattr(bell, "_send", lambda: 1 / 0)
        bell.ring()
    assert not valkey().exists(bell.key)
    bell._resting_until = 0.0
    bell.ring()
    assert valkey().exists(bell.key)
    bell.heard()


def test_pauses_grow_to_an_hour():
    pauses = [delivery.pause_after(attempt).total_seconds() for attempt in range(1, 9)]
    assert pauses == [5, 20, 80, 320, 1280, 3600, 3600, 3600]


def test_after_its_last_attempt_a_delivery_has_failed_and_waits_for_a_person(listen):
    def never(event):
        raise RuntimeError("never")

    listen(never)
    announce(BellRang(bell_id=1))
    for _ in range(delivery.ATTEMPTS):
        make_due()
        delivery.deliver_due()
    failed = Delivery.objects.get()
    assert (failed.status, failed.attempts) == ("failed", delivery.ATTEMPTS)
    make_due()
    assert delivery.deliver_due() == 0
    assert delivery.figures().failed == 1


def test_a_replay_tries_what_failed_and_leaves_alone_what_was_delivered(listen):
    heard = []
    listen(heard.append)
    for bell in (1, 2):
        announce(BellRang(bell_id=bell))
    delivery.deliver_due()
    Delivery.objects.filter(event__facts__bell_id=2).update(status="failed", delivered_at=None, attempts=8)
    heard.clear()

    assert delivery.replay(Delivery.objects.values_list("pk", flat=True)) == 1
    delivery.deliver_due()
    assert heard == [BellRang(bell_id=2)]
    assert Delivery.objects.get(event__facts__bell_id=2).attempts == 1


def test_replaying_a_subscriber_replays_its_failures_alone(listen):
    listen(remember, "tests.one")
    listen(lambda event: None, "tests.two")
    announce(BellRang(bell_id=1))
    Delivery.objects.update(status="failed")
    assert delivery.replay_subscriber("tests.one") == 1
    assert dict(Delivery.objects.values_list("subscriber", "status")) == {"tests.one": "pending", "tests.two": "failed"}


def test_what_everybody_heard_long_ago_is_deleted_and_nothing_else(listen):
    listen(remember, "tests.one")
    listen(lambda event: None, "tests.two")
    _heard, waiting, failed, lately_heard, new = (announce(BellRang(bell_id=number)) for number in range(5))
    long_ago = timezone.now() - timedelta(days=91)
    Delivery.objects.exclude(event=new).update(status="done", delivered_at=long_ago)
    Event.objects.exclude(pk=new.pk).update(announced_at=long_ago)
    Delivery.objects.filter(event=lately_heard, subscriber="tests.two").update(delivered_at=timezone.now())
    for event, status in ((waiting, "pending"), (failed, "failed")):
        Delivery.objects.filter(event=event, subscriber="tests.one").update(status=status, delivered_at=None)
    assert delivery.prune(0) == 0
    assert delivery.prune(90) == 1
    assert set(Event.objects.all()) == {waiting, failed, lately_heard, new}
    assert Delivery.objects.count() == 8


def test_more_than_is_deleted_at_once_is_deleted_in_turns(listen, monkeypatch):
    monkeypatch.setattr(delivery, "PRUNED_AT_ONCE", 2)
    for number in range(5):
        announce(BellRang(bell_id=number))
    Event.objects.update(announced_at=timezone.now() - timedelta(days=3))
    assert delivery.prune(2) == 5


def test_a_delivery_whose_subscriber_is_gone_says_so(listen):
    listen(remember)
    announce(BellRang(bell_id=1))
    Delivery.objects.update(subscriber="tests.long_gone")
    delivery.deliver_due()
    assert "tests.long_gone" in Delivery.objects.get().last_error


def test_figures_tell_lag_and_failures_by_subscriber(listen):
    listen(remember, "tests.one")
    listen(remember, "tests.two")
    announce(BellRang(bell_id=1))
    Delivery.objects.filter(subscriber="tests.one").update(due_at=timezone.now() - timedelta(minutes=3))
    Delivery.objects.filter(subscriber="tests.two").update(status="failed")
    whole, by_subscriber = delivery.figures(), delivery.figures_by_subscriber()
    assert (whole.pending, whole.failed) == (1, 1)
    assert timedelta(minutes=3) <= whole.lag < timedelta(minutes=4)
    assert (by_subscriber["tests.one"].pending, by_subscriber["tests.two"].failed) == (1, 1)
    assert by_subscriber["tests.two"].lag == timedelta(0)


def test_an_empty_outbox_has_no_lag():
    assert delivery.figures() == delivery.Figures(pending=0, failed=0, oldest_due_at=None)
    assert delivery.figures().lag == timedelta(0)


def test_only_frozen_dataclasses_are_events():
    @dataclasses.dataclass
    class Soft:
        bell_id: int

    with pytest.raises(ImproperlyConfigured, match="frozen"):
        subscribe(Soft, remember, "tests.soft")


def test_two_subscribers_cannot_share_a_name(listen):
    listen(remember)
    subscribe(BellRang, remember, "tests.listener")  # saying the same twice is fine
    with pytest.raises(ImproperlyConfigured, match="tests.listener"):
        subscribe(BellRang, make_due, "tests.listener")
    assert registry.subscribers(BellRang) == ("tests.listener",)


def test_the_database_refuses_a_second_delivery_to_one_subscriber(listen):
    listen(remember)
    stored = announce(BellRang(bell_id=1))
    with pytest.raises(IntegrityError, match="outbox_delivery_once"), transaction.atomic():
        Delivery.objects.create(event=stored, subscriber="tests.listener")


def test_many_announcements_of_one_transaction_ring_once(listen, django_capture_on_commit_callbacks):
    listen(remember)
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for bell in range(5):
            announce(BellRang(bell_id=bell))
    assert len(callbacks) == 1


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_ring_along(listen, django_capture_on_commit_callbacks):
    listen(remember)
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        with pytest.raises(ValueError, match="inner"), transaction.atomic():
            announce(BellRang(bell_id=1))
            raise ValueError("inner")
        announce(BellRang(bell_id=2))
    assert len(callbacks) == 1
    assert [event.facts["bell_id"] for event in Event.objects.all()] == [2]


def test_delivering_claims_by_the_index_of_what_is_due(listen, django_assert_max_num_queries):
    listen(lambda event: None)
    for bell in range(delivery.BATCH):
        announce(BellRang(bell_id=bell))
    with django_assert_max_num_queries(4 + 2 * delivery.BATCH):  # claim, savepoints, one mark for all, the batch's own bounds
        delivery.deliver_batch()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM outbox_delivery WHERE status = 'pending' AND due_at <= now() ORDER BY due_at, id LIMIT 20"
        )
        assert "outbox_delivery_due" in " ".join(row[0] for row in cursor.fetchall())
