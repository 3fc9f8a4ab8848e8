"""Customer acquisition agrees with its twin, and counts customers from one period into the next."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    fits,
    left_by,
    lines_of,
    plan_with,
    sales_filters,
    settled,
    stand,
    worth,
)
from tests.commissions.engine.kinds.test_fast_start import is_new

COUNTED = st.sampled_from(("period", "life"))
REWARDS = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("percent"),
            "rate": st.sampled_from(("10%", "33.3333%")),
            "of": st.sampled_from(("cv", "pv", "paid")),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("amount"), "amount": st.just("12.50"), "every": st.integers(1, 3), "counted": COUNTED}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("milestones"),
            "pays": st.sampled_from(("each", "highest")),
            "counted": COUNTED,
            "milestones": st.just(
                [{"customers": 1, "amount": 5}, {"customers": 2, "amount": 20}, {"customers": 4, "amount": 50}]
            ),
        }
    ),
)


@st.composite
def acquisitions(draw):
    reward = draw(REWARDS)
    lines = ("order", "source", "payee") if reward["kind"] == "percent" else ("source", "payee")
    table = (
        draw(common(lines=lines))
        | draw(sales_filters())
        | {
            "code": "new",
            "kind": "customer_acquisition",
            "buyers": draw(st.sampled_from((["retail"], ["retail", "preferred"]))),
            "reward": reward,
            "active_only": draw(st.booleans()),
        }
    )
    if draw(st.booleans()):
        table["least"] = draw(st.sampled_from((1, 10)))
        table["volume"] = draw(st.sampled_from(("pv", "cv")))
    if draw(st.integers(0, 2)) == 0:
        table["window"] = draw(
            st.sampled_from(({"kind": "days", "days": 5}, {"kind": "days", "days": 20}, {"kind": "months", "months": 1}))
        )
    return table


def new_customers(plan, bonus, company, seller):
    """The first orders of each new customer of a seller, as lists of sales; with nobody named, each order is somebody's."""
    found = {}
    for sale in company.sales:
        counts = sale.person is seller and sale.first and sale.buyer_kind in bonus.buyers and not sale.own
        if counts and fits(bonus.sales, sale) and (bonus.window is None or is_new(plan, bonus, sale)):
            found.setdefault((sale.buyer_kind, sale.buyer, sale.order if sale.buyer < 0 else None), []).append(sale)
    volume = bonus.volume
    return [
        sales
        for sales in found.values()
        if sum(sale.quantity for sale in sales) > 0 and sum(getattr(sale, volume) for sale in sales) >= bonus.least
    ]


def value(plan, reward, before, new):
    """What a number of new customers is worth, in minor units."""
    if reward.kind == "amount":
        return plan.minor(reward.amount) * sum(count % reward.every == 0 for count in range(before + 1, before + new + 1))
    passed = [plan.minor(each.amount) for each in reward.milestones if before < each.customers <= before + new]
    return sum(passed) if reward.pays == "each" else max(passed, default=0)


def twin(plan, bonus, company, before):
    def qualifies(person):
        return person.active if bonus.active_only else person.status == "open"

    for seller in company.people:
        customers = new_customers(plan, bonus, company, seller)
        if bonus.reward.kind == "percent":
            for sale in (sale for sales in customers for sale in sales):
                base = {"cv": sale.cv, "pv": sale.pv, "paid": sale.paid}[bonus.reward.of]
                currency = sale.currency if bonus.reward.of == "paid" else None
                exact = base * Fraction(bonus.reward.rate, 1_000_000) * worth(plan, currency)
                yield seller, sale.order, currency, 0, exact, *settled(bonus, seller, qualifies)
        else:
            so_far = before[seller.id] if bonus.reward.counted == "life" else 0
            exact = Fraction(value(plan, bonus.reward, so_far, len(customers)))
            yield seller, None, "USD", 0, exact, *settled(bonus, seller, qualifies)


@given(companies(most_people=5, most_orders=20), acquisitions(), ACTIVITIES, st.data())
def test_every_line_is_the_twins_and_the_customers_are_counted_on(company, table, activity, data):
    plan = plan_with(table, activity=activity)
    bonus = plan.bonuses[0]
    stand(plan, company)
    before = {person.id: data.draw(st.integers(0, 3)) for person in company.people}
    given = engine_snapshot(company, past={"new.customers": before})
    result, ours = engine_lines(plan, given)
    assert ours == lines_of(bonus, twin(plan, bonus, company, before))
    if getattr(bonus.reward, "counted", None) == "life":
        new = {person.id: len(new_customers(plan, bonus, company, person)) for person in company.people}
        assert left_by(given, result, "new.customers") == {id: before[id] + new[id] for id in before}


@given(REWARDS.filter(lambda reward: "counted" in reward))
def test_every_number_of_customers_after_every_other_is_worth_what_the_twin_says(reward):
    table = {
        "code": "new", "kind": "customer_acquisition", "buyers": ["retail"], "active_only": False, "line": "source",
        "reward": reward, "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    plan = plan_with(table)
    before, new = (each.ravel() for each in np.mgrid[0:7, 1:7])
    worth = [value(plan, plan.bonuses[0].reward, *each) for each in zip(before.tolist(), new.tolist(), strict=True)]
    assert plan.bonuses[0].reward.worth(plan, before, new).tolist() == worth


def test_a_number_of_customers_has_no_line_by_order():
    table = {
        "code": "new", "kind": "customer_acquisition", "buyers": ["retail"], "active_only": False, "line": "order",
        "reward": {"kind": "amount", "amount": 5, "every": 1, "counted": "period"}, "rounding": "half_up",
        "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError, match="expected source or payee"):
        plan_with(table)


@given(companies(), acquisitions(), st.integers(0, 14))
def test_what_is_counted_for_life_comes_to_the_same_in_two_periods(company, table, cut):
    reward = table["reward"]
    if reward["kind"] == "percent":
        reward = {"kind": "amount", "amount": 5, "every": 2}
    table |= {"reward": reward | {"counted": "life"}, "line": "source", "unearned": "breakage", "active_only": False}
    if reward["kind"] == "milestones":
        table["reward"]["pays"] = "each"
    plan = plan_with(table)
    company.sales = [sale for sale in company.sales if sale.reverses is None]
    for sale in company.sales:
        sale.buyer = sale.buyer if sale.own else sale.order
    orders = sorted({sale.order for sale in company.sales})[:cut]
    early = dataclasses.replace(company, sales=[sale for sale in company.sales if sale.order in orders])
    late = dataclasses.replace(company, sales=[sale for sale in company.sales if sale.order not in orders])
    given = engine_snapshot(early)
    first, _ = engine_lines(plan, given)
    second, _ = engine_lines(plan, engine_snapshot(late, past={"new.customers": left_by(given, first, "new.customers")}))
    whole, _ = engine_lines(plan, engine_snapshot(company))
    assert (first.totals + second.totals == whole.totals).all()
