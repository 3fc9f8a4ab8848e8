"""Money arithmetic: the frozen table of currencies and the one rounding.

Amounts are int64 minor units of a currency. The table is ours, so that an upgrade of a library can never rescale what
is stored, and codes that were withdrawn lately stay, for the history that is in them. A currency's index in
``CURRENCIES`` is for arrays in memory and is never stored.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DECIMALS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
        "CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
        "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
        "SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER "
        "ZAR ZMW ZWG ZWL"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
EXPONENTS: Final = dict(sorted((code, digits) for digits, codes in _DECIMALS.items() for code in codes.split()))
"""How many decimals each ISO 4217 currency has: one unit is ``10 ** EXPONENTS[code]`` minor units."""

CURRENCIES: Final = tuple(EXPONENTS)
INDEX: Final = {code: index for index, code in enumerate(CURRENCIES)}

PPM: Final = 1_000_000
"""A whole, in parts per million."""

LIMIT: Final = 2**62
"""Sums of absolute amounts from here on are refused; half of int64 is left as room for the check itself."""

_SAFELY: Final = 2**54
"""Bounds of sums up to here may be added up for every bonus and level of a plan, and still say that all fits."""

_STRETCH: Final = 2**15
"""How many amounts are multiplied at a time: what a processor's cache holds is several times as quick."""

_MOST_DENOMINATOR: Final = 2**50
"""Up to here a share is exact, see ``divide_product``."""


class Rounding(StrEnum):
    """How a payment line is rounded. All three are the same for an amount and its reversal."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    TRUNCATE = "truncate"


class AmountTooLarge(ArithmeticError):
    """A volume or an amount does not fit 64 bits. Nothing is ever wrapped."""


def share(amount: ArrayLike, num: int, den: int, mode: Rounding) -> NDArray[np.int64]:
    """Return ``amount * num / den``, rounded once: the only rounding of money.

    Half up is away from zero, so that the share of a reversal is the reversal of the share. Raises AmountTooLarge if
    a share does not fit 64 bits.

    >>> share([1050, -1050], 50_000, 1_000_000, Rounding.HALF_UP)
    array([ 53, -53])
    """
    values = np.asarray(amount, dtype=np.int64)
    shares = np.empty_like(values)
    for start in range(0, len(values), _STRETCH):
        stretch = values[start : start + _STRETCH]
        quotient, remainder = divide_product(np.abs(stretch), num, den)
        _round(quotient, remainder, den, mode)
        np.negative(quotient, out=quotient, where=stretch < 0)
        shares[start : start + _STRETCH] = quotient
    return shares


def share_of_sums(
    parts: Iterable[tuple[NDArray[np.int64], NDArray[np.int64], int]], den: int, groups: int, mode: Rounding
) -> NDArray[np.int64]:
    """Return, for each group, the sum of its shares, exact until it is rounded once at the end.

    Each of ``parts`` is amounts, the group of each, and the ``num`` that they are multiplied by.
    """
    whole = np.zeros(groups, dtype=np.int64)
    fractions = np.zeros(groups, dtype=np.int64)
    most = 0.0
    for amount, group, num in parts:
        quotient, remainder = divide_product(np.abs(amount), num, den)
        most += float(quotient.sum(dtype=np.float64)) + len(amount)
        np.add.at(whole, group, np.where(amount < 0, -quotient, quotient))
        np.add.at(fractions, group, np.where(amount < 0, -remainder, remainder))
        carried, fractions = np.divmod(fractions, np.int64(den))
        whole += carried
    if most >= LIMIT:
        raise AmountTooLarge("the sum of the amounts does not fit 64 bits")
    negative = whole < 0
    borrowed = negative & (fractions > 0)
    quotient = np.where(negative, -whole - borrowed, whole)
    remainder = np.where(borrowed, den - fractions, fractions)
    _round(quotient, remainder, den, mode)
    return np.where(negative, -quotient, quotient)


def _round(quotient: NDArray[np.int64], remainder: NDArray[np.int64], den: int, mode: Rounding) -> None:
    """Round quotients >= 0 by what remained, in place."""
    if mode is Rounding.TRUNCATE:
        return
    twice = remainder * 2
    if mode is Rounding.HALF_EVEN:
        twice += quotient & 1  # an odd quotient goes up from the exact half on, an even one only beyond it
        quotient += twice > den
    else:
        quotient += twice >= den


def divide_product(amount: NDArray[np.int64], num: int, den: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return quotient and remainder of ``amount * num / den`` for amounts >= 0, as if by 128-bit integers.

    Where the product does not fit 64 bits, a quotient in floating point is at most ``2**12`` off, and the remainder
    that it leaves, in wrapping 64-bit arithmetic, is exact as long as ``2**12 * den`` fits: it corrects the quotient.
    """
    if not 0 <= num < 2**63 or not 0 < den < _MOST_DENOMINATOR:
        raise ValueError(f"a share is num/den with 0 <= num < 2**63 and 0 < den < 2**50, not {num}/{den}")
    largest = int(amount.max(initial=0))
    if int(amount.min(initial=0)) < 0:
        raise AmountTooLarge("an amount does not fit 64 bits")
    if largest * num // den >= LIMIT:
        raise AmountTooLarge(f"{largest} * {num}/{den} does not fit 64 bits")
    if largest * num < LIMIT:
        quotient, remainder = np.divmod(amount * np.int64(num), np.int64(den))
        return quotient, remainder
    estimate = np.floor(amount.astype(np.float64) * (num / den)).astype(np.int64)
    wrapped = amount.view(np.uint64) * np.uint64(num) - estimate.view(np.uint64) * np.uint64(den)
    correction, remainder = np.divmod(wrapped.view(np.int64), np.int64(den))
    return estimate + correction, remainder


