"""Gathering sales to what a payment line pays on: an order, or all that a seller sold."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.arrays import runs
from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Code, Report, Switch, Text, choice
from commissions.engine.snapshot import NONE, BuyerKind, Sales, Snapshot

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class Buyer(StrEnum):
    """Who bought: the distributor who is credited, or a customer."""

    DISTRIBUTOR = "distributor"
    PREFERRED = "preferred"
    RETAIL = "retail"


@dataclass(frozen=True, kw_only=True)
class SalesFilter:
    """Which sales count: those that fit everything that is stated. Products and markets go by their codes.

    ``without_bonuses`` leaves out the sales that other bonuses of the plan pay on.
    """

    buyers: tuple[Buyer, ...] = setting(ListOf(choice(Buyer), most=len(Buyer)), default=())
    products: tuple[str, ...] = setting(ListOf(Text(), most=1000), default=())
    without_products: tuple[str, ...] = setting(ListOf(Text(), most=1000), default=())
    markets: tuple[str, ...] = setting(ListOf(Text(), most=300), default=())
    first_orders: bool | None = setting(Switch(), default=None)
    without_bonuses: tuple[str, ...] = setting(ListOf(Code(), most=50), default=())

    def check(self, path: str, report: Report) -> None:
        """Report what is stated twice."""
        for name in ("buyers", "products", "without_products", "markets", "without_bonuses"):
            stated = getattr(self, name)
            if len(set(stated)) < len(stated):
                report.wrong(f"{path}.{name}", ", ".join(stated), "each of them once")

    def decides_alone(self, plan: "Plan") -> bool:
        """Whether it decides on each sale by itself: by what the sale says, and by when the seller joined."""
        return all(plan.bonuses[plan.bonus_index(code)].takes_alone(plan) for code in self.without_bonuses)

    def fits(self, calculation: "Calculation") -> NDArray[np.bool_]:
        """Say which sales count."""
        snapshot, plan = calculation.snapshot, calculation.plan
        sales = snapshot.sales
        fits = np.ones(len(sales), dtype=np.bool_)
        if self.buyers:
            fits &= np.isin(sales.buyer_kind, [BuyerKind[buyer.name] for buyer in self.buyers])
        if self.products:
            fits &= np.isin(sales.column("product"), places(snapshot, "product", self.products))
        if self.without_products:
            fits &= ~np.isin(sales.column("product"), places(snapshot, "product", self.without_products))
        if self.markets:
            fits &= np.isin(sales.column("market"), places(snapshot, "market", self.markets))
        if self.first_orders is not None:
            fits &= (sales.column("first") > 0) == self.first_orders
        for code in self.without_bonuses:
            fits &= ~plan.bonuses[plan.bonus_index(code)].takes(calculation)
        return fits


def places(snapshot: Snapshot, name: str, codes: tuple[str, ...]) -> list[int]:
    """Return the numbers that the column ``name`` has for some words; words that no sale has are left out."""
    words = snapshot.words.get(name, ())
    return [place for place, word in enumerate(words) if word in codes]


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What a bonus pays on, one row per order or per seller, in order of the sellers.

    ``base`` is hundredths of a point where ``currency`` is NONE, else minor units of it. ``sale`` is the first entry of
    the order, NONE where a row is all that a seller sold. ``currencies`` are the distinct values of ``currency``.
    ``start`` is the person from whom the walk begins: the seller, where it is None.
    """

    seller: NDArray[np.int64]
    sale: NDArray[np.int64]
    base: NDArray[np.int64]
    currency: NDArray[np.int16]
    currencies: tuple[int, ...]
    start: NDArray[np.int64] | None = None

    def take(self, rows: NDArray[np.int64]) -> "Sources":
        """Return some of the rows."""
        return dataclasses.replace(
            self,
            seller=self.seller[rows],
            sale=self.sale[rows],
            base=self.base[rows],
            currency=self.currency[rows],
            start=None if self.start is None else self.start[rows],
        )


def of_volume(
    calculation: "Calculation",
    name: str,
    *,
    by_order: bool,
    only: SalesFilter | None = None,
    entries: NDArray[np.int64] | None = None,
) -> Sources:
    """Add up a named volume by order or by seller; what adds up to nothing is left out.

    ``only`` and ``entries`` (indexes, sorted) narrow the sales that count.
    """
    sales = calculation.sales
    rows = _rows(calculation, only, entries)
    values = sales.volume(name)
    return _gather(sales, rows, values if len(rows) == len(values) else values[rows], NONE, by_order=by_order)


