"""Gathering sales to what a payment line pays on: an order, or all that a seller sold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.snapshot import NONE, Sales


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What a bonus pays on, one row per order or per seller, in order of the sellers.

    ``base`` is hundredths of a point where ``currency`` is NONE, else minor units of it. ``sale`` is the first entry of
    the order, NONE where a row is all that a seller sold. ``currencies`` are the distinct values of ``currency``.
    """

    seller: NDArray[np.int64]
    sale: NDArray[np.int64]
    base: NDArray[np.int64]
    currency: NDArray[np.int16]
    currencies: tuple[int, ...]


def of_volume(sales: Sales, *, by_order: bool) -> Sources:
    """Add up commissionable volume by order or by seller; what adds up to nothing is left out."""
    return _gather(sales, np.arange(len(sales)), sales.cv, NONE, by_order=by_order)


def of_amount(sales: Sales, entries: NDArray[np.int64], amount: NDArray[np.int64], *, by_order: bool) -> Sources:
    """Add up the ``amount`` of some ``entries`` by currency, and by order or by seller."""
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


def _gather(sales: Sales, entries: NDArray[np.int64], amount: NDArray[np.int64], currency: int, *, by_order: bool) -> Sources:
    """Add up ``amount`` over each run of entries of one seller, or of one order of that seller."""
    money.require_summable(amount, "the sales")
    person = sales.person[entries]
    starts = person[1:] != person[:-1]
    if by_order:
        order = sales.order[entries]
        starts |= order[1:] != order[:-1]
    first = np.flatnonzero(np.concatenate((np.ones(min(len(entries), 1), dtype=np.bool_), starts)))
    base = np.add.reduceat(amount, first) if len(first) else np.empty(0, dtype=np.int64)
    pays = np.flatnonzero(base)
    first = first[pays]
    return Sources(
        seller=person[first],
        sale=entries[first] if by_order else np.full(len(first), NONE, dtype=np.int64),
        base=base[pays],
        currency=np.full(len(first), currency, dtype=np.int16),
        currencies=(currency,),
    )
