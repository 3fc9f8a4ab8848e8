"""Delivering what was announced: claiming, running the handler, trying again, giving up, replaying."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error, connection, transaction
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.outbox import registry
from config.outbox.models import Delivery

BATCH = 20
ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
ERROR_LENGTH = 2000
PRUNED_AT_ONCE = 5_000
PRUNE = """
    WITH old AS (
        SELECT id FROM outbox_event AS event WHERE announced_at < %(before)s AND NOT EXISTS (
            SELECT FROM outbox_delivery AS delivery WHERE delivery.event_id = event.id
            AND (delivery.status <> 'done' OR delivery.delivered_at >= %(before)s))
        LIMIT %(most)s
    ), heard AS (DELETE FROM outbox_delivery USING old WHERE event_id = old.id)
    SELECT array_agg(id) FROM old
"""
ADDRESS = re.compile(r"[^\s@<>()\[\]{}'\",;:=]+@[^\s@<>()\[\]{}'\",;:]+")

log = logging.getLogger(__name__)


def deliver_due(*, limit: int = 10_000) -> int:
    """Deliver what is due, batch by batch, and return how many deliveries were tried.

    Any number of workers may do this at once: each claims rows that no other holds.
    """
    tried = 0
    while tried < limit:
        batch = deliver_batch(min(BATCH, limit - tried))
        tried += batch
        if not batch:
            break
    return tried


@transaction.atomic
def deliver_batch(size: int = BATCH) -> int:
    """Claim some due deliveries and run their handlers; what a handler writes is committed with the mark that it is done."""
    claimed = list(
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("event")
        .filter(status=Delivery.Status.PENDING, due_at__lte=Now())
        .order_by("due_at", "id")[:size]
    )
    done = [delivery.pk for delivery in claimed if _handle(delivery)]
    Delivery.objects.filter(pk__in=done).update(
        status=Delivery.Status.DONE, delivered_at=Now(), last_error="", attempts=F("attempts") + 1
    )
    return len(claimed)


def _handle(delivery: Delivery) -> bool:
    """Run the handler of one delivery in a savepoint; note the failure of one that raises."""
    try:
        event_class, handler = registry.handler_of(delivery.subscriber)
        with transaction.atomic():
            handler(registry.restore(event_class, delivery.event.facts))
    except Exception as error:  # a handler is the app's own; whatever it raises is noted and tried again
        _note_failure(delivery, error)
        return False
    return True


def _note_failure(delivery: Delivery, error: Exception) -> None:
    attempts = delivery.attempts + 1
    last = attempts >= ATTEMPTS
    log.warning(
        "delivery %s of event %s to %s failed (%s), attempt %s",
        delivery.pk, delivery.event_id, delivery.subscriber, type(error).__name__, attempts,
    )  # fmt: skip
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=attempts,
        status=Delivery.Status.FAILED if last else Delivery.Status.PENDING,
        due_at=timezone.now() + pause_after(attempts),
        last_error=words_for(error),
    )


def words_for(error: Exception) -> str:
    """Say what went wrong without saying of whom: the kind of error and the first line of its message.

    What the database says quotes the row it refused, so of that only the name of the constraint is kept, or its code.
    """
    said = str(error).strip().partition("\n")[0]
    if isinstance(error, Error):
        diagnosis = getattr(error.__cause__, "diag", None)
        said = (diagnosis and (diagnosis.constraint_name or diagnosis.sqlstate)) or ""
    return f"{type(error).__name__}: {ADDRESS.sub('(address)', said)}"[:ERROR_LENGTH].removesuffix(": ")


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait before the next attempt: 5 s, 20 s, 80 s ... an hour at most."""
    return min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE)


def replay(deliveries: Iterable[int]) -> int:
    """Make failed deliveries due again, with all their attempts before them, and return how many.

    One that was delivered is never delivered again: handlers are safe to repeat, but who asks for a replay means what is missing.
    """
    with transaction.atomic():
        count = Delivery.objects.filter(pk__in=list(deliveries), status=Delivery.Status.FAILED).update(
            status=Delivery.Status.PENDING, attempts=0, due_at=Now()
        )
        if count:
            registry.BELL.ring_after_commit()
    return count


def replay_subscriber(name: str) -> int:
    """Replay every failed delivery to one subscriber, as after its mending."""
    return replay(Delivery.objects.filter(subscriber=name, status=Delivery.Status.FAILED).values_list("pk", flat=True))


def prune(days: int) -> int:
    """Delete the events that everybody heard of more than so many days ago, and return how many; with 0 days, none.

    What waits or failed is kept however old it is, with its event.
    """
    count, pruned = 0, PRUNED_AT_ONCE if days else 0
    while pruned == PRUNED_AT_ONCE:
        pruned = _prune_some(timezone.now() - timedelta(days=days))
        count += pruned
    return count


@transaction.atomic
def _prune_some(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(PRUNE, {"before": before, "most": PRUNED_AT_ONCE})
        old = cursor.fetchone()[0] or []
        cursor.execute("DELETE FROM outbox_event WHERE id = ANY(%s)", [old])
    return len(old)


@dataclass(frozen=True)
class Figures:
    """How the outbox is doing, whole or for one subscriber."""

    pending: int
    failed: int
    oldest_due_at: datetime | None

    @property
    def lag(self) -> timedelta:
        """How long the oldest delivery that is due has been waiting."""
        return max(timezone.now() - self.oldest_due_at, timedelta(0)) if self.oldest_due_at else timedelta(0)


COUNTS = {
    "pending": Count("pk", filter=Q(status=Delivery.Status.PENDING)),
    "failed": Count("pk", filter=Q(status=Delivery.Status.FAILED)),
    "oldest_due_at": Min("due_at", filter=Q(status=Delivery.Status.PENDING, due_at__lte=Now())),
}


def figures() -> Figures:
    """Count what waits and what failed. Reads only rows that are not done, by their indexes."""
    return Figures(**_open().aggregate(**COUNTS))


def figures_by_subscriber() -> dict[str, Figures]:
    """Count the same for each subscriber that has anything open."""
    rows = _open().values("subscriber").order_by("subscriber").annotate(**COUNTS)
    return {row.pop("subscriber"): Figures(**row) for row in rows}


def _open():
    return Delivery.objects.filter(Q(status=Delivery.Status.PENDING) | Q(status=Delivery.Status.FAILED))
