"""Streamlines agree with their twin, in lines of joining and in lines of a tree, and share out every rate."""

import re
from collections import Counter
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    RANKS,
    START,
    Company,
    Person,
    Sale,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    left_by,
    lines_of,
    plan_with,
    stand,
    worth,
)


@st.composite
def streamlines(draw):
    levels = st.fixed_dictionaries(
        {"rate": st.sampled_from(("10%", "7.77%", "0%")), "rank": st.sampled_from(RANKS)},
    )
    return draw(common(unearned=("breakage",))) | {
        "code": "line",
        "kind": "streamline",
        "levels": draw(st.lists(levels, min_size=1, max_size=4)),
        "lines": {rank: draw(st.integers(0, 3)) for rank in RANKS[1:]} | {"member": draw(st.integers(1, 3))},
    }


def granted(plan, bonus, person):
    """How many lines a person's rank grants."""
    return bonus.lines[plan.ranks[person.rank].code] if person.rank >= 0 else 0


def levels_up(plan, bonus, above):
    """Yield (level, rate, payee, missed, reason) going up ``above``: pairs of a person and the line that leads there."""
    above = iter(above)
    for number, level in enumerate(bonus.levels, 1):
        payee = None
        for person, line in above:
            ranked = person.rank >= RANKS.index(level.rank)
            if ranked and person.active and granted(plan, bonus, person) >= line:
                payee = person
                break
        yield number, level.rate, payee, None, "PAID" if payee else "NOBODY_ABOVE"


def parts(plan, bonus, company, way_up):
    """What is paid for every sale up one line; ``way_up`` gives the way from a seller, None for who has no place in it."""
    for sale in company.sales:
        way = way_up(sale.person)
        if way is not None:
            for level, rate, *who in levels_up(plan, bonus, way):
                yield sale.person, sale.order, None, level, sale.cv * Fraction(rate, 1_000_000) * worth(plan, None), *who


def twin(plan, bonus, company, ways_up):
    """The payment lines: those of different lines are never put together, but for all that a payee gets."""
    found = [list(parts(plan, bonus, company, way_up)) for way_up in ways_up]
    if bonus.line == "payee":
        return lines_of(bonus, [part for each in found for part in each])
    return sum((lines_of(bonus, each) for each in found), start=Counter())


@given(companies(), streamlines(), ACTIVITIES, st.data())
def test_every_line_in_order_of_joining_is_the_twins(company, table, activity, data):
    plan = plan_with(table, activity=activity)
    bonus = plan.bonuses[0]
    stand(plan, company)
    many = max(bonus.lines.values())
    lines, past = [], {}
    for number in range(1, many + 1):
        known = data.draw(st.lists(st.sampled_from(company.people), unique=True))
        past[f"line.place.{number}"] = {each.id: known.index(each) + 1 if each in known else 0 for each in company.people}
        new = [
            each
            for each in company.people
            if each not in known and (each.kind == "distributor" if number == 1 else granted(plan, bonus, each) >= number)
        ]
        lines.append(known + sorted(new, key=lambda each: (each.joined, each.id)))

    def way_up(number, line, seller):
        return [(each, number) for each in reversed(line[: line.index(seller)])] if seller in line else None

    given = engine_snapshot(company, past=past)
    result, ours = engine_lines(plan, given)
    ways = [partial(way_up, number, line) for number, line in enumerate(lines, 1)]
    assert ours == twin(plan, bonus, company, ways)
    for number, line in enumerate(lines, 1):
        left = left_by(given, result, f"line.place.{number}")
        assert left == {each.id: line.index(each) + 1 if each in line else 0 for each in company.people}


@given(companies(), streamlines(), ACTIVITIES, st.data())
def test_every_line_of_a_tree_is_the_twins(company, table, activity, data):
    plan = plan_with(table | {"tree": "lines"}, activity=activity, trees={"lines": {"kind": "open"}})
    bonus = plan.bonuses[0]
    stand(plan, company)
    placed, taken = {}, set()
    for person in company.people:
        legs = [(each, leg) for each in placed for leg in range(3) if (each, leg) not in taken]
        if not data.draw(st.integers(0, 9)):
            continue
        placed[person] = data.draw(st.sampled_from(legs)) if legs and data.draw(st.integers(0, 9)) else (None, -1)
        taken.add(placed[person])

    def way_up(seller):
        way = []
        above, leg = placed.get(seller, (None, -1))
        while above:
            way.append((above, leg + 1))
            above, leg = placed[above]
        return way

    columns = {
        "id": [person.id for person in placed],
        "parent_id": [above.id if above else 0 for above, _ in placed.values()],
        "leg": [leg for _, leg in placed.values()],
    }
    _, ours = engine_lines(plan, engine_snapshot(company, trees={"lines": columns}))
    assert ours == twin(plan, bonus, company, [way_up])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": dict.fromkeys(RANKS, 0)}, "bonuses[1].lines is 0; expected at least one line for one of the ranks"),
        ({"lines": dict.fromkeys(RANKS[1:], 1)}, "bonuses[1].lines.member is missing; expected the number of lines"),
        (
            {"levels": [{"rate": "10%", "rank": "member"}, {"rate": "5%", "rank": "king"}]},
            'bonuses[1].levels[2].rank is "king"; expected one of the plan\'s ranks',
        ),
        ({"tree": "bush"}, 'bonuses[1].tree is "bush"'),
        ({"volume": "bv"}, 'bonuses[1].volume is "bv"'),
    ],
)
def test_lines_that_make_no_sense_are_refused(change, said):
    table = {
        "code": "line", "kind": "streamline", "levels": [{"rate": "10%", "rank": "member"}],
        "lines": dict.fromkeys(RANKS, 1), "line": "order", "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError, match=re.escape(said)):
        plan_with(table | change)


def test_a_line_of_a_hundred_thousand_people_is_climbed_at_once():
    count = 100_000
    levels = [{"rate": "10%", "rank": "member"}, {"rate": "5%", "rank": "chief"}]
    table = {
        "code": "line", "kind": "streamline", "levels": levels, "lines": dict.fromkeys(RANKS, 1), "line": "order",
        "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    plan = plan_with(table, leader=10**6)
    people = [Person(number + 1, None, "open", START) for number in range(count)]
    sale = Sale(1, people[-1], START, 1, "distributor", count, 1, 10000, 10000, 0, 0, "USD", None, None, False)
    big = Sale(2, people[0], START, 2, "distributor", 1, 1, 10**8, 0, 0, 0, "USD", None, None, False)
    _, ours = engine_lines(plan, engine_snapshot(Company(people, [sale, big])))
    paid = {(count - 1, count, 1, 1, 1000, None, "PAID"), (1, count, 1, 2, 500, None, "PAID")}
    assert paid <= set(ours)


@given(companies(), streamlines())
def test_what_is_paid_and_what_is_not_is_all_that_the_rates_promise(company, table):
    plan = plan_with(table | {"line": "payee", "lines": dict.fromkeys(RANKS, 1)})
    given = engine_snapshot(company)
    result, _ = engine_lines(plan, given)
    in_line = sum(sale.cv for sale in company.sales if sale.person.kind == "distributor")
    promised = in_line * sum(Fraction(level.rate, 1_000_000) for level in plan.bonuses[0].levels)
    assert abs(result.totals.sum() + result.unearned.sum() - promised) <= len(result.lines)
    assert promised <= plan.bonuses[0].most(plan) * max(in_line, 0) or in_line < 0
