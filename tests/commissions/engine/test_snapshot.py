"""The engine's door: rows in any order make the same snapshot, and what is not sound is refused by name."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import money, snapshot
from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.snapshot import Index, Snapshot, Unsound
from commissions.engine.tree import BrokenTree
from tests.commissions.engine.companies import CURRENCIES, engine_sales, engine_snapshot, some_companies, some_plans
from tests.commissions.engine.twin import Sale
from tests.commissions.plans.examples import SHIPPED

TEXT = (SHIPPED / "fernhollow.toml").read_text()
PLAN = plans.parse(TEXT)
IN_ALL_CURRENCIES = plans.parse(TEXT.replace("[exchange]", '[exchange]\nKWD = "3.25"'))
PEOPLE = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open")]
SALE = Sale(id=7, person_id=3, at=0, order=7, buyer="retail", quantity=1, pv=100, cv=100, paid=0, price=0, currency="USD")


def by_id(people, result):
    """Figures by id, whatever places people stand at."""
    standings = result.standings
    columns = [standings.pv, standings.gv, standings.active, standings.rank, standings.best, *result.totals]
    return dict(zip(people.id.tolist(), zip(*(column.tolist() for column in columns), strict=True), strict=True))


@given(some_plans(), some_companies(), st.randoms())
def test_the_order_of_rows_changes_nothing(plan, company, random):
    people, sales = company
    first = engine_snapshot(people, sales)
    random.shuffle(people)
    random.shuffle(sales)
    second = engine_snapshot(people, sales)
    one, other = calculate(plan, first), calculate(plan, second)
    assert by_id(first.people, one) == by_id(second.people, other)
    assert (one.unearned == other.unearned).all()


@given(some_plans(), some_companies())
def test_calculating_again_gives_identical_lines(plan, company):
    snap = engine_snapshot(*company)
    one, other = calculate(plan, snap).lines, calculate(plan, snap).lines
    for field in dataclasses.fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        assert first.dtype == second.dtype
        assert first.tobytes() == second.tobytes()


@given(some_companies())
def test_full_compression_pays_or_leaves_unearned_every_rate_of_every_sale(company):
    snap = engine_snapshot(*company)
    result = calculate(IN_ALL_CURRENCIES, snap)
    lines = result.lines.take(np.flatnonzero(result.lines.bonus == 1))
    rates = IN_ALL_CURRENCIES.bonuses[1].rates
    due = sum(int(cv) * rate for cv in snap.sales.cv for rate in rates) / money.PPM
    assert abs(result.totals[1].sum() + result.unearned[1] - due) <= len(lines) / 2


@given(some_companies(), st.data())
def test_raising_an_order_lowers_nobodys_group_volume(company, data):
    people, sales = company
    if not sales:
        return
    before = calculate(IN_ALL_CURRENCIES, engine_snapshot(people, sales)).standings.gv
    raised = data.draw(st.integers(0, len(sales) - 1))
    sales[raised].pv += data.draw(st.integers(1, 5000))
    assert (calculate(IN_ALL_CURRENCIES, engine_snapshot(people, sales)).standings.gv >= before).all()


def test_nobody_and_nothing_make_a_snapshot_too():
    result = calculate(PLAN, engine_snapshot([], []))
    assert len(result.lines) == 0 and result.totals.shape == (2, 0)
    alone = calculate(PLAN, engine_snapshot([(5, 0, "open")], []))
    assert alone.standings.rank.tolist() == [0]


@pytest.mark.parametrize(
    ("people", "error", "message"),
    [
        ([(1, 0), (1, 0)], Unsound, "person 1 is there twice"),
        ([(1, 0), (2, 9)], Unsound, "sponsor 9 is not among the people"),
        ([(1, 2), (2, 1)], BrokenTree, "runs in a circle"),
        ([(1, 1)], BrokenTree, "runs in a circle"),
    ],
)
def test_people_who_make_no_tree_are_refused(people, error, message):
    with pytest.raises(error, match=message):
        snapshot.people(id=[id for id, _ in people], sponsor_id=[sponsor_id for _, sponsor_id in people])


def test_a_sale_of_nobody_is_refused():
    with pytest.raises(Unsound, match="person credited 4 is not among the people"):
        engine_snapshot(PEOPLE, [dataclasses.replace(SALE, person_id=4)])
    with pytest.raises(Unsound, match="person credited 4 is not among the people"):
        engine_sales(Index(np.empty(0, dtype=np.int64)), [dataclasses.replace(SALE, person_id=4)])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"person": [0, 3]}, "a sale is credited to a person who is not in the snapshot"),
        ({"person": [-1, 0]}, "a sale is credited to a person who is not in the snapshot"),
        ({"currency": [0, len(money.CURRENCIES)]}, "a sale is in a currency that is not in the table"),
        ({"person": [2, 1]}, "sale 8 is out of order"),
        ({"at": [1, 0]}, "sale 8 is out of order"),
        ({"order": [8, 7]}, "sale 8 is out of order"),
        ({"id": [8, 7], "order": [7, 7]}, "sale 7 is out of order"),
        ({"id": [8, 8], "order": [7, 7]}, "sale 8 is there twice"),
        ({"pv": [1]}, r"the arrays of Sales have lengths \[1, 2\], expected one length"),
    ],
)
def test_sales_that_are_not_sorted_or_not_whole_are_refused(wrong, message):
    sound = engine_snapshot(PEOPLE, [SALE, dataclasses.replace(SALE, id=8, order=8)])
    arrays = {name: np.array(values, dtype=getattr(sound.sales, name).dtype) for name, values in wrong.items()}
    with pytest.raises(Unsound, match=message):
        calculate(PLAN, Snapshot(sound.people, dataclasses.replace(sound.sales, **arrays)))


def test_people_out_of_tree_order_are_refused():
    sound = engine_snapshot(PEOPLE, [])
    broken = dataclasses.replace(sound.people, size=np.array([3, 1, 1]))
    with pytest.raises(BrokenTree, match="row 2 reaches beyond"):
        calculate(PLAN, Snapshot(broken, sound.sales))


def test_a_currency_without_a_rate_is_refused_by_name():
    with pytest.raises(plans.NoRate, match="no exchange rate for KWD"):
        calculate(PLAN, engine_snapshot(PEOPLE, [dataclasses.replace(SALE, currency="KWD", paid=5)]))
    assert "KWD" in CURRENCIES


@pytest.mark.parametrize("volume", [2**62, -(2**62), 2**63 - 1])
@pytest.mark.parametrize("field", ["pv", "cv", "paid", "price"])
def test_volumes_and_amounts_beyond_64_bits_are_refused_not_wrapped(field, volume):
    with pytest.raises(money.AmountTooLarge, match="does not fit 64 bits"):
        calculate(PLAN, engine_snapshot(PEOPLE, [dataclasses.replace(SALE, **{field: volume})]))


def test_a_bonus_that_pays_beyond_64_bits_is_named():
    many = [dataclasses.replace(SALE, id=id, order=id, paid=2**61) for id in (1, 2)]
    with pytest.raises(money.AmountTooLarge, match="bonus retail_profit: the sum of the amounts paid does not fit 64 bits"):
        calculate(PLAN, engine_snapshot(PEOPLE, many))


def test_a_sum_that_only_overflows_together_is_refused():
    many = [dataclasses.replace(SALE, id=id, order=id, pv=2**60, cv=0) for id in range(1, 6)]
    with pytest.raises(money.AmountTooLarge, match="the sum of PV does not fit 64 bits"):
        calculate(PLAN, engine_snapshot(PEOPLE, many))
    many = [dataclasses.replace(SALE, id=id, order=id, pv=0, cv=2**60) for id in range(1, 6)]
    with pytest.raises(money.AmountTooLarge, match="does not fit 64 bits"):
        calculate(PLAN, engine_snapshot(PEOPLE, many))
