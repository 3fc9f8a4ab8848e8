"""Webhooks: verified, stored once, acknowledged. What they say is only a hint to ask the gateway again."""

from django.db import transaction
from django.utils import timezone

from storefront import payments
from storefront.bell import SETTLEMENT
from storefront.models import Payment, Refund, WebhookEvent
from storefront.payments.one_by_one import settle_each

BATCH = 200


@transaction.atomic
def store(gateway, hint):
    """Keep an event under its unique id and have it looked at; one that came before is left as it is."""
    WebhookEvent.objects.bulk_create(
        [
            WebhookEvent(
                gateway=gateway, event_id=hint.event_id[:120], kind=hint.kind[:80], payment_reference=hint.payment_reference
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    event = WebhookEvent.objects.get(gateway=gateway, event_id=hint.event_id[:120])
    if event.processed_at is None:
        SETTLEMENT.ring_after_commit()
    return event


def process(event):
    """Ask the gateway about the payment that an event is about. Safe to repeat, and at once."""
    payment = Payment.objects.filter(gateway=event.gateway, reference=event.payment_reference).exclude(reference="").first()
    if payment is None:
        return _done(event, "no payment of ours")
    payments.settle(payment)
    for refund in Refund.objects.filter(payment=payment, status__in=Refund.OPEN).select_related("payment", "order"):
        payments.settle_refund(refund)
    if payment.status == Payment.Status.UNKNOWN:
        return None  # the gateway was not reached or does not know yet: looked at again by the poller
    return _done(event, payment.status)


def _done(event, outcome):
    WebhookEvent.objects.filter(pk=event.pk, processed_at__isnull=True).update(processed_at=timezone.now(), outcome=outcome)


def process_waiting():
    """Look at events whose prompt was lost: the poller. Returns how many."""
    waiting = WebhookEvent.objects.filter(processed_at__isnull=True)
    return settle_each("event", waiting, process, since="received_at", most=BATCH)
