"""Bringing a company in: the demo's files on an empty database, rows a second beside an importer that goes row by row."""

import csv
import tempfile
import time
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from django.db import transaction

from backoffice.demo.generator import Generator
from backoffice.imports.columns import minor_units
from backoffice.imports.company import Import
from commissions import live, volume
from commissions.engine.money import EXPONENTS
from genealogy.models import Distributor, Market
from storefront.models import Customer, Order, OrderLine, Payment, Price, Product
from tests.benchmarks.harness import Bench, benchmark

END = datetime(2026, 11, 18, tzinfo=UTC)
BY_ROW = 300
"""So many orders go in row by row: enough to know the pace."""


class Laps:
    """Says what the import says, and notes when each file was in."""

    def __init__(self, bench: Bench):
        self.bench, self.started, self.at = bench, time.perf_counter(), {}

    def __call__(self, text: str) -> None:
        self.bench.say(text)
        self.at[text.partition(":")[0]] = time.perf_counter() - self.started


@benchmark("import", sizes=(1_000, 10_000, 100_000), full=(1_000_000,))
def bring_a_company_in(bench: Bench, size: int) -> None:
    """Write the files, bring them in, bring them in again, compute the figures; then some orders row by row."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        started = time.perf_counter()
        orders = Generator(folder, people=size, seed=7, end=END).write()
        bench.report("files written", time.perf_counter() - started, "s", name="generator")
        laps = Laps(bench)
        report = Import(folder, say=laps).run()
        seconds = time.perf_counter() - laps.started
        assert not report.refused, report.examples
        bench.report("whole", seconds, "s")
        bench.report("all rows", sum(report.read.values()) / seconds, "rows/s")
        bench.report("people", report.read["people.csv"] / laps.at["people.csv"], "rows/s")
        rows = sum(report.read[name] for name in ("orders.csv", "order_lines.csv", "refunds.csv"))
        ordering = seconds - laps.at["customers.csv"]
        bench.report("peak memory", bench.peak_memory_mb(), "MB")
        started = time.perf_counter()
        Import(folder, say=bench.say).run()
        bench.report("again, nothing new", time.perf_counter() - started, "s")
        started = time.perf_counter()
        live.refresh_everything()
        bench.report("live figures afterwards", time.perf_counter() - started, "s")
        obvious = read_orders(folder, BY_ROW)
        took = bench.clock(row_by_row, obvious)
        named = "row by row through the ORM"
        alone = (len(obvious) + sum(len(lines) for _order, lines in obvious)) / took
        bench.report("rows of orders", rows / ordering, "rows/s", baseline=named, baseline_value=alone)
        bench.report("orders", orders / ordering, "orders/s", baseline=named, baseline_value=len(obvious) / took)


def read_orders(folder: Path, count: int) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
    """Return the first orders of the files, each with its lines."""
    with (folder / "orders.csv").open(newline="") as orders, (folder / "order_lines.csv").open(newline="") as lines:
        grouped = groupby(csv.DictReader(lines), key=itemgetter("order"))
        return [(order, list(own)) for order, (_number, own) in islice(zip(csv.DictReader(orders), grouped, strict=True), count)]


def row_by_row(orders: list[tuple[dict[str, str], list[dict[str, str]]]]) -> None:
    """Bring orders in as one does at first: look up what a row names, make the objects, save them, a transaction an order."""
    for order, lines in orders:
        with transaction.atomic():
            save(order, lines)


def save(row: dict[str, str], lines: list[dict[str, str]]) -> None:
    """Save an order with its lines, its payment and its volume, under a number of its own."""
    market = Market.objects.get(code=row["market"])
    decimals, paid_at, kind = EXPONENTS[market.currency], datetime.fromisoformat(row["paid_at"]), row["buyer_kind"]
    total, delivery = minor_units(row["total"], decimals), minor_units(row["delivery"] or "0", decimals)
    buyer = Distributor.objects.get(number=row["buyer"]) if kind == "distributor" else None
    customer = None if buyer else Customer.objects.get(email=row["buyer"])
    seller = buyer or (Distributor.objects.get(number=row["seller"]) if row["seller"] else Distributor.objects.get(is_house=True))
    order = Order.objects.create(
        number=f"{row['number']}-row", token=f"token-{row['number']}", status=Order.Status.PAID, market=market,
        currency=market.currency, buyer_kind=kind, customer=customer, buyer=buyer, seller=seller, attribution="import",
        email=row["buyer"], name=row["buyer"], street="", postal_code="", city="", country=market.country,
        subtotal_minor=total - delivery, delivery_minor=delivery, total_minor=total, placed_at=paid_at, paid_at=paid_at,
    )  # fmt: skip
    for line in lines:
        save_line(order, line, decimals)
    Payment.objects.create(
        order=order, gateway="import", reference=order.number, idempotency_key=f"row:{order.number}", status="succeeded",
        amount_minor=total, currency=market.currency, settled_at=paid_at,
    )  # fmt: skip
    volume.credit(
        distributor_id=seller.pk, at=paid_at, reference=f"order:{order.pk}", buyer_kind=kind, market_id=market.pk,
        currency=market.currency,
        lines=[
            volume.VolumeLine(
                line.number, line.sku, line.quantity, line.pv, line.cv, line.amount_minor, line.retail_minor,
                line.seller_price_minor,
            )
            for line in order.lines.all()
        ],
    )  # fmt: skip


def save_line(order: Order, row: dict[str, str], decimals: int) -> None:
    """Save a line at the price of its row, with the volume of the price list."""
    product, quantity = Product.objects.get(sku=row["product"]), int(row["quantity"])
    prices = {price.buyer_kind: price for price in Price.objects.filter(product=product, market=order.market)}
    own = prices.get(order.buyer_kind, prices["retail"])
    unit = minor_units(row["unit_price"], decimals)
    OrderLine.objects.create(
        order=order, number=int(row["line"]), product=product, sku=product.sku, name=product.name, quantity=quantity,
        unit_minor=unit, amount_minor=unit * quantity, retail_minor=prices["retail"].amount_minor * quantity,
        seller_price_minor=prices.get("distributor", prices["retail"]).amount_minor * quantity, pv=own.pv * quantity,
        cv=own.cv * quantity,
    )  # fmt: skip
