"""Reading lines: upline, path, downline, counts - and at which price."""

import random

import pytest

from genealogy import lineage, trees
from genealogy.models import Position
from genealogy.refusals import UnknownSponsor


@pytest.fixture
def cast(house, sponsor_tree, crowd):
    """Ana sponsors ben, ben sponsors cy; dee is someone else's."""
    ana, ben, cy, dee = people = crowd("ana", "ben", "cy", "dee")
    for person, under in ((ana, house), (ben, ana), (cy, ben), (dee, house)):
        trees.enrol(person.pk, tree=sponsor_tree, under_id=under.pk)
    return people


def test_the_upline_goes_from_the_sponsor_to_the_root(house, cast):
    ana, ben, cy, _dee = cast
    assert lineage.upline(cy.pk) == [ben.pk, ana.pk, house.pk]
    assert lineage.upline(cy.pk, limit=2) == [ben.pk, ana.pk]
    assert lineage.upline(cy.pk, up_to=ana.pk) == [ben.pk, ana.pk]
    assert lineage.upline(house.pk) == []


def test_a_downline_holds_everyone_below_and_nobody_else(house, cast):
    ana, ben, cy, dee = cast
    assert [p.distributor_id for p in lineage.downline(ana.pk)] == [ben.pk, cy.pk]
    assert [p.distributor_id for p in lineage.downline(ana.pk, depth=1)] == [ben.pk]
    assert [p.distributor_id for p in lineage.children(house.pk)] == [dee.pk, ana.pk]
    assert lineage.levels(house.pk) == [(1, 2), (2, 1), (3, 1)]


def test_counts_are_given_for_many_at_once(house, cast):
    at = {p.distributor_id: p.pk for p in Position.objects.filter(tree__code="sponsor")}
    ana, ben, cy, dee = cast
    assert lineage.direct_counts(at.values()) == {at[house.pk]: 2, at[ana.pk]: 1, at[ben.pk]: 1}
    counts = lineage.downline_counts(at.values())
    assert counts == {at[house.pk]: 4, at[ana.pk]: 2, at[ben.pk]: 1, at[cy.pk]: 0, at[dee.pk]: 0}
    assert lineage.downline_counts([at[house.pk]], at_most=3) == {at[house.pk]: 3}


def test_a_path_goes_up_to_the_nearest_one_above_both_and_down_again(house, cast):
    ana, ben, cy, dee = cast
    assert lineage.path(cy.pk, dee.pk) == lineage.Path(up=(ben.pk, ana.pk), meeting_id=house.pk, down=())
    assert lineage.path(dee.pk, cy.pk) == lineage.Path(up=(), meeting_id=house.pk, down=(ana.pk, ben.pk))
    assert lineage.path(ana.pk, cy.pk) == lineage.Path(up=(), meeting_id=ana.pk, down=(ben.pk,))
    assert lineage.path(cy.pk, ana.pk) == lineage.Path(up=(ben.pk,), meeting_id=ana.pk, down=())
    assert lineage.path(ana.pk, ana.pk) == lineage.Path(up=(), meeting_id=ana.pk, down=())


def test_somebody_who_stands_nowhere_is_refused_by_name(house, crowd):
    (ana,) = crowd("ana")
    with pytest.raises(UnknownSponsor, match=f"{ana.pk} does not stand in the tree “sponsor”"):
        lineage.downline(ana.pk)


def test_each_question_is_one_query_however_many_people(house, sponsor_tree, crowd, django_assert_num_queries):
    people, rng = crowd(60), random.Random(1)
    placed = [house]
    for person in people:
        trees.enrol(person.pk, tree=sponsor_tree, under_id=rng.choice(placed[-10:]).pk)
        placed.append(person)
    ids = list(Position.objects.filter(tree=sponsor_tree).values_list("pk", flat=True))
    for question in (
        lambda: lineage.upline(people[-1].pk),
        lambda: lineage.direct_counts(ids),
        lambda: lineage.downline_counts(ids),
        lambda: lineage.levels(house.pk),
    ):
        with django_assert_num_queries(1):
            question()
