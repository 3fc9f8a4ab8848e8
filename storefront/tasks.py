"""Celery's doors to the storefront: ids in, safe to run twice."""

from celery import shared_task

from storefront import carts, catalogue, orders, payments, webhooks
from storefront.models import Refund, WebhookEvent


@shared_task
def process_webhook(event_id):
    """Look at one stored webhook event."""
    for event in WebhookEvent.objects.filter(pk=event_id, processed_at__isnull=True):
        webhooks.process(event)


@shared_task
def settle_refund(refund_id):
    """Have the gateway give the money of one refund back."""
    for refund in Refund.objects.filter(pk=refund_id).select_related("payment", "order"):
        payments.settle_refund(refund)


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
