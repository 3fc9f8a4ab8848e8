"""The storefront app: what is sold, from the catalogue to the receipt."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontConfig(AppConfig):
    """Registers the shop: catalogue, sites, carts, checkout, orders, payments and customers."""

    name = "storefront"
    verbose_name = _("Storefront")
    default_auto_field = "django.db.models.BigAutoField"
