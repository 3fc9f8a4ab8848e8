"""What the storefront announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OrderPaid:
    """An order is paid and its volume is credited."""

    order_id: int


@dataclass(frozen=True)
class OrderRefunded:
    """An order was given back, whole or in part, and its volume was taken back."""

    order_id: int
    refund_id: int


@dataclass(frozen=True)
class PaymentFailed:
    """A try to pay an order did not work; nothing was charged."""

    order_id: int
    payment_id: int
