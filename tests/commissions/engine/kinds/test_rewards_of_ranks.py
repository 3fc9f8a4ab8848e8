"""Rank advancement, lifestyle and loyalty over a life of several periods: the engine and plain loops agree."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate, earn
from commissions.engine.calculation import Calculation
from commissions.engine.document import Refused
from commissions.engine.snapshot import BuyerKind
from tests.commissions.engine.kinds.two_legs import (
    RANKS,
    Company,
    Outcome,
    Person,
    Sale,
    companies,
    engine_snapshot,
    minor,
    plain_plan,
    plan_of,
    row_for,
    some_rows,
)

COMMON = {"name": "Reward", "line": "payee", "rounding": "half_even", "unearned": "breakage"}
RISE = COMMON | {
    "code": "rise",
    "kind": "rank_advancement",
    "amounts": {"member": 0, "silver": 100, "gold": 500},
    "periods": 1,
    "skipped": "all",
    "active_only": False,
}
CAR = COMMON | {
    "code": "car",
    "kind": "lifestyle",
    "amounts": {"member": 10, "silver": 100, "gold": 400},
    "grace": 1,
    "active_only": False,
}
LOYAL = COMMON | {
    "code": "loyal",
    "kind": "loyalty",
    "steps": [{"periods": 2, "amount": 10}, {"periods": 4, "amount": 30, "points": "2.5"}],
    "after_last": "stops",
}
ROWS = {
    "by": "requirement",
    "table": [
        {"requires": [], "amount": 10},
        {"requires": [{"measure": "fact", "name": "cash", "least": 1}], "amount": 60},
    ],
}
STEPS = st.sampled_from(
    [
        LOYAL["steps"],
        [{"periods": 1, "amount": 5}],
        [{"periods": 1, "points": 1}, {"periods": 2, "amount": 7}, {"periods": 5, "amount": 30, "points": "2.5"}],
    ]
)


@st.composite
def some_plans(draw):
    active_only = draw(st.booleans())
    rise = RISE | {"periods": draw(st.integers(1, 3)), "skipped": draw(st.sampled_from(["all", "highest"]))}
    rise |= {"amounts": {"member": draw(st.sampled_from([0, 50])), "silver": 100, "gold": 500}, "active_only": active_only}
    car = CAR | {"grace": draw(st.integers(0, 3)), "active_only": active_only}
    by = draw(st.sampled_from(["rank", "rank and cash", "requirement"]))
    if by == "requirement":
        car["amounts"] = {"by": "requirement", "table": draw(some_rows("amount", st.sampled_from([0, 10, 100])))}
    if by == "rank and cash":
        car["cash"] = {"fact": "cash", "amounts": {"member": 0, "silver": 60, "gold": 250}}
    loyal = LOYAL | {"after_last": draw(st.sampled_from(["stops", "repeats", "starts_over"])), "steps": draw(STEPS)}
    return draw(plan_of([rise, car, loyal], lowest=draw(st.sampled_from([0, 1]))))


LIVES = st.lists(st.lists(st.sampled_from([0, 2500, 3000, 5000, 9000]), min_size=4, max_size=4), min_size=1, max_size=7)


@given(some_plans(), companies(most=4, facts=(("cash", st.sampled_from([0, 1])),)), LIVES)
def test_whole_lives_are_paid_as_the_twin_says(plan, company, lives):
    company.sales = []
    told = {person.id: Life(plan, person) for person in company.people}
    for bought in lives:
        company.sales = [
            Sale(number, person, "distributor", pv, 0, 0, 0)
            for number, (person, pv) in enumerate(zip(company.people, bought, strict=False), 1)
        ]
        company.stand(plan)
        outcome = Outcome(plan, company)
        for place in range(3):
            expected = {person.id: told[person.id].next(place) for person in company.people}
            assert outcome.lines(place) == sorted((id, *line) for id, lines in expected.items() for line in lines if line[1])
        points = {id: life.points for id, life in told.items() if life.points}
        assert outcome.left("loyal.points") == points
        assert told_of_loyalty(plan, outcome) == [told[id].row for id in outcome.ids]
        for person in company.people:
            person.state = {name: outcome.left(name).get(person.id, 0) for name in outcome.result.state.people}


def told_of_loyalty(plan, outcome):
    """What an explanation says of everybody's row of active periods, and that it says nothing before that is computed."""
    calculation = Calculation.begin(plan, outcome.snapshot, outcome.result.standings)
    people = range(len(outcome.ids))
    assert not any(plan.bonuses[2].figures(calculation, 2, person) for person in people)
    earn(calculation, 2, None)
    return [plan.bonuses[2].figures(calculation, 2, person)["active_periods_in_a_row"] for person in people]


