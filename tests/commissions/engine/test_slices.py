"""Any sequence of sales, refunds, enrolments and changes of status, refreshed on slices, equals the whole run."""

import dataclasses
import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices, snapshot
from commissions.engine.calculate import calculate
from commissions.engine.money import AmountTooLarge
from commissions.engine.tree import BrokenTree
from tests.commissions.engine.companies import (
    STATUSES,
    engine_sales,
    engine_snapshot,
    some_companies,
    some_plans,
    some_sales,
)
from tests.commissions.engine.twin import Sale
from tests.commissions.plans.examples import SHIPPED

FERNHOLLOW = plans.parse((SHIPPED / "fernhollow.toml").read_text())
NO_SALES = []

pytestmark = pytest.mark.usefixtures("found_alone")


@st.composite
def some_events(draw, people):
    """What happens in a company, in batches: newcomers (who may sponsor newcomers), changes of status, sales."""
    known, batches, next_sale = [id for id, _, _ in people], [], 10_000
    for _ in range(draw(st.integers(1, 5))):
        newcomers = []
        for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
            newcomers.append((1000 - len(known), draw(st.sampled_from(known))))
            known.append(newcomers[-1][0])
        changes = draw(st.dictionaries(st.sampled_from(known), st.sampled_from(list(STATUSES)), max_size=2))
        sales = draw(some_sales([(id, 0, "") for id in known], first_id=next_sale, most=4))
        next_sale += 1000
        batches.append((newcomers, changes, sales))
    return batches


@st.composite
def some_histories(draw):
    people, sales = draw(some_companies(most=15))
    return people, sales, draw(some_events(people))


def happen(plan, held, newcomers, changes, sales):
    """Let one batch happen to what is held."""
    concerned = np.empty(0, dtype=np.int64)
    if newcomers:
        ids, sponsor_ids = zip(*newcomers, strict=True)
        held, concerned = holding.enrol(held, id=ids, sponsor_id=sponsor_ids, joined_at=[7] * len(ids))
    if changes:
        changed = held.index.of(np.array(list(changes)), "person")
        held = holding.with_status(held, changed, [STATUSES[status] for status in changes.values()])
        concerned = np.concatenate([concerned, changed])
    change = slices.refresh(plan, held, engine_sales(held.index, sales), concerned)
    return slices.take(held, change), change


def assert_same_figures(plan, held):
    whole = holding.whole(held)
    expected = calculate(plan, whole, keep_lines=False)
    for field in dataclasses.fields(expected.standings):
        ours, theirs = getattr(held.standings, field.name), getattr(expected.standings, field.name)
        assert np.array_equal(ours, theirs), field.name
        assert ours.dtype == theirs.dtype
    assert np.array_equal(held.totals, expected.totals)
    assert np.array_equal(held.unearned, expected.unearned)


