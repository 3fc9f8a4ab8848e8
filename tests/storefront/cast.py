"""The shop that the storefront's tests play in: three markets, a small catalogue, and the people around it.

ana sponsors ben, ben sponsors cy; dee is someone else's. Ana and ben have personal shops.
"""

from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress

from commissions import plan_versions
from genealogy import people
from genealogy.models import Distributor, Market, User
from storefront import attribution, buyers, carts, orders, payments, sites
from storefront.models import BuyerKind, Category, Customer, Delivery, Order, Price, Product, Site
from storefront.payments.test import SUCCEEDS

PLAN = Path(__file__).resolve().parents[2] / "commissions" / "plans" / "fernhollow.toml"

# slug, name, category, retail price in cents, PV in hundredths
GOODS = (
    ("night-oil", "Rosehip Night Oil", "skin", 4800, 3600),
    ("day-cream", "Calendula Day Cream", "skin", 3900, 2900),
    ("fern-tea", "Evening Fern Tea", "tea", 1600, 1100),
    ("lavender-tea", "Lavender Tea", "tea", 1500, 1000),
)


@dataclass
class Cast:
    """Who and what there is."""

    us: Market
    de: Market
    jp: Market
    house: Distributor
    ana: Distributor
    ben: Distributor
    cy: Distributor
    dee: Distributor
    ana_site: Site
    ben_site: Site
    oil: Product
    cream: Product
    tea: Product


def build():
    """Set the company up."""
    plan_versions.store(PLAN.read_text())
    us = market("us", "United States", "US", "USD", "en", "America/New_York", 1)
    de = market("de", "Germany", "DE", "EUR", "de", "Europe/Berlin", 2)
    jp = market("jp", "Japan", "JP", "JPY", "ja", "Asia/Tokyo", 3)
    house = people.found(name="The house", market=us)
    ana = enrol("ana", house, us)
    ben = enrol("ben", ana, us)
    cy = enrol("cy", ben, de)
    dee = enrol("dee", house, us)
    stock((us, de, jp))
    ana_site = sites.open_site(ana, "ana", headline="Teas and calm evenings")
    ben_site = sites.open_site(ben, "ben")
    found = {product.slug: product for product in Product.objects.all()}
    return Cast(
        us, de, jp, house, ana, ben, cy, dee, ana_site, ben_site, found["night-oil"], found["day-cream"], found["fern-tea"]
    )  # fmt: skip


def market(code, name, country, currency, language, time_zone, position):
    """Open a market."""
    return Market.objects.create(
        code=code, name=name, country=country, currency=currency, language=language, time_zone=time_zone, position=position
    )


def enrol(name, sponsor, at_market):
    """Make somebody a distributor with a login that is verified."""
    person = people.enrol(sponsor_number=sponsor.number, market=at_market, name=name.title(), email=f"{name}@example.com")
    EmailAddress.objects.filter(user=person.user).update(verified=True)
    return person


def stock(markets):
    """Fill the shelves: distributors pay three quarters, preferred customers nine tenths; yen have no decimals."""
    categories = {
        slug: Category.objects.create(slug=slug, name=name, position=place)
        for place, (slug, name) in enumerate([("skin", "Skin care"), ("tea", "Tea")])
    }
    for place, (slug, name, category, cents, pv) in enumerate(GOODS):
        product = Product.objects.create(
            sku=f"FH-{place + 1}", slug=slug, name=name, category=categories[category], tagline=f"{name}, daily",
            description="Made from plants.", details="One\nTwo", size="30 ml", position=place,
            picture="demo/products/rosehip-night-oil.svg",
        )  # fmt: skip
        price_list(product, markets, cents, pv)
    for at_market in markets:
        Delivery.objects.create(market=at_market, amount_minor=590, free_from_minor=7500, promise="2 to 4 working days")


def price_list(product, markets, cents, pv):
    """Give a product its prices in some markets."""
    shares = ((BuyerKind.RETAIL, 100), (BuyerKind.PREFERRED, 90), (BuyerKind.DISTRIBUTOR, 75))
    Price.objects.bulk_create(
        Price(product=product, market=one, buyer_kind=kind, amount_minor=cents * share // 100, pv=pv, cv=pv * 3 // 4)
        for one in markets
        for kind, share in shares
    )


def customer(email, *, referred_by=None, kind=Customer.Kind.RETAIL, at_market=None, login=False):
    """Make a customer, with a verified login if wanted."""
    user = None
    if login:
        user = User.objects.create_user(email, "a long password here", name=email.split("@")[0].title())
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return Customer.objects.create(
        email=email, name=email.split("@")[0].title(), market=at_market or Market.objects.get(code="us"), kind=kind,
        referred_by=referred_by, user=user,
    )  # fmt: skip


DETAILS = orders.Details(
    email="mia@example.com", name="Mia Lind", street="1 Elm Street", city="Portland", region="OR", postal_code="97205"
)


def placed(goods, *, site=None, buyer=buyers.GUEST, at_market=None, key="key", details=DETAILS, **options):
    """Place an order of ``{product: quantity}``."""
    cart = carts.open_cart(at_market or Market.objects.get(code="us"))
    for product, quantity in goods.items():
        carts.add(cart, product.pk, quantity, buyer.kind)
    kept = attribution.after((), site, Order.Attribution.SITE) if site else ()
    credit = attribution.decide(buyer, kept)
    return orders.place(cart, buyer=buyer, details=details, attribution=credit, key=key, **options)


def paid(goods, **options):
    """Place an order and pay it with the test card that succeeds."""
    order = placed(goods, **options)
    payments.start(order, method=SUCCEEDS)
    order.refresh_from_db()
    return order
