"""What the storefront announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OrderPaid:
    order_id: int


@dataclass(frozen=True)
class OrderRefunded:
    order_id: int
    refund_id: int


@dataclass(frozen=True)
class PaymentFailed:
    order_id: int
    payment_id: int
