"""What must always hold of events, notifications and mails: run by ``manage.py verify``.

Each check returns its name, how many records it examined, and one sentence for each fault.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from backoffice import mails
from backoffice.models import Mail, Notification
from config.outbox import registry
from config.outbox.models import Delivery, Event

MOST_FAULTS = 20
PATIENCE = timedelta(seconds=60)


def each_event_has_all_its_deliveries():
    """Every announced event has one delivery for each of those who listen to its kind, from their first one on."""
    name = "each event goes to everyone who listens"
    faults = []
    for event_class, subscribers in registry.all_subscribers().items():
        events = Event.objects.filter(kind=registry.kind_of(event_class))
        deliveries = Delivery.objects.filter(event=OuterRef("pk"))
        faults += [f"event {pk} was delivered to nobody" for pk in _ids(events.filter(~Exists(deliveries)))]
        for subscriber in subscribers:
            first = Delivery.objects.filter(subscriber=subscriber).aggregate(first=Min("event"))["first"]
            if first is not None:
                lacking = events.filter(~Exists(deliveries.filter(subscriber=subscriber)), pk__gt=first)
                faults += [f"event {pk} has no delivery for {subscriber}" for pk in _ids(lacking)]
    return name, Event.objects.count(), faults[:MOST_FAULTS]


def nothing_waits_long():
    """Nothing that is due has been waiting for more than a minute, and nothing has been given up."""
    name = "oldest undelivered at most 60 s, none failed"
    late = Delivery.objects.filter(status=Delivery.Status.PENDING, due_at__lt=timezone.now() - PATIENCE)
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
    faults = [f"delivery {pk} to {subscriber} has been due for over a minute" for pk, subscriber in _some(late)]
    faults += [f"delivery {pk} to {subscriber} failed" for pk, subscriber in _some(failed)]
    return name, Delivery.objects.count(), faults


def _some(deliveries):
    return deliveries.order_by("pk").values_list("pk", "subscriber")[:MOST_FAULTS]


PAID_WITHOUT = """
    SELECT event.id, event.facts->>'order_id' FROM outbox_delivery delivery
    JOIN outbox_event event ON event.id = delivery.event_id
    JOIN storefront_order sold ON sold.id = (event.facts->>'order_id')::bigint
    JOIN genealogy_distributor seller ON seller.id = sold.seller_id
    WHERE delivery.subscriber = %s AND delivery.status = 'done' AND {}
    ORDER BY event.id LIMIT %s
"""
UNTOLD = PAID_WITHOUT.format(
    """NOT seller.is_house AND sold.buyer_id IS DISTINCT FROM sold.seller_id AND NOT EXISTS (
        SELECT 1 FROM backoffice_notification told WHERE told.key = 'order:' || sold.id || ':sale')"""
)
UNMAILED = PAID_WITHOUT.format(
    "NOT EXISTS (SELECT 1 FROM backoffice_mail mail WHERE mail.key = 'order:' || sold.id || ':receipt')"
)


def each_sale_is_told_once():
    """Every order whose delivery is done has one notification for its seller, and that seller alone."""
    name = "each sale was told to its seller once"
    done = Delivery.objects.filter(subscriber="backoffice.tell_of_sale", status=Delivery.Status.DONE).count()
    faults = [f"event {event}: the seller of order {order} was not told" for event, order in _rows(UNTOLD, "tell_of_sale")]
    sales = Notification.objects.filter(kind=Notification.Kind.SALE)
    doubled = sales.values("facts__order").order_by().annotate(times=Count("pk")).filter(times__gt=1)
    faults += [f"order {row['facts__order']} was told {row['times']} times" for row in doubled[:MOST_FAULTS]]
    return name, done, faults


def each_paid_order_has_one_receipt():
    """Every order whose delivery is done has one receipt, to the buyer's address."""
    name = "each paid order has one receipt"
    done = Delivery.objects.filter(subscriber="backoffice.send_receipt", status=Delivery.Status.DONE).count()
    faults = [f"event {event}: order {order} has no receipt" for event, order in _rows(UNMAILED, "send_receipt")]
    return name, done, faults


def _rows(query, subscriber):
    with connection.cursor() as cursor:
        cursor.execute(query, [f"backoffice.{subscriber}", MOST_FAULTS])
        return cursor.fetchall()


def mails_leave():
    """Where a transport is set, no mail was given up or is long overdue; a mail that left was tried."""
    name = "mails leave"
    faults = [
        f"mail {pk} is marked sent without an attempt" for pk in _ids(Mail.objects.filter(sent_at__isnull=False, attempts=0))
    ]
    if settings.MAIL_TRANSPORT:
        waiting = Mail.objects.filter(sent_at__isnull=True)
        overdue = Q(due_at__lt=timezone.now() - 10 * PATIENCE)
        faults += [f"mail {pk} was given up" for pk in _ids(waiting.filter(attempts__gte=mails.ATTEMPTS))]
        faults += [f"mail {pk} is overdue" for pk in _ids(waiting.filter(overdue, attempts__lt=mails.ATTEMPTS))]
    return name, Mail.objects.count(), faults


def _ids(rows):
    return rows.order_by("pk").values_list("pk", flat=True)[:MOST_FAULTS]


CHECKS = (
    each_event_has_all_its_deliveries,
    nothing_waits_long,
    each_sale_is_told_once,
    each_paid_order_has_one_receipt,
    mails_leave,
)
