"""Where a rank counts from the order with which it is reached, each order is paid by the ranks of its own moment."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices
from commissions.engine.calculate import calculate
from commissions.engine.document import Refused, write
from commissions.engine.result import Reason
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_sales, engine_snapshot, some_companies, some_plans
from tests.commissions.engine.test_slices import assert_same_figures
from tests.commissions.plans.examples import SHIPPED

TEXT = (SHIPPED / "fernhollow.toml").read_text()
OWN_GROUP = '{ measure = "personal_group_volume", volume = "pv", least = 1, less = "rank", rank = "gold" }'


def from_the_crossing_order(plan):
    """The same plan with ranks that count from the order with which they are reached."""
    raw = write(plan)
    raw["ladder"] |= {"in_force": "crossing"}
    return plans.restore(raw)


def payments_by_moment(plan, people, sales):
    """Order by order: the ranks of its moment, and what they pay for it; returns count from the start."""
    everybody = twin.stand(plan, people, sales)
    began = {sale.order: (min(other.at for other in sales if other.order == sale.order), sale.order) for sale in sales}
    for moment in sorted(began.values()):
        so_far = [sale for sale in sales if sale.quantity < 0 or began[sale.order] <= moment]
        then = twin.stand(plan, people, so_far)
        for id, person in everybody.items():
            person.rank = then[id].rank
            person.sales = [sale for sale in sales if sale.person_id == id and began[sale.order] == moment]
        yield from twin.payments(plan, everybody)


@given(some_plans(lines=("order",)).map(from_the_crossing_order), some_companies(most=12))
def test_each_order_is_paid_by_the_ranks_of_its_moment(plan, company):
    people, sales = company
    snapshot = engine_snapshot(people, sales)
    lines = calculate(plan, snapshot).lines
    ids = [*snapshot.people.id.tolist(), None]
    ours = Counter(
        (
            plan.bonuses[int(lines.bonus[row])].code,
            ids[lines.payee[row]],
            ids[lines.source[row]],
            int(snapshot.sales.order[lines.sale[row]]),
            int(lines.level[row]),
            int(lines.amount_minor[row]),
            Reason(lines.reason[row]).name,
        )
        for row in range(len(lines))
        if lines.amount_minor[row]
    )
    theirs = Counter(
        (line.bonus, line.payee, line.source, line.order, line.level, line.amount, line.reason)
        for line in payments_by_moment(plan, people, sales)
        if line.amount
    )
    assert ours == theirs


@given(some_plans(lines=("order",)).map(from_the_crossing_order), some_companies(most=8), st.data())
def test_a_refresh_of_such_a_plan_equals_the_whole_run(plan, company, data):
    people, sales = company
    cut = data.draw(st.integers(0, len(sales)))
    cut = next((place for place in range(cut, len(sales)) if place and sales[place].order != sales[place - 1].order), len(sales))
    held = holding.hold(plan, engine_snapshot(people, sales[:cut]))
    held = slices.take(held, slices.refresh(plan, held, engine_sales(held.index, sales[cut:])))
    assert_same_figures(plan, held)


def test_a_return_is_netted_at_the_order_that_it_takes_back():
    plan = from_the_crossing_order(plans.parse(TEXT))
    people = [(1, 0, "open"), (2, 1, "open")]
    orders = [(1, 1, 60_00), (2, 2, 600_00), (3, 2, 100_00), (4, 2, -600_00)]  # ana's own, then ben's three
    sales = [
        twin.Sale(number, person, number, number, "distributor", 1 if pv > 0 else -1, pv, pv, 0, 0, "USD")
        for number, person, pv in orders
    ]
    snapshot = engine_snapshot(people, sales)
    reverses = np.where(snapshot.sales.id == 4, 2, 0)
    returned = dataclasses.replace(snapshot, sales=dataclasses.replace(snapshot.sales, reverses=reverses))
    assert calculate(plan, returned).totals[1].tolist() == [10_00, 0]  # the rank is never bronze: 10 % of 100 is left


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('line = "order"', 'line = "source"'), 'bonuses[1].line is "source"; expected order, as each has ranks of its own'),
        (
            ('code = "silver"', f'code = "silver"\nrequires = [{OWN_GROUP}]'),
            'ranks[3].requires[1].measure is "personal_group_volume"; expected what more volume can only bring nearer',
        ),
        (
            ("count = 2, where", 'count = 2, looks_through = "unranked", where'),
            'ranks[3].legs[1].looks_through is "unranked"; expected what more volume can only bring nearer',
        ),
        (
            ("[activity]", '[compression]\ninactive_volume = "moves_up"\nterminated = "stay"\n[activity]'),
            'compression.inactive_volume is "moves_up"; expected what more volume can only bring nearer',
        ),
    ],
)  # fmt: skip
def test_a_plan_is_refused_in_which_no_order_could_be_said_to_reach_a_rank(change, said):
    text = TEXT.replace('elsewhere = "last"', 'elsewhere = "last"\nin_force = "crossing"')
    plans.parse(text)
    with pytest.raises(Refused) as refused:
        plans.parse(text.replace(*change))
    assert said in str(refused.value)
