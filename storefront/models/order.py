"""Orders and their lines: what was bought, by whom, at which price and volume, to whose credit."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from storefront.models.catalogue import BuyerKind


class Order(models.Model):
    """An order. Amounts are minor units of ``currency``; ``total = subtotal + delivery``.

    ``seller`` is the distributor who is credited; ``attribution`` tells how that was decided.
    """

    class Status(models.TextChoices):
        PLACED = "placed", _("Awaiting payment")
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    class Attribution(models.TextChoices):
        SITE = "site", _("Bought in the personal shop")
        LINK = "link", _("Came by a personal link")
        CUSTOMER = "customer", _("Is this distributor's customer")
        SELF = "self", _("Bought for own use")
        IMPORT = "import", _("Brought in from another system")
        HOUSE = "house", _("Nobody referred this order")

    number = models.CharField(_("number"), max_length=40, unique=True)
    token = models.CharField(_("token"), max_length=43, unique=True)
    checkout_key = models.CharField(
        _("key of the checkout"),
        max_length=64,
        unique=True,
        null=True,
        blank=True,
        help_text=_("The form that was sent: sent twice, it is still one order."),
    )
    cart = models.ForeignKey(
        "storefront.Cart",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        help_text=_("The cart it was placed from, until it is paid."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLACED)
    market = models.ForeignKey("genealogy.Market", models.PROTECT, related_name="+")
    currency = models.CharField(_("currency"), max_length=3)
    buyer_kind = models.CharField(_("buyer"), max_length=12, choices=BuyerKind)
    customer = models.ForeignKey("storefront.Customer", models.PROTECT, null=True, blank=True, related_name="orders")
    buyer = models.ForeignKey(
        "genealogy.Distributor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="purchases",
        help_text=_("Set when a distributor buys for own use."),
    )
    seller = models.ForeignKey("genealogy.Distributor", models.PROTECT, related_name="sales")
    attribution = models.CharField(_("credited because"), max_length=10, choices=Attribution)
    trail = models.JSONField(_("credit trail"), default=list, blank=True)

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=160)
    street_more = models.CharField(_("flat, floor"), max_length=160, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("state or region"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2)
    language = models.CharField(_("language"), max_length=12, default="en")

    subtotal_minor = models.BigIntegerField(_("subtotal"))
    delivery_minor = models.BigIntegerField(_("delivery"), default=0)
    total_minor = models.BigIntegerField(_("total"))
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)

    placed_at = models.DateTimeField(_("placed"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        permissions = [("refund_order", _("Can refund and cancel orders"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_minor=F("subtotal_minor") + F("delivery_minor")), name="order_total_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0, refunded_minor__lte=F("total_minor")), name="order_refund_in_range"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["paid", "refunded"]) | Q(paid_at__isnull=False), name="order_paid_has_instant"
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "-paid_at"], name="order_sales"),
            models.Index(fields=["status", "-placed_at"], name="order_by_status"),
            models.Index(fields=["customer", "-id"], name="order_by_customer"),
            models.Index(fields=["buyer", "-id"], name="order_by_buyer", condition=Q(buyer__isnull=False)),
            models.Index(OpClass(Upper("email"), name="text_pattern_ops"), name="order_by_email"),
            models.Index(fields=["-paid_at"], name="order_by_paid_at", condition=Q(paid_at__isnull=False)),
            models.Index(fields=["placed_at"], name="order_awaiting_payment", condition=Q(status="placed")),
        ]

    def __str__(self):
        return self.number


class OrderLine(models.Model):
    """One product on an order, with everything frozen at the moment of placing. Figures are for the whole line."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField(_("line"))
    product = models.ForeignKey("storefront.Product", models.PROTECT, related_name="+")
    sku = models.CharField(_("SKU"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_minor = models.BigIntegerField(_("unit price"))
    amount_minor = models.BigIntegerField(_("amount"))
    retail_minor = models.BigIntegerField(_("retail value"))
    seller_price_minor = models.BigIntegerField(_("seller's price"))
    pv = models.BigIntegerField(_("PV"))
    cv = models.BigIntegerField(_("CV"))
    refunded_quantity = models.PositiveIntegerField(_("refunded"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="order_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0, retail_minor__gte=0, seller_price_minor__gte=0, pv__gte=0, cv__gte=0),
                name="order_line_not_negative",
            ),
            models.CheckConstraint(condition=Q(refunded_quantity__lte=F("quantity")), name="order_line_refund_in_range"),
            models.CheckConstraint(condition=Q(amount_minor=F("unit_minor") * F("quantity")), name="order_line_amount_adds_up"),
        ]

    def __str__(self):
        return f"{self.order_id}/{self.number}"
