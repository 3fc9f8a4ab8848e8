from django.apps import AppConfig


class  standing orders that become orders.:AutoshipConfig(AppConfig):
    name = "autoship"
    verbose_name = " standing orders that become orders.:Autoship"
    default_auto_field = "django.db.models.BigAutoField"
