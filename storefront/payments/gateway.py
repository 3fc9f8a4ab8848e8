"""What every payment gateway can do, and the answers that it gives. The rest of the shop knows no gateway by name."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from storefront.refusal import Refusal


class State(StrEnum):
    """Where a payment or a refund stands on the gateway's side."""

    WAITING = "waiting"  # made, no money moves until it is confirmed
    ACTION = "action"  # the payer has to authenticate
    PROCESSING = "processing"  # the gateway does not know yet
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # this try did not work; nothing was charged
    CANCELED = "canceled"  # will never be charged


@dataclass(frozen=True)
class Answer:
    """What the gateway says about one payment or refund. Amounts are minor units as we count them."""

    reference: str
    state: State
    amount_minor: int
    currency: str
    failure: str = ""
    action_url: str = ""
    client_secret: str = ""


class NotReached(Exception):
    """The gateway gave no answer, so what was asked may have happened or not. Ask again before deciding anything."""


class Declined(Exception):
    """The gateway understood and said no. The message is for the person who pays or for head office."""


class Gateway(Protocol):
    """A gateway. Each call may be repeated with the same key and then has the same effect once."""

    code: str

    def page_facts(self, order) -> dict:
        """Return what the gateway's part of the payment page needs to know."""

    def create(self, payment) -> Answer:
        """Make the payment known to the gateway. No money can move yet."""

    def confirm(self, payment, return_url: str) -> Answer:
        """Charge ``payment.method``; a refusal of the card is an answer in state FAILED."""

    def fetch(self, payment) -> Answer:
        """Ask how the payment stands."""

    def cancel(self, payment) -> Answer:
        """Make sure that it is never charged, unless it has been already; the answer says which."""

    def refund(self, refund) -> Answer:
        """Give money back; Declined when the gateway refuses."""

    def fetch_refund(self, refund) -> Answer:
        """Ask how the refund stands."""


GATEWAYS = {
    "test": "storefront.payments.test:TestGateway",
    "stripe": "storefront.payments.stripe:StripeGateway",
    "import": "storefront.payments.imported:ImportedGateway",
}


@cache
def gateway(code):
    """Return the gateway with this code; its module is loaded on first use."""
    module, _colon, name = GATEWAYS[code].partition(":")
    return getattr(import_module(module), name)()


def active():
    """Return the gateway that takes new payments."""
    return gateway(settings.PAYMENT_GATEWAY)


def gateway_for(payment):
    """Return the gateway that a stored payment was made with, or refuse by name."""
    if payment.gateway not in GATEWAYS:
        raise Refusal(_("No gateway is called “%(code)s”.") % {"code": payment.gateway}, code="gateway")
    return gateway(payment.gateway)
