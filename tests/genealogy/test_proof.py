"""The proof finds each kind of fault that can be put into a tree behind its back."""

import pytest
from django.db import connection

from genealogy import trees
from genealogy.refusals import BrokenTree


@pytest.fixture
def company(house, sponsor_tree, binary_tree, crowd):
    """Ana - ben - cy and dee beside ana, in both trees; positions by name and tree."""
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    at = {}
    for person, under, leg in ((ana, house, 0), (ben, ana, 0), (cy, ben, 1), (dee, house, 1)):
        at[person.name, "sponsor"] = trees.enrol(person.pk, tree=sponsor_tree, under_id=under.pk)
        at[person.name, "binary"] = trees.place(person.pk, tree=binary_tree, under_id=under.pk, leg=leg, by=trees.Placement.HERE)
    return at


def damage(statement, *values):
    """Write past every door; constraints of the database still hold."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def faults(tree):
    return {fault.name: (fault.count, fault.positions) for fault in trees.verify(tree).faults}


def test_a_sound_tree_has_no_fault(company, sponsor_tree, binary_tree):
    for tree in (sponsor_tree, binary_tree):
        verdict = trees.verify(tree)
        assert (verdict.sound, verdict.positions, verdict.deepest) == (True, 5, 3)


def test_an_interval_outside_the_parents_is_found(company, sponsor_tree):
    cy, dee = company["cy", "sponsor"], company["dee", "sponsor"]
    damage("UPDATE genealogy_position SET lft = %s, rght = %s WHERE id = %s", dee.rght + 1, dee.rght + 2, cy.pk)
    found = faults(sponsor_tree)
    assert found["the interval does not lie within the parent's"] == (1, (cy.pk,))
    assert "the interval holds others than the downline over the parents" in found


def test_an_interval_that_meets_a_brothers_is_found(company, sponsor_tree):
    ana, dee = company["ana", "sponsor"], company["dee", "sponsor"]
    damage("UPDATE genealogy_position SET lft = %s WHERE id = %s", ana.rght - 1, dee.pk)
    assert faults(sponsor_tree)["the interval meets a brother's"] == (1, (dee.pk,))


def test_a_circle_is_found_and_rebuild_refuses_it(company, sponsor_tree):
    ana, cy = company["ana", "sponsor"], company["cy", "sponsor"]
    damage("UPDATE genealogy_position SET parent_id = %s WHERE id = %s", cy.pk, ana.pk)
    assert faults(sponsor_tree)["not reached from the root: in or below a circle"][0] == 3
    with pytest.raises(BrokenTree, match=f"3 positions .* cannot be reached from its root, position {ana.pk}"):
        trees.rebuild(sponsor_tree)


def test_a_parent_in_another_tree_is_found(company, sponsor_tree):
    cy = company["cy", "sponsor"]
    damage("UPDATE genealogy_position SET parent_id = %s WHERE id = %s", company["ana", "binary"].pk, cy.pk)
    assert faults(sponsor_tree)["the parent is in another tree"] == (1, (cy.pk,))


def test_a_wrong_level_is_found(company, sponsor_tree):
    cy = company["cy", "sponsor"]
    damage("UPDATE genealogy_position SET level = 7 WHERE id = %s", cy.pk)
    assert faults(sponsor_tree) == {"the level is not the distance from the root": (1, (cy.pk,))}


def test_a_leg_that_does_not_exist_is_found(company, sponsor_tree, binary_tree):
    damage("UPDATE genealogy_position SET leg = 5 WHERE id = %s", company["cy", "binary"].pk)
    assert "a leg that the tree does not have" in faults(binary_tree)
    damage("UPDATE genealogy_position SET leg = 0 WHERE id = %s", company["cy", "sponsor"].pk)
    assert "a leg, though the tree has none" in faults(sponsor_tree)


def test_a_wrong_outer_leg_is_found_and_rebuilt(company, binary_tree):
    ben, cy = company["ben", "binary"], company["cy", "binary"]
    damage("UPDATE genealogy_outerleg SET tail_id = %s WHERE tail_id = %s", cy.pk, ben.pk)
    damage("UPDATE genealogy_position SET outer_head_id = %s WHERE id = %s", ben.pk, ben.pk)
    found = faults(binary_tree)
    assert found["the head of the outer leg is wrong"] == (1, (ben.pk,))
    assert "the end of the outer leg is wrong" in found
    trees.rebuild(binary_tree)
    assert trees.verify(binary_tree).sound


def test_a_missing_root_is_found(company, sponsor_tree):
    damage("UPDATE genealogy_position SET parent_id = %s WHERE tree_id = %s AND parent_id IS NULL",
           company["cy", "sponsor"].pk, sponsor_tree.pk)  # fmt: skip
    found = faults(sponsor_tree)
    assert "more than one root, or none" in found
    assert found["not reached from the root: in or below a circle"][0] == 5
