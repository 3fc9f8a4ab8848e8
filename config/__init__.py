"""Settings, servers and processes of Canopy, and the outbox that every app may use."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
