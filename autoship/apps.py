"""The autoship app: what recurs, standing orders that become orders."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutoshipConfig(AppConfig):
    """Registers the app between the storefront and the back office."""

    name = "autoship"
    verbose_name = _("Autoship")
    default_auto_field = "django.db.models.BigAutoField"
