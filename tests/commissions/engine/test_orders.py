"""What a payment line gathers: an order whatever lies between its entries in time, and a payee's rate whatever others get."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import snapshot
from commissions.engine.bonuses.sources import of_volume, orders
from commissions.engine.calculate import calculate
from commissions.engine.calculation import Calculation
from tests.commissions.engine.companies import some_plans

ENTRIES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.integers(1, 6)), max_size=25)
"""Person, instant and number within the person's orders."""


def sold(entries):
    """A company of three people, and entries of 1.01 points each, whose orders are numbered anew for each person."""
    people = snapshot.people(id=[1, 2, 3], sponsor_id=[0, 1, 1])
    person, at, order = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    nothing = np.zeros(len(entries), dtype=np.int64)
    points = np.full(len(entries), 101)
    sales = snapshot.sales(
        snapshot.Index(people.id), id=np.arange(1, len(entries) + 1), person_id=person, at=at, order=order * 4 + person,
        buyer_kind=nothing, quantity=nothing + 1, pv=points, cv=points, paid_minor=points, seller_minor=nothing,
        currency=nothing, reverses=nothing,
    )  # fmt: skip
    return people, sales


@given(ENTRIES, st.sampled_from([1, 2**58]), st.data())
def test_orders_are_told_apart_by_their_numbers_alone(entries, spread, data):
    _, sales = sold(entries)
    sales = dataclasses.replace(sales, order=sales.order * spread)
    some = np.array(data.draw(st.lists(st.booleans(), min_size=len(sales), max_size=len(sales))), dtype=np.bool_)
    rows = np.flatnonzero(some)
    numbers = sales.order[rows].tolist()
    first, group = orders(sales, rows)
    assert first.tolist() == sorted({numbers.index(number) for number in numbers})
    assert [numbers[first[each]] for each in group] == numbers


@given(some_plans(), ENTRIES)
def test_lines_by_order_add_up_each_order_of_each_seller(plan, entries):
    people, sales = sold(entries)
    found = of_volume(Calculation.begin(plan, snapshot.Snapshot(people, sales), None), "pv", by_order=True)
    expected = {}
    for seller, order in zip(sales.person.tolist(), sales.order.tolist(), strict=True):
        expected[seller, order] = expected.get((seller, order), 0) + 101
    assert found.seller.tolist() == sorted(found.seller.tolist())
    columns = (found.seller, sales.order[found.sale], found.base)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert sorted(rows) == sorted((*key, base) for key, base in expected.items())
    assert calculate(plan, snapshot.Snapshot(people, sales)).standings.pv.sum() == 101 * len(entries)


def test_a_line_of_one_rate_shows_it_whatever_others_are_paid():
    heading = {"code": "two", "name": "Two", "version": 1, "currency": "USD", "effective_from": "2026-01-01"}
    team = {"code": "team", "name": "Team", "kind": "unilevel", "tree": "sponsor", "compression": "none", "unearned": "breakage"}
    plan = plans.restore(
        {
            "plan": heading | {"credit_date": "paid"},
            "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
            "exchange": {},
            "ladder": {"period": "month", "elsewhere": "last"},
            "activity": {"pv": 0},
            "ranks": [{"code": "member", "name": "Member", "pv": 0, "gv": 0}],
            "bonuses": [team | {"rates": ["10%", "5%"], "depth": {"member": 2}, "line": "payee", "rounding": "half_even"}],
        }
    )
    people = snapshot.people(id=[1, 2, 3, 4], sponsor_id=[0, 1, 2, 3])
    nothing, points = np.zeros(2, dtype=np.int64), np.array([100_00, 40_00])
    sales = snapshot.sales(
        snapshot.Index(people.id), id=[1, 2], person_id=[3, 4], at=nothing, order=[1, 2], buyer_kind=nothing,
        quantity=nothing + 1, pv=points, cv=points, paid_minor=points, seller_minor=nothing, currency=nothing, reverses=nothing,
    )  # fmt: skip
    lines = calculate(plan, snapshot.Snapshot(people, sales)).lines
    paid = {int(people.id[lines.payee[row]]): (int(lines.rate_ppm[row]), int(lines.amount_minor[row])) for row in range(3)}
    assert paid == {1: (50_000, 5_00), 2: (0, 10_00 + 2_00), 3: (100_000, 4_00)}
