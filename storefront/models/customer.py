"""Customers: people who shop, with or without a log-in, and whose customers they are."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """A person who has bought, known by the e-mail address, whatever the market.

    ``referred_by`` is the distributor whose customer this is; null means the house. ``user`` is set once the
    person has signed in with this address verified, never before.
    """

    class Kind(models.TextChoices):
        RETAIL = "retail", _("Retail")
        PREFERRED = "preferred", _("Preferred")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="customer")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    market = models.ForeignKey("genealogy.Market", models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.RETAIL)
    referred_by = models.ForeignKey("genealogy.Distributor", models.PROTECT, null=True, blank=True, related_name="customers")
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            # UPPER, because that is what Django compares with for iexact.
            models.UniqueConstraint(Upper("email"), name="customer_email_unique")
        ]
        indexes = [
            GinIndex(OpClass(Upper("email"), name="gin_trgm_ops"), name="customer_email_search"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_search"),
        ]

    def __str__(self):
        return self.name
