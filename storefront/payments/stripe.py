"""Stripe behind the gateway interface. The only module that imports stripe, and loaded only when it is asked for.

An intent is made without a card, then confirmed with the token that the browser got from Stripe for the card: a
reference of ours is stored between the two. Card data never passes through here.
"""

from dataclasses import dataclass

import stripe
from django.conf import settings

from commissions.engine.money import EXPONENTS
from storefront.payments.gateway import Answer, Declined, NotReached, State

NO_DECIMALS = frozenset(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"])
THREE_DECIMALS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])

STATES = {
    "requires_payment_method": State.FAILED,
    "requires_confirmation": State.WAITING,
    "requires_action": State.ACTION,
    "processing": State.PROCESSING,
    "requires_capture": State.PROCESSING,
    "succeeded": State.SUCCEEDED,
    "canceled": State.CANCELED,
}
REFUND_STATES = {
    "pending": State.PROCESSING,
    "requires_action": State.PROCESSING,
    "succeeded": State.SUCCEEDED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
}


class BadSignature(Exception):
    """A webhook that Stripe did not sign, or too long ago."""


@dataclass(frozen=True)
class Hint:
    """What a webhook says has happened, to which payment. It is a reason to ask, never a fact."""

    event_id: str
    kind: str
    payment_reference: str


def decimals(currency):
    """Return how many decimals Stripe counts in: its list differs from ISO 4217 in places (ISK, UGX, MGA)."""
    if currency in NO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def to_stripe(amount_minor, currency):
    """Turn our minor units into Stripe's; an amount that Stripe cannot express is refused.

    >>> to_stripe(6800, "JPY"), to_stripe(4800, "USD"), to_stripe(500, "ISK")
    (6800, 4800, 50000)
    """
    shift = decimals(currency) - EXPONENTS[currency]
    if shift >= 0:
        return amount_minor * 10**shift
    whole, rest = divmod(amount_minor, 10**-shift)
    if rest:
        raise Declined(f"{amount_minor} minor units of {currency} cannot be charged through Stripe.")
    return whole


def from_stripe(amount, currency):
    """Turn Stripe's minor units into ours.

    >>> from_stripe(50000, "ISK")
    500
    """
    shift = EXPONENTS[currency] - decimals(currency)
    return amount * 10**shift if shift >= 0 else amount // 10**-shift


class StripeGateway:
    """Takes money through Stripe's PaymentIntents."""

    code = "stripe"

    def __init__(self):
        addresses = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {}
        self.client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses=addresses,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=15),
        )

    def page_facts(self, order):
        amount = to_stripe(order.total_minor, order.currency)
        return {"stripe_key": settings.STRIPE_PUBLISHABLE_KEY, "stripe_js": settings.STRIPE_JS_URL, "stripe_amount": amount}

    def create(self, payment):
        params = {
            "amount": to_stripe(payment.amount_minor, payment.currency),
            "currency": payment.currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "description": payment.order.number,
            "metadata": {"order": payment.order.number, "payment": str(payment.pk)},
        }
        intents = self.client.v1.payment_intents
        return self._intent(lambda: intents.create(params, {"idempotency_key": payment.idempotency_key}))

    def confirm(self, payment, return_url):
        params = {"confirmation_token": payment.method, "return_url": return_url}
        intents = self.client.v1.payment_intents
        key = {"idempotency_key": f"{payment.idempotency_key}-confirm"}
        try:
            return self._intent(lambda: intents.confirm(payment.reference, params, key))
        except stripe.CardError as error:
            failure = error.user_message or "The card was declined."
            return Answer(payment.reference, State.FAILED, payment.amount_minor, payment.currency, failure=failure)

    def fetch(self, payment):
        return self._intent(lambda: self.client.v1.payment_intents.retrieve(payment.reference))

    def cancel(self, payment):
        try:
            return self._intent(lambda: self.client.v1.payment_intents.cancel(payment.reference))
        except Declined:
            return self.fetch(payment)

    def refund(self, refund):
        params = {
            "payment_intent": refund.payment.reference,
            "amount": to_stripe(refund.amount_minor, refund.payment.currency),
            "metadata": {"refund": str(refund.pk)},
        }
        key = {"idempotency_key": refund.idempotency_key}
        return self._refund(lambda: self.client.v1.refunds.create(params, key))

    def fetch_refund(self, refund):
        return self._refund(lambda: self.client.v1.refunds.retrieve(refund.reference))

    def _intent(self, call):
        intent = _asked(call)
        currency = intent.currency.upper()
        error = intent.last_payment_error
        state = STATES.get(intent.status, State.PROCESSING)
        if state == State.FAILED and not error:
            state = State.WAITING
        action = intent.next_action
        redirect = action.redirect_to_url if action and action.type == "redirect_to_url" else None
        return Answer(
            intent.id, state, from_stripe(intent.amount, currency), currency,
            failure=(error.message or "") if error else "",
            action_url=(redirect.url or "") if redirect else "",
            client_secret=intent.client_secret or "",
        )  # fmt: skip

    def _refund(self, call):
        given = _asked(call)
        currency = given.currency.upper()
        state = REFUND_STATES.get(given.status, State.PROCESSING)
        return Answer(given.id, state, from_stripe(given.amount, currency), currency, failure=given.failure_reason or "")


def _asked(call):
    """Ask Stripe; tell apart a no, which is an answer, from no answer."""
    try:
        return call()
    except stripe.CardError:
        raise
    except (stripe.InvalidRequestError, stripe.AuthenticationError, stripe.PermissionError) as error:
        if getattr(error, "http_status", None) in (409, 429):
            raise NotReached(str(error)) from error
        raise Declined(error.user_message or "Stripe did not accept the request.") from error
    except stripe.StripeError as error:
        raise NotReached(type(error).__name__) from error


def read_webhook(payload, signature):
    """Check who signed a webhook and read what it hints at; BadSignature for anything that Stripe did not send."""
    try:
        event = stripe.Webhook.construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise BadSignature(type(error).__name__) from error
    about = event.data.object.to_dict()
    reference = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    return Hint(event.id, event.type, str(reference or "")[:120])
