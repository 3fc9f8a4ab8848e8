"""From who is paid to payment lines: multiplying, rounding once, and gathering, the same for every kind of bonus."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses.bonus import Bonus, Unit, Walk
from commissions.engine.bonuses.sources import Sources
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Reason, Standings
from commissions.engine.snapshot import NONE, Snapshot


def pay(plan: Plan, index: int, snapshot: Snapshot, standings: Standings) -> Iterator[Lines]:
    """Yield the lines of one bonus of the plan, a block for each level."""
    bonus = plan.bonuses[index]
    sources = bonus.sources(snapshot.sales)
    sellers, seller = _distinct(sources.seller)
    walk = bonus.walk(plan, snapshot.people, standings, sellers)
    if bonus.line is Unit.PAYEE:
        yield _gathered(plan, index, bonus, sources, walk, seller)
        return
    for place, rate_ppm in enumerate(bonus.rates_ppm):
        amount = np.empty(len(sources.base), dtype=np.int64)
        for currency in np.unique(sources.currency):
            here = sources.currency == currency
            num, den = fraction(plan, rate_ppm, int(currency))
            amount[here] = money.share(sources.base[here], num, den, bonus.rounding)
        yield Lines(
            bonus=np.full(len(amount), index, dtype=np.int16),
            payee=walk.payee[place][seller].astype(np.int32),
            source=sources.seller.astype(np.int32),
            sale=sources.sale.astype(np.int32),
            level=np.full(len(amount), bonus.first_level + place, dtype=np.int16),
            base=sources.base,
            currency=sources.currency,
            rate_ppm=np.full(len(amount), rate_ppm, dtype=np.int32),
            amount_minor=amount,
            missed=walk.missed[place][seller].astype(np.int32),
            reason=walk.reason[place][seller],
        )


def fraction(plan: Plan, rate_ppm: int, currency: int) -> tuple[int, int]:
    """Return what turns a base into an amount of the plan's currency: the rate times the worth of what it is in."""
    num, den = plan.value_of(currency)
    return (num, den) if rate_ppm == money.PPM else (num * rate_ppm, den * money.PPM)


def _gathered(
    plan: Plan, index: int, bonus: Bonus, sources: Sources, walk: Walk, seller: NDArray[np.int64]
) -> Lines:
    """Gather all that each payee gets into one line per currency, exact until that line is rounded.

    What nobody earned is gathered by who missed it and why.
    """
    levels = len(bonus.rates_ppm)
    payee, missed, reason = (figures[:, seller].ravel() for figures in (walk.payee, walk.missed, walk.reason))
    base = np.tile(sources.base, levels)
    currency = np.tile(sources.currency, levels)
    earned = payee != NONE
    keys = np.stack(
        (currency, payee, np.where(earned, NONE, missed), np.where(earned, np.int8(Reason.PAID), reason))
    )
    distinct, group = np.unique(keys, axis=1, return_inverse=True)
    amount = np.zeros(distinct.shape[1], dtype=np.int64)
    gathered_base = np.zeros_like(amount)
    money.require_summable(base, "the volume")
    np.add.at(gathered_base, group, base)
    rate_ppm = np.repeat(np.array(bonus.rates_ppm, dtype=np.int64), len(seller))
    for code in np.unique(currency):
        num, den = plan.value_of(int(code))
        here = currency == code
        shares = money.share_of_sums(
            base[here], num * rate_ppm[here], den * money.PPM, group[here], len(amount), bonus.rounding
        )
        amount += shares
    return Lines(...)


def _distinct(sorted_values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct values of a sorted array, and for each value which of them it is."""
    starts = np.ones(len(sorted_values), dtype=np.bool_)
    starts[1:] = sorted_values[1:] != sorted_values[:-1]
    return sorted_values[starts], np.cumsum(starts) - 1
