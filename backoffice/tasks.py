"""Celery's door to the back office."""

from celery import shared_task

from backoffice import mails


@shared_task
def send_mails():
    """Send the mails that are due: sent after each commit that wrote one, and by beat for whatever a lost wake-up left."""
    mails.BELL.heard()
    return mails.send_due()
