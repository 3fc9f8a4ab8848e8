"""Orders and money at head office: found by number or e-mail address, read, and refunded or cancelled through ``orders``."""

import secrets

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Upper
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commissions import formats
from genealogy.long_lists import Long, Reading
from storefront import addresses, attribution, orders, payments
from storefront.admin.lists import ReadingInline, money
from storefront.models import Order, OrderLine, Payment, Refund, WebhookEvent
from storefront.payments.gateway import GATEWAYS
from storefront.refusal import Refusal


class LineInline(ReadingInline):
    """What was bought."""

    model = OrderLine
    fields = ("number", "sku", "name", "quantity", "unit", "amount", "pv_points", "cv_points", "refunded_quantity")
    readonly_fields = ("unit", "amount", "pv_points", "cv_points")
    unit = money("unit_minor", "order.currency", gettext_lazy("unit price"))
    amount = money("amount_minor", "order.currency", gettext_lazy("amount"))

    @admin.display(description="PV")
    def pv_points(self, line):
        """Points for the whole line."""
        return formats.points(line.pv)

    @admin.display(description="CV")
    def cv_points(self, line):
        """Points for the whole line."""
        return formats.points(line.cv)


class PaymentInline(ReadingInline):
    """How it was paid."""

    model = Payment
    fields = ("gateway", "reference", "amount", "status", "failure", "created_at", "settled_at")
    readonly_fields = ("amount",)
    amount = money("amount_minor", "currency", gettext_lazy("amount"))


class RefundInline(ReadingInline):
    """What was given back."""

    model = Refund
    fields = ("amount", "reason", "status", "failure", "created_at", "settled_at")
    readonly_fields = ("amount",)
    amount = money("amount_minor", "order.currency", gettext_lazy("amount"))


