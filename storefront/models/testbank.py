"""The books of the built-in test gateway: what a real gateway would keep on its own side.

They are tables of their own so that asking the gateway again is a real question with a real answer,
whatever the order's side has forgotten. Card numbers are never stored.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class TestIntent(models.Model):
    """A payment as the test gateway sees it. No money moves."""

    __test__ = False  # not a test case, whatever the name says

    class Status(models.TextChoices):
        """Where the payment stands; the words are those that gateways use."""

        REQUIRES_METHOD = "requires_payment_method", _("Waits for a card")
        REQUIRES_ACTION = "requires_action", _("Waits for authentication")
        SUCCEEDED = "succeeded", _("Succeeded")
        CANCELED = "canceled", _("Canceled")

    reference = models.CharField(_("reference"), max_length=60, unique=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=24, choices=Status, default=Status.REQUIRES_METHOD)
    last_digits = models.CharField(_("last four digits"), max_length=4, blank=True)
    failure = models.CharField(_("reason of failure"), max_length=200, blank=True)
    return_url = models.CharField(_("where the payer goes back to"), max_length=300, blank=True)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("test payment")
        verbose_name_plural = _("test payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("amount_minor")),
                name="test_intent_refund_in_range",
            )
        ]

    def __str__(self):
        return self.reference


class TestRefund(models.Model):
    """Money given back by the test gateway."""

    __test__ = False

    reference = models.CharField(_("reference"), max_length=60, unique=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    intent = models.ForeignKey(TestIntent, models.CASCADE, related_name="refunds")
    amount_minor = models.BigIntegerField(_("amount"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("test refund")
        verbose_name_plural = _("test refunds")
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="test_refund_positive")]

    def __str__(self):
        return self.reference
