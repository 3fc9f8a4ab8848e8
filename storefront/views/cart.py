"""The cart: a page that works without script, and the same pieces in a drawer for those who have it."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from storefront import carts, sites
from storefront.refusal import Refusal
from storefront.shopper import Shopper


@never_cache
@require_safe
def show(request):
    """The cart with what it costs now; a price that has changed is told once."""
    shopper = Shopper(request)
    if shopper.market is None:
        return shopper.page("storefront/closed.html", status=503)
    basket = shopper.basket()
    response = shopper.page("storefront/cart.html", {"basket": basket})
    carts.remember_prices(basket)
    return response


@never_cache
@require_safe
def drawer(request):
    """The cart as it stands in the drawer."""
    shopper = Shopper(request)
    return _drawer(shopper)


@require_POST
def add(request):
    """Lay something into the cart."""
    shopper = Shopper(request)
    try:
        line = carts.add(shopper.open_cart(), request.POST.get("product", ""), request.POST.get("quantity", "1"), shopper.kind)
    except Refusal as refusal:
        return shopper.keep_cart(_refused(shopper, refusal))
    if _by_script(request):
        return shopper.keep_cart(_drawer(shopper, added=line))
    messages.success(request, _("%(product)s is in your cart.") % {"product": line.product.name})
    return shopper.keep_cart(redirect("storefront:cart"))


@require_POST
def change(request):
    """Change a quantity; none takes the product out."""
    shopper = Shopper(request)
    if shopper.cart is None:
        return _refused(shopper, Refusal(_("Your cart is empty.")))
    try:
        taken = carts.set_quantity(shopper.cart, request.POST.get("product", ""), request.POST.get("quantity", ""))
    except Refusal as refusal:
        return _refused(shopper, refusal)
    return _answer(shopper, taken)


@require_POST
def remove(request):
    """Take a product out, with a way to put it back."""
    shopper = Shopper(request)
    taken = carts.remove(shopper.cart, request.POST.get("product", "")) if shopper.cart else None
    return _answer(shopper, taken)


def _by_script(request):
    return request.headers.get("HX-Request") == "true"


def _answer(shopper, taken):
    """Show the cart again where it was changed: in the drawer, on its page, or after a plain form."""
    request = shopper.request
    if not _by_script(request):
        if taken:
            messages.info(request, _("%(product)s was taken out.") % {"product": taken.product.name})
        return redirect("storefront:cart")
    if request.headers.get("HX-Target") == "cart":
        basket = shopper.basket()
        return shopper.page("storefront/_cart.html", {"basket": basket, "taken": taken, "by_script": True})
    return _drawer(shopper, taken=taken)


def _drawer(shopper, **facts):
    return shopper.page("storefront/_drawer.html", {"basket": shopper.basket(), "by_script": True, **facts})


def _refused(shopper, refusal):
    """Say no in the place where it was asked."""
    request = shopper.request
    if _by_script(request):
        on_page = request.headers.get("HX-Target") == "cart"
        template = "storefront/_cart.html" if on_page else "storefront/_drawer.html"
        facts = {"basket": shopper.basket(), "refusal": refusal, "by_script": True}
        return shopper.page(template, facts, status=422)
    messages.error(request, str(refusal.message))
    back = sites.safe_target(request.POST.get("next", "")) or "/cart/"
    return redirect(back)
