"""What is held of a period when people come and seats change."""

import dataclasses

import numpy as np

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices
from commissions.engine.snapshot import no_sales, placed
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.kinds.worlds import LEVELS, document, levels
from tests.commissions.engine.test_slices import assert_same_figures
from tests.commissions.engine.twin import Sale

MEMBER = [{"code": "member", "name": "Member", "pv": 0, "gv": 0}]
PLAN = plans.restore(document(MEMBER, levels({"rates": LEVELS, "tree": "place"})(None, None), pv=0))
PEOPLE = [(1, 0, "open"), (2, 1, "open"), (3, 1, "open")]


def company(parents):
    """Three people, and their seats in the placement tree: who sits below whom, 0 for the top."""
    sold = [Sale(id, id, 0, id, "retail", 1, 100_00, 100_00, 0, 0, "USD") for id, _, _ in PEOPLE]
    snapshot = engine_snapshot(PEOPLE, sold)
    held = holding.hold(PLAN, dataclasses.replace(snapshot, people=with_seats(snapshot.people, parents)))
    return held


def with_seats(people, parents):
    return dataclasses.replace(people, trees={"place": seats(people, parents)})


def seats(people, parents):
    return placed(holding.Index(people.id), id=list(parents), parent_id=list(parents.values()))


def test_who_keeps_the_seat_is_not_reseated_and_who_changes_it_is():
    held = company({1: 0, 2: 1, 3: 2})
    for parents, reseated in (({1: 0, 2: 1, 3: 2}, False), ({1: 0, 2: 1, 3: 1}, True), ({1: 0, 2: 1}, True)):
        after = holding.seated(held, {"place": seats(held.people, parents)}, np.empty(0, dtype=np.int64))
        assert after.reseated == reseated
        assert_same_figures(PLAN, slices.take(after, slices.refresh(PLAN, after, no_sales())))


def test_a_tree_that_was_not_there_seats_everybody_anew():
    held = company({1: 0, 2: 1, 3: 2})
    bare = dataclasses.replace(held, people=dataclasses.replace(held.people, trees={}))
    assert holding.seated(bare, {"place": seats(held.people, {1: 0, 2: 1, 3: 2})}, np.empty(0, dtype=np.int64)).reseated


def test_newcomers_may_stand_below_the_first_distributor_or_below_nobody():
    held, newcomers = holding.enrol(company({1: 0, 2: 1, 3: 2}), id=[50, 51], sponsor_id=[0, 1], joined_at=[7, 7])
    held = slices.take(held, slices.refresh(PLAN, held, no_sales(), newcomers))
    assert held.people.id.tolist() == [1, 2, 3, 51, 50]
    assert held.people.parent.tolist() == [-1, 0, 0, 0, -1]
    assert_same_figures(PLAN, held)
