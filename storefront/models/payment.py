"""Payments and refunds: what a gateway was asked, under which key, and what it answered."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Payment(models.Model):
    """One attempt to pay one order. At most one attempt of an order succeeds.

    ``idempotency_key`` is written before the gateway is asked and never used for another request;
    ``reference`` is written before money can move. So whatever breaks, the gateway can be asked again.
    Money that arrives for an order which is paid or cancelled already is a surplus, and is refunded.
    """

    class Status(models.TextChoices):
        CREATED = "created", _("Created")
        REQUIRES_ACTION = "requires_action", _("Needs authentication")
        UNKNOWN = "unknown", _("Unknown")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        SURPLUS = "surplus", _("Not needed, given back")

    OPEN = (Status.CREATED, Status.REQUIRES_ACTION, Status.UNKNOWN)

    order = models.ForeignKey("storefront.Order", models.PROTECT, related_name="payments")
    gateway = models.CharField(_("gateway"), max_length=20)
    reference = models.CharField(_("gateway's reference"), max_length=120, blank=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    method = models.CharField(
        _("method"), max_length=120, blank=True, help_text=_("The gateway's token for the card; never its number.")
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.CREATED)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    failure = models.CharField(_("reason of failure"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="payment_reference_unique", condition=~Q(reference="")),
            models.UniqueConstraint(fields=["order"], name="payment_succeeds_once", condition=Q(status="succeeded")),
            models.UniqueConstraint(
                fields=["order"],
                name="payment_one_open_attempt",
                condition=Q(status__in=["created", "requires_action", "unknown"]),
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="payment_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="payment_unsettled",
                condition=Q(status__in=["created", "requires_action", "unknown"]),
            )
        ]

    def __str__(self):
        return f"{self.gateway} {self.reference or self.idempotency_key}"


class Refund(models.Model):
    """Money given back for an order, whole or in part; its volume is reversed line by line."""

    class Status(models.TextChoices):
        CREATED = "created", _("Created")
        UNKNOWN = "unknown", _("Unknown")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")

    OPEN = (Status.CREATED, Status.UNKNOWN)

    order = models.ForeignKey("storefront.Order", models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="refunds")
    reference = models.CharField(_("gateway's reference"), max_length=120, blank=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.CREATED)
    amount_minor = models.BigIntegerField(_("amount"))
    delivery_minor = models.BigIntegerField(_("of which delivery"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    failure = models.CharField(_("reason of failure"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivery_minor__gte=0, amount_minor__gte=F("delivery_minor")), name="refund_not_negative"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="refund_unsettled", condition=Q(status__in=["created", "unknown"]))]

    def __str__(self):
        return f"refund {self.pk}"


class RefundLine(models.Model):
    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("storefront.OrderLine", models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField(_("quantity"))
    amount_minor = models.BigIntegerField(_("amount"))
    pv = models.BigIntegerField(_("PV taken back"), default=0)
    cv = models.BigIntegerField(_("CV taken back"), default=0)

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        constraints = [
            models.UniqueConstraint(fields=["refund", "order_line"], name="refund_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1, amount_minor__gte=0), name="refund_line_positive"),
        ]

    def __str__(self):
        return f"{self.refund_id}/{self.order_line_id}"


class WebhookEvent(models.Model):
    """What a gateway told us, stored before it is believed: the event id is unique."""

    gateway = models.CharField(_("gateway"), max_length=20)
    event_id = models.CharField(_("event"), max_length=120)
    kind = models.CharField(_("kind"), max_length=80)
    payment_reference = models.CharField(_("payment"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=200, blank=True)
    looked_at = models.DateTimeField(_("last looked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_unique")]
        indexes = [models.Index(fields=["id"], name="webhook_unprocessed", condition=Q(processed_at__isnull=True))]

    def __str__(self):
        return self.event_id
