"""The built-in test gateway: real questions and real answers, and no money.

Its books are tables of their own (``models.testbank``), so it remembers what the shop has forgotten, as a gateway on
the other side of the world would. Card numbers are turned into tokens at once and never stored.
"""

import hashlib
import secrets
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storefront.models import TestIntent, TestRefund
from storefront.payments.gateway import Answer, Declined, State
from storefront.refusal import Refusal

SUCCEEDS = "test_card_succeeds"
DECLINES = "test_card_declines"
NO_FUNDS = "test_card_no_funds"
AUTHENTICATES = "test_card_authenticates"


@dataclass(frozen=True)
class TestCard:
    """A card that the test gateway knows, and what it does with it."""

    __test__ = False

    number: str
    token: str
    effect: str | Promise
    failure: str | Promise = ""

    @property
    def spaced(self):
        """The number in groups of four."""
        return " ".join(self.number[at : at + 4] for at in range(0, 16, 4))


CARDS = (
    TestCard("4242424242424242", SUCCEEDS, gettext_lazy("Succeeds")),
    TestCard("4000000000000002", DECLINES, gettext_lazy("Is declined"), gettext_lazy("The card was declined.")),
    TestCard("4000000000009995", NO_FUNDS, gettext_lazy("Has no funds"), gettext_lazy("There is not enough money on the card.")),
    TestCard("4000002500003155", AUTHENTICATES, gettext_lazy("Asks for authentication")),
)
BY_TOKEN = {card.token: card for card in CARDS}

STATES = {
    TestIntent.Status.REQUIRES_METHOD: State.FAILED,
    TestIntent.Status.REQUIRES_ACTION: State.ACTION,
    TestIntent.Status.SUCCEEDED: State.SUCCEEDED,
    TestIntent.Status.CANCELED: State.CANCELED,
}


def token_of(number):
    """Turn a card number into the token of a test card, or refuse: no other card may be typed here."""
    digits = "".join(character for character in number if character.isdigit())
    for card in CARDS:
        if card.number == digits:
            return card.token
    words = _("This is a test: please use one of the test cards below, never a card of your own.")
    raise Refusal(words, field="number", code="card")


class TestGateway:
    """Takes test cards."""

    __test__ = False
    code = "test"

    def page_facts(self, order):
        return {"cards": CARDS}

    def create(self, payment):
        intent, _made = TestIntent.objects.get_or_create(
            idempotency_key=payment.idempotency_key,
            defaults={
                "reference": f"test_{secrets.token_hex(12)}",
                "amount_minor": payment.amount_minor,
                "currency": payment.currency,
            },
        )
        return self._answer(intent)

    @transaction.atomic
    def confirm(self, payment, return_url):
        intent = TestIntent.objects.select_for_update().get(reference=payment.reference)
        if intent.status != TestIntent.Status.REQUIRES_METHOD:
            return self._answer(intent)
        card = BY_TOKEN.get(payment.method)
        if card is None:
            raise Declined(_("The test gateway does not know this card."))
        intent.last_digits, intent.return_url = card.number[-4:], return_url
        intent.failure = str(card.failure)
        if card.token == SUCCEEDS:
            intent.status = TestIntent.Status.SUCCEEDED
        elif card.token == AUTHENTICATES:
            intent.status = TestIntent.Status.REQUIRES_ACTION
        intent.save()
        return self._answer(intent)

    def fetch(self, payment):
        return self._answer(TestIntent.objects.get(reference=payment.reference))

    def cancel(self, payment):
        open_ones = TestIntent.objects.filter(reference=payment.reference).exclude(status=TestIntent.Status.SUCCEEDED)
        open_ones.update(status=TestIntent.Status.CANCELED)
        return self.fetch(payment)

    @transaction.atomic
    def refund(self, refund):
        intent = TestIntent.objects.select_for_update().get(reference=refund.payment.reference)
        given = TestRefund.objects.filter(idempotency_key=refund.idempotency_key).first()
        if given is None:
            if intent.refunded_minor + refund.amount_minor > intent.amount_minor:
                raise Declined(_("More cannot be given back than was paid."))
            given = TestRefund.objects.create(
                reference=f"testre_{hashlib.sha256(refund.idempotency_key.encode()).hexdigest()[:24]}",
                idempotency_key=refund.idempotency_key, intent=intent, amount_minor=refund.amount_minor,
            )  # fmt: skip
            intent.refunded_minor += refund.amount_minor
            intent.save(update_fields=["refunded_minor"])
        return Answer(given.reference, State.SUCCEEDED, given.amount_minor, intent.currency)

    def fetch_refund(self, refund):
        given = TestRefund.objects.select_related("intent").get(reference=refund.reference)
        return Answer(given.reference, State.SUCCEEDED, given.amount_minor, given.intent.currency)

    def _answer(self, intent):
        state = STATES[intent.status]
        if state == State.FAILED and not intent.last_digits:
            state = State.WAITING
        url = reverse("storefront:test_bank", args=[intent.reference]) if state == State.ACTION else ""
        return Answer(intent.reference, state, intent.amount_minor, intent.currency, intent.failure, url)


def waiting_for_payer(reference):
    """Return the payment that waits for its payer's authentication, or None."""
    return TestIntent.objects.filter(reference=reference, status=TestIntent.Status.REQUIRES_ACTION).first()


def authenticate(intent, *, approve):
    """Let the payer approve or refuse, as on a bank's page; true for the one call that decided."""
    waiting = TestIntent.objects.filter(pk=intent.pk, status=TestIntent.Status.REQUIRES_ACTION)
    if approve:
        return bool(waiting.update(status=TestIntent.Status.SUCCEEDED, failure=""))
    failure = str(_("The authentication was refused."))
    return bool(waiting.update(status=TestIntent.Status.REQUIRES_METHOD, failure=failure))