def sum_of_volume(calculation: "Calculation", name: str, only: SalesFilter | None = None) -> int:
    """Add up a named volume over the whole company, of the sales that ``only`` lets through."""
    values = calculation.sales.volume(name)
    if only is not None:
        values = values[only.fits(calculation)]
    money.require_summable(values, "the sales")
    return int(values.sum())


def of_amount(calculation: "Calculation", entries: NDArray[np.int64], amount: NDArray[np.int64], *, by_order: bool) -> Sources:
    """Add up the ``amount`` of some ``entries`` by currency, and by order or by seller."""
    sales = calculation.sales
    currency = sales.currency[entries]
    codes = tuple(int(code) for code in np.flatnonzero(np.bincount(currency)))
    if len(codes) < 2:
        return _gather(sales, entries, amount, *codes or (NONE,), by_order=by_order)
    pieces = [_gather(sales, entries[currency == code], amount[currency == code], code, by_order=by_order) for code in codes]
    seller = np.concatenate([piece.seller for piece in pieces])
    sale = np.concatenate([piece.sale for piece in pieces])
    order = np.lexsort((sale, seller))
    return Sources(
        seller=seller[order],
        sale=sale[order],
        base=np.concatenate([piece.base for piece in pieces])[order],
        currency=np.concatenate([piece.currency for piece in pieces])[order],
        currencies=codes,
    )


def originals(sales: Sales) -> NDArray[np.int64]:
    """Find the sale that each one takes back; NONE where it takes back nothing, or a sale that is not among them."""
    if not len(sales):
        return np.empty(0, dtype=np.int64)
    by_id = np.argsort(sales.id, kind="stable")
    found = by_id[np.minimum(np.searchsorted(sales.id[by_id], sales.reverses), len(by_id) - 1)]
    return np.where((sales.reverses != 0) & (sales.id[found] == sales.reverses), found, NONE)


def of_people(people: NDArray[np.int64], base: NDArray[np.int64], currency: int = NONE) -> Sources:
    """Pay on one figure per person: hundredths of a point, or minor units of a currency; zeros are left out."""
    pays = np.flatnonzero(base)
    return Sources(
        seller=people[pays],
        sale=np.full(len(pays), NONE, dtype=np.int64),
        base=base[pays],
        currency=np.full(len(pays), currency, dtype=np.int16),
        currencies=(currency,),
    )


def _rows(calculation: "Calculation", only: SalesFilter | None, entries: NDArray[np.int64] | None) -> NDArray[np.int64]:
    if only is None:
        return np.arange(len(calculation.sales)) if entries is None else entries
    fits = only.fits(calculation)
    return np.flatnonzero(fits) if entries is None else entries[fits[entries]]


def _gather(sales: Sales, entries: NDArray[np.int64], amount: NDArray[np.int64], currency: int, *, by_order: bool) -> Sources:
    """Add up ``amount`` over all entries of one seller, or over those of one order of that seller."""
    money.require_summable(amount, "the sales")
    first, group = orders(sales, entries) if by_order else runs(sales.person[entries])
    base = np.zeros(len(first), dtype=np.int64)
    np.add.at(base, group, amount)
    pays = np.flatnonzero(base)
    opening = entries[first[pays]]
    return Sources(
        seller=sales.person[opening],
        sale=opening if by_order else np.full(len(opening), NONE, dtype=np.int64),
        base=base[pays],
        currency=np.full(len(opening), currency, dtype=np.int16),
        currencies=(currency,),
    )


def orders(sales: Sales, entries: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put the ``entries`` (indexes, sorted) of each seller's order together, though another order may lie between them in time.

    Returns which of the entries each order begins with, in rising order, and the order of each entry.
    """
    person, order = sales.person[entries], sales.order[entries]
    first, group = runs(person, order)
    falls = (order[first[1:]] < order[first[:-1]]) & (person[first[1:]] == person[first[:-1]])
    if not falls.any():  # numbers that rise with time are there once
        return first, group
    person, order = person[first], order[first]
    by_number = _sorted(person, order)
    opens, whole = runs(person[by_number], order[by_number])
    if len(opens) == len(by_number):
        return first, group
    opening = np.sort(by_number[opens])
    of_run = np.empty(len(by_number), dtype=np.int64)
    of_run[by_number] = np.searchsorted(opening, by_number[opens])[whole]
    return first[opening], of_run[group]


def _sorted(person: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort rows by person and order; rows of the same keep theirs. As one number they are sorted many times as quickly."""
    span = int(order.max()) - int(order.min()) + 1
    if (int(person.max()) + 1) * span > np.iinfo(np.int64).max:
        return np.lexsort((order, person))
    return np.argsort(person * span + (order - order.min()), kind="stable")
