"""Whose sales may pay somebody else, against walking up from everybody."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine.reach import NOBODY, After, Line, within_reach
from tests.commissions.engine.kinds.worlds import UNLOCKED, levels, some_worlds

COUNTED = {"rolled up": "anybody's", "inactive people passed": "active people's", "in another tree": "everybody's"}


@pytest.mark.parametrize("settings", COUNTED)
@given(data=st.data())
def test_a_walk_comes_as_far_as_the_levels_that_are_counted(settings, data):
    world = data.draw(some_worlds(levels(UNLOCKED[settings] | {"rates": ["10%", "5%"]}), most=12))
    held = holding.hold(world.plan, world.snapshot)
    (bonus,) = world.plan.bonuses
    claimants = sorted(data.draw(st.sets(st.integers(0, len(held.people) - 1), min_size=1, max_size=3)))
    after = After(held.standings, NOBODY, held.standings.take(NOBODY))
    found = within_reach(world.plan, 0, Line.of(held.people, bonus.tree), np.array(claimants), after)
    index = {id: place for place, id in enumerate(held.people.id.tolist())}

    def met(place):
        """How many people between are counted as a level, the seller included, up to the nearest claimant; None for none."""
        person, count = world.people[int(held.people.id[place])], 0
        while person is not None and index[person.id] not in claimants:
            count += {"anybody's": 0, "everybody's": 1, "active people's": person.is_active}[COUNTED[settings]]
            person = world.parents[bonus.tree][person.id]
        return None if person is None else count

    reached = {place: met(place) for place in range(len(held.people))}
    assert found.tolist() == [place for place, count in reached.items() if count is not None and count <= 2]
