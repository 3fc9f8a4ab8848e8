"""What head office settles by hand: amounts added to or taken from a payee in a period, and payees whose money waits.

Each needs a reason and a second person. What was asked for is never edited: it is withdrawn, and asked for anew.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def _person(label, **options):
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, **options)


class Settlement(models.Model):
    """What adjustments and holds have in common."""

    distributor = models.ForeignKey("genealogy.Distributor", models.PROTECT, related_name="%(class)ss", verbose_name=_("payee"))
    reason = models.CharField(_("reason"), max_length=200, help_text=_("The payee reads this."))
    asked_by = _person(_("asked for by"))
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    approved_by = _person(_("approved by"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    ended_by = _person(_("ended by"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="%(class)s_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="%(class)s_approval_whole",
            ),
            models.CheckConstraint(
                condition=Q(ended_by__isnull=True, ended_at__isnull=True) | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="%(class)s_end_whole",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="%(class)s_says_why"),
        ]

    @property
    def state(self):
        """One word for where it is: asked, approved, or ended (withdrawn or released)."""
        return "ended" if self.ended_at else "approved" if self.approved_at else "asked"


class Adjustment(Settlement):
    """An amount added to a payee's earnings of a period, or taken from them; counted from its approval on."""

    period = models.ForeignKey("commissions.Period", models.PROTECT, related_name="adjustments", verbose_name=_("period"))
    amount_minor = models.BigIntegerField(_("amount"), help_text=_("In the plan's currency; negative takes away."))
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(Settlement.Meta):
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        constraints = [
            *Settlement.Meta.constraints,
            models.CheckConstraint(condition=~Q(amount_minor=0), name="adjustment_of_something"),
        ]

    def __str__(self):
        return f"{self.distributor_id} {self.amount_minor} {self.currency}"


class Hold(Settlement):
    """A payee whose money waits, from its approval until a day or until it is released; the balance is carried forward."""

    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The first day on which money is paid again."))

    class Meta(Settlement.Meta):
        verbose_name = _("hold")
        verbose_name_plural = _("holds")

    def __str__(self):
        return f"{self.distributor_id} {self.until or ''}"
