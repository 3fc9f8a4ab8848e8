"""The sales simulator: people who do not exist shop, join and send things back, through the very parts that real ones use.

Nothing is written past the subject modules, so whatever a purchase sets in motion is set in motion here too.
"""

import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from django.db import DatabaseError, close_old_connections
from django.db.models import Max
from django.utils import timezone

from backoffice.demo import names
from backoffice.demo.generator import LEADER
from genealogy import people
from genealogy.models import Distributor
from genealogy.refusals import Refused
from storefront import attribution, carts, customers, orders, payments
from storefront.buyers import GUEST, Buyer
from storefront.models import BuyerKind, Customer, Order, Product, Site
from storefront.payments.test import AUTHENTICATES, DECLINES, SUCCEEDS
from storefront.refusal import Refusal

LEADERS_SHARE = 0.2
RETURNING = 0.55
GIVES_UP = 30
LONGEST_PAUSE = 5.0

log = logging.getLogger(__name__)


@dataclass
class Simulator:
    """Somebody does something about ``rate`` times a second, until ``over`` says so."""

    rate: float
    over: Callable[[], bool]
    seed: int | None = None
    done: Counter = field(default_factory=Counter)

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.namer = names.Namer(7)

    def run(self) -> Counter:
        """Go on until it is over; return what was done how often. A database that is away for a while is waited for."""
        failures = 0
        due = time.monotonic()
        while not self.over() and failures < GIVES_UP:
            try:
                self.done[self.step()] += 1
                failures = 0
            except (Refusal, Refused) as refusal:
                self.done["refused"] += 1
                log.info("simulator: refused (%s)", type(refusal).__name__)
            except DatabaseError as error:
                failures += 1
                log.warning("simulator: the database does not answer (%s)", type(error).__name__)
                close_old_connections()
                self._rest(1.0)
            due = max(due, time.monotonic() - LONGEST_PAUSE) + self.random.expovariate(self.rate)
            self._rest(due - time.monotonic())
        return self.done

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.over():
            time.sleep(min(left, 0.2))

    def step(self) -> str:
        """Do one thing and say what it was."""
        doing = self.random.choices([self.shop_as_guest, self.shop_for_oneself, self.join, self.send_back], [70, 22, 4, 4])[0]
        return doing()

    def shop_as_guest(self) -> str:
        """Buy in somebody's personal shop, as a new customer or one who comes again."""
        site = self._site()
        market = site.distributor.market
        visits = attribution.after((), site, self.random.choice([Order.Attribution.SITE, Order.Attribution.LINK]))
        known = self._customer_of(site.distributor) if self.random.random() < RETURNING else None
        name = known.name if known else self._name(market.code)
        email = known.email if known else f"{names.plain(name, self._number())}.{uuid.uuid4().hex[:10]}@example.com"
        buyer = GUEST
        credited = attribution.decide(buyer, visits, known=customers.by_email(email))
        return self._buy(market, buyer, credited, name, email)

    def shop_for_oneself(self) -> str:
        """Buy as a distributor at the distributor's price."""
        distributor = self._distributor()
        assert distributor.user is not None  # only the house has nobody who signs in
        buyer = Buyer(BuyerKind.DISTRIBUTOR, distributor=distributor)
        return self._buy(distributor.market, buyer, attribution.decide(buyer), distributor.name, distributor.user.email)

    def join(self) -> str:
        """Enrol somebody under a distributor."""
        sponsor = self._site().distributor
        name = self._name(sponsor.market.code)
        email = f"{names.plain(name, self._number())}.{uuid.uuid4().hex[:10]}@example.com"
        people.enrol(sponsor_number=sponsor.number, market=sponsor.market, name=name, email=email)
        return "joined"

    def send_back(self) -> str:
        """Give one of the latest orders back, whole or one unit of it."""
        latest = Order.objects.filter(status=Order.Status.PAID, payments__gateway="test", refunded_minor=0).order_by("-pk")[:40]
        if not latest:
            return "nothing to send back"
        order = self.random.choice(list(latest))
        quantities = None if self.random.random() < 0.6 else {order.lines.first().number: 1}
        refund = orders.refund(order, quantities, reason="Changed my mind", key=uuid.uuid4().hex, at=timezone.now())
        payments.settle_refund(refund)
        return "sent back"

    def _buy(self, market, buyer, credited, name: str, email: str) -> str:
        cart = carts.open_cart(market)
        for product in self._products():
            carts.add(cart, product, self.random.choices([1, 2, 3], [75, 20, 5])[0], buyer.kind)
        street, postal_code, city, region = names.address(market.code, self._number())
        details = orders.Details(
            email=email, name=name, street=street, city=city, postal_code=postal_code, region=region,
            phone=names.phone(market.code, self._number()), language=market.language,
        )  # fmt: skip
        order = orders.place(cart, buyer=buyer, details=details, attribution=credited, key=uuid.uuid4().hex)
        method = self.random.choices([SUCCEEDS, DECLINES, AUTHENTICATES], [95, 4, 1])[0]
        payments.start(order, method=method)
        if method == DECLINES and self.random.random() < 0.7:
            payments.start(order, method=SUCCEEDS)
        order.refresh_from_db()
        return "bought" if order.status == Order.Status.PAID else "left unpaid"

    def _products(self) -> list[int]:
        known = list(Product.objects.filter(is_active=True).order_by("position").values_list("pk", flat=True))
        many = self.random.choices([1, 2, 3], [50, 35, 15])[0]
        return list(dict.fromkeys(known[min(int(self.random.expovariate(0.15)), len(known) - 1)] for _nth in range(many)))

    def _site(self) -> Site:
        sites = Site.objects.select_related("distributor__market").filter(distributor__status=Distributor.Status.ACTIVE)
        if self.random.random() < LEADERS_SHARE:
            own = sites.filter(distributor__user__email=LEADER).first()
            if own:
                return own
        return self._any(sites)

    def _distributor(self) -> Distributor:
        active = Distributor.objects.select_related("market", "user").filter(status=Distributor.Status.ACTIVE, is_house=False)
        return self._any(active)

    def _customer_of(self, distributor) -> Customer | None:
        return Customer.objects.filter(referred_by=distributor, user=None).order_by("?").first()

    def _any(self, rows):
        """Choose any of many rows, without counting or sorting them."""
        last = rows.model.objects.aggregate(last=Max("pk"))["last"] or 0
        found = rows.filter(pk__gte=self.random.randint(0, last)).order_by("pk").first() or rows.order_by("pk").first()
        if found is None:
            raise Refusal("Nobody is there to do business with: make the demo company first.", code="empty")
        return found

    def _name(self, market: str) -> str:
        draws = np.array([[self.random.random() for _nth in range(3)]])
        return self.namer.names(market if market in names.LANGUAGES else "us", draws)[0]

    def _number(self) -> int:
        return self.random.randrange(100_000)
