"""The cast of the office: ana sponsors ben, ben sponsors cy; dee is someone else's. And a shop with one tea in it."""

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from backoffice import roles
from commissions import periods, plan_versions
from config.outbox import delivery
from genealogy import people
from genealogy.models import Distributor, Market, User
from storefront import attribution, buyers, carts, customers, orders, payments, sites
from storefront.models import Category, Delivery, Order, Price, Product

PLAN = Path(settings.BASE_DIR) / "commissions" / "plans" / "fernhollow.toml"
PRICES = {"retail": (3000, 2400, 2000), "preferred": (2700, 2200, 1800), "distributor": (2000, 2000, 1600)}


@dataclass
class Cast:
    """Everybody, by first name."""

    house: Distributor
    ana: Distributor
    ben: Distributor
    cy: Distributor
    dee: Distributor
    market: Market
    tea: Product

    def client(self, person):
        """Return a browser in which somebody is signed in."""
        client = Client()
        client.force_login(person.user if isinstance(person, Distributor) else person)
        return client

    def nobody(self):
        """Return a browser in which nobody is signed in."""
        return Client()

    def sell(self, seller, *, quantity=1, name="Mara Lindqvist", email="mara@example.com", pay=True):
        """Have a guest buy tea in somebody's personal shop, as the shop does it."""
        site = sites.open_site(seller)
        cart = carts.open_cart(self.market)
        carts.add(cart, self.tea.pk, quantity, "retail")
        visits = attribution.after((), site, "site")
        order = orders.place(
            cart,
            buyer=buyers.GUEST,
            details=orders.Details(
                email=email, name=name, street="1 Main Street", city="Portland", postal_code="97205", region="OR"
            ),
            attribution=attribution.decide(buyers.GUEST, visits, known=customers.by_email(email)),
            key=uuid4().hex,
        )
        if pay:
            payments.start(order, method="test_card_succeeds")
        return Order.objects.get(pk=order.pk)

    def enrol(self, name, sponsor):
        """Enrol one more person."""
        email = f"{name.lower()}@example.com"
        return people.enrol(sponsor_number=sponsor.number, market=self.market, name=name, email=email)


@pytest.fixture(scope="module")
def built(keep):
    """The company, built once a module."""
    return keep(build)


@pytest.fixture
def cast(built, db):
    """Everybody, with a plan in force and something to sell."""
    return built()


def build():
    """Set the company up."""
    market = Market.objects.create(
        code="us", name="United States", country="US", currency="USD", language="en", time_zone="America/New_York"
    )
    plan_versions.store(PLAN.read_text())
    house = people.found(name="Fernhollow", market=market)
    found = {}
    for name, sponsor in (("Ana", "house"), ("Ben", "Ana"), ("Cy", "Ben"), ("Dee", "house")):
        above = house if sponsor == "house" else found[sponsor]
        email = f"{name.lower()}@example.com"
        found[name] = people.enrol(sponsor_number=above.number, market=market, name=name, email=email)
    Delivery.objects.create(market=market, amount_minor=0)
    category = Category.objects.create(slug="teas", name="Teas")
    tea = Product.objects.create(sku="TEA1", slug="linden-tea", name="Linden Tea", category=category)
    for kind, (amount, pv, cv) in PRICES.items():
        Price.objects.create(product=tea, market=market, buyer_kind=kind, amount_minor=amount, pv=pv, cv=cv)
    periods.prepare()
    return Cast(house, *(found[name] for name in ("Ana", "Ben", "Cy", "Dee")), market=market, tea=tea)


@pytest.fixture
def heard():
    """Deliver every event that is waiting to those who listen, here and now."""
    return delivery.deliver_due


@pytest.fixture
def staff(db):
    """Return people at head office by role: ``staff("finance")``."""
    roles.write()

    def one(role):
        user = User.objects.create_user(f"{role}@fernhollow.example", name=role.title(), is_staff=True)
        user.groups.set(user.groups.model.objects.filter(name=role))
        return user

    return one
