"""Celery's doors to the storefront: nothing but a wake-up in, safe to run twice."""

from celery import shared_task

from storefront import carts, catalogue, orders, payments, webhooks
from storefront.bell import SETTLEMENT


@shared_task
def settle_waiting():
    """Look at webhooks that have come and refunds that were decided."""
    SETTLEMENT.heard()
    webhooks.process_waiting()
    payments.settle_refunds()


@shared_task
def settle_open():
    """Ask the gateway about everything that has been open too long."""
    webhooks.process_waiting()
    payments.settle_open()
    payments.settle_refunds()


@shared_task
def count_sales():
    """Count what sold lately, for the best sellers."""
    catalogue.count_sales()


@shared_task
def cancel_abandoned():
    """Cancel orders that were never paid, and delete carts that nobody can come back to."""
    orders.cancel_abandoned()
    carts.drop_forgotten()
