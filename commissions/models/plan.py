"""Plan documents as they are stored: immutable once a period has used them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PlanVersion(models.Model):
    """One version of a compensation plan: its TOML text, its checksum, the day it takes effect."""

    code = models.SlugField(_("plan"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=120)
    document = models.TextField(_("document"), help_text=_("The plan as TOML, exactly as it was approved."))
    checksum = models.CharField(_("checksum"), max_length=64, editable=False)
    effective_from = models.DateField(_("effective from"))
    is_draft = models.BooleanField(
        _("draft"), default=False, help_text=_("A draft never comes into force; take the mark away to let it.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_unique"),
            models.UniqueConstraint(
                fields=["code", "effective_from"], condition=Q(is_draft=False), name="plan_effective_from_unique"
            ),
        ]

    def __str__(self):
        return f"{self.name} v{self.version}"

    @property
    def is_used(self):
        """Whether a period counts by this version, which makes it immutable."""
        return self.periods.exists()
