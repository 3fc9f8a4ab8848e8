"""The outbox as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """Announced events and their deliveries."""

    name = "config.outbox"
    label = "outbox"
    verbose_name = _("Outbox")
