"""The override with minimum guarantee against its slow twin, and what holds for any tree."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.bonuses.guarantee import settle
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.test_differential import LONG
from tests.commissions.engine.kinds.uplines import is_head, own
from tests.commissions.engine.kinds.worlds import POINT, common, heads, some_worlds


def tables(draw, ranks):
    return [
        common(draw, "override", lines=["payee"], unearned=["breakage"])
        | {
            "kind": "guarantee",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "head": heads(draw, ranks),
            "rate": draw(st.sampled_from(["4%", "7.77%", "100%"])),
            "minimum": draw(st.sampled_from([0, 10, 50])),
            "active_only": draw(st.booleans()),
        }
    ]


def settled(world, bonus):
    """Return {head: (passed up, kept)} in hundredths of a point, from the bottom up."""
    is_one = {person.id: is_head(world, bonus, person) and world.may(bonus, person) for person in world.everybody()}

    def settle_below(person):
        """The volume of the group that goes on through a person, and the heads met on the way down."""
        volume, found = own(person, bonus.volume), []
        for each in world.below(person, bonus.tree):
            if is_one[each.id]:
                found.append(each)
            else:
                more, further = settle_below(each)
                volume, found = volume + more, found + further
        return volume, found

    def settle_head(head):
        volume, found = settle_below(head)
        got = sum(settle_head(each) for each in found)
        lacks = max(bonus.minimum - volume, 0)
        shortfall = min(lacks, max(got, 0))
        results[head.id] = (volume + shortfall, got - shortfall)
        return volume + shortfall

    results = {}
    for person in world.everybody():
        if is_one[person.id] and not any(is_one[each.id] for each in world.upline(person, bonus.tree)):
            settle_head(person)
            results[person.id] += (True,)
    return results


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    result = uplines.calculate(world.plan, world.snapshot)
    bonus = world.plan.bonuses[0]
    worth = Fraction(bonus.rate, 1_000_000) * POINT
    expected = settled(world, bonus)
    kept = {id: worlds.twin.round_once(each[1] * worth, bonus.rounding) for id, each in expected.items()}
    for place, id in enumerate(world.snapshot.people.id.tolist()):
        assert result.totals[0, place] == kept.get(id, 0)
    top = sum(worlds.twin.round_once(each[0] * worth, bonus.rounding) for each in expected.values() if len(each) == 3)
    assert result.unearned[0] == top


@pytest.mark.parametrize(
    ("seller", "line"),
    [(1, (NONE, 0, 0, 1, Reason.NOBODY_ABOVE)), (2, (0, NONE, 1, 1, Reason.PAID)), (0, None)],
    ids=["the highest head", "the one below", "nobody"],
)
def test_a_hundredth_of_a_point_is_passed_up_on_a_line_and_nothing_on_none(seller, line):
    """ana and ben below, both heads who owe all that their groups sell."""
    table = {"code": "owed", "name": "Owed", "kind": "guarantee", "tree": "sponsor", "active_only": False, "line": "payee"}
    table |= {"head": {"by": "rank", "rank": "member"}, "rate": "100%", "minimum": 0}
    plan = worlds.plans.restore(LONG | {"bonuses": [table | {"rounding": "half_even", "unearned": "breakage"}]})
    sales = [worlds.twin.Sale(1, seller, 0, 1, "retail", 1, 1, 1, 0, 0, "USD")] if seller else []
    lines = uplines.calculate(plan, worlds.engine_snapshot([(1, 0, "open"), (2, 1, "open")], sales)).lines
    columns = (lines.payee, lines.source, lines.level, lines.amount_minor, lines.reason)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == ([line] if line else [])


forests = st.integers(1, 40).flatmap(
    lambda count: st.tuples(
        st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=count, max_size=count),
        st.lists(st.integers(-50, 300), min_size=count, max_size=count),
    )
)


@given(forests, st.integers(0, 200))
def test_nobody_ever_owes_more_than_was_received_and_nothing_is_lost(forest, minimum):
    steps, volumes = forest
    parent = np.array([max(place - back, -1) if tied else -1 for place, (back, tied) in enumerate(steps)])
    group = np.array(volumes)
    passed, kept = settle(parent, group, minimum)
    received = np.zeros(len(parent) + 1, dtype=np.int64)
    np.add.at(received, parent, passed)
    received = received[:-1]
    assert ((kept >= 0) | (kept == received)).all()
    assert (kept <= np.maximum(received, kept)).all()
    assert (kept + passed == received + group).all()
    shortfall = np.clip(np.maximum(minimum - group, 0), 0, np.maximum(received, 0))
    assert (passed == group + shortfall).all()
    assert passed[parent == -1].sum() + kept.sum() == group.sum()


def test_a_line_of_a_hundred_thousand_heads_is_settled_in_a_few_rounds():
    count = 100_000
    group = np.full(count, 30)
    group[-1] = 1_000_000
    passed, kept = settle(np.arange(-1, count - 1), group, 100)
    assert passed[-1] == 1_000_000
    assert (passed[:-1] == 100).all()
    assert kept[-2] == 1_000_000 - 70 and (kept[:-2] == 30).all()
