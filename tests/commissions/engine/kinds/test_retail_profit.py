"""Retail profit agrees with its twin whatever it is reckoned from, above what, and on which sales."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    START,
    Company,
    Person,
    Sale,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    fits,
    lines_of,
    plan_with,
    sales_filters,
    settled,
    stand,
    worth,
)

AMOUNTS = ("paid", "seller", "listed")


@st.composite
def retail_profits(draw, code):
    price, basis = draw(st.permutations(AMOUNTS))[:2]
    table = draw(common()) | draw(sales_filters()) | {
        "code": code,
        "kind": "retail_profit",
        "buyers": draw(st.sampled_from((["retail"], ["preferred"], ["preferred", "retail"]))),
        "active_only": draw(st.booleans()),
    }  # fmt: skip
    return (
        table | ({"price": price} if price != "paid" else {}) | ({"basis": basis} if basis != "seller" or price == "paid" else {})
    )


@st.composite
def plans(draw):
    """Two profits, of which the second may leave out the sales that the first takes, and a gate that may stop either."""
    first, second = draw(retail_profits("first")), draw(retail_profits("second"))
    if draw(st.booleans()):
        second = second | {"sales": second.get("sales", {}) | {"without_bonuses": ["first"]}}
    more = {"gates": [GATE | {"bonuses": [draw(st.sampled_from(("first", "second")))]}]} if draw(st.booleans()) else {}
    return plan_with(first, second, activity=draw(ACTIVITIES), amounts=["listed"], **more)


GATE = {
    "code": "gate",
    "name": "Gate",
    "requires": [{"measure": "group_volume", "volume": "pv", "tree": "sponsor", "least": 12}],
}


def amount(name, sale):
    return {"paid": sale.paid, "seller": sale.price, "listed": sale.listed}[name]


def takes(plan, bonus, sale):
    """Whether a bonus leaves a sale to no other one."""
    others = bonus.sales.without_bonuses if bonus.sales else ()
    return fits(bonus.sales, sale) and not any(takes(plan, plan.bonuses[plan.bonus_index(code)], sale) for code in others)


def twin(plan, bonus, company):
    gated = any(bonus.code in gate.bonuses for gate in plan.gates)

    def shut(person):
        return gated and person.gv < 12_00

    def qualifies(person):
        return person.status == "open" and not shut(person) and (person.active or not bonus.active_only)

    for sale in company.sales:
        if sale.buyer_kind in bonus.buyers and takes(plan, bonus, sale):
            above = amount(bonus.price, sale) - amount(bonus.basis, sale)
            profit = max(above, 0) if sale.quantity >= 0 else min(above, 0)
            payee, missed, reason = settled(bonus, sale.person, qualifies)
            if missed and missed.status == "open" and shut(missed):
                reason = "GATED"
            yield sale.person, sale.order, sale.currency, 0, profit * worth(plan, sale.currency), payee, missed, reason


@given(companies(), plans())
def test_every_line_is_the_twins(company, plan):
    stand(plan, company)
    _, ours = engine_lines(plan, engine_snapshot(company))
    first, second = (lines_of(bonus, twin(plan, bonus, company)) for bonus in plan.bonuses)
    assert ours == first + second


@pytest.mark.parametrize(("paid", "price"), [(2**63 - 1, -1), (1, -(2**63) + 1)])
def test_a_profit_that_does_not_fit_is_refused_rather_than_wrapped(paid, price):
    ana = Person(1, None, "open", START)
    sale = Sale(1, ana, START, 1, "retail", 7, 1, 0, 0, paid, price, "USD", None, None, True)
    table = {
        "code": "profit", "kind": "retail_profit", "buyers": ["retail"], "active_only": False, "line": "order",
        "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(AmountTooLarge):
        engine_lines(plan_with(table), engine_snapshot(Company([ana], [sale])))
