"""Enrolling into an open tree: who stands where, and that the labels say so."""

import itertools
import random

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy import labels, lineage, trees
from genealogy.gapped import ClosedTree
from genealogy.models import Position, Respacing
from genealogy.refusals import AlreadyPlaced, UnknownLeg, UnknownSponsor
from genealogy.trees import spacing
from tests.genealogy.truth import assert_labels_tell_the_truth, outline


def enrol_line(tree, people, under):
    """Enrol each person under the one before."""
    for person in people:
        trees.enrol(person.pk, tree=tree, under_id=under.pk)
        under = person


def test_a_newcomer_stands_last_among_the_sponsors_people(house, sponsor_tree, crowd):
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    trees.enrol(dee.pk, tree=sponsor_tree, under_id=house.pk)
    trees.enrol(ben.pk, tree=sponsor_tree, under_id=ana.pk)
    trees.enrol(cy.pk, tree=sponsor_tree, under_id=ben.pk)
    assert outline(sponsor_tree) == "The house\n  ana\n    ben\n      cy\n  dee"


def test_an_enrolment_writes_one_row_and_moves_nobody(house, sponsor_tree, crowd):
    ana, ben, cy = crowd("ana", "ben", "cy")
    trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    trees.enrol(ben.pk, tree=sponsor_tree, under_id=ana.pk)
    before = list(Position.objects.filter(tree=sponsor_tree).values_list("id", "lft", "rght"))
    trees.enrol(cy.pk, tree=sponsor_tree, under_id=ana.pk)
    after = list(Position.objects.filter(tree=sponsor_tree).exclude(distributor=cy).values_list("id", "lft", "rght"))
    assert after == before


def test_an_enrolment_takes_three_statements_in_a_savepoint(house, sponsor_tree, crowd, django_assert_num_queries):
    (ana,) = crowd("ana")
    with django_assert_num_queries(5):
        trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)


def test_the_returned_position_is_the_stored_one(house, sponsor_tree, crowd):
    (ana,) = crowd("ana")
    position = trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    stored = Position.objects.get(pk=position.pk)
    for name in ("tree_id", "distributor_id", "parent_id", "leg", "outer_head_id", "lft", "rght", "level"):
        assert getattr(position, name) == getattr(stored, name), name


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["star", "chain", "comb"])
def test_a_gap_that_is_used_up_is_made_anew(house, sponsor_tree, crowd, shape):
    """The root's labels begin side by side, so the first newcomer already finds no room, and many later ones too."""
    cramp(sponsor_tree, width=1)
    under = house
    for at, person in enumerate(crowd(300)):
        trees.enrol(person.pk, tree=sponsor_tree, under_id=under.pk)
        if shape == "chain" or (shape == "comb" and at % 2):
            under = person
    verdict = trees.verify(sponsor_tree)
    assert verdict.sound and verdict.positions == 301
    assert_labels_tell_the_truth(sponsor_tree)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), favour=st.sampled_from([0.0, 0.5, 0.95]))
def test_random_enrolments_keep_the_nesting_that_the_parents_say(house, crowd, seed, favour):
    """Labels begin nearly used up, so that making room is the common case and not the rare one."""
    rng = random.Random(seed)
    tree = trees.plant(code=f"t{seed}-{int(favour * 100)}", kind="open", name="random", distributor_id=house.pk)
    cramp(tree, width=rng.choice([3, 40, 10**6]))
    placed = [house.pk]
    for person in crowd(40):
        under = placed[-1] if rng.random() < favour else rng.choice(placed)
        trees.enrol(person.pk, tree=tree, under_id=under)
        placed.append(person.pk)
    assert_labels_tell_the_truth(tree)
    assert trees.verify(tree).sound


