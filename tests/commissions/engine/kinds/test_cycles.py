"""Counting cycles all at once comes to what making them one after the other does."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.bonuses.cycles import Cycle, Run

LEG = st.integers(0, 400)


def made(legs, cycle, *, always):
    """Make cycles as long as there are any, and yield what all so far took off the left and off the right leg."""
    left, right, is_left = *legs, legs[0] >= legs[1]
    took = [0, 0]
    while True:
        is_left = left >= right if always else is_left
        off = (cycle.stronger, cycle.weaker) if is_left else (cycle.weaker, cycle.stronger)
        if left < off[0] or right < off[1]:
            return
        left, right = left - off[0], right - off[1]
        took = [took[0] + off[0], took[1] + off[1]]
        yield took


def agree(pairs, cycle, *, always):
    """Assert that all cycles of all pairs of legs are those that are made one after the other."""
    legs = np.array(pairs, dtype=np.int64).T
    run = Run.of(legs, cycle, legs[0] >= legs[1], always=always)
    theirs = [list(made(pair, cycle, always=always)) for pair in pairs]
    assert run.count.tolist() == [len(each) for each in theirs]
    for number in range(1, int(run.count.max()) + 1):
        ours = run.takes(np.minimum(run.count, number)).T.tolist()
        assert ours == [each[min(number, len(each)) - 1] if each else [0, 0] for each in theirs]


@pytest.mark.parametrize("always", [False, True], ids=["decided once", "decided before every cycle"])
@pytest.mark.parametrize(("weaker", "stronger"), [*itertools.combinations_with_replacement(range(1, 5), 2)])
def test_all_small_legs_have_the_cycles_that_are_made_one_after_the_other(weaker, stronger, always):
    agree(list(itertools.product(range(16), repeat=2)), Cycle(stronger=stronger, weaker=weaker, amounts={}), always=always)


@given(st.lists(st.tuples(LEG, LEG), min_size=1, max_size=20), st.integers(1, 12), st.integers(0, 12), st.booleans())
def test_so_have_larger_ones(pairs, weaker, more, always):
    agree(pairs, Cycle(stronger=weaker + more, weaker=weaker, amounts={}), always=always)
