"""From who is paid to payment lines: multiplying, rounding once, and gathering, the same for every kind of bonus."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commissions.engine import money
from commissions.engine.arrays import runs
from commissions.engine.bonuses.bonus import Unit, Walk
from commissions.engine.bonuses.sources import Sources
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.bonuses.walking import Walking
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


def walked(calculation: "Calculation", index: int, bonus: "Walking") -> Iterator[Lines]:
    """Yield the lines of a bonus that walks, a block for each step."""
    plan = calculation.plan
    sources = bonus.sources(calculation)
    starters, starter = _distinct(sources.seller if sources.start is None else sources.start)
    walk = bonus.walk(calculation, index, starters)
    if bonus.line is Unit.PAYEE:
        yield _gathered(plan, index, walk, sources, starter)
        return
    for step in range(len(walk.payee)):
        rate_ppm = np.broadcast_to(walk.rate_ppm[step], len(starters))[starter]
        pays = slice(None) if rate_ppm.all() else np.flatnonzero(rate_ppm)
        level = np.broadcast_to(walk.level[step], len(starters))[starter]
        yield block(
            plan,
            index,
            payee=walk.payee[step][starter][pays],
            source=sources.seller[pays],
            sale=sources.sale[pays],
            level=level[pays],
            base=sources.base[pays],
            currency=sources.currency[pays],
            rate_ppm=rate_ppm[pays],
            missed=walk.missed[step][starter][pays],
            reason=walk.reason[step][starter][pays],
        )


def block(
    plan: "Plan",
    index: int,
    *,
    payee: NDArray[np.int64],
    base: NDArray[np.int64],
    currency: ArrayLike = NONE,
    rate_ppm: ArrayLike = money.PPM,
    quantity: ArrayLike = 1,
    of: ArrayLike = 1,
    source: ArrayLike = NONE,
    sale: ArrayLike = NONE,
    level: ArrayLike = 0,
    missed: ArrayLike = NONE,
    reason: ArrayLike = Reason.PAID,
    amount_minor: NDArray[np.int64] | None = None,
) -> Lines:
    """Make lines of one bonus: ``base * worth * rate * quantity / of``, rounded once as the bonus says.

    Whatever is the same on every line may be given as one number. ``amount_minor`` is only given for lines that gather
    several rates (``rate_ppm`` 0), whose amount no single product is.
    """
    count = len(payee)

    def each(values: ArrayLike, dtype: type) -> NDArray[Any]:
        return np.broadcast_to(np.asarray(values, dtype=dtype), (count,))

    currencies, rates, quantities, ofs = (
        each(currency, np.int16),
        each(rate_ppm, np.int32),
        each(quantity, np.int64),
        each(of, np.int64),
    )
    if amount_minor is None:
        amount_minor = _amounts(plan, index, base, currencies, rates, quantities, ofs)
    nothing = np.broadcast_to(np.int64(0), (count,))
    return Lines(
        bonus=each(index, np.int16),
        payee=payee.astype(np.int32),
        source=each(source, np.int32),
        sale=each(sale, np.int32),
        level=each(level, np.int16),
        base=base,
        currency=currencies,
        rate_ppm=rates,
        quantity=quantities,
        of=ofs,
        amount_minor=amount_minor,
        person_cut_minor=nothing,
        cut_minor=nothing,
        missed=each(missed, np.int32),
        reason=each(reason, np.int8),
    )


def fraction(plan: "Plan", rate_ppm: int, currency: int) -> tuple[int, int]:
    """Return what turns a base into an amount of the plan's currency: the rate times the worth of what it is in."""
    num, den = plan.value_of(currency)
    return (num, den) if rate_ppm == money.PPM else (num * rate_ppm, den * money.PPM)


