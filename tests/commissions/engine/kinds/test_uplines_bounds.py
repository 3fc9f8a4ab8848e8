"""What a bonus up the line says that it pays at most, no company is paid; and what nobody may be paid, nobody is."""

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate
from commissions.engine.document import Refused
from tests.commissions.engine.kinds import (
    test_breakaway,
    test_equalisation,
    test_generation,
    test_guarantee,
    test_infinity,
    test_unilevel_levels,
    test_volume_rebate,
    uplines,
    worlds,
)
from tests.commissions.engine.kinds import test_differential as differential
from tests.commissions.engine.kinds.worlds import some_worlds

KINDS = [
    differential.tables,
    test_breakaway.tables,
    test_equalisation.tables,
    test_generation.tables,
    test_guarantee.tables,
    test_infinity.tables,
    test_unilevel_levels.unilevel,
    test_unilevel_levels.matrix,
    test_volume_rebate.whole,
    test_volume_rebate.marginal,
]


@pytest.mark.parametrize("tables", KINDS, ids=lambda tables: f"{tables.__module__.rpartition('.')[2]}-{tables.__name__}")
@given(data=st.data())
def test_no_company_without_refunds_is_paid_more_than_the_bound(tables, data):
    world = data.draw(some_worlds(tables))
    place = len(world.plan.bonuses) - 1
    bound = world.plan.bonuses[place].most(world.plan)
    if bound is None:
        assert world.plan.bonuses[place].volume == "pv"
        return
    sold = [dataclasses.replace(sale, pv=abs(sale.pv), cv=abs(sale.cv), quantity=1) for sale in world.sales]
    people = [(person.id, person.sponsor.id if person.sponsor else 0, person.status) for person in world.everybody()]
    sales = worlds.engine_snapshot(people, sold).sales
    result = calculate(world.plan, dataclasses.replace(world.snapshot, sales=sales))
    paid = int(result.totals[place].sum())
    assert paid <= bound * sum(sale.cv for sale in sold) + Fraction(len(result.lines), 2)


BY_STANDING = [
    differential.tables,
    test_generation.tables,
    test_infinity.tables,
    test_unilevel_levels.unilevel,
    test_unilevel_levels.matrix,
    test_volume_rebate.whole,
]


@pytest.mark.parametrize("tables", BY_STANDING, ids=lambda tables: f"{tables.__module__.rpartition('.')[2]}-{tables.__name__}")
@given(data=st.data())
def test_reversing_every_sale_reverses_every_line_of_what_no_volume_decides(tables, data):
    """With everybody's standing as it was, opposite sales make opposite lines."""
    world = data.draw(some_worlds(tables))
    bonus = world.plan.bonuses[-1]
    assume(getattr(getattr(bonus, "rates", None), "by", "rank") != "bracket" and bonus.line != "payee")
    from_sales = calculate(world.plan, world.snapshot)
    calculation = uplines.begun(world, from_sales.standings)
    backwards = uplines.begun(world, from_sales.standings, sign=-1)
    ours, theirs = uplines.summed(calculation), uplines.summed(backwards)
    assert ours == {key: -amount for key, amount in theirs.items()}


PLAIN = {
    "differential": {"rates": {"by": "rank", "table": {"member": "5%"}}, "own_sales": "paid", "unqualified": "blocks"},
    "unilevel": {"rates": ["5%"], "compression": "none"},
    "matrix": {"rates": ["5%"], "compression": "none", "tree": "place"},
    "infinity": {"rates": {"member": "5%"}, "below_level": 1, "counted": "everybody", "blocking": "offset"},
    "generation": {"rates": ["5%"], "boundary": "inclusive", "rank": "member", "held_as": "title", "unqualified": "counts"},
    "breakaway": {
        "rates": ["5%"],
        "head": {"by": "rank", "rank": "member"},
        "leaves": "this_period",
        "recapture": True,
        "minimum": {"volume": "pv", "least": 0},
        "unqualified": "counts",
    },
    "equalisation": {"rates": ["5%"], "differential": "other", "unqualified": "counts"},
    "guarantee": {"rate": "5%", "minimum": 10, "head": {"by": "rank", "rank": "member"}, "line": "payee"},
    "volume_rebate": {"rates": {"by": "rank", "table": {"member": "5%"}}, "mode": "whole"},
}
COMMON = {"tree": "sponsor", "line": "order", "rounding": "half_even", "unearned": "breakage"}
BRACKETS = {"by": "bracket", "of": "own", "volume": "pv", "over": "period", "table": [{"at": 1, "rate": "1%"}]}
TWICE = [{"at": 5, "rate": "1%"}, {"at": 5, "rate": "2%"}]
BY_VOLUME = {"by": "volume", "of": "personal_group", "volume": "pv", "over": "period", "least": 5}


def plan_with(kind, change):
    """A plan with the plainest bonus of a kind, changed, beside a differential."""
    bonuses = [
        {"code": code, "name": code, "kind": each, **COMMON, **PLAIN[each]}
        | ({"active_only": False} if each not in ("unilevel", "matrix") else {})
        for code, each in (("other", "differential"), ("mine", kind))
    ]
    bonuses[1] |= change
    ranks = [{"code": "member", "name": "Member", "pv": 0, "gv": 0}]
    return worlds.plans.restore(worlds.document(ranks, bonuses, pv=0))


