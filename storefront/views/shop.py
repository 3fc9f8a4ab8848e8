"""The catalogue's pages: home, list, product; in the company's shop and in a distributor's own."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from genealogy.models import Distributor
from storefront import catalogue, sites
from storefront.models import Category, Order, Product, Site
from storefront.refusal import Refusal
from storefront.shopper import Shopper


def enter(request, address):
    """Return the shopper of a page, in the personal shop at an address if one is named; 404 names what is not there."""
    if not address:
        return Shopper(request, at_company=True)
    site = sites.find(address)
    if site is None:
        raise Http404(_("There is no shop at “@%(address)s”.") % {"address": address})
    return Shopper(request, site)


def leave(shopper, response):
    """Let the browser remember the personal shop that it was in."""
    if shopper.seller_site is None:
        return response
    return shopper.keep_visit(response, shopper.seller_site, Order.Attribution.SITE)


@require_safe
def home(request, site=""):
    """The front of the shop, or of a distributor's own."""
    shopper = enter(request, site)
    moved = _moved(shopper, site, "")
    if moved:
        return moved
    if shopper.market is None:
        return shopper.page("storefront/closed.html", status=503)
    template = "storefront/site.html" if shopper.seller_site else "storefront/home.html"
    window = sites.window(shopper.seller_site) if shopper.seller_site else []
    facts = {
        "version": catalogue.version(),
        "window": ",".join(map(str, window)),
        "best": lambda: catalogue.best_sellers(shopper.market, shopper.kind, first=window),
        "tiles": lambda: catalogue.tiles(shopper.market),
    }
    return leave(shopper, shopper.page(template, facts))


@require_safe
def shelf(request, site=""):
    """The list of products: all, of one category, or what the words mean."""
    shopper = enter(request, site)
    moved = _moved(shopper, site, "shop/")
    if moved:
        return moved
    if shopper.market is None:
        return shopper.page("storefront/closed.html", status=503)
    asked = _Asked(request.GET)
    facts = {
        "version": catalogue.version(),
        "asked": asked,
        "choices": catalogue.choices(searching=bool(asked.words)),
        "shelf": lambda: catalogue.shelf(shopper.market, shopper.kind, **asked.terms),
    }
    return leave(shopper, shopper.page("storefront/shelf.html", facts))


class _Asked:
    """What a list was asked for, made safe: an unknown category is a 404, an unknown order or size is the usual one."""

    def __init__(self, query):
        slug = query.get("category", "")
        self.category = Category.objects.filter(slug=slug).first() if slug else None
        if slug and self.category is None:
            raise Http404(_("We have no category called “%(slug)s”.") % {"slug": slug[:60]})
        self.words = query.get("q", "").replace("\0", "").strip()[:80]
        self.order = query.get("sort", "") if query.get("sort", "") in catalogue.ORDERS else ""
        size = query.get("size", "")
        self.size = int(size) if size in {str(one) for one in catalogue.PAGE_SIZES} else catalogue.PAGE_SIZE
        self.number = query.get("page", "1")[:6]
        kept = query.copy()
        kept.pop("page", None)
        self.query = f"{kept.urlencode()}&" if kept else ""

    @property
    def terms(self):
        """The same as arguments of ``catalogue.shelf``."""
        return {
            "category": self.category, "words": self.words, "order": self.order, "number": self.number, "size": self.size,
        }  # fmt: skip


@require_safe
def product(request, slug, site=""):
    """One product: what it is, what it costs here, and the way into the cart."""
    shopper = enter(request, site)
    moved = _moved(shopper, site, f"p/{slug}/")
    if moved:
        return moved
    if shopper.market is None:
        return shopper.page("storefront/closed.html", status=503)
    try:
        found = catalogue.find(shopper.market, shopper.kind, slug)
    except Refusal as refusal:
        return leave(shopper, shopper.page("storefront/no_product.html", {"refusal": refusal}, status=404))
    facts = {
        "version": catalogue.version(),
        "product": found,
        "delivery": catalogue.delivery(shopper.market),
        "own_window": _own_window(shopper),
        "related": lambda: catalogue.related(shopper.market, shopper.kind, found),
        "share_url": request.build_absolute_uri(request.path),
        "picture_url": request.build_absolute_uri(found.picture_url) if found.picture_url else "",
    }
    return leave(shopper, shopper.page("storefront/product.html", facts))


def _own_window(shopper):
    """What stands in the window of the one who looks, for a distributor who has a shop; None for everybody else."""
    person = shopper.buyer.distributor
    own = Site.objects.filter(distributor=person).first() if person else None
    return sites.window(own) if own else None


@require_POST
@login_required
def recommend(request, slug):
    """Put a product into the window of the own shop, or take it out again."""
    own = get_object_or_404(Site, distributor__user=request.user, distributor__status=Distributor.Status.ACTIVE)
    product = get_object_or_404(Product, slug=slug)
    try:
        if request.POST.get("answer") == "no":
            sites.withdraw(own, product)
        else:
            sites.recommend(own, product)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(sites.safe_target(request.POST.get("next", "")) or "/")


def _moved(shopper, address, rest):
    """Lead from a shop's former address to its present one; None when the address is the present one."""
    site = shopper.seller_site
    if site is None or site.slug == address:
        return None
    return redirect(f"{site.base}/{rest}", permanent=False)
