"""The sponsor flat bonus agrees with its twin."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    RANKS,
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
)
from tests.commissions.engine.kinds.test_fast_start import WINDOWS, is_new


@st.composite
def amounts(draw):
    table = {"products": draw(st.sampled_from((["starter"], ["pro"], ["pro", "tea"])))}
    if draw(st.booleans()):
        table["sponsor"] = draw(st.sampled_from(("distributor", "preferred", "retail")))
    if draw(st.booleans()):
        return table | {"amount": draw(st.sampled_from((10, "7.77")))}
    return table | {"by_rank": {rank: draw(st.sampled_from((0, 5, "20.01"))) for rank in RANKS}}


@st.composite
def flats(draw):
    return (
        draw(common())
        | draw(sales_filters())
        | {
            "code": "flat",
            "kind": "sponsor_flat",
            "window": draw(WINDOWS),
            "amounts": draw(st.lists(amounts(), min_size=1, max_size=3)),
            "active_only": draw(st.booleans()),
        }
    )


def amount_for(plan, bonus, sale):
    """What a unit of a sale brings the sponsor, in minor units; 0 where no row fits."""
    sponsor = sale.person.sponsor
    for row in bonus.amounts:
        kind = sponsor.kind if sponsor else None
        if sale.product in row.products and (row.sponsor is None or row.sponsor == kind):
            if row.amount is not None:
                return plan.minor(row.amount)
            return plan.minor(row.by_rank[RANKS[sponsor.rank]]) if sponsor and sponsor.rank >= 0 else 0
    return 0


def twin(plan, bonus, company):
    for sale in company.sales:
        if sale.own and fits(bonus.sales, sale) and is_new(plan, bonus, sale):
            who = settled(bonus, sale.person.sponsor, lambda each: each.active if bonus.active_only else each.status == "open")
            exact = Fraction(amount_for(plan, bonus, sale) * sale.quantity)
            yield sale.person, sale.order, "USD", 1, exact, *who


@given(companies(), flats(), ACTIVITIES)
def test_every_line_is_the_twins(company, table, activity):
    plan = plan_with(table, activity=activity)
    stand(plan, company)
    _, ours = engine_lines(plan, engine_snapshot(company))
    assert ours == lines_of(plan.bonuses[0], twin(plan, plan.bonuses[0], company))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"products": ["pro"]}, 'bonuses[1].amounts[1] is "neither"; expected either amount or by_rank'),
        ({"products": ["pro"], "by_rank": {"member": 5}}, "bonuses[1].amounts[1].by_rank.leader is missing"),
        ({"products": [], "amount": 5}, "bonuses[1].amounts[1].products is a list of 0"),
    ],
)
def test_an_amount_that_is_not_for_a_product_is_refused(row, said):
    table = {
        "code": "flat", "kind": "sponsor_flat", "window": {"kind": "first_order"}, "amounts": [row], "active_only": False,
        "line": "order", "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError) as refused:
        plan_with(table)
    assert said in str(refused.value)
