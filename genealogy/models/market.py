"""A market: one country in which the company sells, with its currency, language and clock."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def known_time_zone(name):
    """Refuse a time zone that the IANA database does not have."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is no time zone; write one such as Europe/Berlin."), code="time_zone", params={"name": name}
        )


class Market(models.Model):
    """A country in which the company sells."""

    code = models.SlugField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=80)
    country = models.CharField(_("country"), max_length=2, help_text=_("Two letters, ISO 3166: DE"))
    currency = models.CharField(_("currency"), max_length=3, help_text=_("Three letters, ISO 4217: EUR"))
    language = models.CharField(_("language"), max_length=12, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_time_zone])
    is_open = models.BooleanField(_("open for business"), default=True)
    position = models.PositiveSmallIntegerField(_("order in lists"), default=0)

    class Meta:
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"),
                name="genealogy_market_country_iso",
                violation_error_message=_("The country is two capital letters, such as DE."),
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="genealogy_market_currency_iso",
                violation_error_message=_("The currency is three capital letters, such as EUR."),
            ),
        ]

    def __str__(self):
        return self.name
