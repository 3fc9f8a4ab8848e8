from django.apps import AppConfig


class CommissionsConfig(AppConfig):
    name = "commissions"
    verbose_name = "Commissions"
    default_auto_field = "django.db.models.BigAutoField"
