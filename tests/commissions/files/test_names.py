"""Names and the numbers they go by: a whole number is its own, however many are read at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.files.columns import Column, Unfit
from commissions.files.values import Names

plain = st.integers(1, 10**19).map(str)
odd = st.sampled_from(["0", "007", "", " 7", "7 ", "+7", "-7", "1_000", "٣", "²", "1.0", "ana", "12a"])


@given(st.lists(st.one_of(plain, odd), min_size=1, max_size=8))
def test_many_at_once_are_numbered_as_each_is(texts):
    names = Names()
    alone = [names.number(text) for text in texts]
    assert Column(names.number, many=names.numbers).read(texts).tolist() == alone
    together = names.numbers(texts)
    assert together is None or together.tolist() == alone
    assert [names.name(number) for number in alone] == [text.strip() or "0" for text in texts]


@given(st.lists(st.integers(1, 10**18 - 1), min_size=1, max_size=50))
def test_plain_numbers_are_taken_together(numbers):
    assert Names.numbers(list(map(str, numbers))).tolist() == numbers


def test_an_empty_name_among_numbers_is_still_refused():
    names = Names()
    column = Column(names.needed, many=names.numbers)
    with pytest.raises(Unfit, match="a name"):
        column.read(["1", "", "3"])
