"""Periods: half-open stretches of time in the plan's time zone in which volume is counted."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Period(models.Model):
    """A period ``[starts_at, ends_at)`` of one plan and period type: open, then shut (no more volume), then closed by a run.

    ``kind`` is the code of the plan's period type. Volume that was credited after ``last_entry`` counts in a later period.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SHUT = "shut", _("Being settled")
        CLOSED = "closed", _("Closed")

    plan = models.ForeignKey("commissions.PlanVersion", models.PROTECT, related_name="periods", verbose_name=_("plan version"))
    kind = models.CharField(_("type"), max_length=20, default="month")
    name = models.CharField(_("name"), max_length=40, help_text=_("For example 2026-11."))
    time_zone = models.CharField(_("time zone"), max_length=64)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    shut_at = models.DateTimeField(_("shut"), null=True, blank=True)
    last_entry = models.BigIntegerField(
        _("last entry"), null=True, blank=True, help_text=_("The newest volume entry when the books were shut.")
    )

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["-starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="period_kind_name_unique"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="period_starts_before_it_ends"),
            models.CheckConstraint(condition=Q(status__in=["open", "shut", "closed"]), name="period_status_known"),
            ExclusionConstraint(
                name="period_of_a_kind_never_overlaps",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def zone(self):
        """The clock of the period."""
        return ZoneInfo(self.time_zone)

    @property
    def address(self):
        """How the period is named in an address or a command: the name of a month, else type and name."""
        return self.name if self.kind == "month" else f"{self.kind}:{self.name}"
