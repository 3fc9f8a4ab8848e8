"""The genealogy app: users, distributors, markets and trees."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from genealogy import checks


class GenealogyConfig(AppConfig):
    """Registers the lowest app of the product; everybody's foreign keys point here."""

    name = "genealogy"
    verbose_name = _("Genealogy")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Have the settings checked at start."""
        register(checks.head_office_needs_a_second_factor)
