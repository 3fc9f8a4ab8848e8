"""Celery's doors to the outbox."""

from celery import shared_task
from django.conf import settings

from config.outbox import delivery, registry


@shared_task
def deliver() -> int:
    """Deliver what is due: sent after each commit that announced something."""
    registry.BELL.heard()
    return delivery.deliver_due()


@shared_task
def sweep() -> int:
    """Deliver what is due: sent by beat every few seconds, for whatever a lost wake-up left."""
    registry.BELL.heard()
    return delivery.deliver_due()


@shared_task
def prune() -> int:
    """Delete what was delivered long ago: sent by beat every hour."""
    return delivery.prune(settings.OUTBOX_KEEP_DAYS)
