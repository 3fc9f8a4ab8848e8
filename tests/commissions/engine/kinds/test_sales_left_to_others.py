"""A bonus that leaves the sales of another one to it is paid on all sales but those that the other pays on."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import RANKS, companies, engine_lines, engine_snapshot, fits, plan_with
from tests.commissions.engine.kinds.test_coded import coded, orders_of
from tests.commissions.engine.kinds.test_customer_acquisition import acquisitions, new_customers
from tests.commissions.engine.kinds.test_fast_start import is_new
from tests.commissions.engine.kinds.test_sponsor_flat import flats

REST = {
    "code": "rest",
    "kind": "unilevel",
    "tree": "sponsor",
    "rates": ["100%"],
    "depth": dict.fromkeys(RANKS, 1),
    "compression": "none",
    "line": "order",
    "rounding": "half_up",
    "unearned": "breakage",
}


def taken(plan, bonus, company):
    """The sales that a bonus pays on."""
    if bonus.kind == "coded":
        return [sale for seller in company.people for sales in orders_of(bonus, company, seller) for sale in sales]
    if bonus.kind == "customer_acquisition":
        return [sale for seller in company.people for sales in new_customers(plan, bonus, company, seller) for sale in sales]
    return [
        sale
        for sale in company.sales
        if sale.own and fits(bonus.sales, sale) and is_new(plan, bonus, sale) and any(suits(row, sale) for row in bonus.amounts)
    ]


def suits(row, sale):
    sponsor = sale.person.sponsor
    return sale.product in row.products and (row.sponsor is None or (sponsor is not None and row.sponsor == sponsor.kind))


@given(companies(), st.one_of(coded(), acquisitions(), flats()))
def test_the_rest_is_paid_on_all_other_sales(company, table):
    plan = plan_with(table, REST | {"sales": {"without_bonuses": [table["code"]]}})
    for sale in company.sales:
        sale.cv = abs(sale.cv) + 1
    left = [sale for sale in company.sales if sale not in taken(plan, plan.bonuses[0], company)]
    result, _ = engine_lines(plan, engine_snapshot(company))
    assert result.lines.base[result.lines.bonus == 1].sum() == sum(sale.cv for sale in left)
