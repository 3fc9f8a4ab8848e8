"""The back office app: what people see and are told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from commissions.events import RankReached
from config.outbox import subscribe
from genealogy.events import DistributorEnrolled
from storefront.events import OrderPaid, OrderRefunded, PaymentFailed


class BackofficeConfig(AppConfig):
    """Registers the distributor's office and head office, the highest app of the product."""

    name = "backoffice"
    verbose_name = _("Back office")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Say what is done on hearing of what."""
        from backoffice import handlers  # noqa: PLC0415  (handlers read models, which stand only now)

        for event, handler in (
            (OrderPaid, handlers.tell_of_sale),
            (OrderPaid, handlers.send_receipt),
            (OrderRefunded, handlers.tell_of_refund),
            (PaymentFailed, handlers.tell_of_failed_payment),
            (RankReached, handlers.tell_of_rank),
            (DistributorEnrolled, handlers.tell_of_enrolment),
            (DistributorEnrolled, handlers.welcome),
        ):
            subscribe(event, handler, name=f"backoffice.{handler.__name__}")
