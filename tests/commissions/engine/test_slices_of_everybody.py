"""Bonuses that depend on everybody, and caps, refreshed on slices equal the whole run: live totals are the run's."""

import dataclasses
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import snapshot
from commissions.engine.calculate import calculate
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.kinds.test_caps import BONUSES
from tests.commissions.engine.kinds.two_legs import RANKS, plain_plan
from tests.commissions.engine.test_slices import assert_same_figures, happen, some_histories

EXCHANGE = {"EUR": Fraction("1.0837"), "JPY": Fraction(1, 151), "KWD": Fraction("3.25")}
COMMON = {"line": "payee", "rounding": "truncate", "unearned": "breakage"}
LEGS = COMMON | {
    "name": "Legs",
    "tree": "team",
    "volume": "cv",
    "qualifies": {"active": True, "sponsored_each_leg": 0},
    "carry_over": {"consumed": "paid", "while_inactive": "flushed", "most": 60, "expires_after": 2},
}
PERCENTAGE = LEGS | {"code": "legs", "kind": "binary_percentage", "rates": dict.fromkeys(RANKS, "10%")}
CYCLE = LEGS | {
    "code": "cycle",
    "kind": "binary_cycle",
    "cycle": {"stronger": 10, "weaker": 5, "amounts": dict.fromkeys(RANKS, 3)},
    "strong_leg": "cycle",
    "cap": {"cycles": {"member": 4}, "beyond": "forfeited"},
}
MATCH = COMMON | {
    "code": "match",
    "name": "Match",
    "kind": "matching",
    "bonuses": ["team", "legs"],
    "tree": "sponsor",
    "rates": {"member": ["10%"], "silver": ["10%", "5%"], "gold": []},
    "compression": "inactive",
}
POOL = COMMON | {
    "code": "pool",
    "name": "Pool",
    "kind": "pool",
    "share": "3%",
    "volume": "cv",
    "unearned_of": ["team", "deep"],
    "shares": {"by": "volume", "measured": "own", "each": 1},
    "active_only": True,
    "nobody": "rolled",
    "remainder": "most_shares",
}
LARGER = COMMON | {"code": "larger", "name": "Larger", "kind": "greater_of", "bonuses": ["team", "deep"]}
RISE = COMMON | {
    "code": "rise",
    "name": "Rise",
    "kind": "rank_advancement",
    "amounts": {"member": 0, "silver": 10, "gold": 20},
    "periods": 1,
    "skipped": "highest",
    "active_only": True,
}


@st.composite
def some_plans(draw):
    """A plan of everything, with caps in any order."""
    match = MATCH | {"base": draw(st.sampled_from(["before_caps", "after_caps"]))}
    caps = {
        "order": draw(st.permutations(["person", "match", "company"])),
        "person": [{"bonuses": ["team", "legs"], "most": {"member": 2, "silver": 5}, "excess": "carried"}],
        "company": [{"bonuses": ["team", "deep", "pool"], "protected": ["pool"], "share": "5%", "volume": "cv"}],
    }
    some = [each for each in (CYCLE, POOL, LARGER, RISE) if each is POOL or draw(st.booleans())]
    plan = plain_plan([*BONUSES, PERCENTAGE, match, *some], caps if draw(st.integers(0, 3)) else None, active=10)
    return dataclasses.replace(plan, exchange=EXCHANGE)


def with_more(whole):
    """The same company with a binary tree, in the order of the people, and something left of the period before."""
    count = len(whole.people)
    above = (np.arange(count) - 1) // 2
    index = snapshot.Index(whole.people.id)
    tree = snapshot.placed(
        index,
        id=whole.people.id,
        parent_id=np.where(np.arange(count) > 0, whole.people.id[above], 0),
        leg=np.where(np.arange(count) > 0, (np.arange(count) - 1) % 2, -1),
    )
    people = dataclasses.replace(whole.people, trees={"team": tree})
    left = {"team.above_cap": np.arange(count) * 7, "legs.left.1": np.arange(count) * 1000, "legs.right.2": np.full(count, 500)}
    return dataclasses.replace(whole, people=people, state=snapshot.State(people=left, company={"pool.rolled": 77}))


@given(some_plans(), some_histories())
def test_refreshing_equals_the_whole_run(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, with_more(engine_snapshot(people, sales)))
    for batch in batches:
        held, _ = happen(plan, held, *batch)
        assert_same_figures(plan, held)
        assert np.array_equal(held.earned, calculate(plan, holding.whole(held), keep_lines=False).before_caps)
