"""Paid orders a second through the whole path: cart, order, payment by the test gateway, volume credited, outbox announced.

Beside it the obvious way to credit volume: adding to the totals of everybody above the seller in the order's own transaction.
Four tills can hardly tell the two apart: some fifty statements and their Python take most of an order's time, each till sells in
many places, and the update comes last, so that its locks are held for a moment. What it costs when many sell under one line
at once is what ``live`` measures.
"""

import multiprocessing
import time
from functools import partial

from django.db import connection, connections, transaction

from genealogy import lineage
from genealogy.models import Market
from storefront import attribution, buyers, carts, orders, payments, verify
from storefront.models import Category, Order, Price, Product
from storefront.payments.test import SUCCEEDS
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.benchmarks.population import Population

SECONDS = 10
TILLS = 4
PRODUCTS = 24

DETAILS = orders.Details(
    email="buyer@example.com", name="A buyer", street="1 Elm Street", city="Portland", region="OR", postal_code="97205"
)


@benchmark("orders", sizes=(1_000, 10_000, 100_000), full=(1_000_000,))
def pay_orders(bench: Bench, size: int) -> None:
    """Four tills sell as fast as they can for ten seconds, first our way, then adding up the upline in each order."""
    bench.say("building the company")
    population = Population(size)
    stock()
    line = [int(pk) for pk in population.ids[[population.deepest, *population.random.integers(0, size, 200)]]]
    ours = sell(line, "ours", deliver)
    bench.report("paid orders", len(ours) / SECONDS, "orders/s")
    bench.report("one paid order, median", spread(ours).median * 1e3, "ms")
    bench.report("one paid order, p99", spread(ours).p99 * 1e3, "ms")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_total (distributor_id bigint PRIMARY KEY, pv bigint NOT NULL)")
        cursor.execute("INSERT INTO bench_total SELECT id, 0 FROM genealogy_distributor")
    theirs = sell(line, "theirs", deliver_and_add_up)
    baseline = {"baseline": "totals of the upline in the order's transaction", "baseline_value": len(theirs) / SECONDS}
    bench.report("paid orders beside", len(ours) / SECONDS, "orders/s", **baseline)
    faults = [fault for check in verify.CHECKS for fault in check()[2]]
    bench.report("faults found afterwards", len(faults), "faults")


def stock():
    """Put a small catalogue on the shelves."""
    market = Market.objects.get(code="us")
    category = Category.objects.create(slug="all", name="All")
    for number in range(PRODUCTS):
        product = Product.objects.create(sku=f"B-{number}", slug=f"b-{number}", name=f"Product {number}", category=category)
        Price.objects.bulk_create(
            Price(product=product, market=market, buyer_kind=kind, amount_minor=4000, pv=3000, cv=2500)
            for kind in ("retail", "distributor")
        )


def sell(sellers, name, pay):
    """Let the tills sell at once, each in a process of its own as in production; return what each order took, in seconds."""
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(TILLS) as pool:
        work = partial(till, sellers, name, pay)
        return [seconds for took in pool.map(work, range(TILLS)) for seconds in took]


def till(sellers, name, pay, number):
    """Sell until the time is over."""
    market = Market.objects.get(code="us")
    products = list(Product.objects.values_list("pk", flat=True))
    took, until = [], time.perf_counter() + SECONDS
    while (started := time.perf_counter()) < until:
        turn = len(took) * TILLS + number
        seller = sellers[0] if turn % 4 == 0 else sellers[turn % len(sellers)]
        pay(place(market, products, seller, f"{name} {turn}", turn))
        took.append(time.perf_counter() - started)
    assert not Order.objects.filter(checkout_key=f"{name} {number}").exclude(status=Order.Status.PAID).exists()
    connections.close_all()
    return took


def place(market, products, seller, key, turn):
    """Fill a cart with two products in a seller's shop, and order."""
    cart = carts.open_cart(market)
    for line in range(2):
        carts.add(cart, products[(turn + line) % len(products)], 1, "retail")
    credit = attribution.Attribution(seller, "site")
    return orders.place(cart, buyer=buyers.GUEST, details=DETAILS, attribution=credit, key=key)


def buy(seller, *, times, name="bought"):
    """Buy and pay some times in one seller's shop."""
    market = Market.objects.get(code="us")
    products = list(Product.objects.values_list("pk", flat=True))
    for turn in range(times):
        deliver(place(market, products, seller, f"{name} {turn}", turn))


def deliver(order):
    """Pay as the shop does."""
    payments.start(order, method=SUCCEEDS)


@transaction.atomic
def deliver_and_add_up(order):
    """Pay, and add the order's points to everybody above its seller before the transaction ends."""
    payments.start(order, method=SUCCEEDS)
    above = lineage.upline(order.seller_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bench_total SET pv = pv + 6000 WHERE distributor_id IN "
            "(SELECT distributor_id FROM bench_total WHERE distributor_id = ANY(%s) ORDER BY distributor_id FOR UPDATE)",
            [above],
        )
