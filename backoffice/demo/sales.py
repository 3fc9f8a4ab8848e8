"""Three months of orders: who buys when, what, how much, and what comes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from backoffice.demo import calendar
from backoffice.demo.people import MARKETS, Customers, Distributors

CHUNK = 100_000
MONTH = 30 * 86_400
REFUNDED = 0.025
LEAST_OF_STAR = 4
RECENT = 3
"""So many of the leader's customers have bought within the last day, whatever the seed."""
RECENT_APART = 7 * 3600


@dataclass
class Orders:
    """Orders in the order of their payment. A buyer below ``sellers`` is a distributor, the others are customers."""

    buyer: NDArray[np.int64]
    paid: NDArray[np.int64]
    sellers: int

    def __len__(self) -> int:
        return len(self.buyer)


@dataclass
class Basket:
    """What a stretch of orders consists of: for each line its order, product and quantity; for refunds line and instant."""

    order: NDArray[np.int64]
    product: NDArray[np.int64]
    quantity: NDArray[np.int64]
    refund: dict[int, tuple[int, bool]]
    """By order of the stretch: when it comes back, and whether all of it."""


def orders(sellers: Distributors, buyers: Customers, start: datetime, end: datetime, rng: np.random.Generator) -> Orders:
    """Decide who buys when."""
    months = (calendar.seconds(end) - calendar.seconds(start)) / MONTH
    rate = np.concatenate((sellers.habit, buyers.habit)) * months
    market = np.concatenate((sellers.market, buyers.market))
    since = np.concatenate((sellers.enrolled, buyers.since))
    times = rng.poisson(rate)
    star = len(sellers) + buyers.star
    fresh = len(sellers) + (buyers.referrer[: RECENT + 1] == sellers.leader).nonzero()[0][1:]
    times[fresh] = np.maximum(1, times[fresh])
    times[star] = max(LEAST_OF_STAR, times[star])
    buyer = np.repeat(np.arange(len(rate)), times)
    draws, within = rng.random(len(buyer)), rng.random(len(buyer))
    paid = np.zeros(len(buyer), dtype=np.int64)
    for code, name in enumerate(MARKETS):
        at = (market[buyer] == code).nonzero()[0]
        paid[at] = calendar.Rhythm(name, start, end).instants(draws[at], within[at])
    lasts = np.cumsum(times)[fresh] - 1
    paid[lasts] = calendar.seconds(end) - 2 * 3600 - RECENT_APART * np.arange(len(fresh))
    kept = paid >= since[buyer]
    order = np.argsort(paid[kept], kind="stable")
    return Orders(buyer[kept][order], paid[kept][order], len(sellers))


def stretches(count: int) -> Iterator[tuple[int, int]]:
    """Cut so many orders into stretches, half-open."""
    for first in range(0, count, CHUNK):
        yield first, min(count, first + CHUNK)


def basket(paid: NDArray[np.int64], weights: NDArray[np.float64], end: datetime, rng: np.random.Generator) -> Basket:
    """Fill a stretch of orders with products, no product twice in one order, and decide what comes back."""
    count = len(paid)
    lines = 1 + np.minimum(rng.poisson(0.75, count), 4)
    order = np.repeat(np.arange(count), lines)
    product = np.searchsorted(np.cumsum(weights), rng.random(len(order))).clip(max=len(weights) - 1)
    quantity = 1 + (rng.random(len(order)) < 0.22).astype(np.int64) + (rng.random(len(order)) < 0.05)
    _unique, first = np.unique(order * len(weights) + product, return_index=True)
    kept = np.sort(first)
    back = (rng.random(count) < REFUNDED).nonzero()[0]
    when = paid[back] + ((0.5 + 11 * rng.random(len(back))) * 86_400).astype(np.int64)
    whole = rng.random(len(back)) < 0.6
    last = calendar.seconds(end)
    refund = {int(nth): (int(at), bool(everything)) for nth, at, everything in zip(back, when, whole, strict=True) if at < last}
    return Basket(order[kept], product[kept], quantity[kept], refund)
