"""What everybody below had sold before a sale, against adding it up sale by sale."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.running import sold_before
from commissions.engine.snapshot import People, Tree


@given(st.data())
def test_what_was_sold_before_is_what_adding_up_finds(data):
    count = data.draw(st.integers(1, 12))
    placed = data.draw(st.permutations(range(count)))
    order = placed[: data.draw(st.integers(0, count))]
    forest = forest_of(order, count, data)
    sales = data.draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(-9, 9)), max_size=20))
    moments = data.draw(st.permutations(range(len(sales))))
    seller, volume = (np.array([sale[column] for sale in sales], dtype=np.int64) for column in (0, 1))
    found = sold_before(forest, seller, np.array(moments, dtype=np.int64), volume)
    for row, (person, _) in enumerate(sales):
        below = {each for each in range(count) if is_below(forest.parent, each, person)}
        expected = sum(sold for other, (who, sold) in enumerate(sales) if who in below and moments[other] < moments[row])
        assert found[row] == expected


def forest_of(order, count, data):
    """A placement tree over some of the people, each placed under somebody placed before."""
    above = {}
    for place, person in enumerate(order):
        above[person] = data.draw(st.sampled_from([-1, *order[:place]]))
    preorder = [each for root in order if above[root] == -1 for each in downline(root, above)]
    at = {person: place for place, person in enumerate(preorder)}
    parents = np.array([at.get(above[person], -1) for person in preorder], dtype=np.int64)
    sizes = np.array([len(downline(person, above)) for person in preorder], dtype=np.int64)
    rows = np.zeros(count, dtype=np.int64)
    tree = Tree(order=np.array(preorder, dtype=np.int64), parent=parents, size=sizes, leg=np.full(len(preorder), -1))
    alone = {"id": np.arange(count), "parent": rows - 1, "size": rows + 1, "joined_at": rows}
    return People(**alone, status=rows.astype(np.int8), trees={"placed": tree}).forest("placed")


def downline(person, above):
    return [person, *(each for below, over in above.items() if over == person for each in downline(below, above))]


def is_below(parent, person, upline):
    while person != -1 and person != upline:
        person = int(parent[person])
    return person == upline