def cramp(tree, width):
    """Push the labels of a fresh root together, as if its gap had been used up."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genealogy_position SET lft = %s, rght = %s WHERE tree_id = %s", [2**40, 2**40 + width, tree.pk])


@pytest.mark.slow
def test_a_wide_spread_is_left_to_the_background_and_done_there(house, sponsor_tree, crowd, monkeypatch):
    """With a limit of a few rows, the wide stretch is put on the list; the background spreads it in small steps."""
    monkeypatch.setattr(labels, "INLINE_ROWS", 60)
    cramp(sponsor_tree, width=1)
    for person in crowd(400):
        trees.enrol(person.pk, tree=sponsor_tree, under_id=house.pk)
    assert Respacing.objects.filter(tree=sponsor_tree).exists()
    assert trees.verify(sponsor_tree).sound
    for waiting in Respacing.objects.select_related("tree"):
        for _ in spacing.steps(waiting, batch=200):
            assert_labels_tell_the_truth(sponsor_tree)
        assert narrowest_gap(sponsor_tree, waiting) >= labels.ROOM - 1
    assert not Respacing.objects.exists()


def narrowest_gap(tree, stretch):
    """Return the smallest distance between two labels of a tree within a stretch."""
    pairs = Position.objects.filter(tree=tree).values_list("lft", "rght")
    used = sorted(label for pair in pairs for label in pair if stretch.low <= label <= stretch.high)
    return min((b - a for a, b in itertools.pairwise(used)), default=labels.LAST)


def test_people_may_enrol_between_the_steps_of_the_background(house, sponsor_tree, crowd):
    people, rng = crowd(120), random.Random(5)
    for person in people[:60]:
        trees.enrol(person.pk, tree=sponsor_tree, under_id=house.pk)
    brothers = Position.objects.filter(tree=sponsor_tree, level=1)
    waiting = Respacing.objects.create(tree=sponsor_tree, low=brothers.first().lft, high=brothers.last().rght)
    rest = iter(people[60:])
    for _ in spacing.steps(waiting, batch=5):
        newcomer = next(rest, None)
        if newcomer:
            trees.enrol(newcomer.pk, tree=sponsor_tree, under_id=rng.choice(people[:60]).pk)
        assert_labels_tell_the_truth(sponsor_tree)
    assert Position.objects.filter(tree=sponsor_tree).count() > 80


def test_an_unknown_sponsor_is_refused_by_name_and_nothing_is_written(house, sponsor_tree, crowd):
    ana, ben = crowd("ana", "ben")
    with pytest.raises(UnknownSponsor, match=r"ben .* does not stand in the tree “Sponsor tree”"):
        trees.enrol(ana.pk, tree=sponsor_tree, under_id=ben.pk)
    with pytest.raises(UnknownSponsor, match="no distributor with the id 987654"):
        trees.enrol(ana.pk, tree=sponsor_tree, under_id=987654)
    assert Position.objects.filter(tree=sponsor_tree).count() == 1


def test_nobody_stands_in_a_tree_twice(house, sponsor_tree, crowd):
    (ana,) = crowd("ana")
    trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    with pytest.raises(AlreadyPlaced, match=r"ana .* stands in the tree “Sponsor tree” already"):
        trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    assert Position.objects.filter(tree=sponsor_tree).count() == 2


def test_an_open_tree_has_no_legs_and_a_binary_one_needs_them(house, sponsor_tree, binary_tree, crowd):
    (ana,) = crowd("ana")
    with pytest.raises(UnknownLeg, match="no legs"):
        trees.place(ana.pk, tree=sponsor_tree, under_id=house.pk, leg=0)
    with pytest.raises(UnknownLeg, match="has legs"):
        trees.enrol(ana.pk, tree=binary_tree, under_id=house.pk)


def test_an_unknown_tree_is_refused_with_the_names_of_those_there_are(house):
    with pytest.raises(LookupError, match="no tree 'matrix'; the trees are: binary, sponsor"):
        trees.tree_named("matrix")


@pytest.mark.parametrize(
    "write",
    [
        lambda node: node.save(),
        lambda node: node.delete(),
        lambda node: node.move_to(node.parent),
        lambda node: node.insert_at(node.parent),
        lambda node: Position(tree=node.tree, distributor=node.distributor, lft=5, rght=6, level=1).save(),
        lambda node: Position.objects.create(tree=node.tree, distributor=node.distributor, parent=node),
        lambda node: Position.objects.update(lft=1),
        lambda node: Position.objects.all().delete(),
        lambda node: Position.objects.bulk_create([Position(tree=node.tree, lft=1, rght=2, level=0)]),
        lambda node: Position.objects.bulk_update([node], ["lft"]),
        lambda node: Position.objects.rebuild(),
        lambda node: Position.objects.partial_rebuild(node.tree_id),
        lambda node: Position.objects.move_node(node, node.parent),
        lambda node: Position.objects.insert_node(node, node.parent),
        lambda node: Position.objects.build_tree_nodes({}),
        lambda node: Position.objects.delay_mptt_updates().__enter__(),
        lambda node: Position.objects.disable_mptt_updates().__enter__(),
        lambda node: Position.objects._close_gap(2, 1, node.tree_id),
        lambda node: Position.objects._create_space(2, 1, node.tree_id),
        lambda node: Position.objects.update_or_create(tree=node.tree, distributor=node.distributor, defaults={"level": 3}),
        lambda node: node.distributor.positions.all().delete(),
        lambda node: node.children.update(level=4),
    ],
)
def test_every_other_way_of_writing_a_position_is_closed(house, sponsor_tree, crowd, write):
    (ana,) = crowd("ana")
    position = trees.enrol(ana.pk, tree=sponsor_tree, under_id=house.pk)
    before = list(Position.objects.values())
    with pytest.raises(ClosedTree, match=r"written by genealogy\.trees alone"):
        write(position)
    assert list(Position.objects.values()) == before


def test_the_librarys_reading_is_right_with_gaps(house, sponsor_tree, crowd):
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    enrol_line(sponsor_tree, [ana, ben, cy], house)
    trees.enrol(dee.pk, tree=sponsor_tree, under_id=ana.pk)
    at = {p.distributor.name: p for p in Position.objects.filter(tree=sponsor_tree).select_related("distributor")}

    def names(positions):
        return [p.distributor.name for p in positions]

    assert names(at["cy"].get_ancestors()) == ["The house", "ana", "ben"]
    assert names(at["cy"].get_ancestors(ascending=True, include_self=True)) == ["cy", "ben", "ana", "The house"]
    assert names(at["ana"].get_descendants()) == ["ben", "cy", "dee"]
    assert names(at["ana"].get_descendants(include_self=True)) == ["ana", "ben", "cy", "dee"]
    assert at["ana"].get_descendant_count() == 3 and at["cy"].get_descendant_count() == 0
    assert at["cy"].is_leaf_node() and not at["ben"].is_leaf_node()
    assert names(at["The house"].get_leafnodes()) == ["cy", "dee"]
    assert names(at["ben"].get_family()) == ["The house", "ana", "ben", "cy"]
    assert names(at["ana"].get_children()) == ["ben", "dee"]
    assert names(at["ben"].get_siblings()) == ["dee"] and at["ben"].get_next_sibling() == at["dee"]
    assert at["dee"].get_previous_sibling() == at["ben"] and at["cy"].get_root() == at["The house"]
    assert at["cy"].is_descendant_of(at["ana"]) and not at["dee"].is_descendant_of(at["ben"])
    assert at["ana"].is_ancestor_of(at["cy"]) and at["The house"].is_root_node()
    assert names(Position.objects.filter(pk=at["ben"].pk).get_descendants(include_self=True)) == ["ben", "cy"]
    assert names(Position.objects.filter(pk=at["ben"].pk).get_ancestors()) == ["The house", "ana"]


def test_rebuild_restores_labels_and_levels_from_the_parents(house, sponsor_tree, crowd):
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    enrol_line(sponsor_tree, [ana, ben, cy], house)
    trees.enrol(dee.pk, tree=sponsor_tree, under_id=house.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genealogy_position SET lft = 1, rght = 2, level = 9 WHERE tree_id = %s", [sponsor_tree.pk])
    assert not trees.verify(sponsor_tree).sound
    assert trees.rebuild(sponsor_tree) == 5
    assert trees.verify(sponsor_tree).sound
    assert outline(sponsor_tree) == "The house\n  ana\n    ben\n      cy\n  dee"
    assert lineage.upline(cy.pk) == [ben.pk, ana.pk, house.pk]