class Life:
    """All that one person lived through, told afresh each time."""

    def __init__(self, plan, person):
        self.plan, self.person = plan, person
        self.ranks, self.done, self.row, self.points = [], set(), 0, 0
        self.remembered, self.missed = -1, 0

    def next(self, place):
        bonus = self.plan.bonuses[place]
        return (self.rise, self.car, self.loyal)[place](bonus)

    def held(self, bonus):
        return self.person.rank if self.person.active or not bonus.active_only else -1

    def rise(self, bonus):
        self.ranks.append(self.held(bonus))
        lately = self.ranks[-bonus.periods :]
        due = [
            rank
            for rank, code in enumerate(RANKS)
            if bonus.amounts[code] and code not in self.done and len(lately) == bonus.periods and min(lately) >= rank
        ]
        self.done |= {RANKS[rank] for rank in due}
        paid = due if bonus.skipped == "all" else due[-1:]
        return [(rank + 1, minor(bonus.amounts[RANKS[rank]])) for rank in paid]

    def car(self, bonus):
        now = self.held(bonus)
        if not isinstance(bonus.amounts, dict):
            may = self.person.status == "open" and (self.person.active or not bonus.active_only)
            row = row_for(bonus.amounts.table, self.person) if may else None
            now = -1 if row is None else max(place for place, each in enumerate(bonus.amounts.table) if each is row)
        if now >= self.remembered:
            self.remembered, self.missed = now, 0
        else:
            self.missed += 1
            if self.missed > bonus.grace:
                self.remembered, self.missed = now, 0
        if self.remembered < 0 or self.person.status != "open":
            return []
        if not isinstance(bonus.amounts, dict):
            return [(self.remembered + 1, minor(bonus.amounts.table[self.remembered].amount))]
        takes_cash = bonus.cash and self.person.facts["cash"]
        amounts = bonus.cash.amounts if takes_cash else bonus.amounts
        return [(self.remembered + 1, minor(amounts[RANKS[self.remembered]]))]

    def loyal(self, bonus):
        if not self.person.active:
            self.row = 0
            return []
        self.row += 1
        last = bonus.steps[-1]
        step = next((step for step in bonus.steps if step.periods == self.row), None)
        if step is None and bonus.after_last == "repeats" and self.row > last.periods:
            step = last
        if bonus.after_last == "starts_over" and self.row == last.periods:
            self.row = 0
        self.points += step.points if step else 0
        return [(bonus.steps.index(step) + 1, minor(step.amount))] if step else []


