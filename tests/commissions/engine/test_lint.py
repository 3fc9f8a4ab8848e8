"""A plan is warned about what its document proves, and about what a search finds."""

from fractions import Fraction

import pytest

from commissions.engine import lint
from commissions.engine import plan as plans
from commissions.engine.document import write
from commissions.engine.lint import Warns
from tests.commissions.plans.examples import FILES, RULES, SHIPPED, Example

TEAM = {
    "code": "team", "name": "Team", "kind": "unilevel", "tree": "sponsor", "rates": ["30%", "20%"], "depth": {"member": 2},
    "compression": "full", "line": "order", "rounding": "half_even", "unearned": "breakage",
}  # fmt: skip


def warned(**rules):
    return {warning.warns: warning for warning in lint.lint(plans.restore(RULES | {"bonuses": [TEAM]} | rules))}


def test_a_plan_within_its_share_is_not_warned_about():
    assert warned() == {}


def test_bounds_that_add_up_to_too_much_are_told_with_their_parts():
    found = warned(bonuses=[TEAM | {"rates": ["40%", "25%"]}])
    assert str(found[Warns.ABOVE_SHARE]) == (
        "bonuses: the bonuses can pay up to 65.00% of the volume, more than the 60.00% that was asked about: team 65.00%"
    )


def test_money_that_a_pool_divides_again_is_within_the_bound_of_the_bonus_that_left_it():
    pool = {
        "code": "again", "name": "Again", "kind": "pool", "share": "5%", "volume": "cv", "unearned_of": ["team"],
        "shares": {"by": "volume", "measured": "own", "each": 1}, "active_only": False, "nobody": "kept",
        "remainder": "earliest", "line": "payee", "rounding": "truncate", "unearned": "breakage",
    }  # fmt: skip
    assert warned(bonuses=[TEAM, pool]) == {}
    found = warned(bonuses=[TEAM, pool | {"share": "15%"}])
    assert str(found[Warns.ABOVE_SHARE]).endswith(
        "up to 65.00% of the volume, more than the 60.00% that was asked about: team 50.00%, again 15.00%"
    )


@pytest.mark.parametrize(("volume", "is_bounded"), [("cv", True), ("pv", False)])
def test_a_company_cap_bounds_what_is_paid_by_the_volume_that_it_is_a_share_of(volume, is_bounded):
    """A share of PV says nothing of how much of the CV is paid: an order may have little of the one and much of the other."""
    cap = {"bonuses": ["team"], "share": "30%", "volume": volume}
    caps = {"order": ["person", "match", "company"], "company": [cap]}
    found = warned(bonuses=[TEAM | {"rates": ["40%", "25%"]}], caps=caps)
    assert (Warns.ABOVE_SHARE not in found) == is_bounded


def test_the_search_finds_a_company_that_is_paid_too_much():
    found = warned(bonuses=[TEAM | {"rates": ["90%"], "depth": {"member": 1}}])
    assert Warns.FOUND_ABOVE_SHARE in found


def test_the_search_fills_cycles_of_a_plan_whose_ranks_ask_for_no_volume():
    (jeunesse,) = (path for path in FILES if path.stem == "jeunesse")
    assert lint.worst_company(Example(jeunesse).plan, tries=40).share > Fraction(1, 100)


def test_the_search_never_finds_more_than_the_bound():
    for path in sorted(SHIPPED.glob("*.toml")):
        plan = plans.parse(path.read_text())
        bounds = [lint.bound(plan, index) for index in range(len(plan.bonuses))]
        if all(bound is not None for bound in bounds):
            assert lint.worst_company(plan, tries=25).share <= sum(bounds, Fraction(0)) + Fraction(1, 1000), path.stem


def test_levels_that_no_rank_is_paid_are_told():
    found = warned(bonuses=[TEAM | {"depth": {"member": 1}}])
    assert str(found[Warns.UNPAID_LEVELS]) == "bonuses[1]: team has 2 levels, but no rank is paid below level 1"


