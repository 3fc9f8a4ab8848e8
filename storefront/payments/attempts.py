"""Attempts to pay: how a placed order becomes a paid one, whatever breaks on the way.

A payment's row is committed before the gateway hears of it, and the gateway's reference before money can move. So after
any failure ``settle`` can ask the gateway and write down the truth. The database lets one open attempt of an order exist
and one succeed; money that arrives beyond that is a surplus and goes back.
"""

import logging
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.outbox import announce
from storefront import orders
from storefront.bell import SETTLEMENT
from storefront.events import PaymentFailed
from storefront.models import Order, Payment, Refund
from storefront.payments import gateway as gateways
from storefront.payments.gateway import Answer, Declined, NotReached, State
from storefront.payments.one_by_one import settle_each
from storefront.refusal import Refusal

PATIENCE = timedelta(minutes=1)
ACTION_PATIENCE = timedelta(hours=1)
UNSENT = timedelta(minutes=10)
BATCH = 100

Status = Payment.Status
log = logging.getLogger(__name__)


def start(order, *, method, return_url=""):
    """Try to pay an order with a method that the gateway knows by a token; return the payment as it then stands.

    An attempt that is still open is looked at first: if it has succeeded, that was it; else it is closed for good.
    """
    for earlier in order.payments.filter(status__in=Payment.OPEN):
        _close(earlier)
    payment = _open(order, method)
    try:
        answer = gateways.gateway_for(payment).create(payment)
    except (NotReached, Declined) as error:
        log.warning("payment %s was not created: %s", payment.pk, type(error).__name__)
        _fail(payment, _("The payment service cannot be reached at the moment. Nothing was charged; please try again."))
        return payment
    Payment.objects.filter(pk=payment.pk).update(reference=answer.reference)
    payment.reference = answer.reference
    try:
        answer = gateways.gateway_for(payment).confirm(payment, return_url)
    except NotReached:
        Payment.objects.filter(pk=payment.pk, status=Status.CREATED).update(status=Status.UNKNOWN)
        payment.refresh_from_db()
        return payment
    except Declined as refusal:
        answer = Answer(payment.reference, State.FAILED, payment.amount_minor, payment.currency, failure=str(refusal))
    return record(payment, answer)


def _open(order, method):
    """Write the row of a new attempt, refused when the order is not waiting for money or another attempt is on its way."""
    try:
        with transaction.atomic():
            order = Order.objects.select_for_update(of=("self",), no_key=True).select_related("market").get(pk=order.pk)
            _require_placed(order)
            orders.require_countable(order.market, order.currency, order.seller_id, timezone.now())
            return Payment.objects.create(
                order=order, gateway=gateways.active().code, idempotency_key=f"payment-{uuid.uuid4()}", method=method,
                amount_minor=order.total_minor, currency=order.currency,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refusal(_("Your payment is already on its way. Please wait a moment."), code="under_way") from error


def _require_placed(order):
    if order.status == Order.Status.CANCELLED:
        raise Refusal(_("Order %(number)s was cancelled. Nothing was charged.") % {"number": order.number}, code="cancelled")
    if order.status != Order.Status.PLACED:
        raise Refusal(_("Order %(number)s is paid already.") % {"number": order.number}, code="paid")


def _close(payment):
    """Look at an open attempt and make sure that it cannot be charged later, unless it has been."""
    if payment.status == Status.CREATED and payment.created_at > timezone.now() - PATIENCE:
        raise Refusal(_("Your payment is already on its way. Please wait a moment."), code="under_way")
    if not payment.reference:
        _fail(payment, _("The payment service gave no answer."), tell=False)
        return
    try:
        record(payment, gateways.gateway_for(payment).cancel(payment))
    except (NotReached, Declined) as error:
        message = _("We are still waiting to hear about your last payment. Please wait a moment; nothing is charged twice.")
        raise Refusal(message, code="under_way") from error
    if payment.status in Payment.OPEN:
        raise Refusal(_("Your payment is being processed. Please wait a moment."), code="under_way")


def settle(payment):
    """Ask the gateway how a payment stands and write that down; return the payment. Safe to repeat, and at once."""
    if not payment.reference:
        if payment.status in Payment.OPEN and payment.created_at < timezone.now() - UNSENT:
            _fail(payment, _("The payment service gave no answer."), tell=False)
        return payment
    try:
        answer = gateways.gateway_for(payment).fetch(payment)
    except NotReached:
        Payment.objects.filter(pk=payment.pk, status=Status.CREATED).update(status=Status.UNKNOWN)
        payment.refresh_from_db()
        return payment
    except Declined:
        log.error("payment %s: the gateway declines to say how it stands", payment.pk)
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(status=Status.UNKNOWN)
        payment.refresh_from_db()
        return payment
    return record(payment, answer)


def record(payment, answer):
    """Write a gateway's answer down, and with it whatever follows from it. Returns the payment as it then stands."""
    if (answer.amount_minor, answer.currency) != (payment.amount_minor, payment.currency):
        log.error(
            "payment %s: the gateway speaks of %s %s, not of %s %s",
            payment.pk, answer.amount_minor, answer.currency, payment.amount_minor, payment.currency,
        )  # fmt: skip
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(
            status=Status.UNKNOWN, failure="The gateway speaks of another amount."
        )
    elif answer.state == State.SUCCEEDED:
        _succeed(payment)
    elif answer.state in (State.FAILED, State.CANCELED):
        _fail(payment, answer.failure, tell=answer.state == State.FAILED)
    elif answer.state == State.ACTION:
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(status=Status.REQUIRES_ACTION)
    elif answer.state == State.PROCESSING:
        Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN).update(status=Status.UNKNOWN)
    payment.refresh_from_db()
    return payment


