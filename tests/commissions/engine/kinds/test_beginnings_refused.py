"""Settings of the bonuses of beginnings that contradict each other are refused, by the name of the key."""

import numpy as np
import pytest

from commissions.engine.bonuses.dues import groups, sums
from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds.newcomers import RANKS, plan_with

BASE = {"code": "it", "line": "source", "rounding": "half_up", "unearned": "breakage"}
DEPTH = dict.fromkeys(RANKS, 1)
CUSTOMERS = BASE | {
    "kind": "customer_acquisition",
    "buyers": ["retail"],
    "active_only": False,
    "reward": {"kind": "percent", "rate": "10%", "of": "cv"},
}
FLAT = BASE | {
    "kind": "sponsor_flat",
    "window": {"kind": "days", "days": 1},
    "active_only": False,
    "amounts": [{"products": ["pro"], "amount": 1}],
}
CODED = BASE | {
    "kind": "coded",
    "reward": {"kind": "amount", "amount": 1},
    "without_code": "nobody",
    "active_only": False,
}
N_UP = BASE | {
    "kind": "n_up",
    "passes": [1],
    "passed_rates": ["10%"],
    "keeper_rates": ["10%"],
    "depth": DEPTH,
    "compression": "none",
}
MENTOR = BASE | {
    "kind": "mentor",
    "tree": "sponsor",
    "amounts": {"chief": [5]},
    "depth": DEPTH,
    "compression": "none",
    "skipped": "each",
}
LINES = BASE | {"kind": "streamline", "levels": [{"rate": "10%", "rank": "member"}], "lines": DEPTH}
BOARD = BASE | {
    "kind": "board",
    "width": 2,
    "depth": 1,
    "amount": 5,
    "positions": "unit",
    "entry": "oldest",
    "re_entry": "none",
    "active_only": False,
}
PARTY = BASE | {
    "kind": "party",
    "amount": "paid",
    "host_orders": True,
    "reward": {"kind": "credit", "brackets": [{"least": 1, "rate": "1%"}]},
}
RETAIL = BASE | {"kind": "retail_profit", "buyers": ["retail"], "active_only": False}
MILESTONES = {
    "kind": "milestones",
    "pays": "each",
    "counted": "life",
    "milestones": [{"customers": 2, "amount": 1}, {"customers": 2, "amount": 5}],
}


