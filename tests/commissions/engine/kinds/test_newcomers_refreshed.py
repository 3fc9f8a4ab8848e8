"""A refresh with later sales equals the whole run for the bonuses of beginnings too, whatever sales they are paid on."""

from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import slices
from tests.commissions.engine.kinds.newcomers import ACTIVITIES, SIDE, Company, companies, engine_snapshot, plan_with, side_of
from tests.commissions.engine.kinds.test_coded import coded
from tests.commissions.engine.kinds.test_customer_acquisition import acquisitions
from tests.commissions.engine.kinds.test_fast_start import fast_starts
from tests.commissions.engine.kinds.test_n_up import n_ups
from tests.commissions.engine.kinds.test_retail_profit import retail_profits
from tests.commissions.engine.kinds.test_sponsor_flat import flats
from tests.commissions.engine.test_slices import assert_same_figures

TABLES = st.one_of(coded(), acquisitions(), fast_starts(), n_ups(), flats(), retail_profits("profit"))


@given(companies(), TABLES, ACTIVITIES, st.integers(0, 14))
def test_a_refresh_with_later_orders_equals_the_whole_run(company, table, activity, cut):
    plan = plan_with(table, activity=activity, amounts=["listed"], trees=SIDE)
    orders = sorted({sale.order for sale in company.sales})
    early = [sale for sale in company.sales if sale.order in orders[:cut]]
    late = [sale for sale in company.sales if sale.order not in orders[:cut]]
    held = holding.hold(plan, engine_snapshot(Company(company.people, early), trees=side_of(company)))
    held = slices.take(
        held, slices.refresh(plan, held, engine_snapshot(Company(company.people, late), trees=side_of(company)).sales)
    )
    assert_same_figures(plan, held)
