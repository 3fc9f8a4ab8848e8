"""Notifications: what a distributor is told has happened, newest first."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Notification(models.Model):
    """One event in one distributor's feed. ``facts`` holds what its sentence needs; ``key`` makes it unique."""

    class Kind(models.TextChoices):
        """What has happened."""

        SALE = "sale", _("You have made a sale")
        REFUND = "refund", _("A sale was refunded")
        RANK = "rank", _("Rank reached")
        TEAM_RANK = "team_rank", _("Somebody in your team reached a rank")
        ENROLMENT = "enrolment", _("Somebody joined your team")

    distributor = models.ForeignKey("genealogy.Distributor", models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    key = models.CharField(_("key"), max_length=120, unique=True)
    facts = models.JSONField(_("facts"), default=dict)
    created_at = models.DateTimeField(_("at"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["distributor", "-id"], name="notification_feed"),
            models.Index(fields=["distributor"], name="notification_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self):
        return self.key
