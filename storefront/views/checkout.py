"""The checkout: who and where on one page, then the payment. No account is needed, and sending twice is one order."""

import secrets

from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from storefront import attribution, buyers, carts, customers, emails, orders, payments, receipts
from storefront.forms import CheckoutForm, TestCardForm
from storefront.models import Order, Payment
from storefront.payments import test as testbank
from storefront.refusal import Refusal
from storefront.shopper import Shopper


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def details(request):
    """One page: e-mail, name, address, with the whole price beside them from the start."""
    shopper = Shopper(request)
    if shopper.market is None:
        return shopper.page("storefront/closed.html", status=503)
    if request.method != "POST":
        return _ask(shopper, CheckoutForm(initial=_known(shopper), country=shopper.market.country))
    again = Order.objects.filter(checkout_key=request.POST.get("key") or "-").first()
    if again is not None:
        return redirect("storefront:pay", again.token)
    if shopper.cart is None:
        return redirect("storefront:cart")
    form = CheckoutForm(request.POST, country=shopper.market.country)
    if not form.is_valid():
        return _ask(shopper, form, status=422)
    try:
        order = _place(shopper, form)
    except Refusal as refusal:
        return _ask(shopper, form, refusal=refusal, status=422)
    return redirect("storefront:pay", order.token)


@transaction.atomic
def _place(shopper, form):
    """Place the order of the visitor's cart, credited to whom it belongs."""
    given = form.details(get_language())
    buyer = buyers.at_till(shopper.request.user, shopper.buyer, market=shopper.market, name=given.name, phone=given.phone)
    known = None if buyer.customer else customers.by_email(given.email)
    return orders.place(
        shopper.cart,
        buyer=buyer,
        details=given,
        attribution=attribution.decide(buyer, shopper.visits, known=known),
        key=form.cleaned_data["key"],
        shown_total=form.cleaned_data["shown_total"],
    )


def _ask(shopper, form, *, refusal=None, status=200):
    basket = shopper.basket()
    if not basket.lines:
        return redirect("storefront:cart")
    carts.remember_prices(basket)
    if form.is_bound:
        form.data = form.data.copy()
        form.data["shown_total"] = str(basket.totals.total)
    else:
        form.initial |= {"key": secrets.token_urlsafe(24), "shown_total": basket.totals.total}
    facts = {
        "form": form,
        "basket": basket,
        "refusal": refusal,
        "hint": emails.suggestion(form["email"].value() or ""),
    }
    return shopper.page("storefront/checkout.html", facts, status=status)


def _known(shopper):
    """Fill in what a signed-in person has told before."""
    user = shopper.request.user
    if not user.is_authenticated:
        return {}
    buyer = shopper.buyer
    mine = Order.objects.filter(buyer=buyer.distributor) if buyer.distributor else Order.objects.filter(customer=buyer.customer)
    last = mine.filter(country=shopper.market.country).order_by("-id").first() if buyer.distributor or buyer.customer else None
    if last is None:
        return {"email": user.email, "name": user.name}
    names = ("name", "street", "street_more", "postal_code", "city", "region", "phone")
    return {"email": user.email, **{name: getattr(last, name) for name in names}}


@require_safe
def email_hint(request):
    """Suggest the address that was probably meant, as soon as it is typed."""
    shopper = Shopper(request)
    return shopper.piece("storefront/_email_hint.html", {"hint": emails.suggestion(request.GET.get("email", "")[:254])})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def pay(request, token):
    """Pay a placed order. One who comes back to a paid order is shown its receipt."""
    order = get_object_or_404(Order.objects.select_related("market", "seller"), token=token)
    if order.status in (Order.Status.PAID, Order.Status.REFUNDED):
        return redirect(receipts.path(order))
    if order.status == Order.Status.CANCELLED:
        return _replaced(request, order)
    if payments.active().code == "test":
        return _pay_by_test_card(request, order)
    return _pay_by_stripe(request, order)


