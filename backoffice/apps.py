from django.apps import AppConfig


class  the distributor's office and head office.:BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = " the distributor's office and head office.:Backoffice"
    default_auto_field = "django.db.models.BigAutoField"
