"""Celery's door to the trees."""

from celery import shared_task

from genealogy import trees


@shared_task
def respace():
    """Spread the stretches of labels that have become dense; beat asks every minute, and mostly there are none."""
    trees.respace_all()
