"""Many rows at once: what is right is placed, what is wrong is named, and the labels are right either way."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy import trees
from genealogy.models import Position
from genealogy.trees import Entry
from tests.genealogy.truth import assert_labels_tell_the_truth, outline


def refused(loaded):
    return {refusal.name: refusal.reason for refusal in loaded.refused}


def test_rows_may_come_in_any_order(house, sponsor_tree, crowd):
    ana, ben, cy = crowd("ana", "ben", "cy")
    loaded = trees.load(sponsor_tree, [Entry("3", cy.pk, ben.pk), Entry("1", ana.pk, house.pk), Entry("2", ben.pk, ana.pk)])
    assert (loaded.placed, loaded.present, loaded.refused) == (3, 0, [])
    assert outline(sponsor_tree) == "The house\n  ana\n    ben\n      cy"
    assert trees.verify(sponsor_tree).sound


def test_an_empty_tree_gets_its_root_from_the_row_without_anybody_above(house, crowd):
    (ana,) = crowd("ana")
    tree = trees.plant(code="other", kind="open", name="Other", distributor_id=house.pk)
    loaded = trees.load(tree, [Entry("ana", ana.pk, None)])
    assert refused(loaded) == {"ana": "has nobody above; only the root may, and the tree has one"}


def test_a_repeated_load_changes_nothing(house, sponsor_tree, crowd):
    ana, ben = crowd("ana", "ben")
    rows = [Entry("ana", ana.pk, house.pk), Entry("ben", ben.pk, ana.pk)]
    trees.load(sponsor_tree, rows)
    before = list(Position.objects.values())
    loaded = trees.load(sponsor_tree, rows)
    assert (loaded.placed, loaded.present, loaded.refused) == (0, 2, [])
    assert list(Position.objects.values()) == before


def test_wrong_rows_are_named_and_the_others_placed(house, sponsor_tree, crowd):
    ana, ben, cy, dee, eve, fay, gus, hal = crowd("ana", "ben", "cy", "dee", "eve", "fay", "gus", "hal")
    trees.enrol(hal.pk, tree=sponsor_tree, under_id=house.pk)
    loaded = trees.load(
        sponsor_tree,
        [
            Entry("ana", ana.pk, house.pk),
            Entry("ben", ben.pk, 10**9),
            Entry("cy below ben", cy.pk, ben.pk),
            Entry("dee", dee.pk, eve.pk),
            Entry("eve", eve.pk, dee.pk),
            Entry("fay", fay.pk, ana.pk),
            Entry("fay again", fay.pk, house.pk),
            Entry("gus", gus.pk, ana.pk, 1),
            Entry("hal", hal.pk, ana.pk),
        ],
    )
    assert loaded.placed == 1
    assert refused(loaded) == {
        "ben": "the one above is not in the tree and not among the rows",
        "cy below ben": "stands below a row that was refused",
        "dee": "stands in or below a circle: dee → eve → dee",
        "eve": "stands in or below a circle: eve → dee → eve",
        "fay": "appears 2 times; a distributor has one position in a tree",
        "fay again": "appears 2 times; a distributor has one position in a tree",
        "gus": "names a leg, but “Sponsor tree” has none",
        "hal": "stands elsewhere in the tree already; an import does not move anybody",
    }
    assert outline(sponsor_tree) == "The house\n  hal\n  ana"
    assert trees.verify(sponsor_tree).sound


def test_legs_of_a_binary_tree_are_checked(house, binary_tree, crowd):
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    trees.place(ana.pk, tree=binary_tree, under_id=house.pk, leg=0)
    loaded = trees.load(
        binary_tree,
        [Entry("ben", ben.pk, house.pk, 0), Entry("cy", cy.pk, house.pk, 2), Entry("dee", dee.pk, house.pk, None)],
    )
    no_leg = "names no leg of the tree: 0 is left, 1 is right"
    assert refused(loaded) == {"ben": "the leg is taken", "cy": no_leg, "dee": no_leg}
    assert trees.verify(binary_tree).sound


def test_newcomers_go_on_enrolling_where_a_load_ended(house, binary_tree, crowd):
    ana, ben, cy, dee = crowd("ana", "ben", "cy", "dee")
    trees.load(binary_tree, [Entry("ana", ana.pk, house.pk, 0), Entry("ben", ben.pk, ana.pk, 0)])
    trees.load(binary_tree, [Entry("cy", cy.pk, ben.pk, 0)])
    position = trees.place(dee.pk, tree=binary_tree, under_id=house.pk, leg=0)
    assert position.parent.distributor_id == cy.pk
    assert trees.verify(binary_tree).sound


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(["open", "binary"]))
def test_random_loads_in_parts_keep_the_nesting(house, crowd, seed, kind):
    rng = random.Random(seed)
    tree = trees.plant(code=f"l{seed}{kind}", kind=kind, name="random", distributor_id=house.pk)
    free = [(house.pk, leg) for leg in (0, 1)]
    rows = []
    for person in crowd(60):
        under, leg = free.pop(rng.randrange(len(free))) if kind == "binary" else (rng.choice(free)[0], None)
        free += [(person.pk, leg) for leg in (0, 1)]
        rows.append(Entry(person.name, person.pk, under, leg))
    cuts = sorted(rng.sample(range(61), 3))
    for start, stop in zip([0, *cuts], [*cuts, 60], strict=True):
        part = rows[start:stop]
        rng.shuffle(part)
        loaded = trees.load(tree, part)
        assert (loaded.placed, loaded.refused) == (len(part), [])
    assert trees.verify(tree).sound
    assert_labels_tell_the_truth(tree)


@pytest.mark.parametrize("times", [25])
def test_a_line_that_is_loaded_person_by_person_never_runs_out_of_room(house, sponsor_tree, crowd, times):
    """Each load takes an eighth of the gap; when it does not suffice the tree is spread first."""
    under = house
    for person in crowd(times):
        assert trees.load(sponsor_tree, [Entry(person.name, person.pk, under.pk)]).placed == 1
        under = person
    assert trees.verify(sponsor_tree).sound
    assert_labels_tell_the_truth(sponsor_tree)
