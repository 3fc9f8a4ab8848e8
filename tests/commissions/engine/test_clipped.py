"""Clipped sums up a tree are what a plain loop from the bottom up says, on any forest, and quick on long lines."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.clipped import clipped_sums
from tests.commissions.engine.test_tree import forests


@given(forests(), st.data())
def test_any_forest_is_settled_as_by_a_loop_from_the_bottom_up(parent, data):
    """Also one of several roots, none of which adds to another."""
    numbers = st.lists(st.integers(-50, 50), min_size=len(parent), max_size=len(parent))
    add, low, more = (np.array(data.draw(numbers), dtype=np.int64) for _ in range(3))
    high = low + np.abs(more)
    settled, got = np.zeros((2, len(parent)), dtype=np.int64)
    for row in range(len(parent) - 1, -1, -1):
        settled[row] = min(max(got[row] + add[row], low[row]), high[row])
        if parent[row] >= 0:
            got[parent[row]] += settled[row]
    ours = clipped_sums(parent, add, low, high)
    assert ours[0].tolist() == settled.tolist()
    assert ours[1].tolist() == got.tolist()


def test_a_line_of_a_million_is_settled_without_walking_it():
    count = 1_000_000
    parent = np.arange(count, dtype=np.int64) - 1
    ones = np.ones(count, dtype=np.int64)
    settled, got = clipped_sums(parent, ones, 0 * ones, 200_000 * ones)
    below = np.arange(count - 1, -1, -1, dtype=np.int64)
    assert np.array_equal(settled, np.minimum(below + 1, 200_000))
    assert np.array_equal(got, np.minimum(below, 200_000))