@pytest.mark.parametrize(
    ("bonus", "said"),
    [
        (RISE | {"amounts": {"member": 0, "silver": 1}}, "bonuses[1].amounts.gold is missing"),
        (RISE | {"amounts": {"member": 0, "silver": "1.005", "gold": 1}}, "an amount of USD, which has 2 decimals"),
        (RISE | {"periods": 0}, "a whole number from 1 to 60"),
        (RISE | {"line": "order"}, "one of payee for a rank_advancement"),
        (RISE | {"unearned": "roll_up"}, "breakage: a rank_advancement is never rolled up"),
        (LOYAL | {"unearned": "roll_up"}, "breakage: a loyalty is never rolled up"),
        (RISE | {"period": "fortnight"}, 'bonuses[1].period is "fortnight"'),
        (CAR | {"period": "fortnight"}, 'bonuses[1].period is "fortnight"'),
        (LOYAL | {"period": "fortnight"}, 'bonuses[1].period is "fortnight"'),
        (CAR | {"amounts": {"member": 0, "silver": 1}}, "bonuses[1].amounts.gold is missing"),
        (
            CAR | {"cash": {"fact": "cash", "amounts": {"member": 0, "silver": 1}}},
            "bonuses[1].cash.amounts.gold is missing; expected the cash for this rank, 0 for nothing",
        ),
        (CAR | {"unearned": "roll_up"}, "breakage: a lifestyle is never rolled up"),
        (
            CAR | {"cash": {"fact": "cash", "amounts": {"member": 0, "silver": 101, "gold": 0}}},
            "bonuses[1].cash.amounts.silver is 101; expected no more than the amount itself, 100",
        ),
        (
            CAR | {"amounts": ROWS, "cash": {"fact": "cash", "amounts": {"member": 0, "silver": 0, "gold": 0}}},
            'bonuses[1].cash is "there"; expected nothing: of amounts by requirement a row may ask for the fact',
        ),
        (
            CAR | {"amounts": {"by": "requirement", "table": [{"requires": []}]}},
            "bonuses[1].amounts.table[1].amount is missing",
        ),
        (
            CAR | {"amounts": {"by": "requirement", "table": [{"requires": [], "amount": "1.005"}]}},
            'bonuses[1].amounts.table[1].amount is "1.005"; expected an amount of USD, which has 2 decimals',
        ),
        (
            LOYAL | {"steps": [{"periods": 2, "amount": 1}, {"periods": 2, "amount": 1}]},
            "steps[2].periods is 2; expected more than 2",
        ),
        (LOYAL | {"steps": [{"periods": 2}]}, "bonuses[1].steps[1].amount is missing; expected an amount, or points"),
    ],
)
def test_a_reward_that_makes_no_sense_is_refused(bonus, said):
    with pytest.raises(Refused) as refused:
        plain_plan([bonus])
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("window", "joined", "paid"),
    [
        ({"kind": "days", "days": 31}, "2026-01-02", False),  # the last of the 31 days is 1 February
        ({"kind": "days", "days": 32}, "2026-01-02", True),  # it is the day on which the week begins
        ({"kind": "days", "days": 1}, "2026-02-05", True),
        ({"kind": "months", "months": 2}, "2026-01-31", True),
        ({"kind": "months", "months": 2}, "2025-12-31", False),
        ({"kind": "months", "months": 3}, "2025-12-31", True),
        (None, "2020-01-01", True),
    ],
)
def test_a_rank_pays_who_is_new_when_the_period_begins_and_is_done_for_all(window, joined, paid):
    plan = plain_plan([RISE | ({"window": window} if window else {})])
    person = Person(1, None, "open")
    company = Company([person], [Sale(1, person, "distributor", 9000, 0, 0, 0)])
    rows = engine_snapshot(company)
    people = dataclasses.replace(rows.people, joined_at=np.array([moment(joined)], dtype=np.int64))
    result = calculate(plan, dataclasses.replace(rows, people=people, start=moment("2026-02-02"), end=moment("2026-02-09")))
    assert result.totals.sum() == (600_00 if paid else 0)
    assert result.state.people["rise.silver.done"][0] == result.state.people["rise.gold.done"][0] == 1


def moment(day):
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_nobody_but_a_distributor_is_paid_by_a_row_that_everybody_fits():
    plan = plain_plan([CAR | {"amounts": ROWS}])
    rows = engine_snapshot(Company([Person(1, None, "open"), Person(2, None, "open")], []))
    people = dataclasses.replace(rows.people, facts={"kind": np.array([BuyerKind.DISTRIBUTOR, BuyerKind.RETAIL])})
    assert calculate(plan, dataclasses.replace(rows, people=people)).totals.tolist() == [[10_00, 0]]


def test_the_row_of_a_person_is_told_and_one_that_is_no_more_is_the_last():
    plan = plain_plan([CAR | {"amounts": ROWS}])
    person = Person(1, None, "open", state={"car.row": 5}, facts={"cash": 0})
    rows = engine_snapshot(Company([person], []))
    result = calculate(plan, rows)
    assert result.totals.tolist() == [[60_00]]
    assert {name: result.state.people[name].tolist() for name in ("car.row", "car.missed")} == {"car.row": [2], "car.missed": [1]}
    calculation = Calculation.begin(plan, rows, result.standings)
    assert plan.bonuses[0].figures(calculation, 0, 0) == {"row_of_the_table": 1}
    by_rank = plain_plan([CAR])
    assert by_rank.bonuses[0].figures(Calculation.begin(by_rank, rows, result.standings), 0, 0) == {}
