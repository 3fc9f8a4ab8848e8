"""Carts: what somebody means to buy. A cart is found by a token that only its browser knows.

Prices are never stored in a cart: they are looked up when it is shown and when it is ordered, and a change since the
last look is told.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from storefront import catalogue, pricing
from storefront.models import Cart, CartLine, Product
from storefront.pricing import LinePrice, Totals
from storefront.refusal import Refusal

COOKIE = "cart"
COOKIE_SECONDS = 60 * 24 * 3600
MOST = 99
FORGOTTEN_AFTER = timedelta(seconds=COOKIE_SECONDS)


@dataclass(frozen=True)
class BasketLine:
    """A line of a cart with what it costs now. ``price`` is for one unit and None when it is not sold here any more."""

    line: CartLine
    price: LinePrice | None

    @property
    def product(self):
        return self.line.product

    @property
    def quantity(self):
        return self.line.quantity

    @property
    def amount(self):
        return self.price.unit * self.quantity if self.price else 0

    @property
    def pv(self):
        return self.price.pv * self.quantity if self.price else 0

    @property
    def was(self):
        """The price shown before, when it was another one."""
        seen = self.line.seen_minor
        return seen if self.price and seen is not None and seen != self.price.unit else None


@dataclass(frozen=True)
class Basket:
    """A cart with its prices, for one market and one kind of buyer."""

    market: object
    lines: tuple[BasketLine, ...] = ()
    totals: Totals = field(default_factory=lambda: Totals(0, 0))
    promise: str = ""
    cart: Cart | None = None

    @property
    def count(self):
        """How many units there are in it."""
        return sum(line.quantity for line in self.lines)

    @property
    def currency(self):
        return self.market.currency

    @property
    def gone(self):
        """Lines that cannot be bought any more."""
        return [line for line in self.lines if line.price is None]

    @property
    def changed(self):
        """Lines whose price is another one than was shown before."""
        return [line for line in self.lines if line.was is not None]

    @property
    def pv(self):
        return sum(line.pv for line in self.lines)

    @property
    def progress(self):
        """How far the way to free delivery has been gone, in percent."""
        goal = self.totals.subtotal + self.totals.missing_for_free
        return self.totals.subtotal * 100 // goal if goal else 0


def open_cart(market):
    """Start an empty cart."""
    return Cart.objects.create(token=secrets.token_urlsafe(32), market=market)


def find(token, market):
    """Return the cart of a browser in a market, or None. A cart belongs to one market."""
    if not token:
        return None
    return Cart.objects.filter(token=token, market=market).first()


def count(token, market):
    """Return how many units lie in a cart, in one query."""
    if not token:
        return 0
    lines = CartLine.objects.filter(cart__token=token, cart__market=market)
    return lines.aggregate(units=Sum("quantity"))["units"] or 0


def basket(cart, market, kind):
    """Look up what a cart costs now, in three queries whatever it holds. An empty or missing cart is an empty basket."""
    lines = list(cart.lines.select_related("product", "product__category")) if cart else []
    if not lines:
        return Basket(market, cart=cart)
    prices = catalogue.prices(market, kind, [line.product_id for line in lines])
    priced = tuple(BasketLine(line, prices.get(line.product_id)) for line in lines)
    delivery = catalogue.delivery(market)
    totals = pricing.totals(
        [line.amount for line in priced if line.price], delivery=delivery.amount_minor, free_from=delivery.free_from_minor
    )
    return Basket(market, priced, totals, delivery.promise, cart)


def remember_prices(shown):
    """Note the prices that a person has now been shown, so that a later change can be told."""
    news = [line for line in shown.lines if line.price and line.line.seen_minor != line.price.unit]
    for line in news:
        line.line.seen_minor = line.price.unit
    if news:
        CartLine.objects.bulk_update([line.line for line in news], ["seen_minor"])


def whole_number(value, *, least=1):
    """Read a quantity, or refuse it in words that say what was expected.

    >>> whole_number("3")
    3
    """
    try:
        number = int(str(value).strip())
    except (TypeError, ValueError):
        words = _("“%(value)s” is not a quantity. Please write a whole number from %(least)s to %(most)s.")
        facts = {"value": str(value)[:20], "least": least, "most": MOST}
        raise Refusal(words % facts, field="quantity", code="quantity") from None
    if not least <= number <= MOST:
        words = _("A quantity of %(value)s is not possible. Please choose from %(least)s to %(most)s.")
        raise Refusal(words % {"value": str(number)[:20], "least": least, "most": MOST}, field="quantity", code="quantity")
    return number


@transaction.atomic
def add(cart, product_id, quantity, kind):
    """Lay so many more units of a product into the cart and return the line."""
    quantity = whole_number(quantity)
    product = Product.objects.filter(pk=_id(product_id)).first()
    if product is None:
        raise Refusal(_("We have no product number %(id)s.") % {"id": str(product_id)[:20]}, code="unknown_product")
    price = catalogue.prices(cart.market, kind, [product.pk]).get(product.pk)
    if price is None:
        message = _("%(product)s is not sold in %(market)s at the moment.")
        raise Refusal(message % {"product": product.name, "market": cart.market.name}, code="not_sold")
    Cart.objects.filter(pk=cart.pk).update(updated_at=timezone.now())  # takes the row: two clicks come one after the other
    line = CartLine.objects.filter(cart=cart, product=product).first()
    if line is None:
        return CartLine.objects.create(cart=cart, product=product, quantity=quantity, seen_minor=price.unit)
    line.quantity = whole_number(line.quantity + quantity)
    line.save(update_fields=["quantity"])
    line.product = product
    return line


def set_quantity(cart, product_id, quantity):
    """Change how many units of a product lie in the cart; none takes it out."""
    quantity = whole_number(quantity, least=0)
    if quantity == 0:
        return remove(cart, product_id)
    if not cart.lines.filter(product=_id(product_id)).update(quantity=quantity):
        raise Refusal(_("This product is not in your cart any more."), code="not_in_cart")
    return None


def remove(cart, product_id):
    """Take a product out and return what was taken, so that it can be put back; None when it was not there."""
    line = cart.lines.select_related("product").filter(product=_id(product_id)).first()
    if line is None:
        return None
    CartLine.objects.filter(pk=line.pk).delete()
    return line


def empty(cart):
    """Take everything out."""
    cart.lines.all().delete()


@transaction.atomic
def move(cart, market, kind):
    """Take a cart along to another market and return the names of what is not sold there and stays behind."""
    lines = list(cart.lines.select_related("product"))
    sold = catalogue.prices(market, kind, [line.product_id for line in lines])
    left = [line for line in lines if line.product_id not in sold]
    CartLine.objects.filter(pk__in=[line.pk for line in left]).delete()
    cart.lines.update(seen_minor=None)
    Cart.objects.filter(pk=cart.pk).update(market=market)
    cart.market = market
    return [line.product.name for line in left]


def take_out_bought(cart_id, order_lines):
    """Empty a cart of what was bought from it; what was added since stays."""
    bought = {line.product_id: line.quantity for line in order_lines}
    taken = []
    for line in CartLine.objects.filter(cart=cart_id, product__in=bought) if cart_id else ():
        if line.quantity > bought[line.product_id]:
            CartLine.objects.filter(pk=line.pk).update(quantity=F("quantity") - bought[line.product_id])
        else:
            taken.append(line.pk)
    CartLine.objects.filter(pk__in=taken).delete()


def drop_forgotten(now=None):
    """Delete carts that no browser can still know of."""
    before = (now or timezone.now()) - FORGOTTEN_AFTER
    return Cart.objects.filter(updated_at__lt=before, orders=None).delete()[0]


def _id(value):
    """Return an id that the database can take, or one that nothing has."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 19 else 0
