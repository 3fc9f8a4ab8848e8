"""Carts: what somebody means to buy, by a token that the browser's session keeps."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Cart(models.Model):
    token = models.CharField(_("token"), max_length=43, unique=True)
    market = models.ForeignKey("genealogy.Market", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")

    def __str__(self):
        return f"cart {self.pk}"


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    product = models.ForeignKey("storefront.Product", models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    seen_minor = models.BigIntegerField(
        _("price last shown"), null=True, blank=True, help_text=_("So that a change of price is told, never slipped in.")
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "product"], name="cart_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=999), name="cart_quantity_in_range"),
        ]

    def __str__(self):
        return f"{self.quantity} x {self.product_id}"