def scaled(values: NDArray[np.int64], num: NDArray[np.int64], den: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``values * num / den`` rounded down, pair by pair, for ``num >= 0`` and ``den > 0``; exact as ``divide_product``.

    Differences of such figures of running sums split an amount without a remainder.
    """
    largest = np.abs(values).astype(np.float64) * num
    if not len(values) or float(largest.max()) < LIMIT:
        return values * num // den
    if int(den.max()) >= _MOST_DENOMINATOR or float((largest / den).max()) >= LIMIT:
        raise AmountTooLarge("a sum of money is too large to be split exactly")
    estimate = np.floor(values.astype(np.float64) * (num / den)).astype(np.int64)
    wrapped = values.view(np.uint64) * num.view(np.uint64) - estimate.view(np.uint64) * den.view(np.uint64)
    exact: NDArray[np.int64] = estimate + wrapped.view(np.int64) // den
    return exact


def require_summable(values: NDArray[np.int64], what: str) -> None:
    """Refuse ``values`` whose sum, in any grouping, might not fit 64 bits."""
    if at_most(values) >= LIMIT:
        raise AmountTooLarge(f"the sum of {what} does not fit 64 bits")


def added(parts: Iterable[NDArray[np.int64]], what: str) -> NDArray[np.int64]:
    """Add arrays of one shape up, place by place; of at least one. Raises AmountTooLarge where a sum might not fit 64 bits."""
    first, *others = parts
    total, most = first.copy(), float(np.abs(first.astype(np.float64)).max(initial=0))
    for each in others:
        most += float(np.abs(each.astype(np.float64)).max(initial=0))
        if most >= LIMIT:
            raise AmountTooLarge(f"the sum of {what} does not fit 64 bits")
        total += each
    return total


def at_most(values: NDArray[np.int64]) -> float:
    """Bound the sum of absolute ``values`` from above: by the largest of them, or added up where that might not fit."""
    if not values.size:
        return 0.0
    largest = max(int(values.max()), -int(values.min()))
    rough = float(largest) * values.size
    return rough if rough < _SAFELY else float(np.abs(values.astype(np.float64)).sum())