def _amounts(
    plan: "Plan",
    index: int,
    base: NDArray[np.int64],
    currency: NDArray[np.int64],
    rate_ppm: NDArray[np.int64],
    quantity: NDArray[np.int64],
    of: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Multiply, convert to the plan's currency and round, all in one, group by group of equal multipliers."""
    rounding = plan.bonuses[index].rounding
    multipliers = (currency, rate_ppm, quantity, of)
    if all(not len(base) or (each[0] == each).all() for each in multipliers):
        if not len(base):
            return np.zeros(0, dtype=np.int64)
        num, den = fraction(plan, int(rate_ppm[0]), int(currency[0]))
        return money.share(base, num * int(quantity[0]), den * int(of[0]), rounding)
    amount = np.empty(len(base), dtype=np.int64)
    order = np.lexsort(multipliers)
    first, _ = runs(*(each[order] for each in multipliers))
    for rows in np.split(order, first[1:]):
        one = rows[0]
        num, den = fraction(plan, int(rate_ppm[one]), int(currency[one]))
        amount[rows] = money.share(base[rows], num * int(quantity[one]), den * int(of[one]), rounding)
    return amount


def _gathered(plan: "Plan", index: int, walk: Walk, sources: Sources, starter: NDArray[np.int64]) -> Lines:
    """Gather all that each payee gets into one line per currency, exact until that line is rounded.

    What nobody earned is gathered by who missed it and why.
    """
    steps, starters = walk.payee.shape
    money.require_summable(np.tile(sources.base, max(steps, 1)), "what the lines pay on")
    key = (
        np.stack([_key(walk, step, starter, sources.currency) for step in range(steps)]) if steps else np.empty((0, 0), np.int64)
    )
    rates = np.stack([np.broadcast_to(walk.rate_ppm[step], starters)[starter] for step in range(steps)]) if steps else key
    distinct, group = np.unique(key, return_inverse=True)
    group = group.reshape(key.shape)
    base, amount = np.zeros((2, len(distinct)), dtype=np.int64)
    for code in sources.currencies:
        here = sources.currency == code
        shares = [
            (step, rate, *fraction(plan, rate, code))
            for step in range(steps)
            for rate in np.unique(rates[step][here]).tolist()
            if rate
        ]
        den = max((den for *_, den in shares), default=1)
        parts = []
        for step, rate, num, own in shares:
            rows = here & (rates[step] == rate)
            parts.append((sources.base[rows], group[step][rows], num * (den // own)))
        amount += money.share_of_sums(parts, den, len(distinct), plan.bonuses[index].rounding)
        for values, of, _ in parts:
            np.add.at(base, of, values)
    payee, missed, reason, currency = _unpack(distinct)
    lowest, highest = np.full(len(distinct), np.iinfo(np.int32).max), np.zeros(len(distinct), dtype=np.int64)
    pays = rates != 0
    np.minimum.at(lowest, group[pays], rates[pays])
    np.maximum.at(highest, group[pays], rates[pays])
    lines = block(
        plan,
        index,
        payee=payee,
        base=base,
        currency=currency,
        rate_ppm=np.where(lowest == highest, highest, 0),  # a line of several rates has none to show
        missed=missed,
        reason=reason,
        amount_minor=amount,
    )
    return lines if highest.all() else lines.take(np.flatnonzero(highest))


def gathered(
    payee: NDArray[np.int64], missed: NDArray[np.int64], reason: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Gather rows of one currency into lines: by payee, and what nobody earned by who missed it and why.

    Returns payee, missed and reason, ``[3, line]``, and the line of each row.
    """
    lost = payee == NONE
    key = np.stack((payee, np.where(lost, missed, NONE), np.where(lost, reason, np.int8(Reason.PAID))))
    distinct, group = np.unique(key, axis=1, return_inverse=True)
    return distinct, group.reshape(-1)


_PERSON_BITS, _REASON_BITS = 40, 4


def _key(walk: Walk, step: int, starter: NDArray[np.int64], currency: NDArray[np.int16]) -> NDArray[np.int64]:
    """Put into one number the line that a share is gathered in: currency, and payee, or who missed it and why."""
    payee = walk.payee[step][starter]
    lost = (walk.missed[step][starter] + 1 << _REASON_BITS) + walk.reason[step][starter] + (1 << _PERSON_BITS)
    line: NDArray[np.int64] = np.where(payee == NONE, lost, payee)
    return line + (currency.astype(np.int64) + 1 << _PERSON_BITS + 1)


def _unpack(
    key: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8], NDArray[np.int16]]:
    """Return payee, missed, reason and currency of a line's number."""
    currency = (key >> _PERSON_BITS + 1) - 1
    unearned = (key >> _PERSON_BITS) & 1 == 1
    rest = key & (1 << _PERSON_BITS) - 1
    payee = np.where(unearned, NONE, rest)
    missed = np.where(unearned, (rest >> _REASON_BITS) - 1, NONE)
    reason = np.where(unearned, rest & (1 << _REASON_BITS) - 1, Reason.PAID)
    return payee, missed, reason.astype(np.int8), currency.astype(np.int16)


def _distinct(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct values, sorted, and for each value which of them it is."""
    if (values[1:] < values[:-1]).any():
        distinct, place = np.unique(values, return_inverse=True)
        return distinct, place
    first, place = runs(values)
    return values[first], place