@given(some_plans(), some_histories())
def test_refreshing_on_slices_equals_the_whole_run(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    for batch in batches:
        held, _ = happen(plan, held, *batch)
        assert_same_figures(plan, held)


@given(some_plans(), some_histories())
def test_a_change_names_exactly_the_people_whose_figures_differ(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    for batch in batches:
        newcomers, changes, new_sales = batch
        if newcomers:
            held, _ = happen(plan, held, newcomers, {}, NO_SALES)
        before = figures(held)
        held, change = happen(plan, held, [], changes, new_sales)
        after = figures(held)
        differ = {id for id in after if before[id] != after[id]}
        assert differ == set(held.people.id[change.people].tolist())


def figures(held):
    """Everything that is stored of each person, by id."""
    rows = [np.atleast_2d(getattr(held.standings, field.name)) for field in dataclasses.fields(held.standings)]
    columns = np.concatenate([*rows, held.totals]).T.tolist()
    return dict(zip(held.people.id.tolist(), columns, strict=True))


@given(some_plans(), some_histories())
def test_a_refresh_leaves_what_is_held_as_it_is(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    before = figures(held)
    for _, changes, new_sales in batches:
        known = set(held.people.id.tolist())
        slices.refresh(plan, held, engine_sales(held.index, [sale for sale in new_sales if sale.person_id in known]))
        changed = held.index.of(np.array([id for id in changes if id in known], dtype=np.int64), "person")
        holding.with_status(held, changed, 1)
        holding.enrol(held, id=[1], sponsor_id=[people[0][0]], joined_at=[0])
    assert figures(held) == before


@given(some_plans(), some_histories())
def test_reversing_every_sale_returns_every_figure_to_its_value_before(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    before, unearned = figures(held), held.unearned.copy()
    known = {id for id, _, _ in people}
    new_sales = [sale for _, _, batch in batches for sale in batch if sale.person_id in known]
    held, _ = happen(plan, held, [], {}, new_sales)
    opposite = [
        dataclasses.replace(
            sale,
            id=sale.id + 500_000,
            order=sale.order + 500_000,
            **{name: -getattr(sale, name) for name in ("quantity", "pv", "cv", "paid", "price")},
        )
        for sale in new_sales
    ]
    held, _ = happen(plan, held, [], {}, opposite)
    assert figures(held) == before
    assert np.array_equal(held.unearned, unearned)


@given(some_plans(), some_histories())
def test_the_lines_of_one_person_are_those_of_the_whole_run(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    for batch in batches:
        held, _ = happen(plan, held, *batch)
    whole = holding.whole(held)
    lines = calculate(plan, whole).lines
    for person in range(len(held.people)):
        ours, ours_sales = slices.lines_of(plan, held, person)
        theirs = lines.take(np.flatnonzero((lines.payee == person) | (lines.missed == person)))
        assert rows(ours, ours_sales) == rows(theirs, whole.sales)


def rows(lines, sales):
    """The lines as plain tuples, each with the first entry of its order."""
    names = [field.name for field in dataclasses.fields(lines) if field.name != "sale"]
    entries = [int(sales.id[sale]) if sale >= 0 else None for sale in lines.sale]
    return sorted(zip(*(getattr(lines, name).tolist() for name in names), map(str, entries), strict=True))


@given(some_plans(), some_histories())
def test_newcomers_stand_below_their_sponsors_and_nobody_else_changes_places(plan, history):
    people, sales, batches = history
    held = holding.hold(plan, engine_snapshot(people, sales))
    sponsors = {id: sponsor_id for id, sponsor_id, _ in people}
    order = held.people.id.tolist()
    for newcomers, _, _ in batches:
        if newcomers:
            ids, sponsor_ids = zip(*newcomers, strict=True)
            held, places = holding.enrol(held, id=ids, sponsor_id=sponsor_ids, joined_at=[7] * len(ids))
            sponsors |= dict(newcomers)
            assert sorted(held.people.id[places].tolist()) == sorted(ids)
    whole = holding.whole(held)
    snapshot.require_sound(whole)
    ids = np.append(held.people.id, 0)
    assert dict(zip(ids[:-1].tolist(), ids[held.people.parent].tolist(), strict=True)) == sponsors
    assert [id for id in held.people.id.tolist() if id in order] == order
    credited = dict(zip(whole.sales.id.tolist(), held.people.id[whole.sales.person].tolist(), strict=True))
    assert credited == {sale.id: sale.person_id for sale in sales}
    assert held.index.of(held.people.id, "person").tolist() == list(range(len(held.people)))


def test_a_sale_that_is_held_already_is_refused():
    people = [(1, 0, "open"), (2, 1, "open")]
    sale = Sale(id=7, person_id=2, at=0, order=7, buyer="retail", quantity=1, pv=1, cv=1, paid=1, price=0, currency="USD")
    held = holding.hold(FERNHOLLOW, engine_snapshot(people, [sale]))
    with pytest.raises(snapshot.Unsound, match="sale 7 is held already"):
        slices.refresh(FERNHOLLOW, held, engine_sales(held.index, [dataclasses.replace(sale, order=8)]))


def test_newcomers_who_are_known_or_whose_sponsor_is_not_are_refused():
    held = holding.hold(FERNHOLLOW, engine_snapshot([(1, 0, "open"), (2, 1, "open")], []))
    with pytest.raises(snapshot.Unsound, match="person 2 is there twice"):
        holding.enrol(held, id=[2], sponsor_id=[1], joined_at=[0])
    with pytest.raises(snapshot.Unsound, match="sponsor 9 is not among the people"):
        holding.enrol(held, id=[3], sponsor_id=[9], joined_at=[0])
    with pytest.raises(BrokenTree, match="runs in a circle"):
        holding.enrol(held, id=[3, 4], sponsor_id=[4, 3], joined_at=[0, 0])


def test_earnings_beyond_64_bits_are_refused_by_a_refresh_too():
    held = holding.hold(FERNHOLLOW, engine_snapshot([(1, 0, "open")], []))
    for number in (1, 2):
        sale = Sale(number, 1, 0, number, "retail", 1, 0, 0, 2**61, 0, "USD")
        if number == 2:
            with pytest.raises(AmountTooLarge, match="the sum of the earnings does not fit 64 bits"):
                slices.refresh(FERNHOLLOW, held, engine_sales(held.index, [sale]))
        else:
            held = slices.take(held, slices.refresh(FERNHOLLOW, held, engine_sales(held.index, [sale])))


def test_batches_are_merged_as_they_grow_and_stay_sorted():
    people = [(id, id - 1, "open") for id in range(1, 6)]
    held = holding.hold(FERNHOLLOW, engine_snapshot(people, []))
    dice = random.Random(3)
    for number in range(1, 60):
        sale = Sale(number, dice.randint(1, 5), dice.randint(0, 9), number, "retail", 1, 100, 100, 0, 0, "USD")
        held = slices.take(held, slices.refresh(FERNHOLLOW, held, engine_sales(held.index, [sale])))
        sizes = [len(batch) for batch in held.batches]
        assert sum(sizes) == number
        assert all(large > 8 * small for large, small in itertools.pairwise(sizes))
    snapshot.require_sound(holding.whole(held))
    assert len(held.batches) > 1


def test_somebody_who_becomes_active_without_being_paid_still_uses_a_level_up():
    text = (SHIPPED / "fernhollow.toml").read_text()
    text = text.replace('"full"', '"inactive"').replace("associate = 1, bronze = 3", "associate = 0, bronze = 3")
    plan = plans.parse(text)
    people = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open")]
    first = [
        Sale(1, 1, 0, 1, "retail", 1, 600_00, 0, 0, 0, "USD"),
        Sale(2, 3, 0, 2, "retail", 1, 0, 100_00, 0, 0, "USD"),
    ]
    held = holding.hold(plan, engine_snapshot(people, first))
    assert held.totals[1].tolist() == [10_00, 0, 0]
    activated = Sale(3, 2, 0, 3, "distributor", 1, 60_00, 0, 0, 0, "USD")
    held = slices.take(held, slices.refresh(plan, held, engine_sales(held.index, [activated])))
    assert held.totals[1].tolist() == [8_00, 0, 0]
    assert_same_figures(plan, held)
