"""Placing into a binary tree: a given leg, the outer leg, the weaker leg, the first free place."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy import spillover, trees
from genealogy.models import Position
from genealogy.refusals import AlreadyPlaced, LegTaken, UnknownLeg, UnknownSponsor
from genealogy.spillover import LEFT, RIGHT
from genealogy.trees import Placement
from tests.genealogy.truth import assert_labels_tell_the_truth


@pytest.fixture
def place(binary_tree):
    """Place somebody in the binary tree and return whose leg it became: ``(name of the one above, leg)``."""

    def call(person, under, leg=None, by=Placement.OUTER):
        position = trees.place(person.pk, tree=binary_tree, under_id=under.pk, leg=leg, by=by)
        return position.parent.distributor.name, position.leg

    return call


def test_a_given_leg_is_taken_exactly(house, place, crowd):
    ana, ben = crowd("ana", "ben")
    assert place(ana, house, LEFT, Placement.HERE) == ("The house", LEFT)
    assert place(ben, house, RIGHT, Placement.HERE) == ("The house", RIGHT)


def test_a_taken_leg_is_refused_and_named(house, place, crowd, binary_tree):
    ana, ben = crowd("ana", "ben")
    place(ana, house, LEFT, Placement.HERE)
    with pytest.raises(LegTaken, match=r"ben .* cannot stand in the left leg there"):
        place(ben, house, LEFT, Placement.HERE)
    assert Position.objects.filter(tree=binary_tree).count() == 2
    assert trees.verify(binary_tree).sound


def test_the_outer_leg_goes_down_the_same_side_to_the_last(house, place, crowd):
    ana, ben, cy, dee, eve = crowd("ana", "ben", "cy", "dee", "eve")
    place(ana, house, LEFT)
    assert place(ben, house, LEFT) == ("ana", LEFT)
    assert place(cy, ana, RIGHT) == ("ana", RIGHT)
    assert place(dee, ana, RIGHT) == ("cy", RIGHT)
    assert place(eve, ana, LEFT) == ("ben", LEFT)


def test_the_end_of_an_outer_leg_is_kept_and_not_walked_to(house, place, crowd, binary_tree, django_assert_num_queries):
    *line, last = crowd(41)
    for person in line:
        place(person, house, LEFT)
    with django_assert_num_queries(8):  # a savepoint, the lock, the end twice around its row's lock, the row, the new end
        trees.place(last.pk, tree=binary_tree, under_id=house.pk, leg=LEFT, by=Placement.OUTER)


def test_the_weaker_leg_is_the_one_with_fewer_people_in_all(house, place, crowd):
    ana, ben, cy, dee, eve = crowd("ana", "ben", "cy", "dee", "eve")
    assert place(ana, house, by=Placement.WEAKER) == ("The house", LEFT)
    assert place(ben, house, by=Placement.WEAKER) == ("The house", RIGHT)
    place(cy, ana, RIGHT, Placement.HERE)
    assert place(dee, house, by=Placement.WEAKER) == ("ben", RIGHT)
    assert place(eve, house, by=Placement.WEAKER) == ("ana", LEFT)


def test_leg_counts_are_right_about_the_smaller_leg(house, place, crowd, binary_tree):
    people = crowd(9)
    for person in people[:6]:
        place(person, house, LEFT)
    for person in people[6:]:
        place(person, house, RIGHT)
    assert trees.placing.leg_counts(house.pk, tree=binary_tree) == (6, 3)


def test_the_first_free_place_is_found_level_by_level(house, place, crowd):
    spots = [place(person, house, by=Placement.FIRST_FREE) for person in crowd("a", "b", "c", "d", "e")]
    assert spots == [("The house", LEFT), ("The house", RIGHT), ("a", LEFT), ("a", RIGHT), ("b", LEFT)]


def test_bad_wishes_are_refused_by_name(house, place, crowd, binary_tree):
    ana, ben = crowd("ana", "ben")
    with pytest.raises(UnknownLeg, match="2 is no leg of Binary tree: 0 is left, 1 is right"):
        place(ana, house, 2)
    for by in Placement:
        with pytest.raises(UnknownSponsor, match=r"ben .* does not stand in the tree"):
            place(ana, ben, LEFT, by)
    place(ana, house, LEFT)
    with pytest.raises(AlreadyPlaced, match=r"ana .* stands in the tree “Binary tree” already"):
        place(ana, house, RIGHT)
    assert Position.objects.filter(tree=binary_tree).count() == 2


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_random_placements_agree_with_the_walk_over_a_tree_in_memory(house, crowd, seed):
    """The slow twin holds the tree as a dictionary and walks it for each place."""
    rng = random.Random(seed)
    tree = trees.plant(code=f"b{seed}", kind="binary", name="random", distributor_id=house.pk)
    legs: dict[int, dict[int, int]] = {}
    placed = [house.pk]

    def legs_of(ids):
        return {i: legs.get(i, {}) for i in ids}

    def size(person):
        return 0 if person is None else 1 + sum(size(legs.get(person, {}).get(leg)) for leg in spillover.LEGS)

    def expected(under, leg, by):
        if by is Placement.HERE:
            return None if leg in legs.get(under, {}) else spillover.Spot(under, leg)
        if by is Placement.FIRST_FREE:
            return spillover.first_free(under, legs_of)
        if by is Placement.WEAKER:
            leg = spillover.weaker_leg(*(size(legs.get(under, {}).get(side)) for side in spillover.LEGS))
        return spillover.outer(under, leg, legs_of)

    for person in crowd(30):
        under, leg, by = rng.choice(placed), rng.choice(spillover.LEGS), rng.choice(list(Placement))
        spot = expected(under, leg, by)
        if spot is None:
            with pytest.raises(LegTaken):
                trees.place(person.pk, tree=tree, under_id=under, leg=leg, by=by)
            continue
        position = trees.place(person.pk, tree=tree, under_id=under, leg=leg, by=by)
        assert (position.parent.distributor_id, position.leg) == spot
        legs.setdefault(spot.parent, {})[spot.leg] = person.pk
        placed.append(person.pk)
    assert trees.verify(tree).sound
    assert_labels_tell_the_truth(tree)
