"""The catalogue at head office: products with their prices by market and buyer, categories, delivery."""

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commissions.engine.money import EXPONENTS
from genealogy.long_lists import Long
from storefront.admin.lists import money
from storefront.models import Category, Delivery, Price, Product

POINT = Decimal(100)


def as_decimal(minor, currency):
    """Return minor units as people write them: 4800 cents are 48.00."""
    return None if minor is None else Decimal(minor).scaleb(-EXPONENTS[currency])


def as_minor(amount, currency, field):
    """Return what people write in minor units; an amount with too many decimals is refused beside its field."""
    minor = amount.scaleb(EXPONENTS[currency])
    if minor != minor.to_integral_value():
        words = _("%(currency)s has %(digits)s decimals.") % {"currency": currency, "digits": EXPONENTS[currency]}
        raise forms.ValidationError({field: words})
    return int(minor)


class PriceForm(forms.ModelForm):
    """A price in the market's currency, and volumes in points."""

    amount = forms.DecimalField(label=gettext_lazy("price"), min_value=0, max_digits=15, help_text=gettext_lazy("Tax included."))
    points = forms.DecimalField(label="PV", min_value=0, max_digits=12, decimal_places=2)
    commissionable = forms.DecimalField(label="CV", min_value=0, max_digits=12, decimal_places=2)

    class Meta:
        model = Price
        fields = ("market", "buyer_kind")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        price = self.instance
        if price.pk:
            self.initial["amount"] = as_decimal(price.amount_minor, price.market.currency)
            self.initial["points"] = Decimal(price.pv) / POINT
            self.initial["commissionable"] = Decimal(price.cv) / POINT

    def clean(self):
        """Turn what was written into minor units and hundredths of a point."""
        cleaned = super().clean()
        market, amount = cleaned.get("market"), cleaned.get("amount")
        if market and amount is not None:
            self.instance.amount_minor = as_minor(amount, market.currency, "amount")
        for field, name in (("points", "pv"), ("commissionable", "cv")):
            if cleaned.get(field) is not None:
                setattr(self.instance, name, int(cleaned[field] * POINT))
        return cleaned


class PriceInline(admin.TabularInline):
    """What the product costs, for whom and where."""

    model = Price
    form = PriceForm
    extra = 0

    def get_queryset(self, request):
        """Read the markets with the prices."""
        return super().get_queryset(request).select_related("market").order_by("market__position", "buyer_kind")


@admin.register(Product)
class ProductAdmin(Long):
    """What is sold."""

    list_display = ("thumbnail", "name", "sku", "category", "position", "is_active", "sold_lately")
    list_display_links = ("name",)
    list_editable = ("position", "is_active")
    list_filter = ("category", "is_active")
    list_select_related = ("category",)
    search_fields = ("name", "=sku")
    search_help_text = _("Part of the name, or the SKU")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (PriceInline,)
    fieldsets = (
        (None, {"fields": ("name", "sku", "category", "is_active", "position")}),
        (gettext_lazy("What it is"), {"fields": ("tagline", "description", "details", "size")}),
        (gettext_lazy("Picture"), {"fields": ("photo", "picture")}),
        (gettext_lazy("Address"), {"fields": ("slug",)}),
    )

    @admin.display(description="")
    def thumbnail(self, product):
        """A small picture."""
        if not product.picture_url:
            return ""
        return format_html('<img src="{}" alt="" width="40" height="50" loading="lazy">', product.picture_url)


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """The kinds of products."""

    list_display = ("name", "slug", "position")
    list_editable = ("position",)
    prepopulated_fields = {"slug": ("name",)}


class DeliveryForm(forms.ModelForm):
    """Delivery in the market's currency."""

    amount = forms.DecimalField(label=gettext_lazy("price"), min_value=0, max_digits=15)
    free_from = forms.DecimalField(label=gettext_lazy("free from"), min_value=0, max_digits=15, required=False)

    class Meta:
        model = Delivery
        fields = ("market", "promise")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            currency = self.instance.market.currency
            self.initial["amount"] = as_decimal(self.instance.amount_minor, currency)
            self.initial["free_from"] = as_decimal(self.instance.free_from_minor, currency)

    def clean(self):
        """Turn what was written into minor units."""
        cleaned = super().clean()
        market = cleaned.get("market")
        if market and cleaned.get("amount") is not None:
            self.instance.amount_minor = as_minor(cleaned["amount"], market.currency, "amount")
        if market:
            free_from = cleaned.get("free_from")
            self.instance.free_from_minor = None if free_from is None else as_minor(free_from, market.currency, "free_from")
        return cleaned


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    """What delivery costs, market by market."""

    form = DeliveryForm
    list_display = ("market", "price", "promise")
    list_select_related = ("market",)
    price = money("amount_minor", "market.currency", gettext_lazy("price"))
