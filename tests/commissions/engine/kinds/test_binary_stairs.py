"""A staircase of cycles and its slow twin, which makes one cycle after the other, agree on any company."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate, earn, stand
from commissions.engine.calculation import Calculation
from commissions.engine.document import Refused
from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds.binary_legs import assert_legs_agree, binary_settings, carried, why_not
from tests.commissions.engine.kinds.test_binary_percentage import available
from tests.commissions.engine.kinds.two_legs import (
    Company,
    Outcome,
    Person,
    Sale,
    by_rank,
    by_rank_or_row,
    cap_of,
    companies,
    engine_snapshot,
    minor,
    of_rank_or_row,
    plain_plan,
    plan_of,
    some_rows,
)

AMOUNTS = st.sampled_from([0, 5, 20, "35.55"])
ROWS = st.fixed_dictionaries({"by": st.just("requirement"), "table": some_rows("amount", AMOUNTS)})
STANDS = (("team.stairs.step", st.integers(-1, 3)), ("team.stairs.done", st.integers(-1, 3)))


@st.composite
def some_steps(draw, *, even):
    ratios = [(10, 10), (30, 30), (5, 5)] if even else [(10, 10), (30, 15), (25, 24), (90, 1), (7, 3)]
    steps = []
    for stronger, weaker in draw(st.lists(st.sampled_from(ratios), min_size=1, max_size=3)):
        step = {"stronger": stronger, "weaker": weaker, "amounts": draw(st.one_of(by_rank(AMOUNTS), ROWS))}
        steps.append(step | draw(st.sampled_from([{}, {"times": 2}, {"times": 3}])))
    return steps


@st.composite
def some_plans(draw):
    strong = draw(st.sampled_from(["period", "cycle"]))
    after_last = draw(st.sampled_from(["repeats", "starts_over", "stops"]))
    even = strong == "cycle" and after_last == "starts_over"
    stairs = {"steps": draw(some_steps(even=even)), "after_last": after_last}
    bonus = draw(binary_settings()) | {"kind": "binary_cycle", "strong_leg": strong, "stairs": stairs}
    if draw(st.booleans()):
        cycles = {"cycles": draw(by_rank_or_row("count", st.integers(0, 20)))}
        amount = {"money": draw(by_rank_or_row("amount", st.sampled_from([0, 30, 100, 5000])))}
        beyond = draw(st.sampled_from(["carried", "forfeited", "flushed"]))
        bonus["cap"] = (cycles if draw(st.booleans()) else amount) | {"beyond": beyond}
    return draw(plan_of([bonus], lowest=draw(st.sampled_from([0, 1]))))


@given(some_plans(), companies(most=10, state=(*carried("team"), *STANDS)))
def test_everybody_is_paid_and_keeps_and_stands_where_the_twin_says(plan, company):
    assert_the_twin_agrees(plan, company)


def assert_the_twin_agrees(plan, company):
    """Who is paid, what is lost and why, what stays on each leg and where everybody stands is what the twin says."""
    company.stand(plan)
    outcome = Outcome(plan, company)
    bonus = plan.bonuses[0]
    paid, lost, used, flushed, stands = {}, [], {}, {}, {}
    for person in company.people:
        mine = cycles_of(plan, bonus, company, person)
        paid[person.id], used[person.id], flushed[person.id], stands[person.id] = mine[:4]
        lost += [(person.id, reason, amount) for reason, amount in mine[4].items() if amount]
    assert outcome.totals() == {id: amount for id, amount in paid.items() if amount}
    assert summed(outcome.lost()) == {(id, reason): amount for id, reason, amount in lost}
    assert_legs_agree(bonus, company, outcome, used, flushed)
    for place, name in enumerate(("step", "done")):
        assert outcome.left(f"team.stairs.{name}") == {id: each[place] for id, each in stands.items() if each[place]}


def summed(lost):
    found = {}
    for id, reason, amount in lost:
        found[id, reason] = found.get((id, reason), 0) + amount
    return found


def begun(stairs, person):
    """On which step a person stands, and how many cycles of it are made, as the period before left it."""
    last = len(stairs.steps) - 1
    step = max(min(person.state["team.stairs.step"], last), 0)
    most = stairs.steps[step].times
    ends = step == last and stairs.after_last == "stops"
    return step, max(min(person.state["team.stairs.done"], most if ends else most - 1), 0)


def cycles_of(plan, bonus, company, person):
    """What a person is paid, what is used of each leg, whether everything goes, where the person stands, what is lost."""
    legs, stairs = available(bonus, company, person), bonus.stairs
    left_is_strong = legs[0] >= legs[1]
    takes = bonus.carry_over is None or bonus.carry_over.consumed == "matched"
    step, done = begun(stairs, person)
    room = cap_of(plan, bonus.cap.cycles or bonus.cap.money, person) if bonus.cap else None
    room = minor(room) if room is not None and bonus.cap.money else room
    used, paid, lost, is_over = [0, 0], 0, {}, False
    last = len(stairs.steps) - 1
    while not (stairs.after_last == "stops" and step == last and done == stairs.steps[last].times):
        cycle = stairs.steps[step]
        pays = minor(of_rank_or_row(cycle.amounts, person, "amount", 0))
        without = "RANK_TOO_LOW" if isinstance(cycle.amounts, dict) else "NOT_QUALIFIED"
        reason = why_not(plan, bonus, person) or (None if pays else without)
        strong_is_left = legs[0] >= legs[1] if bonus.strong_leg == "cycle" else left_is_strong
        strong, weak = (0, 1) if strong_is_left else (1, 0)
        if legs[strong] < cycle.stronger or legs[weak] < cycle.weaker or (reason and not takes):
            break
        if not reason and room is not None and room < (pays if bonus.cap.money else 1):
            is_over, room = True, 0
            if bonus.cap.beyond == "carried":
                break
            reason = "ABOVE_CAP"
        if reason:
            lost[reason] = lost.get(reason, 0) + pays
        else:
            paid += pays
            room = None if room is None else room - (pays if bonus.cap.money else 1)
        for leg, taken in ((strong, cycle.stronger), (weak, cycle.weaker)):
            legs[leg] -= taken
            used[leg] += taken
        if step == last and stairs.after_last == "repeats":
            continue
        done += 1
        if done == cycle.times and (step < last or stairs.after_last == "starts_over"):
            step, done = (step + 1) % len(stairs.steps), 0
    return paid, used, bool(is_over and bonus.cap.beyond == "flushed"), (step, done), lost


PLAIN = {
    "code": "team",
    "name": "Team",
    "kind": "binary_cycle",
    "tree": "team",
    "volume": "pv",
    "strong_leg": "period",
    "qualifies": {"active": False, "sponsored_each_leg": 0},
    "line": "payee",
    "rounding": "half_even",
    "unearned": "breakage",
}
EACH = {"member": 10, "silver": 20, "gold": 30}
STEP = {"stronger": 100, "weaker": 100, "amounts": EACH}


@st.composite
def some_laps(draw):
    """Stairs that are climbed many times over: small steps, some of which pay a cent or nothing, and caps in the midst."""
    amounts = st.sampled_from([0, "0.01", "0.01", 5, "7.77"]).map(lambda amount: {"member": amount, "silver": 0, "gold": 0})
    legs = draw(st.sampled_from([(1, 1), (3, 2), (2, 1)]))
    step = {"stronger": st.just(legs[0]), "weaker": st.just(legs[1]), "times": st.sampled_from([1, 1, 3]), "amounts": amounts}
    steps = draw(st.lists(st.fixed_dictionaries(step), min_size=1, max_size=2))
    strong = draw(st.sampled_from(["period", "cycle"])) if legs == (1, 1) else "period"
    bonus = PLAIN | {"strong_leg": strong, "stairs": {"steps": steps, "after_last": "starts_over"}}
    cap = draw(
        st.one_of(
            st.none(),
            st.integers(0, 9).map(lambda cycles: {"cycles": {"member": cycles}}),
            st.integers(10, 60).map(lambda cycles: {"cycles": {"member": cycles}}),
            st.sampled_from(["0.05", 10, "99.99"]).map(lambda amount: {"money": {"member": amount}}),
        )
    )
    if cap:
        bonus["cap"] = cap | {"beyond": draw(st.sampled_from(["carried", "forfeited", "flushed"]))}
    if draw(st.booleans()):
        bonus["carry_over"] = {"consumed": draw(st.sampled_from(["paid", "matched"])), "while_inactive": "kept"}
    return plain_plan([bonus])


ONE_CYCLE = {"steps": [{"stronger": 1, "weaker": 1, "amounts": EACH}], "after_last": "starts_over"}
FIVE = {"cycles": {"member": 5}, "beyond": "carried"}


@example(plain_plan([PLAIN | {"stairs": ONE_CYCLE, "cap": FIVE}]), 40, 60, 0, 0)
@given(some_laps(), st.integers(0, 90), st.integers(0, 90), st.integers(0, 2), st.integers(0, 2))
def test_many_laps_at_once_come_to_what_one_cycle_after_the_other_does(plan, left, right, step, done):
    company = seller_above_two(left * 100, right * 100)
    for person in company.people:
        person.state = {"team.stairs.step": step, "team.stairs.done": done}
    assert_the_twin_agrees(plan, company)


def test_ten_million_laps_are_not_walked():
    stairs = {"steps": [STEP | {"stronger": 500, "weaker": 500}, STEP | {"times": 5}], "after_last": "starts_over"}
    company = seller_above_two(10**12)
    plan = plain_plan([PLAIN | {"stairs": stairs}])
    company.stand(plan)
    assert Outcome(plan, company).totals() == {1: 10**10 // 1000 * 6 * 10_00}


def seller_above_two(points, right=None):
    """Somebody with these points (hundredths) on each leg, or so many others on the right one."""
    people = [Person(1, None, "open")]
    for leg in (0, 1):
        people[0].legs[leg] = Person(2 + leg, people[0], "open", above=people[0], leg=leg)
        people.append(people[0].legs[leg])
    sold = (points, points if right is None else right)
    return Company(people, [Sale(each.id, each, "retail", pv, pv, 0, 0) for each, pv in zip(people[1:], sold, strict=True)])


def test_stairs_too_long_for_any_leg_are_climbed_as_far_as_the_legs_reach():
    steps = [STEP, STEP | {"stronger": 10**13, "weaker": 10**13, "times": 10**6}]
    plan = plain_plan([PLAIN | {"stairs": {"steps": steps, "after_last": "starts_over"}}])
    company = seller_above_two(5 * 10**15)
    company.stand(plan)
    assert Outcome(plan, company).left("team.stairs.done") == {1: 4}


def test_stairs_that_pay_beyond_64_bits_are_refused():
    steps = [STEP | {"amounts": {"member": 10**13, "silver": 0, "gold": 0}, "times": 10**6}]
    cap = {"money": {"silver": 10}, "beyond": "carried"}
    plan = plain_plan([PLAIN | {"stairs": {"steps": steps, "after_last": "starts_over"}, "cap": cap}])
    company = seller_above_two(10**13)
    company.stand(plan)
    with pytest.raises(AmountTooLarge, match="what all steps of the stairs pay does not fit 64 bits"):
        Outcome(plan, company)


def test_an_explanation_says_where_somebody_stands_on_the_stairs():
    plan = plain_plan([PLAIN | {"stairs": {"steps": [STEP, STEP | {"times": 3}], "after_last": "repeats"}}])
    company = seller_above_two(250_00)
    company.stand(plan)
    snapshot = engine_snapshot(company)
    calculation = Calculation.begin(plan, snapshot, stand(plan, snapshot))
    assert earn(calculation, 0, None) == 0
    told = plan.bonuses[0].figures(calculation, 0, 0)
    assert (told["steps_behind"], told["cycles_of_this_step"]) == (1, 0)
    assert (told["left_new_points"], told["left_used_points"]) == (250_00, 200_00)


@pytest.mark.parametrize(
    ("start", "resets", "anew"),
    [
        ("2026-02-02", "month", True),  # the first week that begins in February
        ("2026-02-09", "month", False),
        ("2026-01-26", "month", False),  # it begins in January, like the one before, and ends in February
        ("2026-02-09", "week", True),
        ("2026-02-02", "", False),
    ],
)
def test_the_stairs_begin_anew_where_a_period_begins_that_resets_them(start, resets, anew):
    stairs = {"steps": [STEP, STEP | {"weaker": 50}], "after_last": "stops"} | ({"resets": resets} if resets else {})
    plan = plain_plan([PLAIN | {"stairs": stairs}])
    company = Company([Person(1, None, "open", state={"team.stairs.step": 1, "team.stairs.done": 1})], [])
    at = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()) * 1_000_000
    state = calculate(plan, dataclasses.replace(engine_snapshot(company), start=at, end=at + 1)).state.people
    assert np.array_equal(state["team.stairs.step"], [0 if anew else 1])
    assert np.array_equal(state["team.stairs.done"], [0 if anew else 1])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "bonuses[1].cycle is missing; expected what a cycle takes and pays, or stairs"),
        ({"stairs": {"steps": [STEP], "after_last": "stops"}, "cycle": STEP}, 'bonuses[1].cycle is "there"; expected nothing'),
        ({"stairs": {"steps": [STEP], "after_last": "stops", "resets": "year"}}, 'bonuses[1].stairs.resets is "year"'),
        (
            {"strong_leg": "cycle", "stairs": {"steps": [STEP | {"weaker": 50}], "after_last": "starts_over"}},
            "bonuses[1].stairs.steps[1].stronger is 100; expected what weaker is",
        ),
        ({"stairs": {"steps": [STEP | {"weaker": 0}], "after_last": "stops"}}, "bonuses[1].stairs.steps[1].weaker is 0"),
        (
            {"cycle": STEP, "by_number": [{"cycles": 5, "amounts": EACH}, {"cycles": 5, "amounts": EACH}]},
            "bonuses[1].by_number[2].cycles is 5; expected more cycles than in the row before",
        ),
        (
            {"cycle": STEP, "by_number": [{"cycles": 5, "amounts": EACH}], "cap": {"money": {"member": 5}, "beyond": "carried"}},
            'bonuses[1].cap is "money"; expected cycles',
        ),
    ],
)
def test_stairs_that_contradict_themselves_are_refused(settings, said):
    with pytest.raises(Refused) as refusal:
        plain_plan([PLAIN | settings])
    assert said in str(refusal.value)
