"""Rounding is exact at any size, the same for an amount and its reversal, and what does not fit is refused."""

import doctest
import re
from fractions import Fraction

import numpy as np
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import money
from commissions.engine.money import AmountTooLarge, Rounding, share, share_of_sums
from tests.commissions.engine.twin import round_once

modes = st.sampled_from(list(Rounding))
amounts = st.one_of(st.integers(-(10**4), 10**4), st.integers(-(2**61), 2**61))
nums = st.one_of(st.integers(0, 10**7), st.integers(0, 2**62))
dens = st.one_of(st.integers(1, 1000), st.integers(1, 2**50 - 1), st.sampled_from([100, 10**6, 10**8]))


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(money).failed == 0


@given(st.lists(amounts, max_size=5), nums, dens, modes)
def test_a_share_is_the_exact_fraction_rounded_once(values, num, den, mode):
    exact = [Fraction(value) * num / den for value in values]
    if any(abs(each) >= 2**62 for each in exact):
        with pytest.raises(AmountTooLarge):
            share(values, num, den, mode)
        return
    assert share(values, num, den, mode).tolist() == [round_once(each, mode) for each in exact]


@given(st.lists(amounts, max_size=5), nums, dens, modes)
def test_the_share_of_a_reversal_is_the_reversal_of_the_share(values, num, den, mode):
    if all(abs(value) * num // den < 2**62 for value in values):
        assert (share([-value for value in values], num, den, mode) == -share(values, num, den, mode)).all()


@given(st.lists(st.integers(0, 20), min_size=1), modes)
def test_exact_halves_go_where_the_mode_says(numbers, mode):
    halves = [2 * number + 1 for number in numbers]
    expected = [round_once(Fraction(half, 2), mode) for half in halves]
    assert share(halves, 1, 2, mode).tolist() == expected


@given(st.lists(st.tuples(amounts, st.integers(0, 2), st.integers(0, 10**7)), max_size=8), dens, modes)
def test_a_share_of_sums_is_rounded_once_for_the_whole_sum(parts, den, mode):
    exact = [Fraction(0)] * 3
    for amount, group, num in parts:
        exact[group] += Fraction(amount) * num / den
    arrays = [(np.array([amount]), np.array([group]), num) for amount, group, num in parts]
    if sum(abs(Fraction(amount) * num / den) for amount, _, num in parts) >= 2**61:
        return
    assert share_of_sums(arrays, den, 3, mode).tolist() == [round_once(each, mode) for each in exact]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 3), st.integers(0, 4)), max_size=4), st.integers(1, 12), modes)
def test_sums_of_less_than_a_unit_are_rounded_as_the_mode_says(parts, den, mode):
    exact = [
        sum((Fraction(amount) * num / den for amount, group, num in parts if group == each), Fraction(0)) for each in range(4)
    ]
    arrays = [(np.array([amount]), np.array([group]), num) for amount, group, num in parts]
    assert share_of_sums(arrays, den, 4, mode).tolist() == [round_once(each, mode) for each in exact]


@given(st.lists(st.integers(-(2**50), 2**50), min_size=1, max_size=20), st.integers(0, 2**49), st.integers(1, 2**49))
def test_parts_are_multiplied_exactly_and_rounded_down(values, num, den):
    some = np.array(values, dtype=np.int64)
    nums, dens = np.full(len(some), min(num, den)), np.full(len(some), den)
    assert money.scaled(some, nums, dens).tolist() == [value * min(num, den) // den for value in values]


def test_what_could_not_be_split_exactly_is_refused():
    huge = np.array([2**61])
    with pytest.raises(money.AmountTooLarge):
        money.scaled(huge, np.array([2**60]), np.array([2**60 + 1]))


def test_a_long_array_is_rounded_like_a_short_one():
    amounts = np.arange(-50_000, 50_000) * 7
    expected = [round_once(Fraction(int(amount) * 33_333, 10**6), "half_even") for amount in amounts]
    assert share(amounts, 33_333, 10**6, Rounding.HALF_EVEN).tolist() == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: share([2**62], 1, 1, Rounding.HALF_UP),
        lambda: share([2**40], 2**40, 1, Rounding.HALF_UP),
        lambda: share([-(2**63)], 1, 2, Rounding.TRUNCATE),
        lambda: money.require_summable(np.array([2**61, 2**61]), "PV"),
        lambda: money.require_summable(np.array([2**61, -(2**61)]), "PV"),
        lambda: share_of_sums([(np.array([2**61]), np.array([0]), 1)] * 3, 1, 1, Rounding.HALF_UP),
    ],
)
def test_what_does_not_fit_64_bits_is_refused_and_never_wrapped(call):
    with pytest.raises(AmountTooLarge, match="fit 64 bits"):
        call()


@pytest.mark.parametrize(("num", "den"), [(-1, 1), (1, 0), (1, -1), (1, 2**50), (2**63, 1)])
def test_a_fraction_beyond_what_is_exact_is_refused(num, den):
    with pytest.raises(ValueError, match=re.escape(f"not {num}/{den}")):
        share([1], num, den, Rounding.HALF_UP)


def test_the_table_has_the_active_currencies_once_in_order_and_only_codes_that_exist():
    assert list(money.CURRENCIES) == sorted(set(money.CURRENCIES))
    assert set(money.EXPONENTS.values()) == {0, 2, 3, 4}
    assert [money.EXPONENTS[code] for code in ("JPY", "USD", "EUR", "KWD", "CLF", "ISK", "MGA")] == [0, 2, 2, 3, 4, 0, 2]
    assert {code: money.CURRENCIES[place] for code, place in money.INDEX.items()} == {code: code for code in money.CURRENCIES}
    named = set(Locale("en").currencies)
    assert set(money.CURRENCIES) <= named
    assert len(money.CURRENCIES) > 160