def test_a_rank_that_contradicts_itself_is_told():
    """Every leg, and the own volume, may count for a hundredth at most: it would take a hundred legs."""
    lowest = RULES["ranks"][0]
    capped = {"of": "requirement", "share": "1%", "own_volume": "capped"}
    ranks = [lowest, {"code": "star", "name": "Star", "pv": 0, "gv": 1000, "leg_cap": capped}]
    found = warned(ranks=ranks, bonuses=[TEAM | {"depth": {"member": 2, "star": 2}}])
    assert found[Warns.UNREACHABLE_RANK].values == {"rank": "star"}


def ladder_with(*required, **more):
    """Two ranks, of which the higher one requires something."""
    star = {"code": "star", "name": "Star", "pv": 0, "gv": 0, "requires": list(required)}
    return {"ranks": [RULES["ranks"][0], star], "bonuses": [TEAM | {"depth": {"member": 2, "star": 2}}], **more}


LEGS = {"measure": "legs_with_rank", "tree": "sponsor", "rank": "member", "where": "anywhere", "count": 2}
ITSELF = LEGS | {"rank": "star"}
BUYERS = {"measure": "customers", "buyers": ["retail"], "volume": "pv", "each": 1, "count": 3}
WIDE = {"measure": "sponsored_in_legs", "tree": "wide", "who": "open", "legs": 20, "count": 2}
SIXTEENTH = {"measure": "nth_largest_leg", "tree": "sponsor", "volume": "pv", "nth": 16, "least": 10}
ALL_BUT = {"measure": "outside_largest_leg", "tree": "sponsor", "volume": "pv", "own": "left_out", "largest": 15, "least": 10}
SIDES = {"measure": "sponsored_in_legs", "tree": "pairs", "who": "open", "count": 9}
BIG_LEGS = {"measure": "legs_with_volume", "tree": "sponsor", "volume": "pv", "least": 90_000, "count": 20}


@pytest.mark.parametrize(
    "required",
    [LEGS, BUYERS, SIDES, WIDE, BIG_LEGS, SIXTEENTH, ALL_BUT, {"measure": "any_of", "of": [[BUYERS, LEGS], [ITSELF]]}],
    ids=["legs", "customers", "sides", "wide", "big legs", "sixteenth leg", "all but fifteen legs", "alternatives"],
)
def test_a_rank_that_can_be_reached_is_not_said_to_be_out_of_reach(required):
    assert Warns.UNREACHABLE_RANK not in warned(
        **ladder_with(required, trees={"pairs": {"kind": "binary"}, "wide": {"kind": "open"}})
    )


@pytest.mark.parametrize("required", [ITSELF, {"measure": "any_of", "of": [[ITSELF], [LEGS | {"rank": "star", "count": 1}]]}])
def test_a_rank_that_somebody_must_hold_first_is_out_of_reach(required):
    assert warned(**ladder_with(required))[Warns.UNREACHABLE_RANK].values == {"rank": "star"}


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "published"], ids=lambda path: path.stem)
def test_ranks_that_ask_for_facts_or_for_legs_in_open_trees_can_be_reached(path):
    assert Warns.UNREACHABLE_RANK not in {warning.warns for warning in lint.lint(Example(path).plan, tries=2)}


def test_a_bonus_for_joining_is_told():
    """A board whose places no product buys."""
    data = write(Example(next(path for path in FILES if path.stem.startswith("board"))).plan)
    told = [lint.lint(plans.restore(data), tries=5)]
    for bonus in data["bonuses"]:
        bonus.pop("sales", None)
    told.append(lint.lint(plans.restore(data), tries=5))
    assert [Warns.RECRUITING in {warning.warns for warning in warnings} for warnings in told] == [False, True]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_plan_has_nothing_wrong_with_it(path):
    found = {warning.warns for warning in lint.lint(plans.parse(path.read_text()), tries=25)}
    assert not found & {Warns.RECRUITING, Warns.ABOVE_SHARE, Warns.FOUND_ABOVE_SHARE, Warns.UNREACHABLE_RANK, Warns.UNPAID_LEVELS}


def test_the_same_seed_finds_the_same_company():
    plan = plans.restore(RULES | {"bonuses": [TEAM]})
    assert lint.worst_company(plan, seed=3, tries=40) == lint.worst_company(plan, seed=3, tries=40)
