"""Fast start agrees with its twin, and shares out sales with a unilevel that leaves them to it."""

from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    RANKS,
    SIDE,
    START,
    Company,
    Person,
    Sale,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    fits,
    levels_above,
    line_of,
    lines_of,
    plan_with,
    sales_filters,
    side_of,
    stand,
    worth,
)

WINDOWS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("days"), "days": st.sampled_from((1, 2, 10, 30))}),
    st.fixed_dictionaries({"kind": st.just("months"), "months": st.integers(1, 3)}),
    st.just({"kind": "first_order"}),
)


@st.composite
def fast_starts(draw):
    rates = draw(st.lists(st.sampled_from(("10%", "7.77%", "0.0001%", "100%")), min_size=1, max_size=3))
    settings = draw(common(unearned=("breakage",)))
    compression = draw(st.sampled_from(("none", "inactive", "paid_through", "full")))
    if compression != "full":
        settings["unearned"] = draw(st.sampled_from(("breakage", "roll_up")))
    return (
        settings
        | draw(sales_filters())
        | {
            "code": "fast",
            "kind": "fast_start",
            "tree": draw(st.sampled_from(("sponsor", "side"))),
            "volume": draw(st.sampled_from(("cv", "pv"))),
            "window": draw(WINDOWS),
            "rates": rates,
            "depth": {rank: draw(st.integers(0, len(rates))) for rank in RANKS},
            "compression": compression,
        }
    )


def is_new(plan, bonus, sale):
    """Whether the window of the bonus is still open for who is credited with a sale."""
    zone = ZoneInfo(plan.periods["month"].time_zone)
    at, joined = sale.at.astimezone(zone).date(), sale.person.joined.astimezone(zone).date()
    if bonus.window.kind == "days":
        return at < joined + timedelta(days=bonus.window.days)
    if bonus.window.kind == "months":
        return (at.year - joined.year) * 12 + at.month - joined.month < bonus.window.months
    return sale.first and sale.own


def twin(plan, bonus, company):
    for sale in company.sales:
        if fits(bonus.sales, sale) and is_new(plan, bonus, sale):
            for level, *who in levels_above(plan, bonus, sale.person, len(bonus.rates), line_of(bonus)):
                exact = getattr(sale, bonus.volume) * Fraction(bonus.rates[level - 1], 1_000_000) * worth(plan, None)
                yield sale.person, sale.order, None, level, exact, *who


@given(companies(), fast_starts(), ACTIVITIES, st.sampled_from(("UTC", "Asia/Tokyo", "America/New_York")))
def test_every_line_is_the_twins(company, table, activity, zone):
    plan = plan_with(table, activity=activity, zone=zone, trees=SIDE)
    bonus = plan.bonuses[0]
    stand(plan, company)
    _, ours = engine_lines(plan, engine_snapshot(company, trees=side_of(company)))
    assert ours == lines_of(bonus, twin(plan, bonus, company))


@given(companies(), fast_starts())
def test_a_unilevel_that_leaves_sales_to_it_is_paid_on_all_the_others(company, table):
    table = {key: value for key, value in table.items() if key != "sales"} | {
        "rates": ["10%"],
        "volume": "cv",
        "depth": dict.fromkeys(RANKS, 1),
        "rounding": "half_up",
        "line": "order",
    }
    unilevel = {key: value for key, value in table.items() if key != "window"} | {"kind": "unilevel"}
    both = [
        table,
        unilevel | {"code": "rest", "sales": {"without_bonuses": ["fast"]}},
        unilevel | {"code": "all"},
    ]
    plan = plan_with(*both, trees=SIDE)
    result, _ = engine_lines(plan, engine_snapshot(company, trees=side_of(company)))
    fast, rest, whole = result.totals + 0
    if all(sale.cv % 10 == 0 for sale in company.sales):
        assert (fast + rest == whole).all()
    bases = [result.lines.base[result.lines.bonus == index].sum() for index in range(3)]
    assert bases[0] + bases[1] == bases[2]


@given(companies())
def test_a_monthly_unilevel_leaves_sales_to_a_weekly_fast_start(company):
    table = {
        "code": "fast", "kind": "fast_start", "tree": "sponsor", "window": {"kind": "days", "days": 20}, "rates": ["10%"],
        "depth": dict.fromkeys(RANKS, 1), "compression": "none", "line": "order", "rounding": "half_up",
        "unearned": "breakage",
    }  # fmt: skip
    unilevel = {key: value for key, value in table.items() if key != "window"}
    unilevel |= {"code": "rest", "kind": "unilevel", "sales": {"without_bonuses": ["fast"]}}
    periods = {
        "month": {"kind": "month", "time_zone": "UTC"},
        "week": {"kind": "week", "time_zone": "UTC", "starts_on": "2026-03-02"},
    }
    plan = plan_with(table | {"period": "week"}, unilevel, periods=periods)
    result, _ = engine_lines(plan, engine_snapshot(company))
    left = sum(sale.cv for sale in company.sales if not is_new(plan, plan.bonuses[0], sale))
    assert result.lines.base.sum() == left
    assert not result.totals[0].any()


def test_a_flat_bonus_takes_only_the_sales_that_it_has_an_amount_for():
    flat = {
        "code": "flat", "kind": "sponsor_flat", "window": {"kind": "first_order"}, "active_only": False, "line": "order",
        "amounts": [{"products": ["starter"], "amount": 5}], "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    rest = {
        "code": "rest", "kind": "unilevel", "tree": "sponsor", "rates": ["10%"], "depth": dict.fromkeys(RANKS, 1),
        "compression": "none", "line": "order", "rounding": "half_up", "unearned": "breakage",
        "sales": {"without_bonuses": ["flat"]},
    }  # fmt: skip
    ana, ben = Person(1, None, "open", START), Person(2, None, "open", START)
    ben.sponsor = ana
    sold = [
        Sale(number, ben, START, number, "distributor", 2, 1, 100, 100, 0, 0, "USD", product, None, True)
        for number, product in enumerate(("starter", "tea"), 1)
    ]
    result, _ = engine_lines(plan_with(flat, rest), engine_snapshot(Company([ana, ben], sold)))
    assert result.totals.tolist() == [[500, 0], [10, 0]]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"kind": "days"}, "bonuses[1].window.days is missing"),
        ({"kind": "days", "days": 0}, "bonuses[1].window.days is 0; expected a whole number from 1"),
        ({"kind": "weeks", "weeks": 2}, "expected one of days, months, first_order"),
    ],
)
def test_a_window_that_says_nothing_is_refused(window, said):
    table = {
        "code": "fast", "kind": "fast_start", "tree": "sponsor", "window": window, "rates": ["10%"],
        "depth": dict.fromkeys(RANKS, 1), "compression": "none", "line": "order", "rounding": "half_up",
        "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError) as refused:
        plan_with(table)
    assert said in str(refused.value)
