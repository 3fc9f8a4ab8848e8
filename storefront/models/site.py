"""Personal shops: a distributor's own address, name, picture and story."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Site(models.Model):
    distributor = models.OneToOneField("genealogy.Distributor", models.CASCADE, related_name="site")
    slug = models.CharField(
        _("address"),
        max_length=40,
        validators=[RegexValidator(r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$", _("Use small letters, digits and hyphens."))],
    )
    name = models.CharField(_("shown name"), max_length=80)
    headline = models.CharField(_("headline"), max_length=120, blank=True)
    story = models.TextField(_("your story"), max_length=1200, blank=True)
    picture = models.ImageField(_("picture"), upload_to="sites/", blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("personal shop")
        verbose_name_plural = _("personal shops")
        constraints = [
            models.UniqueConstraint(Lower("slug"), name="site_address_unique"),
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$"),
                name="site_address_form",
                violation_error_message=_("Use small letters, digits and hyphens."),
            ),
        ]

    def __str__(self):
        return self.slug

    @property
    def picture_url(self):
        """Where the picture is, or an empty text when there is none."""
        return self.picture.url if self.picture else ""

    @property
    def line(self):
        """What stands under the name."""
        return self.headline

    @property
    def base(self):
        """What every address inside this shop begins with."""
        return f"/@{self.slug}"


class FormerAddress(models.Model):
    """An address that a personal shop had before. It keeps leading there, so that printed links never die."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="former_addresses")
    slug = models.CharField(_("address"), max_length=40, unique=True)
    left_at = models.DateTimeField(_("left"), auto_now_add=True)

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")

    def __str__(self):
        return self.slug


class Recommendation(models.Model):
    """A product that a distributor has put into the window of the own shop."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="recommendations")
    product = models.ForeignKey("storefront.Product", models.CASCADE, related_name="+")
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["site", "product"], name="recommendation_once")]

    def __str__(self):
        return f"{self.product_id} in {self.site_id}"
