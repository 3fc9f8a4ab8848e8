"""Arithmetic on trees in preorder: each function against a plain loop, on any forest, and quick on lines of a million."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import tree
from tests.commissions.engine.outline import outline


@st.composite
def forests(draw, most=40):
    """Parents of a forest in which a parent comes first, bushy or deep."""
    count = draw(st.integers(0, most))
    reach = draw(st.sampled_from([1, 2, most]))
    return np.array(
        [index - draw(st.integers(1, min(index + 1, reach))) if draw(st.integers(0, 9)) else -1 for index in range(count)],
        dtype=np.int64,
    )


@st.composite
def preordered(draw):
    """Parents and sizes of a forest in preorder."""
    parent = draw(forests())
    order = walk(parent)
    place = {row: index for index, row in enumerate(order)}
    renamed = [place[parent[row]] if parent[row] >= 0 else -1 for row in order]
    return np.array(renamed, dtype=np.int64), np.array([len(below(renamed, row)) for row in range(len(order))], dtype=np.int64)


def walk(parent):
    """Every row after its parent, depth first."""
    order, waiting = [], [row for row in range(len(parent)) if parent[row] < 0][::-1]
    while waiting:
        row = waiting.pop()
        order.append(row)
        waiting.extend([child for child in range(len(parent)) if parent[child] == row][::-1])
    return order


def above(parent, row):
    """The upline, nearest first."""
    upline = []
    while parent[row] >= 0:
        row = int(parent[row])
        upline.append(row)
    return upline


def below(parent, row):
    """The downline, the person included."""
    return [each for each in range(len(parent)) if each == row or row in above(parent, each)]


marks = st.integers(0, 2**40 - 1)


def marked(bits, count):
    return np.array([bool(bits >> row & 1) for row in range(count)], dtype=np.bool_)


def test_downline_sum_counts_the_member_and_everyone_below():
    names, volume, _, size = outline("""
        ana        1
          ben     10
            cy   100
          dee   1000
    """)
    assert dict(zip(names, tree.downline_sum(volume, size), strict=True)) == {"ana": 1111, "ben": 110, "cy": 100, "dee": 1000}


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(tree).failed == 0


@given(forests(), st.randoms())
def test_preorder_puts_siblings_as_they_come_whatever_order_the_rows_are_in(parent, random):
    shuffled = list(range(len(parent)))
    random.shuffle(shuffled)
    place = {row: index for index, row in enumerate(shuffled)}
    mixed = np.array([place[parent[row]] if parent[row] >= 0 else -1 for row in shuffled], dtype=np.int64)
    assert tree.preorder(mixed).tolist() == walk(mixed)


@given(preordered())
def test_sizes_and_depths_are_those_of_a_walk(forest):
    parent, size = forest
    assert tree.sizes(parent).tolist() == size.tolist()
    assert tree.depth(size).tolist() == [len(above(parent, row)) for row in range(len(parent))]
    tree.require_preorder(parent, size)


@given(preordered(), marks, st.data())
def test_sums_counts_and_marks_are_those_of_a_walk(forest, bits, data):
    parent, size = forest
    people = range(len(parent))
    values = np.array(data.draw(st.lists(st.integers(-99, 99), min_size=len(parent), max_size=len(parent))), dtype=np.int64)
    mark = marked(bits, len(parent))
    children = [[child for child in people if parent[child] == row] for row in people]
    assert tree.downline_sum(values, size).tolist() == [sum(values[below(parent, row)]) for row in people]
    assert tree.sum_upward(values, parent).tolist() == [values[row] + sum(values[above(parent, row)]) for row in people]
    assert tree.holds_below(mark, size).tolist() == [any(mark[below(parent, row)]) for row in people]
    assert tree.count_above(mark, size).tolist() == [sum(mark[above(parent, row)]) for row in people]
    assert tree.sum_of_children(values, parent).tolist() == [sum(values[children[row]]) for row in people]
    assert tree.count_children(mark, parent).tolist() == [sum(mark[children[row]]) for row in people]


@given(preordered(), marks)
def test_the_next_upline_is_the_nearest_who_is_marked(forest, bits):
    parent, _ = forest
    mark = marked(bits, len(parent))
    nearest = [next((each for each in above(parent, row) if mark[each]), -1) for row in range(len(parent))]
    assert tree.next_upline(mark, parent).tolist() == [*nearest, -1]


@given(preordered(), marks)
def test_people_with_their_uplines_are_found_in_order(forest, bits):
    parent, size = forest
    some = np.flatnonzero(marked(bits, len(parent)))
    expected = sorted({each for person in some for each in (int(person), *above(parent, person))})
    assert tree.with_uplines(some, parent, size).tolist() == expected


def test_uplines_of_many_are_found_like_those_of_a_few():
    count = 50_000
    line = np.arange(-1, count - 1)
    size = np.arange(count, 0, -1)
    for last in (100, count - 2):
        assert (tree.with_uplines(np.array([last, 7]), line, size) == np.arange(last + 1)).all()


@pytest.mark.parametrize(
    ("parent", "size", "message"),
    [
        ([-1, 2, 0], [3, 1, 1], "row 1 has parent 2, expected an earlier row or -1"),
        ([-2], [1], "row 0 has parent -2"),
        ([-1, 0, 0], [2, 1, 1], "the downline of row 2 reaches beyond its parent's"),
        ([-1, 0, 1], [3, 1, 1], "the downline of row 2 reaches beyond its parent's"),
        ([-1, 0], [3, 1], "the size of row 0 is not that of its downline"),
        ([-1, -1], [1, 0], "the size of row 1 is not that of its downline"),
        ([-1, 0, 0, 1], [4, 2, 1, 1], "the downline of row 3 reaches beyond its parent's"),
    ],
)
def test_arrays_that_are_no_preorder_are_refused_by_row(parent, size, message):
    with pytest.raises(tree.BrokenTree, match=message):
        tree.require_preorder(np.array(parent), np.array(size))


@pytest.mark.parametrize("parent", [[0], [1, 0], [-1, 2, 3, 1]])
def test_a_circle_is_refused(parent):
    with pytest.raises(tree.BrokenTree, match="runs in a circle"):
        tree.preorder(np.array(parent))
    with pytest.raises(tree.BrokenTree, match="runs in a circle"):
        tree.next_upline(np.zeros(len(parent), dtype=np.bool_), np.array(parent))


def test_a_line_a_million_deep_takes_rounds_that_grow_with_its_logarithm():
    count = 1_000_000
    line = np.arange(-1, count - 1)
    size = tree.sizes(line)
    assert (size == np.arange(count, 0, -1)).all()
    assert (tree.preorder(line) == np.arange(count)).all()
    only_the_root = np.zeros(count, dtype=np.bool_)
    only_the_root[0] = True
    assert (tree.next_upline(only_the_root, line)[1:-1] == 0).all()
    assert tree.depth(size)[-1] == count - 1


@given(preordered(), st.data())
def test_places_among_siblings_are_how_many_have_more(given_forest, data):
    parent, _ = given_forest
    values = np.array([data.draw(st.integers(-2, 3)) for _ in parent], dtype=np.int64)
    places = tree.place_among_siblings(values, parent)
    for row in range(len(parent)):
        others = [each for each in range(len(parent)) if parent[each] == parent[row]]
        larger = [each for each in others if (-values[each], each) < (-values[row], row)]
        assert places[row] == len(larger)
