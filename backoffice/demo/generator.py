"""Writes the demo company into a folder, in the very files that any company would bring.

The same number of people, seed and end give the same bytes. Memory holds arrays and names, never the orders' texts.
"""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import commissions
from backoffice.demo import calendar, catalogue, names, people, sales, stories
from backoffice.demo.people import MARKETS, STATUSES, Customers, Distributors

HOUSE = "F100000"
LEADER, NEWCOMER, CUSTOMER = "leader@example.com", "newcomer@example.com", "customer@example.com"
PEOPLE = (
    "number", "name", "email", "market", "sponsor", "placement", "leg", "status", "enrolled_at", "phone", "language",
    "shop", "shop_name", "headline", "story", "street", "postal_code", "city", "region",
)  # fmt: skip
CUSTOMERS = ("email", "name", "market", "kind", "referred_by", "since", "phone", "street", "postal_code", "city", "region")
PRODUCTS = ("sku", "slug", "name", "category", "tagline", "description", "details", "size", "picture")
PRICES = ("product", "market", "buyer_kind", "price", "pv", "cv")
ORDERS = ("number", "market", "currency", "buyer_kind", "buyer", "seller", "paid_at", "delivery", "total")
LINES = ("order", "line", "product", "quantity", "unit_price")
REFUNDS = ("order", "line", "quantity", "refunded_at", "reason")
LANGUAGES = ("en", "de", "ja")
REASONS = ("Arrived damaged", "Changed my mind", "Not right for my skin", "Ordered twice by mistake")
DELIVERY = {"us": (690, 7500), "de": (490, 6000), "jp": (600, 8000)}
COMPANY = """\
name = "Fernhollow"

[house]
number = "{house}"
name = "Fernhollow"
market = "us"

[[market]]
code = "us"
name = "United States"
country = "US"
currency = "USD"
language = "en"
time_zone = "America/New_York"
delivery = "6.90"
free_delivery_from = "75.00"
delivery_promise = "2 to 4 working days"

[[market]]
code = "de"
name = "Germany"
country = "DE"
currency = "EUR"
language = "de"
time_zone = "Europe/Berlin"
delivery = "4.90"
free_delivery_from = "60.00"
delivery_promise = "1 to 3 working days"

[[market]]
code = "jp"
name = "Japan"
country = "JP"
currency = "JPY"
language = "ja"
time_zone = "Asia/Tokyo"
delivery = "600"
free_delivery_from = "8000"
delivery_promise = "1 to 2 working days"
"""


