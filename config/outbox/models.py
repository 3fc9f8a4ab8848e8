"""What is stored: each announced event once, and one delivery for each subscriber. The database is the queue."""

from django.contrib.postgres.indexes import BrinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """A fact that an app announced, in the transaction that made it true."""

    kind = models.CharField(_("kind"), max_length=100)
    facts = models.JSONField(_("facts"), encoder=DjangoJSONEncoder)
    announced_at = models.DateTimeField(_("announced at"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["kind", "id"], name="outbox_event_kind"),
            BrinIndex(fields=["announced_at"], name="outbox_event_announced", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delivery(models.Model):
    """The promise that one subscriber hears of one event."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries", verbose_name=_("event"))
    subscriber = models.CharField(_("subscriber"), max_length=100)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"), db_default=Now())
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="outbox_delivery_once"),
            models.CheckConstraint(condition=Q(status__in=["pending", "done", "failed"]), name="outbox_delivery_status"),
            models.CheckConstraint(
                condition=Q(status="done", delivered_at__isnull=False) | (~Q(status="done") & Q(delivered_at__isnull=True)),
                name="outbox_delivery_done_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="outbox_delivery_due"),
            models.Index(fields=["subscriber", "id"], condition=Q(status="failed"), name="outbox_delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} of {self.event_id}"
