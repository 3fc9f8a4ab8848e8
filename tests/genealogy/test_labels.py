"""The arithmetic of labels, without a database."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from genealogy import labels
from genealogy.labels import FIRST, LAST, Stretch

ends = st.tuples(st.integers(FIRST, LAST), st.integers(FIRST, LAST)).map(sorted)


@given(ends=ends, share=st.floats(0, 1))
def test_spread_labels_are_in_order_within_the_ends_and_evenly_apart(ends, share):
    low, high = ends
    count = max(1, int(min(high - low + 1, 1000) * share))
    places = list(labels.spread(count, low, high))
    assert len(places) == count
    assert low <= places[0] and places[-1] <= high
    assert len({b - a for a, b in itertools.pairwise(places)}) <= 1
    assert places == sorted(set(places))


@given(spot=st.integers(FIRST, LAST), bits=st.integers(3, labels.BITS))
def test_an_aligned_stretch_holds_its_spot_and_lies_within_the_next_larger_one(spot, bits):
    low, high = labels.around(spot, bits)
    assert FIRST <= low <= spot <= high <= LAST
    assert high - low + 1 <= 2**bits
    if bits < labels.BITS:
        wider = labels.around(spot, bits + 1)
        assert wider[0] <= low and high <= wider[1]


@given(used=st.integers(2, 10**7), bits=st.integers(3, labels.BITS))
def test_the_larger_a_stretch_the_sparser_it_must_be(used, bits):
    stretch = Stretch(2**bits, 2 ** (bits + 1) - 1, used)
    assert stretch.roomy == (used <= (4 / 3) ** bits and used * labels.ROOM <= 2**bits)


def test_a_whole_tree_of_twenty_million_people_still_has_room():
    assert Stretch(FIRST, LAST, 40_000_000).roomy


@given(
    used=st.sets(st.integers(FIRST, 5000), min_size=2, max_size=300).map(sorted),
    rows=st.integers(1, 200),
    data=st.data(),
)
def test_the_stretch_to_spread_holds_the_spot_has_room_and_few_enough_rows(used, rows, data):
    spot = data.draw(st.sampled_from(used))
    near = [(label, at // 2, at % 2 == 0) for at, label in enumerate(used)]
    stretch, settled = labels.stretch_to_spread(near, spot, (FIRST, LAST), rows=rows)
    if stretch is None:
        assert not settled
        return
    inside = [label for label in near if stretch.low <= label[0] <= stretch.high]
    assert stretch.low <= spot <= stretch.high
    assert stretch.used == len(inside)
    assert len({label[1] for label in inside}) <= rows
    assert stretch.used * labels.ROOM <= stretch.high - stretch.low + 1
    assert settled == stretch.roomy


@given(st.lists(st.integers(0, 10**6), max_size=60))
def test_a_walk_opens_and_closes_everybody_once_and_children_within_their_parent(draws):
    children = [[] for _ in range(len(draws) + 1)]
    for child, draw in enumerate(draws, 1):
        children[draw % child].append(child)
    line, opened = [], []
    for node, opens in labels.walk(children, 0):
        if opens:
            assert not line or node in children[line[-1]]
            line.append(node)
            opened.append(node)
        else:
            assert line.pop() == node
    assert not line and sorted(opened) == list(range(len(children)))
