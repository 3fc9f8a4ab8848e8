"""orders.csv and parties.csv: what was sold, line by line, and at which party."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, snapshot
from commissions.engine.plan import Plan
from commissions.engine.snapshot import NONE, BuyerKind, Index, Parties, People, Sales
from commissions.files import values
from commissions.files.columns import Column, Read, Source, read
from commissions.files.refunds import Refunds
from commissions.files.values import NOBODY, Names, Words

_UNSAID = 2**62
"""What a row has that states nothing, beyond all that a row can state."""

_BUYERS = {"distributor": BuyerKind.DISTRIBUTOR, "preferred": BuyerKind.PREFERRED, "retail": BuyerKind.RETAIL}


@dataclass(frozen=True, slots=True)
class Orders:
    """The sales of a period, with the names of their orders (by entry id less 1) and how many rows lay outside of it."""

    sales: Sales
    order_of_row: NDArray[np.int64]
    products: tuple[str, ...]
    markets: tuple[str, ...]
    outside: int


@dataclass(frozen=True, slots=True)
class Ends:
    """The instants that bound a period, in microseconds since 1970 in UTC."""

    start: int
    end: int


def read_orders(
    source: Source, plan: Plan, people: People, names: Names, zone: ZoneInfo, ends: Ends, parties: Parties | None
) -> Orders:
    """Return the sales that were credited in the period. Raises BadFile."""
    products, markets = Words(), Words()
    rows = read(source, _columns(plan, names, zone, products, markets))
    column = rows.column
    order, person, at = column("id"), column("person"), column("at")
    _refuse_unknown(rows, person, people, "person", names)
    first_entry = _first_entry(order)
    _refuse_two_people(rows, first_entry - 1, person, names)
    kind = column("buyer_kind", BuyerKind.RETAIL)
    buyer = column("buyer")
    buyer = np.where((buyer == NOBODY) & (kind == BuyerKind.DISTRIBUTOR), person, buyer)
    refund_of = column("refund_of")
    currency = column("currency", money.INDEX[plan.currency])
    figures = {name: column(name) for name in ("pv", "cv", *(f"volume.{name}" for name in plan.volumes))}
    named = ("paid", "seller_price", *(f"amount.{name}" for name in plan.amounts))
    amounts = {name: _scaled(rows, name, column(name), currency) for name in named}
    stated = column("quantity", _UNSAID)
    quantity = np.where(stated == _UNSAID, np.where(refund_of == NOBODY, 1, -1), stated)
    inside = np.flatnonzero((at >= ends.start) & (at < ends.end))
    _refuse_without_rate(rows, plan, currency, inside)
    back = Refunds(rows, names, order, refund_of)
    back.refuse(at, zone, person, currency, {**figures, **amounts, "quantity": np.where(stated == _UNSAID, 0, stated)})
    original = back.original
    first = column("first_order", _UNSAID)
    if (first == _UNSAID).any():
        first = _first_orders(first, order, kind, buyer, at, refund_of, original)
    more = {"buyer": buyer, "first": first, **_further(rows, people, names, parties)}
    more |= {name: values_ for name, values_ in {**figures, **amounts}.items() if "." in name}
    columns = {
        "id": np.arange(1, len(rows) + 1),
        "person_id": person,
        "at": at,
        "order": first_entry,
        "buyer_kind": kind,
        "quantity": quantity,
        **{name: figures[name] for name in ("pv", "cv")},
        "paid_minor": amounts["paid"],
        "seller_minor": amounts["seller_price"],
        "currency": currency,
        "reverses": np.where(original == NONE, 0, original + 1),
    }
    which = slice(None) if len(inside) == len(rows) else inside  # a view of all, rather than a copy
    sales = snapshot.sales(
        Index(people.id),
        **{name: column_[which] for name, column_ in columns.items()},
        more={name: column_[which] for name, column_ in more.items()},
    )
    return Orders(sales, order, tuple(products.places), tuple(markets.places), len(rows) - len(inside))


def _further(rows: Read, people: People, names: Names, parties: Parties | None) -> dict[str, NDArray[np.int64]]:
    """Return the columns that sales have only where the file has them."""
    more: dict[str, NDArray[np.int64]] = {name: rows.columns[name] for name in ("product", "market") if name in rows.columns}
    if "code" in rows.columns:
        code = rows.columns["code"]
        _refuse_unknown(rows, code, people, "code", names)
        more["code"] = np.where(code == NOBODY, NONE, code)
    if "party" in rows.columns:
        more["party"] = _party_places(rows, rows.columns["party"], parties, names)
    return more


def read_parties(source: Source, people: People, names: Names, zone: ZoneInfo) -> Parties:
    """Return all parties of the file, in the order of their numbers. Raises BadFile."""
    instant = values.instant(zone)
    columns = {
        "id": Column(names.needed, needed=True, many=names.numbers),
        "host": Column(names.needed, needed=True, many=names.numbers),
        "seller": Column(names.needed, needed=True, many=names.numbers),
        "held_on": Column(instant, needed=True),
        "closed_on": Column(values.maybe(instant, 0)),
        "guests": Column(values.whole),
        "booked_from": Column(names.number, many=names.numbers),
    }
    rows = read(source, columns)
    column = rows.column
    ids, host, seller, booked = column("id"), column("host"), column("seller"), column("booked_from")
    _refuse_unknown(rows, host, people, "host", names)
    _refuse_unknown(rows, seller, people, "seller", names)
    order = np.argsort(ids, kind="stable")
    twice = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if twice.size:
        raise rows.bad(int(order[twice[0] + 1]), "id", "is there already")
    at = np.minimum(np.searchsorted(ids[order], booked), max(len(ids) - 1, 0))
    unknown = np.flatnonzero((booked != NOBODY) & (ids[order][at] != booked)) if len(ids) else order
    if unknown.size:
        raise rows.bad(int(unknown[0]), "booked_from", f"{names.name(int(booked[unknown[0]]))} is not among the parties")
    index = Index(people.id)
    return Parties(
        id=ids[order],
        host=index.of(host[order], "host"),
        seller=index.of(seller[order], "seller"),
        held_at=column("held_on")[order],
        closed_at=column("closed_on")[order],
        guests=column("guests")[order],
        booked_from=np.where(booked == NOBODY, NONE, at)[order],
    )


def _columns(plan: Plan, names: Names, zone: ZoneInfo, products: Words, markets: Words) -> dict[str, Column]:
    currency = values.word(money.INDEX, empty=money.INDEX[plan.currency])
    return {
        "id": Column(names.needed, needed=True, many=names.numbers),
        "person": Column(names.needed, needed=True, many=names.numbers),
        "buyer_kind": Column(values.word(_BUYERS)),
        "buyer": Column(names.number, many=names.numbers),
        "at": Column(values.instant(zone), needed=True),
        "quantity": Column(values.maybe(values.whole, _UNSAID)),
        **{name: Column(values.points) for name in ("pv", "cv", *(f"volume.{name}" for name in plan.volumes))},
        **{name: Column(values.amount) for name in ("paid", "seller_price", *(f"amount.{name}" for name in plan.amounts))},
        "currency": Column(currency),
        "product": Column(products.place),
        "market": Column(markets.place),
        "code": Column(names.number, many=names.numbers),
        "party": Column(names.number, many=names.numbers),
        "first_order": Column(values.word({"yes": 1, "no": 0}, empty=_UNSAID)),
        "refund_of": Column(names.number, many=names.numbers),
    }


def _scaled(rows: Read, name: str, amount: NDArray[np.int64], currency: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bring amounts from the decimals that they were read with to those of each row's currency."""
    spare = 10 ** (values.MOST_DECIMALS - np.array(list(money.EXPONENTS.values()), dtype=np.int64))[currency]
    scaled, rest = np.divmod(np.abs(amount), spare)
    if rest.any():
        row = int(np.flatnonzero(rest)[0])
        code = money.CURRENCIES[int(currency[row])]
        raise rows.bad(row, name, f"has more decimals than {code}, which has {money.EXPONENTS[code]}")
    return np.where(amount < 0, -scaled, scaled)


