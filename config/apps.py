"""The site itself as a Django app: its commands and its checks."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from config import checks


class SiteConfig(AppConfig):
    """Holds what belongs to no app: running, checking and health."""

    name = "config"
    label = "site"

    def ready(self) -> None:
        """Register what is refused at start."""
        register(checks.settings_can_be_meant, Tags.security)