def _replaced(request, order):
    """An order that was replaced by a newer one from the same cart leads there; else it is said that it was cancelled."""
    newer = Order.objects.filter(cart=order.cart_id, pk__gt=order.pk).order_by("-pk").first() if order.cart_id else None
    if newer is not None:
        return redirect("storefront:pay", newer.token)
    return Shopper(request).page("storefront/cancelled.html", {"order": order})


def _pay_by_test_card(request, order):
    form = TestCardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _try(request, order, form.cleaned_data["number"], {"form": TestCardForm()})
    return _pay_page(request, order, {"form": form}, status=422 if request.method == "POST" else 200)


def _pay_by_stripe(request, order):
    if request.method == "POST":
        token = request.POST.get("confirmation_token", "").strip()[:120]
        if token:
            return _try(request, order, token, {})
        refusal = Refusal(_("Please enter your card, then pay. Nothing was charged."), code="card")
        return _pay_page(request, order, {"refusal": refusal}, status=422)
    return _pay_page(request, order, {})


def _try(request, order, method, facts):
    """Try to pay, and lead to wherever the answer points."""
    back = request.build_absolute_uri(reverse("storefront:pay_return", args=[order.token]))
    try:
        payment = payments.start(order, method=method, return_url=back)
    except Refusal as refusal:
        if refusal.code == "under_way":
            return redirect("storefront:pay_return", order.token)
        return _pay_page(request, order, {**facts, "refusal": refusal}, status=422)
    return _after(request, order, payment, facts)


def _after(request, order, payment, facts):
    if payment.status == Payment.Status.SUCCEEDED:
        return redirect(receipts.path(order))
    if payment.status == Payment.Status.FAILED:
        return _pay_page(request, order, {**facts, "failed": payment}, status=422)
    if payment.status == Payment.Status.REQUIRES_ACTION:
        return _authenticate(request, order, payment)
    return redirect("storefront:pay_return", order.token)


def _authenticate(request, order, payment):
    """Lead the payer to the bank's page, or let the gateway's script show it."""
    try:
        answer = payments.gateway_for(payment).fetch(payment)
    except (payments.NotReached, payments.Declined):
        return redirect("storefront:pay_return", order.token)
    if answer.action_url:
        return redirect(answer.action_url)
    return _pay_page(request, order, {"client_secret": answer.client_secret})


def _pay_page(request, order, facts, status=200):
    shopper = Shopper(request)
    gateway = payments.active()
    context = {"order": order, "lines": list(order.lines.select_related("product")), **gateway.page_facts(order)}
    return shopper.page(f"storefront/pay_{gateway.code}.html", {**context, **facts}, status=status)


@never_cache
@require_safe
def pay_return(request, token):
    """Come back from the bank: ask the gateway how it went, whatever the address says."""
    order = get_object_or_404(Order.objects.select_related("market", "seller"), token=token)
    payment = order.payments.order_by("-id").first()
    if payment is None or order.status == Order.Status.CANCELLED:
        return redirect("storefront:pay", order.token)
    if payment.status in Payment.OPEN:
        payment = payments.settle(payment)
    order.refresh_from_db()
    if order.status in (Order.Status.PAID, Order.Status.REFUNDED):
        return redirect(receipts.path(order))
    if payment.status == Payment.Status.FAILED:
        facts = {"form": TestCardForm()} if payments.active().code == "test" else {}
        return _pay_page(request, order, {**facts, "failed": payment})
    return Shopper(request).page("storefront/pay_waiting.html", {"order": order, "payment": payment})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def test_bank(request, reference):
    """The test gateway's own page on which a payer authenticates. No money moves."""
    intent = testbank.waiting_for_payer(reference)
    if intent is None:
        payment = get_object_or_404(Payment.objects.select_related("order"), gateway="test", reference=reference)
        return redirect("storefront:pay_return", payment.order.token)
    if request.method == "POST":
        testbank.authenticate(intent, approve=request.POST.get("answer") == "approve")
        return redirect(intent.return_url)
    return Shopper(request).piece("storefront/test_bank.html", {"intent": intent})
