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
        amount = _amounts(plan, bonus, sources, rate_ppm)
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


def _amounts(plan: Plan, bonus: Bonus, sources: Sources, rate_ppm: int) -> NDArray[np.int64]:
    """Multiply every base by the rate, convert it to the plan's currency and round it, all in one."""
    if len(sources.currencies) == 1:
        return money.share(sources.base, *fraction(plan, rate_ppm, sources.currencies[0]), bonus.rounding)
    amount = np.empty(len(sources.base), dtype=np.int64)
    for currency in sources.currencies:
        here = sources.currency == currency
        amount[here] = money.share(sources.base[here], *fraction(plan, rate_ppm, currency), bonus.rounding)
    return amount


def _gathered(plan: Plan, index: int, bonus: Bonus, sources: Sources, walk: Walk, seller: NDArray[np.int64]) -> Lines:
    """Gather all that each payee gets into one line per currency, exact until that line is rounded.

    What nobody earned is gathered by who missed it and why.
    """
    money.require_summable(np.tile(sources.base, len(bonus.rates_ppm)), "what the lines pay on")
    key = np.stack([_key(walk, place, seller, sources.currency) for place in range(len(bonus.rates_ppm))])
    distinct, group = np.unique(key, return_inverse=True)
    group = group.reshape(key.shape)
    base, amount = np.zeros((2, len(distinct)), dtype=np.int64)
    for code in sources.currencies:
        here = sources.currency == code
        shares = [fraction(plan, rate_ppm, code) for rate_ppm in bonus.rates_ppm]
        den = max(den for _, den in shares)
        parts = [(sources.base[here], group[place][here], num * (den // own)) for place, (num, own) in enumerate(shares)]
        amount += money.share_of_sums(parts, den, len(distinct), bonus.rounding)
        for values, of, _ in parts:
            np.add.at(base, of, values)
    payee, missed, reason, currency = _unpack(distinct)
    nowhere = np.full(len(distinct), NONE, dtype=np.int32)
    single = bonus.rates_ppm[0] if len(bonus.rates_ppm) == 1 else 0
    return Lines(
        bonus=np.full(len(distinct), index, dtype=np.int16),
        payee=payee,
        source=nowhere,
        sale=nowhere,
        level=np.zeros(len(distinct), dtype=np.int16),
        base=base,
        currency=currency,
        rate_ppm=np.full(len(distinct), single, dtype=np.int32),
        amount_minor=amount,
        missed=missed,
        reason=reason,
    )


_PERSON_BITS, _REASON_BITS = 40, 4


def _key(walk: Walk, place: int, seller: NDArray[np.int64], currency: NDArray[np.int16]) -> NDArray[np.int64]:
    """Put into one number the line that a share is gathered in: currency, and payee, or who missed it and why."""
    payee = walk.payee[place][seller]
    lost = (walk.missed[place][seller] + 1 << _REASON_BITS) + walk.reason[place][seller] + (1 << _PERSON_BITS)
    line: NDArray[np.int64] = np.where(payee == NONE, lost, payee)
    return line + (currency.astype(np.int64) + 1 << _PERSON_BITS + 1)


def _unpack(
    key: NDArray[np.int64],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8], NDArray[np.int16]]:
    """Return payee, missed, reason and currency of a line's number."""
    currency = (key >> _PERSON_BITS + 1) - 1
    unearned = (key >> _PERSON_BITS) & 1 == 1
    rest = key & (1 << _PERSON_BITS) - 1
    payee = np.where(unearned, NONE, rest)
    missed = np.where(unearned, (rest >> _REASON_BITS) - 1, NONE)
    reason = np.where(unearned, rest & (1 << _REASON_BITS) - 1, Reason.PAID)
    return payee.astype(np.int32), missed.astype(np.int32), reason.astype(np.int8), currency.astype(np.int16)


def _distinct(sorted_values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct values of a sorted array, and for each value which of them it is."""
    starts = np.ones(len(sorted_values), dtype=np.bool_)
    starts[1:] = sorted_values[1:] != sorted_values[:-1]
    return sorted_values[starts], np.cumsum(starts) - 1
