"""What the live refresh has not taken in yet: rows are claimed and deleted with the standings they changed."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LivePending(models.Model):
    """One thing that the arrays of the live worker do not hold yet."""

    class Kind(models.TextChoices):
        VOLUME = "volume", _("Volume entry")
        ENROLMENT = "enrolment", _("Enrolment")
        FACT = "fact", _("Fact")
        RELOAD = "reload", _("Everything")
        HISTORY = "history", _("History that was brought in")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    subject_id = models.BigIntegerField(_("subject"), default=0)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("pending refresh")
        verbose_name_plural = _("pending refreshes")

    def __str__(self):
        return f"{self.kind} {self.subject_id}"
