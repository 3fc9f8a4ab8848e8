"""Each search finds the seat that a slow walk finds, and never the same one twice."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import seats as seating
from commissions.engine import snapshot as snapshots
from commissions.engine.document import Refused
from commissions.engine.placement import Search
from commissions.engine.seats import Asked, NoSeat, Seats, seat
from tests.commissions.plans.examples import SHIPPED

TEXT = (SHIPPED / "fernhollow.toml").read_text()


def slow_seat(search, below, top, volume, sponsored, preference):
    """The same, one look at a time; ``below`` is a dictionary of (person, leg)."""
    width = 1 + max(leg for _, leg in below)
    if search == "breadth_first" or (search == "preference" and preference < 0):
        queue = [top]
        while True:
            person = queue.pop(0)
            for leg in range(width):
                if below[person, leg] is None:
                    return person, leg
                queue.append(below[person, leg])
    if search in ("weaker_by_volume", "weaker_by_count"):

        def strength(leg):
            found, members = 0, [below[top, leg]]
            while members:
                member = members.pop()
                if member is not None:
                    found += volume[member] if search == "weaker_by_volume" else 1
                    members += [below[member, each] for each in range(width)]
            return found

        leg = min(range(width), key=strength)
    else:
        chosen = {"outer_left": 0, "outer_right": width - 1, "alternating": sponsored % width, "preference": preference}
        leg = chosen[search]
    while below[top, leg] is not None:
        top = below[top, leg]
    return top, leg


@given(st.sampled_from(list(Search)), st.integers(2, 4), st.data())
def test_people_who_enrol_one_after_the_other_sit_where_a_slow_walk_puts_them(search, width, data):
    below, volume = {(0, leg): None for leg in range(width)}, [data.draw(st.integers(0, 9))]
    parents, legs, sponsors = [0], [-1], []
    for newcomer in range(1, data.draw(st.integers(2, 14))):
        sponsor = data.draw(st.integers(0, newcomer - 1))
        preference = data.draw(st.integers(-1, width - 1))
        parent, leg = slow_seat(search, below, sponsor, volume, sponsors.count(sponsor), preference)
        ids = np.arange(1, newcomer + 1)
        people = snapshots.people(id=ids, sponsor_id=np.array([0, *(np.array(sponsors, dtype=int) + 1)]))
        index = snapshots.Index(people.id)
        placed = snapshots.placed(index, id=ids, parent_id=np.array(parents), leg=np.array(legs))
        forest = dataclasses.replace(people, trees={"tree": placed}).forest("tree")
        own = np.array(volume)[people.id - 1]
        asked = Asked(forest.downline_sum(own), forest.downline_sum(np.ones_like(own)), sponsors.count(sponsor), preference)
        top = int(index.of(np.array([sponsor + 1]), "sponsor")[0])
        found = seat(search, Seats.of(forest, width), top, asked)
        assert (int(people.id[found[0]]) - 1, found[1]) == (parent, leg)
        assert below[parent, leg] is None
        below[parent, leg] = newcomer
        below |= {(newcomer, each): None for each in range(width)}
        parents.append(parent + 1)
        legs.append(leg)
        sponsors.append(sponsor)
        volume.append(data.draw(st.integers(0, 9)))


def test_a_seat_chosen_by_hand_has_to_be_there_and_free():
    seats = Seats(np.array([[1, -1], [-1, -1]]))
    assert seats.require_free(0, 1) == (0, 1)
    with pytest.raises(NoSeat, match="leg 0 of person 0 is taken"):
        seats.require_free(0, 0)
    with pytest.raises(NoSeat, match="there is no leg 2, expected 0 to 1"):
        seats.require_free(0, 2)
    asked = Asked(np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64), preference=5)
    with pytest.raises(NoSeat, match="there is no leg 5"):
        seat(Search.PREFERENCE, seats, 0, asked)


def test_a_line_a_million_deep_is_not_walked():
    deep = 1_000_000
    line = np.append(np.arange(1, deep), -1)
    assert seating.outer(Seats(np.stack([line, np.full(deep, -1)], axis=1)), 0, 0) == (deep - 1, 0)


def test_a_tree_has_no_more_legs_than_its_width():
    people = snapshots.people(id=[1, 2], sponsor_id=[0, 1])
    placed = snapshots.placed(snapshots.Index(people.id), id=[1, 2], parent_id=[0, 1], leg=[-1, 2])
    with pytest.raises(NoSeat, match="person 1 sits in leg 2, expected 0 to 1"):
        Seats.of(dataclasses.replace(people, trees={"tree": placed}).forest("tree"), 2)


def test_a_holding_tank_leads_somewhere():
    tree = '[trees.pairs]\nkind = "binary"\ntank = { hours = 72, volume = "from_order" }\n'
    with pytest.raises(Refused, match=r"trees.pairs.search is missing; expected how people are placed whose time"):
        plans.parse(TEXT + tree)
    plan = plans.parse(TEXT + tree + 'search = "weaker_by_volume"\n')
    assert plan.trees["pairs"].searches is Search.WEAKER_BY_VOLUME