class Generator:
    """One company of so many ``people``, made from a ``seed``, that has lived until ``end``."""

    def __init__(self, folder: Path, *, people: int, seed: int, end: datetime):
        self.folder, self.people, self.seed = folder, people, seed
        self.end = end.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        self.start = calendar.first_instant(self.end)
        self.namer = names.Namer(seed)
        self.catalogue = catalogue.read()

    def write(self) -> int:
        """Write all files; return how many orders there are."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "company.toml").write_text(COMPANY.format(house=HOUSE), encoding="utf-8")
        (self.folder / "plan.toml").write_text(plan_text(), encoding="utf-8")
        self._csv("products.csv", PRODUCTS, self.catalogue.product_rows())
        self._csv("prices.csv", PRICES, self.catalogue.price_rows())
        rng = np.random.default_rng([self.seed, self.people])
        sellers = people.distributors(self.people, self.end, rng)
        buyers = people.customers(sellers, self.start, self.end, rng)
        self._csv("people.csv", PEOPLE, self._people(sellers, rng))
        emails = self._write_customers(sellers, buyers, rng)
        orders = sales.orders(sellers, buyers, self.start, self.end, rng)
        self._write_orders(sellers, buyers, orders, emails)
        return len(orders)

    def _csv(self, name: str, header: Iterable[str], rows: Iterable[Iterable]) -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    def _people(self, sellers: Distributors, rng: np.random.Generator) -> Iterable[list]:
        named = self._names(sellers.market, rng, readable=[sellers.leader, sellers.newcomer])
        enrolled = _instants(sellers.enrolled)
        told = rng.random(len(sellers)) < 0.6
        columns = (sellers.sponsor, sellers.placement, sellers.leg, sellers.market, sellers.status, sellers.shop, told)
        for person, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            if person == 0:
                continue
            sponsor, placement, leg, market, status, shop, tells = row
            code, name = MARKETS[market], named[person]
            email = f"{names.plain(name, person)}.{100_000 + person}@example.com"
            if person == sellers.leader:
                email = LEADER
            elif person == sellers.newcomer:
                email = NEWCOMER
            site = self._shop(person, name, told=bool(tells) or person == sellers.leader) if shop else ("", "", "", "")
            yield [
                number(person), name, email, code, number(sponsor), number(placement), "right" if leg else "left",
                STATUSES[status], enrolled[person], names.phone(code, person), LANGUAGES[market], *site,
                *names.address(code, person),
            ]  # fmt: skip

    def _shop(self, person: int, name: str, *, told: bool) -> tuple[str, str, str, str]:
        address = f"{names.plain(name, person)}-{person}"
        if not told:
            return address, name, "", ""
        return address, name, stories.headline(person), stories.story(person)

    def _names(self, market: np.ndarray, rng: np.random.Generator, *, readable: list[int]) -> list[str]:
        """Name one person after the other in the languages of their markets; some in the first of these, which most can read."""
        draws = rng.random((len(market), 3))
        draws[readable, 0] = 0.0
        named = [""] * len(market)
        for code, name in enumerate(MARKETS):
            at = (market == code).nonzero()[0]
            for person, text in zip(at.tolist(), self.namer.names(name, draws[at]), strict=True):
                named[person] = text
        return named

    def _write_customers(self, sellers: Distributors, buyers: Customers, rng: np.random.Generator) -> list[str]:
        named = self._names(buyers.market, rng, readable=[buyers.star])
        emails = [f"{names.plain(name, nth)}.c{nth}@example.com" for nth, name in enumerate(named)]
        emails[buyers.star] = CUSTOMER
        since = _instants(buyers.since)
        columns = (buyers.referrer.tolist(), buyers.market.tolist(), buyers.preferred.tolist())
        self._csv(
            "customers.csv",
            CUSTOMERS,
            (
                [
                    emails[nth], named[nth], MARKETS[market], "preferred" if preferred else "retail",
                    number(referrer) if referrer else "", since[nth], names.phone(MARKETS[market], nth + 51_000),
                    *names.address(MARKETS[market], nth + 3),
                ]
                for nth, (referrer, market, preferred) in enumerate(zip(*columns, strict=True))
            ),
        )  # fmt: skip
        return emails

    def _write_orders(self, sellers: Distributors, buyers: Customers, orders: sales.Orders, emails: list[str]) -> None:
        desk = Desk(self, sellers, buyers, emails)
        with Files(self.folder, ("orders.csv", ORDERS), ("order_lines.csv", LINES), ("refunds.csv", REFUNDS)) as out:
            for first, last in sales.stretches(len(orders)):
                desk.write(first, orders.buyer[first:last], orders.paid[first:last], out)


class Files:
    """Several CSV files that are written side by side and closed together."""

    def __init__(self, folder: Path, *named: tuple[str, tuple[str, ...]]):
        self.files = [(folder / name).open("w", encoding="utf-8", newline="") for name, _header in named]
        self.writers = [csv.writer(file, lineterminator="\n") for file in self.files]
        for writer, (_name, header) in zip(self.writers, named, strict=True):
            writer.writerow(header)

    def __enter__(self) -> list:
        return self.writers

    def __exit__(self, *problem) -> None:
        for file in self.files:
            file.close()


class Desk:
    """Writes orders up: who bought, who is credited, what it came to, what came back."""

    def __init__(self, company: Generator, sellers: Distributors, buyers: Customers, emails: list[str]):
        self.company, self.sellers, self.buyers, self.emails = company, sellers, buyers, emails
        self.shop = company.catalogue
        self.skus = [product["sku"] for product in self.shop.products]
        self.weights = self.shop.weights()
        self.prices = {(market, kind): self.shop.prices(market, kind).tolist() for market in MARKETS for kind in catalogue.KINDS}

    def write(self, first: int, buyer: np.ndarray, paid: np.ndarray, out: list) -> None:
        """Write a stretch of orders into the three files."""
        rng = np.random.default_rng([self.company.seed, self.company.people, first])
        filled = sales.basket(paid, self.weights, self.company.end, rng)
        ends = np.searchsorted(filled.order, np.arange(len(buyer)), side="right").tolist()
        products, quantities = filled.product.tolist(), filled.quantity.tolist()
        orders: list[tuple] = []
        lines: list[tuple] = []
        refunds: list[tuple] = []
        begin = 0
        for nth, (who, at, until) in enumerate(zip(buyer.tolist(), _instants(paid), ends, strict=True)):
            name = f"A{1_000_000 + first + nth}"
            market, kind, bought_by, credited = self._parties(who)
            currency, price = catalogue.CURRENCIES[market], self.prices[market, kind]
            subtotal = 0
            for line in range(begin, until):
                unit = price[products[line]]
                subtotal += unit * quantities[line]
                lines.append(
                    (name, line - begin + 1, self.skus[products[line]], quantities[line], catalogue.decimal(unit, currency))
                )
            flat, free_from = DELIVERY[market]
            delivery = 0 if subtotal >= free_from else flat
            orders.append(
                (name, market, currency, kind, bought_by, credited, at, catalogue.decimal(delivery, currency),
                 catalogue.decimal(subtotal + delivery, currency))
            )  # fmt: skip
            if nth in filled.refund:
                refunds.extend(_refund(name, quantities[begin:until], *filled.refund[nth]))
            begin = until
        for writer, rows in zip(out, (orders, lines, refunds), strict=True):
            writer.writerows(rows)

    def _parties(self, who: int) -> tuple[str, str, str, str]:
        """Return market, kind of buyer, who bought and who is credited."""
        if who < len(self.sellers):
            return MARKETS[self.sellers.market[who]], "distributor", number(who), ""
        nth = who - len(self.sellers)
        referrer = int(self.buyers.referrer[nth])
        kind = "preferred" if self.buyers.preferred[nth] else "retail"
        return MARKETS[self.buyers.market[nth]], kind, self.emails[nth], number(referrer) if referrer else ""


def _refund(order: str, quantities: list[int], at: int, whole: bool) -> Iterable[tuple]:
    when = _instants(np.array([at]))[0]
    reason = REASONS[at % len(REASONS)]
    for line, quantity in enumerate(quantities, start=1):
        if whole or line == 1:
            yield order, line, quantity if whole else 1, when, reason


def number(person: int) -> str:
    """Return a distributor's public number."""
    return f"F{100_000 + person}"


def _instants(seconds: np.ndarray) -> list[str]:
    return [f"{text}+00:00" for text in np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()]


def plan_text() -> str:
    """Return the compensation plan of the demo company."""
    return (Path(commissions.__file__).parent / "plans" / "fernhollow.toml").read_text(encoding="utf-8")
