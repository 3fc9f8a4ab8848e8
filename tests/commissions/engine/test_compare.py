"""Two results side by side: sums, movement, histogram, against obvious loops on random plans and companies."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import compare
from commissions.engine.compare import Side
from commissions.engine.snapshot import NO_RANK
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans


def sides(first, second, company):
    snapshot = engine_snapshot(*company)
    return snapshot, Side.of(first, snapshot), Side.of(second, snapshot)


def codes(plans, table):
    found = ()
    for plan in plans:
        found = compare.merged(found, [row.code for row in getattr(plan, table)])
    return found


def amounts(side, person):
    """What a person is paid, by the code of the bonus."""
    return {bonus.code: int(side.result.totals[row, person]) for row, bonus in enumerate(side.plan.bonuses)}


def rank(side, person):
    held = int(side.result.standings.rank[person])
    return None if held == NO_RANK else side.plan.ranks[held].code


@given(some_plans(), some_plans(), some_companies())
def test_everybody_stands_with_both_amounts_and_both_ranks(first, second, company):
    snapshot, before, after = sides(first, second, company)
    if first.currency != second.currency:
        with pytest.raises(compare.OtherCurrency):
            compare.difference(before, after, bonuses=(), ranks=())
        return
    bonuses, ranks = (codes((first, second), table) for table in ("bonuses", "ranks"))
    found = compare.difference(before, after, bonuses=bonuses, ranks=ranks)
    for side, unearned, cut in (
        (before, found.unearned_before, found.cut_before),
        (after, found.unearned_after, found.cut_after),
    ):
        rows = {bonus.code: row for row, bonus in enumerate(side.plan.bonuses)}
        for place, code in enumerate(bonuses):
            assert unearned[place] == (side.result.unearned[rows[code]] if code in rows else 0)
            earned = [int(each) for each in side.result.before_caps[rows[code]]] if code in rows else []
            assert cut[place] == sum(earned) - sum(amounts(side, person).get(code, 0) for person in range(side.people))
    moved, told = Counter(), []
    for person in range(len(snapshot.people)):
        paid = amounts(before, person), amounts(after, person)
        for place, code in enumerate(bonuses):
            assert found.before[place, person] == paid[0].get(code, 0)
            assert found.after[place, person] == paid[1].get(code, 0)
        held = rank(before, person), rank(after, person)
        shown = tuple(int(each[person]) for each in (found.rank_before, found.rank_after))
        assert tuple(None if place == NO_RANK else ranks[place] for place in shown) == held
        assert found.change[person] == sum(paid[1].values()) - sum(paid[0].values())
        if snapshot.people.status[person] == 0:
            moved[shown] += 1
        if any(paid[0].values()) or any(paid[1].values()) or held != (None, None):
            told.append(person)
    assert found.told.tolist() == told
    matrix = compare.movement(found, len(ranks))
    cells = {(row - 1, column - 1): int(matrix[row, column]) for row, column in np.argwhere(matrix).tolist()}
    assert cells == dict(moved)


@given(some_plans(), some_plans(), some_companies())
def test_by_rank_adds_up_the_people_of_each_rank(first, second, company):
    if first.currency != second.currency:
        return
    _snapshot, before, after = sides(first, second, company)
    bonuses, ranks = (codes((first, second), table) for table in ("bonuses", "ranks"))
    found = compare.difference(before, after, bonuses=bonuses, ranks=ranks)
    table = compare.by_rank(found, len(ranks))
    for place in range(len(ranks) + 1):
        there = [person for person in range(before.people) if found.open[person] and found.rank_before[person] == place - 1]
        assert table.people[place] == len(there)
        assert table.before[place] == sum(sum(amounts(before, person).values()) for person in there)
        assert table.after[place] == sum(sum(amounts(after, person).values()) for person in there)
        assert table.winners[place] == sum(found.change[person] > 0 for person in there)
        assert table.losers[place] == sum(found.change[person] < 0 for person in there)


@given(some_plans(), some_companies())
def test_a_plan_beside_itself_changes_nothing(plan, company):
    _snapshot, before, after = sides(plan, plan, company)
    bonuses, ranks = (codes((plan,), table) for table in ("bonuses", "ranks"))
    found = compare.difference(before, after, bonuses=bonuses, ranks=ranks)
    assert not found.change.any()
    matrix = compare.movement(found, len(ranks))
    assert (matrix == np.diag(np.diag(matrix))).all()


@given(some_plans(), some_companies())
def test_a_plan_without_the_period_pays_nothing_and_leaves_the_state(plan, company):
    snapshot = engine_snapshot(*company)
    before, after = Side.of(plan, snapshot), Side.nothing(snapshot)
    bonuses, ranks = (codes((plan,), table) for table in ("bonuses", "ranks"))
    found = compare.difference(before, after, bonuses=bonuses, ranks=ranks)
    assert not found.after.any() and (found.rank_after == NO_RANK).all() and not found.unearned_after.any()
    assert (found.change == -before.result.totals.sum(axis=0)).all() and after.state is snapshot.state


CODES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(CODES, CODES)
def test_merged_codes_are_all_there_once_and_the_first_keep_their_order(first, second):
    found = compare.merged(first, second)
    assert sorted(found) == sorted({*first, *second})
    assert [code for code in found if code in first] == first
    if not {*first} & {*second}:
        assert list(found) == first + second


CHANGES = st.lists(st.integers(-(10**9), 10**9) | st.integers(-20, 20), max_size=60)


@given(CHANGES)
def test_a_histogram_counts_everybody_in_the_bin_of_the_size(changes):
    found = compare.histogram(np.array(changes, dtype=np.int64))
    edges = found.edges.tolist()
    assert edges[0] == 0 and edges == sorted(set(edges)) and len(edges) <= compare.DECADES + 1
    for counts, sign in ((found.losers, -1), (found.winners, 1)):
        sizes = [sign * change for change in changes if sign * change > 0]
        expected = [sum(edge <= size < (*edges, 10**20)[place + 1] for size in sizes) for place, edge in enumerate(edges)]
        assert counts.tolist() == expected
    assert found.unchanged == changes.count(0)


@given(CHANGES, st.integers(1, 25))
def test_the_most_changed_are_the_ends_of_the_sorted_list(changes, most):
    winners, losers = compare.most_changed(np.array(changes, dtype=np.int64), most)
    assert [changes[place] for place in winners] == sorted((change for change in changes if change > 0), reverse=True)[:most]
    assert [changes[place] for place in losers] == sorted(change for change in changes if change < 0)[:most]
    for places in (winners, losers):
        ties = [(changes[place], place) for place in places.tolist()]
        assert ties == sorted(ties, key=lambda each: (-abs(each[0]), each[1]))


@given(st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(-50, 50)), max_size=9), min_size=1, max_size=4))
def test_periods_add_up_by_person(periods):
    ids = [np.array([who for who, _much in rows], dtype=np.int64) for rows in periods]
    values = [np.array([[much for _who, much in rows]], dtype=np.int64).reshape(1, -1) for rows in periods]
    expected = Counter()
    for rows in periods:
        for who, much in rows:
            expected[who] += much
    people, sums = compare.added_up(ids, values)
    assert dict(zip(people.tolist(), sums[0].tolist(), strict=True)) == {who: expected[who] for who in expected}
    assert people.tolist() == sorted(expected)


@given(some_plans(), some_companies())
def test_what_was_sold_is_added_up_by_currency_and_rounded_once(plan, company):
    snapshot = engine_snapshot(*company)
    by_currency = Counter()
    for place in range(len(snapshot.sales)):
        by_currency[int(snapshot.sales.currency[place])] += int(snapshot.sales.paid_minor[place])
    expected = 0
    for currency, paid in by_currency.items():
        num, den = plan.value_of(currency)
        whole, rest = divmod(abs(paid) * num, den)
        whole += 2 * rest > den or (2 * rest == den and whole % 2 == 1)
        expected += whole if paid >= 0 else -whole
    assert compare.sold(plan, snapshot.sales) == expected
