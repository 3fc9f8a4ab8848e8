"""The catalogue as a visitor sees it: what is on sale in a market, at the price of the visitor's kind of buyer.

A product without a price for retail in a market is not sold there. A kind of buyer without a price of its own pays retail.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from storefront.models import BuyerKind, CatalogueVersion, Category, Delivery, Order, OrderLine, Price, Product
from storefront.pricing import LinePrice
from storefront.refusal import Refusal

PAGE_SIZE = 24
PAGE_SIZES = (24, 48, 96)
LIKE_ENOUGH = 0.42
LATELY = timedelta(days=30)

ORDERS = {
    "": ("-rank", "position", "name"),
    "best": ("-sold_lately", "position", "name"),
    "new": ("-created_at", "-id"),
    "price": ("price", "name"),
    "price-down": ("-price", "name"),
}


def version():
    """Return the number that rises whenever the catalogue changes: what was drawn under it stays true as long as it stands."""
    return CatalogueVersion.objects.values_list("version", flat=True).filter(pk=1).first() or 0


def categories():
    """Return the categories in the company's order."""
    return list(Category.objects.only("id", "slug", "name"))


def on_sale(market, kind):
    """Return the products sold in a market with ``price``, ``retail``, ``pv`` and ``cv`` for a kind of buyer on each."""
    own, retail = _price(market, kind), _price(market, BuyerKind.RETAIL)
    products = Product.objects.filter(is_active=True).select_related("category")
    if kind == BuyerKind.RETAIL:
        annotated = products.annotate(
            retail=Subquery(retail.values("amount_minor")), price=F("retail"),
            pv=Subquery(retail.values("pv")), cv=Subquery(retail.values("cv")),
        )  # fmt: skip
    else:
        annotated = products.annotate(
            retail=Subquery(retail.values("amount_minor")),
            price=Coalesce(Subquery(own.values("amount_minor")), F("retail")),
            pv=Coalesce(Subquery(own.values("pv")), Subquery(retail.values("pv"))),
            cv=Coalesce(Subquery(own.values("cv")), Subquery(retail.values("cv"))),
        )
    return annotated.filter(retail__isnull=False)


def _price(market, kind):
    return Price.objects.filter(product=OuterRef("pk"), market=market, buyer_kind=kind)


def search(products, words):
    """Keep the products that the words mean, the closest first; a slip of the keys is forgiven."""
    likeness = Greatest(
        TrigramWordSimilarity(words, "name"),
        TrigramWordSimilarity(words, "category__name") * Value(0.8),
        TrigramWordSimilarity(words, "tagline") * Value(0.7),
    )
    named = Q(name__icontains=words) | Q(tagline__icontains=words) | Q(description__icontains=words) | Q(sku__iexact=words)
    return products.annotate(rank=likeness).filter(named | Q(rank__gte=LIKE_ENOUGH))


def shelf(market, kind, *, category=None, words="", order="", number=1, size=PAGE_SIZE):
    """Return one page of products; in its chosen order, else by likeness to the words, else as the company arranged them."""
    products = on_sale(market, kind)
    if category is not None:
        products = products.filter(category=category)
    products = search(products, words) if words else products.annotate(rank=Value(0))
    return Paginator(products.order_by(*ORDERS[order]), size).get_page(number)


def best_sellers(market, kind, count=8, first=()):
    """Return what has sold best lately, after the products with the ids in ``first``, in their order."""
    products = on_sale(market, kind)
    chosen = {product.pk: product for product in products.filter(pk__in=first)} if first else {}
    found = [chosen[pk] for pk in first if pk in chosen]
    if len(found) < count:
        rest = products.exclude(pk__in=first).order_by("-sold_lately", "position", "name")
        found += rest[: count - len(found)]
    return found


def tiles(market):
    """Return the categories that have something to sell in a market, each with a picture of its first product."""
    first = (
        Product.objects.filter(is_active=True, prices__market=market, prices__buyer_kind=BuyerKind.RETAIL)
        .order_by("category__position", "category__name", "position", "name")
        .select_related("category")
    )
    found = {}
    for product in first:
        found.setdefault(product.category_id, product)
    return [{"category": product.category, "picture_url": product.picture_url} for product in found.values()]


def related(market, kind, product, count=4):
    """Return others of the same category, and of the rest when there are too few."""
    others = on_sale(market, kind).exclude(pk=product.pk)
    near = list(others.filter(category=product.category_id).order_by("-sold_lately", "position")[:count])
    if len(near) < count:
        near += others.exclude(category=product.category_id).order_by("-sold_lately", "position")[: count - len(near)]
    return near


def find(market, kind, slug):
    """Return the product at an address, or refuse by name when there is none or it is not sold in this market."""
    found = on_sale(market, kind).filter(slug=slug).first()
    if found is not None:
        return found
    known = Product.objects.filter(slug=slug).values_list("name", flat=True).first()
    if known:
        words = _("%(product)s is not sold in %(market)s at the moment.")
        raise Refusal(words % {"product": known, "market": market.name}, code="not_sold")
    raise Refusal(_("We have no product at the address “%(slug)s”.") % {"slug": slug}, code="unknown")


def prices(market, kind, product_ids):
    """Return {product id: LinePrice} for the products that are sold in a market, in one query."""
    rows = Price.objects.filter(
        market=market, product__in=product_ids, product__is_active=True,
        buyer_kind__in={BuyerKind.RETAIL, BuyerKind.DISTRIBUTOR, kind},
    )  # fmt: skip
    lists = {}
    for row in rows:
        lists.setdefault(row.product_id, {})[row.buyer_kind] = row
    found = {}
    for product_id, by_kind in lists.items():
        retail = by_kind.get(BuyerKind.RETAIL)
        if retail is None:
            continue
        own, seller = by_kind.get(kind, retail), by_kind.get(BuyerKind.DISTRIBUTOR, retail)
        found[product_id] = LinePrice(own.amount_minor, retail.amount_minor, seller.amount_minor, own.pv, own.cv)
    return found


def delivery(market):
    """Return what delivery costs in a market; a market without a row delivers free."""
    return Delivery.objects.filter(market=market).first() or Delivery(market=market, amount_minor=0)


def count_sales(now=None):
    """Write how many units of each product were sold in the last 30 days. Returns how many products changed."""
    since = (now or timezone.now()) - LATELY
    sold = dict(
        OrderLine.objects.filter(order__paid_at__gte=since, order__status=Order.Status.PAID)
        .values("product")
        .annotate(units=Sum("quantity"))
        .values_list("product", "units")
    )
    changed = [
        Product(pk=pk, sold_lately=sold.get(pk, 0))
        for pk, before in Product.objects.values_list("pk", "sold_lately")
        if sold.get(pk, 0) != before
    ]
    if changed:
        Product.objects.bulk_update(changed, ["sold_lately"], batch_size=500)
    return len(changed)


@dataclass(frozen=True)
class Choice:
    """One way to arrange the shelf."""

    value: str
    label: str


def choices(searching=False):
    """Return the ways to arrange a shelf, in words."""
    first = _("Closest first") if searching else _("Our selection")
    return [
        Choice("", first),
        Choice("best", _("Best sellers")),
        Choice("new", _("New")),
        Choice("price", _("Price: low to high")),
        Choice("price-down", _("Price: high to low")),
    ]