def _refuse_unknown(rows: Read, wanted: NDArray[np.int64], people: People, column: str, names: Names) -> None:
    unknown = np.flatnonzero((wanted != NOBODY) & ~np.isin(wanted, people.id))
    if unknown.size:
        row = int(unknown[0])
        raise rows.bad(row, column, f"{names.name(int(wanted[row]))} is not among the people")


def _refuse_two_people(rows: Read, head: NDArray[np.int64], person: NDArray[np.int64], names: Names) -> None:
    """Refuse an order with two people credited: a refund would not say whose. ``head`` is the first row of each row's order."""
    other = np.flatnonzero(person != person[head])
    if other.size:
        row = int(other[0])
        found, was, of = (names.name(int(each)) for each in (person[row], person[head[row]], rows.columns["id"][row]))
        said = f"is {found}; expected {was}, who is credited with order {of} on line {rows.lines[head[row]]}"
        raise rows.bad(row, "person", said)


def _refuse_without_rate(rows: Read, plan: Plan, currency: NDArray[np.int64], inside: NDArray[np.int64]) -> None:
    """Refuse sales of the period in a currency that the plan cannot convert."""
    known = [plan.currency, *plan.exchange]
    without = inside[~np.isin(currency[inside], [money.INDEX[code] for code in known])]
    if without.size:
        row = int(without[0])
        code = money.CURRENCIES[int(currency[row])]
        raise rows.bad(row, "currency", f"is {code}, which is not in the plan's exchange; expected {', '.join(known)}")


