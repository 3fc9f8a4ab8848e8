"""Taking and giving back money through one interface, whichever gateway stands behind it.

``start`` tries to pay an order, ``settle`` asks the gateway again how that went, ``settle_refund`` gives money back.
The gateway's answer is the truth; what a browser or a webhook says is only a hint to ask.
"""

from storefront.payments.attempts import settle, settle_open, start
from storefront.payments.gateway import Declined, NotReached, active, gateway_for
from storefront.payments.refunds import settle_refund, settle_refunds, try_again

__all__ = [
    "Declined",
    "NotReached",
    "active",
    "gateway_for",
    "settle",
    "settle_open",
    "settle_refund",
    "settle_refunds",
    "start",
    "try_again",
]