@pytest.mark.parametrize("kind", PLAIN)
def test_the_plainest_bonus_of_each_kind_is_a_plan(kind):
    assert plan_with(kind, {}).bonuses[1].kind == kind


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("differential", {"rates": {"by": "luck"}}, "rates.by"),
        ("differential", {"tree": "family"}, "tree"),
        *((kind, {"volume": "bv"}, "volume") for kind in PLAIN),
        *((kind, {"period": "decade"}, "period") for kind in PLAIN),
        ("differential", {"rates": BRACKETS | {"of": "personal_group"}}, "rates.without"),
        ("differential", {"rates": BRACKETS | {"without": "other"}}, "rates.without"),
        ("differential", {"rates": BRACKETS | {"over": "rolling"}}, "rates.periods"),
        ("differential", {"rates": BRACKETS | {"periods": 3}}, "rates.periods"),
        ("differential", {"rates": BRACKETS | {"volume": "bv"}}, "rates.volume"),
        ("differential", {"rates": BRACKETS | {"table": TWICE}}, "rates.table[2].at"),
        ("differential", {"rates": {"by": "rank", "table": {}}}, "rates.table.member"),
        ("differential", {"unqualified": "transparent", "unearned": "roll_up"}, "unearned"),
        *((kind, {"tree": "family"}, "tree") for kind in PLAIN if kind not in ("differential", "volume_rebate")),
        ("infinity", {"unearned": "roll_up"}, "unearned"),
        ("infinity", {"rates": {"member": "120%"}}, "rates.member"),
        ("infinity", {"rates": {"member": "0%"}}, "rates"),
        ("infinity", {"rates": {}}, "rates.member"),
        ("generation", {"boundary": "active_level"}, "rank"),
        ("generation", {"rank": "tin"}, "rank"),
        ("breakaway", {"head": {"by": "rate", "bonus": "mine", "least": "5%"}}, "head.bonus"),
        ("breakaway", {"head": {"by": "rank", "rank": "tin"}}, "head.rank"),
        ("breakaway", {"head": BY_VOLUME}, "head.of"),
        ("breakaway", {"head": BY_VOLUME | {"of": "own", "volume": "bv"}}, "head.volume"),
        ("generation", {"rates": {"member": []}}, "rates"),
        ("breakaway", {"minimum": {"volume": "bv", "least": 0}}, "minimum.volume"),
        ("equalisation", {"differential": "mine"}, "differential"),
        ("guarantee", {"head": {"by": "rank", "rank": "tin"}}, "head.rank"),
        ("guarantee", {"line": "order"}, "line"),
        ("guarantee", {"unearned": "roll_up"}, "unearned"),
        ("unilevel", {"tiers": [{"legs": 2, "depth": 1}, {"legs": 2, "depth": 1}]}, "tiers[2].legs"),
        ("unilevel", {"rates": "10%"}, "rates"),
        ("unilevel", {"rates": {"member": []}}, "rates"),
        ("unilevel", {"tiers": [{"legs": 0, "depth": 2}]}, "tiers[1].depth"),
        ("unilevel", {"held": {"fact": "pack", "table": [{"least": 0, "depth": 2}]}}, "held.table[1].depth"),
        ("matrix", {"tree": "sponsor"}, "tree"),
        ("matrix", {"rates": ["1%"] * 10}, "rates"),
        ("volume_rebate", {"mode": "marginal"}, "mode"),
        ("volume_rebate", {"mode": "marginal", "rates": BRACKETS}, "rates.of"),
        ("volume_rebate", {"mode": "marginal", "volume": "pv", "rates": BRACKETS, "sales": {"buyers": ["retail"]}}, "sales"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_key(kind, change, said):
    with pytest.raises(Refused) as refused:
        plan_with(kind, change)
    assert any(problem.path == f"bonuses[2].{said}" for problem in refused.value.problems), refused.value


def test_ranks_below_the_boundary_are_no_payees():
    ranks = [{"code": code, "name": code, "pv": 0, "gv": 0} for code in ("member", "gold")]
    settings = {"code": "mine", "name": "Mine", "kind": "generation", "active_only": False, **COMMON, **PLAIN["generation"]}
    for key, change in (("depth", {"member": 1, "gold": 1}), ("rates", {"member": ["1%"], "gold": ["1%"]})):
        with pytest.raises(Refused) as refused:
            worlds.plans.restore(worlds.document(ranks, [settings | {"rank": "gold", key: change}], pv=0))
        assert [problem.path for problem in refused.value.problems] == [f"bonuses[1].{key}.member"]


def test_a_differential_and_a_breakaway_that_ask_each_other_are_refused():
    stairs = {"code": "other", "name": "Other", "kind": "differential", "active_only": False, **COMMON, **PLAIN["differential"]}
    stairs["rates"] = BRACKETS | {"of": "personal_group", "without": "mine"}
    override = {"code": "mine", "name": "Mine", "kind": "breakaway", "active_only": False, **COMMON, **PLAIN["breakaway"]}
    override["head"] = {"by": "rate", "bonus": "other", "least": "1%"}
    ranks = [{"code": "member", "name": "Member", "pv": 0, "gv": 0}]
    with pytest.raises(Refused, match="circle"):
        worlds.plans.restore(worlds.document(ranks, [stairs, override], pv=0))


@pytest.mark.parametrize("kind", [kind for kind in PLAIN if kind not in ("unilevel", "matrix")])
def test_a_customer_who_stands_in_the_tree_is_never_paid(kind):
    tree = {"tree": "sponsor"} | ({"below_level": 0, "blocking": "differential"} if kind == "infinity" else {})
    plan = plan_with(kind, tree)
    sale = worlds.twin.Sale(1, 3, 0, 1, "retail", 1, 100_00, 100_00, 0, 0, "USD")
    rows = worlds.engine_snapshot([(1, 0, "open"), (2, 1, "open"), (3, 2, "open")], [sale])
    kinds = worlds.array({1: 0, 2: 2, 3: 0}, [1, 2, 3])
    people = dataclasses.replace(rows.people, facts={"kind": kinds})
    result = calculate(plan, dataclasses.replace(rows, people=people))
    assert not result.totals[:, 1].any()
