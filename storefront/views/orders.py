"""Orders as their buyers see them: by the signed link of the receipt, and listed for one who is signed in."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from storefront import addresses, receipts
from storefront.models import Order, Refund
from storefront.shopper import Shopper


@never_cache
@require_safe
def by_link(request, token):
    """The order that a receipt's signed link opens; a forged one opens nothing and says so."""
    order = receipts.order_of(token)
    if order is None:
        return Shopper(request).page("storefront/no_order.html", status=404)
    return _show(request, order, fresh=order.status == Order.Status.PAID)


@never_cache
@login_required
@require_safe
def mine(request):
    """What the signed-in person has bought, newest first."""
    shopper = Shopper(request)
    page = Paginator(_own(shopper).prefetch_related("lines__product"), 20).get_page(request.GET.get("page"))
    return shopper.page("storefront/orders.html", {"page": page})


@never_cache
@login_required
@require_safe
def one_of_mine(request, number):
    """One of the signed-in person's orders; somebody else's is not found."""
    order = get_object_or_404(_own(Shopper(request)).select_related("market", "seller"), number=number)
    return _show(request, order)


def _own(shopper):
    """The orders of the one who asks: looking through the owner is the permission check."""
    buyer = shopper.buyer
    if buyer.distributor:
        return Order.objects.filter(buyer=buyer.distributor)
    if buyer.customer:
        return Order.objects.filter(customer=buyer.customer)
    return Order.objects.none()


def _show(request, order, *, fresh=False):
    facts = {
        "order": order,
        "lines": list(order.lines.select_related("product")),
        "address": addresses.lines(order),
        "refunds": list(order.refunds.exclude(status=Refund.Status.FAILED).order_by("id")),
        "fresh": fresh,
        "pay_path": reverse("storefront:pay", args=[order.token]),
        "signup_url": f"{reverse('account_signup')}?{urlencode({'next': reverse('storefront:my_orders')})}",
    }
    return Shopper(request).page("storefront/order.html", facts)