@pytest.mark.parametrize("table", [CUSTOMERS, FLAT, CODED, N_UP, MENTOR, LINES, BOARD, PARTY, RETAIL])
def test_the_plain_settings_are_accepted(table):
    assert plan_with(table).bonuses[0].code == "it"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (CUSTOMERS | {"reward": MILESTONES}, "bonuses[1].reward.milestones is \"2, 2\"; expected numbers of customers that rise"),
        (CUSTOMERS | {"buyers": ["retail", "retail"]}, 'buyers is "retail, retail"; expected each kind of buyer once'),
        (CUSTOMERS | {"buyers": ["distributor"]}, "bonuses[1].buyers[1] is \"distributor\""),
        (CUSTOMERS | {"volume": "fast"}, "bonuses[1].volume is \"fast\"; expected one of the plan's volumes: pv, cv"),
        (CUSTOMERS | {"window": {"kind": "first_order"}}, 'window.kind is "first_order"; expected one of days, months'),
        (
            CUSTOMERS | {"reward": {"kind": "percent", "rate": "10%", "of": "fast"}},
            "bonuses[1].reward.of is \"fast\"; expected one of the plan's volumes or amounts: pv, cv, paid, seller",
        ),
        (FLAT | {"amounts": [{"products": ["a", "a"], "amount": 1}]}, "bonuses[1].amounts[1].products is \"a, a\""),
        (FLAT | {"amounts": [{"products": ["a"], "amount": 1, "by_rank": dict.fromkeys(RANKS, 1)}]}, "is \"both\""),
        (CODED | {"reward": {"kind": "percent", "rate": "10%", "of": "x"}}, "bonuses[1].reward.of is \"x\""),
        (CODED | {"sales": {"without_bonuses": ["ghost"]}}, "ghost"),
        (CODED | {"sales": {"without_bonuses": ["it"]}}, "circle"),
        (N_UP | {"depth": DEPTH | {"chief": 2}}, "bonuses[1].depth.chief is 2; expected at most 1, the number of rates"),
        (N_UP | {"depth": {"chief": 1}}, "bonuses[1].depth.member is missing"),
        (N_UP | {"compression": "full", "unearned": "roll_up"}, "full compression leaves nothing that could roll up"),
        (N_UP | {"volume": "x"}, "bonuses[1].volume is \"x\""),
        (MENTOR | {"amounts": {"king": [5]}}, "bonuses[1].amounts.king is \"king\"; expected one of the plan's ranks"),
        (MENTOR | {"tree": "side"}, "bonuses[1].tree is \"side\"; expected one of the plan's trees: sponsor"),
        (MENTOR | {"depth": DEPTH | {"chief": 2}}, "bonuses[1].depth.chief is 2; expected at most 1, the number of amounts"),
        (MENTOR | {"compression": "full", "unearned": "roll_up"}, "full compression leaves nothing that could roll up"),
        (MENTOR | {"line": "order"}, "bonuses[1].line is \"order\"; expected one of source"),
        (LINES | {"levels": [{"rate": "10%", "rank": "king"}]}, "bonuses[1].levels[1].rank is \"king\""),
        (LINES | {"tree": "sponsor"}, "bonuses[1].tree is \"sponsor\""),
        (LINES | {"unearned": "roll_up"}, "bonuses[1].unearned is \"roll_up\"; expected one of breakage"),
        (LINES | {"lines": {"chief": 1}}, "bonuses[1].lines.member is missing"),
        (LINES | {"volume": "x"}, "bonuses[1].volume is \"x\""),
        (BOARD | {"entry": "none"}, "bonuses[1].entry is \"none\"; expected one of sponsor, oldest, newest"),
        (BOARD | {"line": "order"}, "bonuses[1].line is \"order\"; expected one of source, payee"),
        (BOARD | {"sales": {"products": ["a", "a"]}}, "bonuses[1].sales.products is \"a, a\"; expected each of them once"),
        (PARTY | {"amount": "pv"}, "bonuses[1].amount is \"pv\"; expected one of the plan's amounts: paid, seller"),
        (PARTY | {"sales": {"products": ["a", "a"]}}, "bonuses[1].sales.products is \"a, a\"; expected each of them once"),
        (RETAIL | {"basis": "wholesale"}, "bonuses[1].basis is \"wholesale\"; expected one of the plan's amounts"),
        (RETAIL | {"basis": "paid"}, "bonuses[1].basis is \"paid\"; expected another amount than the price"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(table, said):
    with pytest.raises(ValueError) as refused:
        plan_with(table)
    assert said in str(refused.value)


def test_a_name_that_both_a_volume_and_an_amount_have_is_refused():
    with pytest.raises(ValueError, match="a name that not both a volume and an amount have"):
        plan_with(CODED | {"reward": {"kind": "percent", "rate": "10%", "of": "fast"}}, volumes=["fast"], amounts=["fast"])


@pytest.mark.parametrize(
    ("table", "bound"),
    [
        (N_UP | {"keeper_rates": ["5%", "7%"], "depth": DEPTH}, "3/25"),
        (LINES | {"lines": DEPTH | {"chief": 3}}, "3/10"),
        (CUSTOMERS, "1/10"),
        (CUSTOMERS | {"reward": {"kind": "percent", "rate": "10%", "of": "paid"}}, "None"),
        (CODED, "None"),
        (CODED | {"reward": {"kind": "percent", "rate": "8%", "of": "cv"}}, "2/25"),
        (BOARD, "None"),
    ],
)
def test_a_bound_by_the_volume_is_stated_where_there_is_one(table, bound):
    plan = plan_with(table)
    assert str(plan.bonuses[0].most(plan)) == bound


@pytest.mark.parametrize(("sales", "recruits"), [(None, True), ({"buyers": ["retail"]}, True), ({"products": ["pack"]}, False)])
def test_a_board_without_a_product_pays_for_recruiting(sales, recruits):
    plan = plan_with(BOARD | ({"sales": sales} if sales else {}))
    assert plan.bonuses[0].pays_for_recruiting is recruits


@pytest.mark.parametrize(
    ("table", "levels"),
    [
        (N_UP | {"keeper_rates": ["5%", "7%", "1%"], "depth": DEPTH | {"chief": 2}}, (3, 2)),
        (N_UP | {"passed_rates": ["5%", "7%"], "depth": dict.fromkeys(RANKS, 0)}, (2, 0)),
        (MENTOR | {"amounts": {"leader": [5], "chief": [5, 4]}, "depth": DEPTH | {"chief": 2}}, (2, 2)),
        (MENTOR | {"amounts": {}, "depth": dict.fromkeys(RANKS, 0)}, (0, 0)),
        (CODED, (0, 0)),
        (PARTY, (0, 0)),
    ],
)
def test_how_many_levels_there_are_and_how_many_anybody_is_paid(table, levels):
    plan = plan_with(table)
    assert plan.bonuses[0].levels_and_paid(plan) == levels


def test_nobody_is_paid_a_level_where_no_rank_brings_an_amount():
    with pytest.raises(ValueError, match="bonuses\\[1\\].depth.chief is 1; expected at most 0, the number of amounts"):
        plan_with(MENTOR | {"amounts": {}, "depth": dict.fromkeys(RANKS, 0) | {"chief": 1}})


@pytest.mark.parametrize(
    ("table", "by_moment"), [(N_UP, True), (CODED, False), (CUSTOMERS, False), (FLAT, False), (RETAIL, True)]
)
def test_only_what_each_order_pays_by_itself_is_paid_by_the_ranks_of_its_moment(table, by_moment):
    ladder = {"period": "month", "elsewhere": "last", "in_force": "crossing"}
    plan_with(table | {"line": "order"}, ladder=ladder)
    if by_moment:
        with pytest.raises(ValueError, match="expected order, as each has ranks of its own"):
            plan_with(table | {"line": "source"}, ladder=ladder)
    else:
        plan_with(table | {"line": "source"}, ladder=ladder)


def test_more_than_fits_is_refused_rather_than_wrapped():
    first, group = groups((np.array([7, 7, 5]), np.array([1, 1, 1])))
    assert sums(np.array([2**60, 2**60, 3]), group, len(first)).tolist() == [3, 2**61]
    with pytest.raises(AmountTooLarge):
        sums(np.array([2**62, 2**62, 3]), group, len(first))