@transaction.atomic
def _succeed(payment):
    """Mark the one payment that pays the order, or give back what came for an order that needs it no more.

    The gateway's word counts even where we had given the attempt up: the conditional UPDATE lets one caller through.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=payment.order_id)
    now = timezone.now()
    needed = order.status == Order.Status.PLACED
    unsettled = Payment.objects.filter(pk=payment.pk).exclude(status__in=(Status.SUCCEEDED, Status.SURPLUS))
    status = Status.SUCCEEDED if needed else Status.SURPLUS
    if not unsettled.update(status=status, settled_at=now, failure=""):
        return
    if needed:
        orders.mark_paid(order, at=now)
        return
    Refund.objects.create(
        order=order, payment=payment, idempotency_key=f"surplus-{payment.pk}", amount_minor=payment.amount_minor,
        reason="The order was paid or cancelled already.",
    )  # fmt: skip
    SETTLEMENT.ring_after_commit()


@transaction.atomic
def _fail(payment, failure, *, tell=True):
    """Close an attempt that did not work; the buyer is told by mail only when a card was really refused."""
    failed = Payment.objects.filter(pk=payment.pk, status__in=Payment.OPEN)
    if failed.update(status=Status.FAILED, failure=failure[:200], settled_at=timezone.now()) and tell:
        announce(PaymentFailed(order_id=payment.order_id, payment_id=payment.pk))
    payment.refresh_from_db()


def settle_open(now=None):
    """Settle what has been open for too long: the poller behind lost webhooks and closed browsers. Returns how many."""
    now = now or timezone.now()
    stale = Payment.objects.filter(status__in=Payment.OPEN, created_at__lt=now - PATIENCE)

    def look_at(payment):
        settle(payment)
        if payment.status in (Status.CREATED, Status.REQUIRES_ACTION) and payment.created_at < now - ACTION_PATIENCE:
            _give_up(payment)

    return settle_each("payment", stale, look_at, since="created_at", most=BATCH)


def _give_up(payment):
    """Cancel an attempt whose payer never came back."""
    try:
        record(payment, gateways.gateway_for(payment).cancel(payment))
    except (NotReached, Declined) as error:
        log.info("payment %s stays open: %s", payment.pk, type(error).__name__)