class RefundForm(forms.Form):
    """Everything that is left, or so many of each line."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args, order, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = list(order.lines.all())
        for line in self.lines:
            left = line.quantity - line.refunded_quantity
            self.fields[f"line_{line.number}"] = forms.IntegerField(
                label=f"{line.name} ({formats.money(line.unit_minor, order.currency)})", min_value=0, max_value=left, initial=0,
                required=False, help_text=_("%(left)s of %(bought)s left") % {"left": left, "bought": line.quantity},
            )  # fmt: skip

    @property
    def quantities(self):
        """{line number: quantity} of what was asked for."""
        asked = {line.number: self.cleaned_data.get(f"line_{line.number}") or 0 for line in self.lines}
        return {number: quantity for number, quantity in asked.items() if quantity}


class MayRefund:
    """Whether somebody may give money back."""

    def has_refund_permission(self, request):
        """A right of its own: reading orders is not spending money."""
        return request.user.has_perm("storefront.refund_order")


@admin.register(Order)
class OrderAdmin(MayRefund, Long):
    """Orders. Their figures are facts; what may be done with them goes by the buttons."""

    change_form_template = "storefront/admin/order.html"
    list_display = ("number", "placed_at", "status", "name", "total", "seller", "attribution", "refunded", "email")
    list_filter = ("status", "market", "attribution", "paid_at")
    list_select_related = ("seller", "market")
    search_fields = ("number",)
    search_help_text = gettext_lazy("The number or the e-mail address, or how it begins")
    inlines = (LineInline, PaymentInline, RefundInline)
    fieldsets = (
        (None, {"fields": ("number", "status", "market", "buyer_kind", "total", "subtotal", "delivery", "refunded")}),
        (gettext_lazy("Whose sale"), {"fields": ("seller", "attribution", "why", "customer", "buyer")}),
        (gettext_lazy("Who gets it"), {"fields": ("email", "phone", "goes_to")}),
        (gettext_lazy("When"), {"fields": ("placed_at", "paid_at", "cancelled_at")}),
    )
    total = money("total_minor", "currency", gettext_lazy("total"))
    subtotal = money("subtotal_minor", "currency", gettext_lazy("subtotal"))
    delivery = money("delivery_minor", "currency", gettext_lazy("delivery"))

    def has_add_permission(self, request):
        """Orders come from the shop."""
        return False

    def has_change_permission(self, request, obj=None):
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Nobody deletes one."""
        return False

    def get_search_results(self, request, queryset, search_term):
        """Find by the beginning of the number or of the e-mail address: each has an index made for that."""
        words = search_term.strip()
        if not words:
            return queryset, False
        if "@" in words or not words[0].isdigit():
            addressed = queryset.annotate(address=Upper("email"))
            return addressed.filter(address__startswith=words.upper()), False
        return queryset.filter(number__startswith=words), False

    @admin.display(description=gettext_lazy("refunded"))
    def refunded(self, order):
        """What was given back, when anything was."""
        return formats.money(order.refunded_minor, order.currency) if order.refunded_minor else "-"

    @admin.display(description=gettext_lazy("why"))
    def why(self, order):
        """The trail of the credit, in sentences."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in attribution.sentences(order)))

    @admin.display(description=gettext_lazy("goes to"))
    def goes_to(self, order):
        """The address as it stands on the parcel."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in addresses.lines(order)))

    def get_urls(self):
        """Add the two things that may be done with an order."""
        own = [
            path("<int:pk>/refund/", self.admin_site.admin_view(self.refund), name="storefront_order_refund"),
            path("<int:pk>/cancel/", self.admin_site.admin_view(self.cancel), name="storefront_order_cancel"),
        ]
        return own + super().get_urls()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        """Offer the buttons to those who may press them."""
        context["may_refund"] = obj is not None and self.has_refund_permission(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def refund(self, request, pk):
        """Ask what to give back, then give it back once, however often the button is pressed."""
        order = self._order(request, pk)
        form = RefundForm(request.POST or None, order=order, initial={"key": secrets.token_urlsafe(16)})
        if request.method == "POST" and form.is_valid():
            quantities = None if "whole" in request.POST else form.quantities
            key = f"office-{form.cleaned_data['key']}"
            try:
                given = orders.refund(order, quantities, reason=form.cleaned_data["reason"], key=key, at=timezone.now())
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
            else:
                return self._refunded(request, order, given)
        facts = {
            **self.admin_site.each_context(request), "title": _("Refund order %(number)s") % {"number": order.number},
            "order": order, "form": form, "opts": self.opts,
            "left": formats.money(order.total_minor - order.refunded_minor, order.currency),
        }  # fmt: skip
        return TemplateResponse(request, "storefront/admin/refund.html", facts)

    def _refunded(self, request, order, given):
        given = payments.settle_refund(given)
        self.log_change(request, order, f"Refunded {given.amount_minor} {order.currency} (refund {given.pk})")
        words = _("%(amount)s of order %(number)s given back: %(status)s.")
        amount = formats.money(given.amount_minor, order.currency)
        facts = {"amount": amount, "number": order.number, "status": given.get_status_display()}
        tone = messages.ERROR if given.status == Refund.Status.FAILED else messages.SUCCESS
        self.message_user(request, words % facts, tone)
        return redirect(reverse("admin:storefront_order_change", args=[order.pk]))

    def cancel(self, request, pk):
        """Cancel an order that was never paid."""
        order = self._order(request, pk)
        if request.method == "POST":
            done = orders.cancel(order, at=timezone.now())
            words = (
                _("Order %(number)s is cancelled.") if done else _("Order %(number)s cannot be cancelled: it is paid or closed.")
            )
            self.message_user(request, words % {"number": order.number}, messages.SUCCESS if done else messages.ERROR)
            if done:
                self.log_change(request, order, "Cancelled")
        return redirect(reverse("admin:storefront_order_change", args=[order.pk]))

    def _order(self, request, pk):
        if not self.has_refund_permission(request):
            raise PermissionDenied
        return get_object_or_404(Order, pk=pk)


@admin.register(Payment)
class PaymentAdmin(MayRefund, Reading):
    """Attempts to pay."""

    list_display = ("reference", "order", "gateway", "amount", "status", "failure", "created_at", "settled_at")
    list_filter = ("status", "gateway")
    list_select_related = ("order",)
    search_fields = ("=reference", "order__number")
    search_help_text = gettext_lazy("The gateway's reference, or the order's number")
    actions = ("ask_again",)
    exclude = ("method",)
    amount = money("amount_minor", "currency", gettext_lazy("amount"))

    def get_search_results(self, request, queryset, search_term):
        """Find by the whole reference or the beginning of the order's number."""
        words = search_term.strip()
        if not words:
            return queryset, False
        if words.isdigit():
            return queryset.filter(order__number__startswith=words), False
        return queryset.filter(gateway__in=GATEWAYS, reference=words), False

    @admin.action(description=gettext_lazy("Ask the gateway again"), permissions=["refund"])
    def ask_again(self, request, queryset):
        """Settle the chosen payments now."""
        for payment in queryset[:100]:
            payments.settle(payment)


@admin.register(Refund)
class RefundAdmin(MayRefund, Reading):
    """Money given back."""

    list_display = ("id", "order", "amount", "status", "reason", "failure", "created_at", "settled_at")
    list_filter = ("status",)
    list_select_related = ("order",)
    actions = ("try_again",)
    amount = money("amount_minor", "order.currency", gettext_lazy("amount"))

    @admin.action(description=gettext_lazy("Ask the gateway again"), permissions=["refund"])
    def try_again(self, request, queryset):
        """Have the gateway asked again, also where it had declined."""
        for refund in queryset.select_related("payment", "order")[:100]:
            if refund.status == Refund.Status.FAILED:
                payments.try_again(refund)
            else:
                payments.settle_refund(refund)


@admin.register(WebhookEvent)
class WebhookEventAdmin(Reading):
    """What gateways told us."""

    list_display = ("event_id", "gateway", "kind", "payment_reference", "received_at", "processed_at", "outcome")
    list_filter = ("gateway",)
    search_fields = ("event_id",)
    search_help_text = gettext_lazy("The gateway's name of the event, whole")

    def get_search_results(self, request, queryset, search_term):
        """Find by the whole name of the event: the index is by gateway and name, letter by letter."""
        words = search_term.strip()
        return (queryset.filter(gateway__in=GATEWAYS, event_id=words) if words else queryset), False
