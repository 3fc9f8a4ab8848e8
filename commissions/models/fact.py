"""Dated facts from the apps above that a rank or a pay gate needs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fact(models.Model):
    """One dated fact about one distributor: append-only, its reference unique.

    The newest fact of a kind before an instant is the one in force at that instant.
    """

    distributor = models.ForeignKey(
        "genealogy.Distributor", models.PROTECT, related_name="facts", db_index=False, verbose_name=_("distributor")
    )
    kind = models.SlugField(_("kind"), max_length=40, help_text=_("For example agreement_signed or autoship_on_file."))
    value = models.BigIntegerField(_("value"), default=1)
    at = models.DateTimeField(_("at"))
    reference = models.CharField(_("reference"), max_length=80, unique=True)
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["distributor", "kind", "-at", "-id"], name="fact_in_force")]

    def __str__(self):
        return f"{self.kind} {self.reference}"
