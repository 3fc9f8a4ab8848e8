"""The visitor of one request: market, buyer, cart, whose shop it is. Each is looked up once, and only when asked for."""

from django.shortcuts import render
from django.utils.functional import cached_property

from storefront import attribution, buyers, carts, catalogue, markets
from storefront.models import Cart, Order, Site


class Shopper:
    """Who shops, where, with which cart.

    ``site`` is the personal shop that is visited, if one is. ``at_company`` says that a page of the company's own shop
    was asked for, so that its links stay there, whatever shop was visited before.
    """

    def __init__(self, request, site=None, *, at_company=False):
        self.request = request
        self._site = site
        self._at_company = at_company

    @cached_property
    def buyer(self):
        """As whom the visitor shops."""
        return buyers.of(self.request.user)

    @property
    def kind(self):
        """The kind of buyer, which decides prices."""
        return self.buyer.kind

    @cached_property
    def markets(self):
        """The markets that one may choose from."""
        return markets.offered()

    @cached_property
    def market(self):
        """The market that the visitor is in."""
        person = self.buyer.distributor or self.buyer.customer
        return markets.for_visitor(
            self.markets,
            chosen=self.request.COOKIES.get(markets.COOKIE, ""),
            home=person.market_id if person else None,
            accept_language=self.request.headers.get("Accept-Language", ""),
        )

    @cached_property
    def visits(self):
        """The personal shops and links that the visitor came by, oldest first."""
        return attribution.visits(self.request.COOKIES.get(attribution.COOKIE, ""))

    @cached_property
    def site(self):
        """The personal shop that the visitor is in: the one in the address, else the last one that counts."""
        if self._site is not None or not self.visits:
            return self._site
        last = self.visits[-1]
        found = Site.objects.select_related("distributor").filter(distributor=last.distributor_id).first()
        return found if found and found.distributor.status == found.distributor.Status.ACTIVE else None

    @property
    def seller_site(self):
        """The personal shop in the address of this page, or None."""
        return self._site

    @property
    def base(self):
        """What addresses begin with: empty, or ``/@ana`` for one who last came through that personal shop."""
        if self._site is not None:
            return self._site.base
        entered = not self._at_company and self.visits and self.visits[-1].how == Order.Attribution.SITE
        return self.site.base if entered and self.site else ""

    @property
    def token(self):
        """The token of the visitor's cart, or an empty text."""
        return self.request.COOKIES.get(carts.COOKIE, "")

    @cached_property
    def cart(self):
        """The visitor's cart in this market, or None."""
        return carts.find(self.token, self.market)

    def open_cart(self):
        """Return the visitor's cart, a new one if there is none."""
        if self.cart is None:
            self.cart = carts.open_cart(self.market)
        return self.cart

    def any_cart(self):
        """Return the cart whatever its market, or None."""
        return Cart.objects.select_related("market").filter(token=self.token).first() if self.token else None

    @cached_property
    def cart_count(self):
        """How many units lie in the cart."""
        return carts.count(self.token, self.market)

    def basket(self):
        """Look up what the cart costs now."""
        found = carts.basket(self.cart, self.market, self.kind)
        self.cart_count = found.count
        return found

    def context(self):
        """What every page of the shop shows around its content."""
        return {
            "shopper": self,
            "market": self.market,
            "markets": self.markets,
            "categories": catalogue.categories(),
            "cart_count": self.cart_count,
            "shop_base": self.base,
            "shop_home": f"{self.base}/",
            "seller": self._site,
        }

    def page(self, template, context=None, *, status=200):
        """Answer with a page of the shop."""
        return render(self.request, template, {**self.context(), **(context or {})}, status=status)

    def piece(self, template, context=None, *, status=200):
        """Answer with a piece of a page, or one that needs nothing of the shop around it."""
        return render(self.request, template, context, status=status)

    def keep_cart(self, response):
        """Let the browser keep the cart's token."""
        if self.cart is not None and self.cart.token != self.token:
            response.set_cookie(
                carts.COOKIE, self.cart.token, max_age=carts.COOKIE_SECONDS, httponly=True, samesite="Lax",
                secure=self.request.is_secure(),
            )  # fmt: skip
        return response

    def keep_visit(self, response, site, how):
        """Let the browser remember that it came by this shop or link; the last one wins."""
        kept = attribution.after(self.visits, site, how)
        seconds = int(attribution.KEPT.total_seconds())
        response.set_cookie(
            attribution.COOKIE, attribution.seal(kept), max_age=seconds, httponly=True, samesite="Lax",
            secure=self.request.is_secure(),
        )  # fmt: skip
        return response
