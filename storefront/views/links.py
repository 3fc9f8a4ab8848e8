"""Personal links and the choice of a market: short addresses that remember something and lead on."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from storefront import carts, markets, sites
from storefront.models import Order
from storefront.refusal import Refusal
from storefront.shopper import Shopper


@require_safe
def follow(request, site):
    """Remember whose link this is and lead to the page that it names; never out of this shop."""
    target = sites.safe_target(request.GET.get("to", ""))
    shopper = Shopper(request)
    found = sites.find(site)
    if found is None:
        return shopper.page("storefront/no_link.html", {"address": site}, status=404)
    if target is None:
        return shopper.page("storefront/bad_link.html", {"owner": found}, status=400)
    return shopper.keep_visit(redirect(target), found, Order.Attribution.LINK)


@require_POST
def choose_market(request):
    """Change to another market and take along what is sold there too."""
    shopper = Shopper(request)
    back = sites.safe_target(request.POST.get("next", "")) or "/"
    try:
        market = markets.choose(request.POST.get("market", ""))
    except Refusal as refusal:
        raise Http404(refusal.message) from refusal
    cart = shopper.any_cart()
    if cart and cart.market_id != market.pk:
        left = carts.move(cart, market, shopper.kind)
        if left:
            names = ", ".join(left)
            words = _("Not sold in %(market)s and taken out of your cart: %(names)s.")
            messages.warning(request, words % {"market": market.name, "names": names})
    response = redirect(back)
    response.set_cookie(markets.COOKIE, market.code, max_age=markets.COOKIE_SECONDS, samesite="Lax", secure=request.is_secure())
    return response


@require_safe
def robots(request):
    """Keep search engines out of what is nobody's business."""
    closed = ("/cart/", "/checkout/", "/orders/", "/my/", "/r/", "/office/", "/company/", "/admin/", "/accounts/")
    lines = ["User-agent: *", *[f"Disallow: {path}" for path in closed]]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
