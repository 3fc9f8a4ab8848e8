"""Mail: every message is a row before it leaves, so that none is lost and none is written twice."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One message to one address. ``key`` is unique: writing the same mail twice is harmless.

    A mail that waits has no ``sent_at``; who sends it pushes ``due_at`` ahead first, so that nobody else takes it.
    """

    key = models.CharField(_("key"), max_length=120, unique=True)
    kind = models.SlugField(_("kind"), max_length=60)
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at", "id"], name="mail_unsent", condition=Q(sent_at__isnull=True)),
            models.Index(fields=["to", "-id"], name="mail_by_address"),
        ]

    def __str__(self):
        return self.subject
