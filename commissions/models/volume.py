"""Volume entries: the append-only facts that every commission is computed from."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class VolumeEntry(models.Model):
    """One line of volume credited to one distributor.

    ``pv`` and ``cv`` are hundredths of a point for the whole line; amounts are minor units of ``currency``.
    A reversal is an entry with opposite signs that names the entry it ``reverses``. ``reference`` and
    ``line`` together are unique, so crediting the same thing twice is harmless.
    """

    class BuyerKind(models.TextChoices):
        RETAIL = "retail", _("Retail customer")
        PREFERRED = "preferred", _("Preferred customer")
        DISTRIBUTOR = "distributor", _("Distributor")

    reference = models.CharField(_("reference"), max_length=80, help_text=_("The fact behind it, such as order:81."))
    line = models.PositiveIntegerField(_("line"), default=1)
    # The foreign keys have no index of their own where a wider one below begins with the same column, and the
    # market none at all: nobody asks for all entries of a market, and each index costs every order.
    distributor = models.ForeignKey(
        "genealogy.Distributor",
        models.PROTECT,
        related_name="volume_entries",
        db_index=False,
        verbose_name=_("distributor"),
    )
    period = models.ForeignKey(
        "commissions.Period", models.PROTECT, related_name="volume_entries", db_index=False, verbose_name=_("period")
    )
    credited_at = models.DateTimeField(_("credited"), help_text=_("When the volume counts: the plan's credit date."))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    is_late = models.BooleanField(_("late"), default=False, help_text=_("Arrived after its own period was closed."))
    buyer_kind = models.CharField(_("buyer"), max_length=12, choices=BuyerKind)
    buyer_reference = models.CharField(_("buyer reference"), max_length=80, blank=True)
    market = models.ForeignKey("genealogy.Market", models.PROTECT, related_name="+", db_index=False, verbose_name=_("market"))
    product = models.CharField(_("product"), max_length=64, blank=True)
    quantity = models.IntegerField(_("quantity"), default=1)
    pv = models.BigIntegerField(_("PV"), default=0)
    cv = models.BigIntegerField(_("CV"), default=0)
    volumes = models.JSONField(_("further volumes"), default=dict, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    paid_minor = models.BigIntegerField(_("paid"), default=0)
    retail_minor = models.BigIntegerField(_("retail value"), default=0)
    seller_price_minor = models.BigIntegerField(
        _("seller's price"), default=0, help_text=_("What the seller would have paid for the same line.")
    )
    code = models.CharField(_("code"), max_length=40, blank=True)
    party = models.CharField(_("party"), max_length=80, blank=True)
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        db_index=False,
        verbose_name=_("reverses"),
    )

    class Meta:
        verbose_name = _("volume entry")
        verbose_name_plural = _("volume entries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reference", "line"], name="volume_reference_line_unique"),
            models.CheckConstraint(
                condition=Q(buyer_kind__in=["retail", "preferred", "distributor"]), name="volume_buyer_kind_known"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="volume_currency_iso"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, quantity__gte=0) | Q(reverses__isnull=False, quantity__lte=0),
                name="volume_only_reversals_are_negative",
            ),
        ]
        indexes = [
            BrinIndex(fields=["credited_at"], name="volume_by_time"),
            models.Index(fields=["buyer_reference", "credited_at"], name="volume_by_buyer", condition=~Q(buyer_reference="")),
            models.Index(fields=["period", "distributor"], name="volume_by_distributor"),
            models.Index(fields=["distributor", "-credited_at"], name="volume_latest"),
            models.Index(fields=["reverses"], name="volume_reversals", condition=Q(reverses__isnull=False)),
        ]

    def __str__(self):
        return f"{self.reference}/{self.line}"
