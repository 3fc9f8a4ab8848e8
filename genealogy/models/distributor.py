"""A distributor: who sells, sponsors and earns. One of them is the house, which owns whatever nobody referred."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from genealogy.models.market import Market


class Distributor(models.Model):  # type: ignore[django-manager-missing]  # the stubs do not know mptt
    """A person or the house, with a public number."""

    class Status(models.TextChoices):
        """Where the distributor stands with the company."""

        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        TERMINATED = "terminated", _("terminated")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="distributor",
        verbose_name=_("user"),
        help_text=_("Empty for the house account, which nobody signs in to."),
    )
    number = models.CharField(_("number"), max_length=20, unique=True, help_text=_("Public, such as F100023"))
    name = models.CharField(_("name"), max_length=150)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="distributors", verbose_name=_("market"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.ACTIVE)
    enrolled_at = models.DateTimeField(_("enrolled at"), default=timezone.now)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    is_house = models.BooleanField(_("is the house account"), default=False)

    class Meta:
        verbose_name = _("distributor")
        verbose_name_plural = _("distributors")
        constraints = [
            models.UniqueConstraint(
                fields=["is_house"], condition=models.Q(is_house=True), name="genealogy_distributor_one_house"
            ),
            models.CheckConstraint(
                condition=models.Q(number__regex=r"^[A-Z0-9][A-Z0-9-]*$"),
                name="genealogy_distributor_number_form",
                violation_error_message=_("A number is made of capital letters, digits and hyphens."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "suspended", "terminated"]),
                name="genealogy_distributor_status_known",
            ),
        ]
        indexes = [
            # UPPER, because that is what Django compares with for icontains.
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="genealogy_dist_name_search"),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="genealogy_dist_number_search"),
            models.Index(fields=["-enrolled_at", "-id"], name="genealogy_dist_newest"),
        ]

    def __str__(self):
        return f"{self.name} ({self.number})"
