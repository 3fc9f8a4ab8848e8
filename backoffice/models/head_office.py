"""Head office: a model without a table that carries the permissions of the company pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Nobody(models.Manager):
    """Finds nothing, since there is no table to look in: whoever asks by way of the content type hears "not found"."""

    def get_queryset(self):
        """Return no rows, without asking the database."""
        return super().get_queryset().none()


class HeadOffice(models.Model):
    """What somebody at head office may do that belongs to no single record."""

    objects = Nobody()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_permissions = ()
        verbose_name = _("head office")
        verbose_name_plural = _("head office")
        permissions = [
            ("view_board", _("See the live company board")),
            ("view_outbox", _("See how events are delivered")),
            ("replay_outbox", _("Deliver failed events again")),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)
