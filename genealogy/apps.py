"""The genealogy app: users, distributors, markets and trees."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GenealogyConfig(AppConfig):
    """Registers the lowest app of the product; everybody's foreign keys point here."""

    name = "genealogy"
    verbose_name = _("Genealogy")
    default_auto_field = "django.db.models.BigAutoField"
