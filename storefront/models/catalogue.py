"""The catalogue: categories, products, and what each costs and counts in every market."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


class BuyerKind(models.TextChoices):
    """Who buys: decides the price list, the volumes and which rules count the purchase."""

    RETAIL = "retail", _("Retail")
    PREFERRED = "preferred", _("Preferred")
    DISTRIBUTOR = "distributor", _("Distributor")


class Category(models.Model):
    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]

    def __str__(self):
        return self.name


class Product(models.Model):
    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    tagline = models.CharField(_("in one line"), max_length=160, blank=True)
    description = models.TextField(_("description"), blank=True)
    details = models.TextField(_("details"), blank=True, help_text=_("One point a line."))
    size = models.CharField(_("size"), max_length=40, blank=True, help_text=_("For example 50 ml."))
    picture = models.CharField(
        _("picture that ships with the site"),
        max_length=200,
        blank=True,
        help_text=_("Path below static/, such as demo/products/x.svg. An uploaded photo is shown instead."),
    )
    photo = models.ImageField(
        _("photo"),
        upload_to="products/",
        blank=True,
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"])],
    )
    is_active = models.BooleanField(_("on sale"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    sold_lately = models.PositiveIntegerField(
        _("sold lately"), default=0, editable=False, help_text=_("Units in the last 30 days, counted every hour.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["position", "name"]
        indexes = [
            models.Index(fields=["category", "position"], name="product_in_category", condition=Q(is_active=True)),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="product_name_search"),
        ]

    def __str__(self):
        return self.name

    @property
    def detail_points(self):
        """The details, one point after the other."""
        return [line.strip() for line in self.details.splitlines() if line.strip()]

    @property
    def picture_url(self):
        """Where the product's picture is, or an empty text when it has none."""
        if self.photo:
            return self.photo.url
        return static(self.picture) if self.picture else ""


class Price(models.Model):
    """What one unit costs one kind of buyer in one market, and the volumes it carries."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    market = models.ForeignKey("genealogy.Market", models.PROTECT, related_name="+")
    buyer_kind = models.CharField(_("buyer"), max_length=12, choices=BuyerKind)
    amount_minor = models.BigIntegerField(_("price"), help_text=_("In minor units of the market's currency, tax included."))
    pv = models.BigIntegerField(_("PV"), help_text=_("Hundredths of a point."))
    cv = models.BigIntegerField(_("CV"), help_text=_("Hundredths of a point."))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(fields=["product", "market", "buyer_kind"], name="price_unique"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0, pv__gte=0, cv__gte=0), name="price_not_negative"),
        ]
        indexes = [
            # The price list of a market is read on every page of the catalogue.
            models.Index(fields=["market", "buyer_kind", "product"], include=["amount_minor", "pv", "cv"], name="price_list"),
        ]

    def __str__(self):
        return f"{self.product_id} {self.market_id} {self.buyer_kind}"


class Delivery(models.Model):
    """What delivery costs in a market: one flat price, free from a subtotal on."""

    market = models.OneToOneField("genealogy.Market", models.CASCADE, related_name="delivery")
    amount_minor = models.BigIntegerField(_("price"))
    free_from_minor = models.BigIntegerField(_("free from"), null=True, blank=True)
    promise = models.CharField(_("promise"), max_length=80, blank=True, help_text=_("For example 2 to 4 working days."))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gte=0), name="delivery_not_negative")]

    def __str__(self):
        return f"{self.market_id}"


class CatalogueVersion(models.Model):
    """One row whose number rises, by a trigger, whenever anything of the catalogue changes.

    What is drawn from the catalogue can be kept as long as the number stands.
    """

    version = models.BigIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("version of the catalogue")
        verbose_name_plural = _("versions of the catalogue")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="catalogue_version_one_row")]

    def __str__(self):
        return str(self.version)
