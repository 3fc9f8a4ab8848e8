"""Giving money back: the row is written with the order, the gateway is asked after the commit, as often as it takes."""

import logging

from django.utils import timezone

from storefront.models import Refund
from storefront.payments.gateway import Declined, NotReached, State, gateway_for
from storefront.payments.one_by_one import settle_each

BATCH = 100

Status = Refund.Status
log = logging.getLogger(__name__)


def settle_refund(refund):
    """Have the gateway give the money back, or ask how that went; return the refund as it then stands.

    The key of the refund makes asking twice harmless. A refund without a payment, or of nothing, is settled by itself.
    """
    if refund.status not in Refund.OPEN:
        return refund
    if refund.payment is None or not refund.amount_minor:
        return _write(refund, Status.SUCCEEDED)
    gateway = gateway_for(refund.payment)
    try:
        answer = gateway.fetch_refund(refund) if refund.reference else gateway.refund(refund)
    except NotReached:
        return _write(refund, Status.UNKNOWN)
    except Declined as refusal:
        log.warning("refund %s was declined by the gateway", refund.pk)
        return _write(refund, Status.FAILED, failure=str(refusal)[:200])
    if answer.state == State.SUCCEEDED:
        return _write(refund, Status.SUCCEEDED, reference=answer.reference)
    if answer.state in (State.FAILED, State.CANCELED):
        return _write(refund, Status.FAILED, reference=answer.reference, failure=answer.failure[:200])
    return _write(refund, Status.UNKNOWN, reference=answer.reference)


def _write(refund, status, **more):
    settled = None if status in Refund.OPEN else timezone.now()
    Refund.objects.filter(pk=refund.pk, status__in=Refund.OPEN).update(status=status, settled_at=settled, **more)
    refund.refresh_from_db()
    return refund


def try_again(refund):
    """Ask the gateway once more for a refund that it had declined, under a key of its own."""
    tries = refund.idempotency_key.count("~") + 1
    key = f"{refund.idempotency_key.split('~')[0]}{'~' * tries}"
    again = Refund.objects.filter(pk=refund.pk, status=Status.FAILED)
    if again.update(status=Status.CREATED, reference="", failure="", settled_at=None, idempotency_key=key):
        refund.refresh_from_db()
        return settle_refund(refund)
    return refund


def settle_refunds():
    """Settle refunds that are still open: the poller. Returns how many were looked at."""
    still_open = Refund.objects.filter(status__in=Refund.OPEN).select_related("payment", "order")
    return settle_each("refund", still_open, settle_refund, since="created_at", most=BATCH)
