from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config import outbox


class CommissionsConfig(AppConfig):
    """What is earned; hears of newcomers."""

    name = "commissions"
    verbose_name = _("Commissions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from commissions import handlers  # noqa: PLC0415  (models are there only now)
        from genealogy.events import DistributorEnrolled, DistributorStatusChanged  # noqa: PLC0415

        outbox.subscribe(DistributorEnrolled, handlers.note_newcomer, "commissions.note_newcomer")
        outbox.subscribe(DistributorStatusChanged, handlers.note_status, "commissions.note_status")
