"""The coded bonus agrees with its twin, and counts a seller's orders from one period into the next."""

from fractions import Fraction

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

REWARDS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("percent"), "rate": st.sampled_from(("10%", "33.3333%")), "of": st.sampled_from(("cv", "seller"))}
    ),
    st.fixed_dictionaries({"kind": st.just("amount"), "amount": st.sampled_from((10, "0.01"))}),
)


@st.composite
def coded(draw):
    table = (
        draw(common())
        | draw(sales_filters())
        | {
            "code": "code",
            "kind": "coded",
            "reward": draw(REWARDS),
            "without_code": draw(st.sampled_from(("sponsor", "seller", "nobody"))),
            "active_only": draw(st.booleans()),
        }
    )
    if draw(st.booleans()):
        table["passes"] = draw(st.integers(1, 3))
    return table


def orders_of(bonus, company, seller):
    """A seller's orders that count, the earliest first, each with its sales."""
    found = {}
    mine = [sale for sale in company.sales if sale.person is seller and fits(bonus.sales, sale)]
    mine = [sale for sale in mine if sale.code or bonus.without_code != "nobody"]
    for sale in sorted(mine, key=lambda sale: (sale.at, sale.order)):
        found.setdefault(sale.order, []).append(sale)
    return list(found.values())


def coder(bonus, sale):
    if sale.code:
        return sale.code
    return sale.person.sponsor if bonus.without_code == "sponsor" else sale.person


def twin(plan, bonus, company, before):
    for seller in company.people:
        number, counted = before[seller.id] + 1, {}
        for sales in orders_of(bonus, company, seller):
            for sale in sales:
                counted[sale] = counted.get(sale.reverses, number)
                due = coder(bonus, sale) if bonus.passes is None or counted[sale] <= bonus.passes else seller
                who = settled(bonus, due, lambda each: each.active if bonus.active_only else each.status == "open")
                if bonus.reward.kind == "amount":
                    yield seller, sale.order, "USD", 0, Fraction(plan.minor(bonus.reward.amount) * sale.quantity), *who
                else:
                    base, currency = (sale.cv, None) if bonus.reward.of == "cv" else (sale.price, sale.currency)
                    exact = base * Fraction(bonus.reward.rate, 1_000_000) * worth(plan, currency)
                    yield seller, sale.order, currency, 0, exact, *who
            number += sum(sale.quantity for sale in sales) > 0


@given(companies(), coded(), ACTIVITIES, st.data())
def test_every_line_is_the_twins_and_orders_are_counted_on(company, table, activity, data):
    plan = plan_with(table, activity=activity)
    bonus = plan.bonuses[0]
    stand(plan, company)
    before = {person.id: data.draw(st.integers(0, 2)) for person in company.people}
    given = engine_snapshot(company, past={"code.orders": before})
    result, ours = engine_lines(plan, given)
    assert ours == lines_of(bonus, twin(plan, bonus, company, before))
    if bonus.passes is not None:
        sold = {
            person.id: sum(sum(sale.quantity for sale in sales) > 0 for sales in orders_of(bonus, company, person))
            for person in company.people
        }
        assert left_by(given, result, "code.orders") == {id: before[id] + sold[id] for id in before}
