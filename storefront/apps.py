from django.apps import AppConfig


class  catalogue, sites, carts, checkout, orders, payments and customers.:StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = " catalogue, sites, carts, checkout, orders, payments and customers.:Storefront"
    default_auto_field = "django.db.models.BigAutoField"