def _first_entry(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for every row, the number of the first row of its order: what rows of one order share."""
    _, first, inverse = np.unique(order, return_index=True, return_inverse=True)
    entry: NDArray[np.int64] = np.asarray(first[inverse] + 1, dtype=np.int64)
    return entry


def _first_orders(
    stated: NDArray[np.int64],
    order: NDArray[np.int64],
    kind: NDArray[np.int64],
    buyer: NDArray[np.int64],
    at: NDArray[np.int64],
    refund_of: NDArray[np.int64],
    original: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return what is ``stated`` by row, 1 for a first order, and where that is _UNSAID what the file tells.

    Each buyer's first order in the file is one, whatever other rows state; a buyer without a name has none. A refund is
    what the order is that it takes back.
    """
    known = np.flatnonzero((buyer != NOBODY) & (refund_of == NOBODY))
    by_time = known[np.lexsort((order[known], at[known], buyer[known], kind[known]))]
    same = (kind[by_time][1:] == kind[by_time][:-1]) & (buyer[by_time][1:] == buyer[by_time][:-1])
    heads = by_time[np.flatnonzero(np.concatenate(([True], ~same)))] if by_time.size else by_time
    unsaid = stated == _UNSAID
    first = np.where(unsaid, np.isin(order, order[heads]) & (refund_of == NOBODY), stated)
    back = np.flatnonzero(unsaid & (original != NONE))
    first[back] = first[original[back]]
    return first


def _party_places(rows: Read, party: NDArray[np.int64], parties: Parties | None, names: Names) -> NDArray[np.int64]:
    ids = parties.id if parties is not None else np.empty(0, dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, party), max(len(ids) - 1, 0))
    known = ids[at] == party if len(ids) else np.zeros(len(party), dtype=np.bool_)
    unknown = np.flatnonzero((party != NOBODY) & ~known)
    if unknown.size:
        row = int(unknown[0])
        raise rows.bad(row, "party", f"{names.name(int(party[row]))} is not among the parties")
    return np.where(party == NOBODY, NONE, at)
