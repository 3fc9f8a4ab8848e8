"""The binary cycle and its slow twin, which makes one cycle after the other, agree on any company."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.binary_legs import assert_legs_agree, binary_settings, carried, why_not
from tests.commissions.engine.kinds.test_binary_percentage import available
from tests.commissions.engine.kinds.test_binary_stairs import EACH, PLAIN, seller_above_two
from tests.commissions.engine.kinds.two_legs import (
    Outcome,
    by_rank,
    by_rank_or_row,
    cap_of,
    companies,
    minor,
    of_rank_or_row,
    plain_plan,
    plan_of,
    some_rows,
)

RATIOS = [(10, 10), (30, 15), (20, 10), (25, 24), (90, 1), (7, 3), (300, 100)]
AMOUNT = st.sampled_from([0, 5, 20, "35.55"])
ROWS = st.fixed_dictionaries({"by": st.just("requirement"), "table": some_rows("amount", AMOUNT)})
AMOUNTS = st.one_of(by_rank(AMOUNT), ROWS)


@st.composite
def some_plans(draw):
    bonus = draw(binary_settings()) | {"kind": "binary_cycle", "strong_leg": draw(st.sampled_from(["period", "cycle"]))}
    for name in ("cycle", "fallback"):
        if name == "cycle" or draw(st.booleans()):
            stronger, weaker = draw(st.sampled_from(RATIOS[:3] if name == "fallback" else RATIOS))
            bonus[name] = {"stronger": stronger, "weaker": weaker, "amounts": draw(AMOUNTS)}
    if draw(st.booleans()):
        cycles = {"cycles": draw(by_rank_or_row("count", st.integers(0, 20)))}
        amount = {"money": draw(by_rank_or_row("amount", st.sampled_from([0, 30, 100, 5000])))}
        beyond = draw(st.sampled_from(["carried", "forfeited", "flushed"]))
        bonus["cap"] = (cycles if draw(st.booleans()) else amount) | {"beyond": beyond}
    if "money" not in bonus.get("cap", {}) and draw(st.booleans()):
        numbers = sorted(draw(st.sets(st.sampled_from([1, 2, 3, 5, 10]), min_size=1, max_size=3)))
        bonus["by_number"] = [{"cycles": number, "amounts": draw(AMOUNTS)} for number in numbers]
    return draw(plan_of([bonus], lowest=draw(st.sampled_from([0, 1]))))


@given(some_plans(), companies(most=10, state=carried("team")))
def test_everybody_is_paid_and_keeps_what_the_twin_says(plan, company):
    assert_the_twin_agrees(plan, company)


def assert_the_twin_agrees(plan, company):
    """Who is paid, what is lost and why, and what stays on each leg is what the twin says; no line is of nothing."""
    company.stand(plan)
    outcome = Outcome(plan, company)
    bonus = plan.bonuses[0]
    paid, lost, used, flushed = {}, [], {}, {}
    for person in company.people:
        paid[person.id], used[person.id], flushed[person.id], mine = cycles_of(plan, bonus, company, person)
        lost += [(person.id, reason, amount) for reason, amount in mine if amount]
    assert outcome.totals() == {id: amount for id, amount in paid.items() if amount}
    assert outcome.lost() == sorted(lost)
    assert_legs_agree(bonus, company, outcome, used, flushed)
    assert (outcome.result.lines.amount_minor > 0).all()


SMALL = st.fixed_dictionaries({"stronger": st.just(1), "weaker": st.just(1), "amounts": st.just(EACH)})
LARGE = st.fixed_dictionaries({"stronger": st.just(9), "weaker": st.just(6), "amounts": st.just(EACH)})
CAPS = st.one_of(
    st.integers(0, 12).map(lambda cycles: {"cycles": {"member": cycles}}),
    st.sampled_from([5, 30, 75, 120]).map(lambda amount: {"money": {"member": amount}}),
)


@given(SMALL, LARGE, CAPS, st.sampled_from(["carried", "forfeited", "flushed"]), st.integers(0, 60), st.integers(0, 40))
def test_small_cycles_are_paid_from_what_large_ones_left_of_the_cap(small, large, cap, beyond, left, right):
    plan = plain_plan([PLAIN | {"cycle": large, "fallback": small, "cap": cap | {"beyond": beyond}}])
    assert_the_twin_agrees(plan, seller_above_two(left * 100, right * 100))


def cycles_of(plan, bonus, company, person):
    """What a person is paid, what is used of each leg, whether everything goes, and what is lost and why."""
    legs = available(bonus, company, person)
    used, paid, lost, is_over = [0, 0], 0, [], False
    left_is_strong = legs[0] >= legs[1]
    takes = bonus.carry_over is None or bonus.carry_over.consumed == "matched"
    room = None
    if bonus.cap:
        room = cap_of(plan, bonus.cap.cycles or bonus.cap.money, person)
        room = minor(room) if room is not None and bonus.cap.money else room
    for cycle in (bonus.cycle, bonus.fallback):
        if cycle is None:
            continue
        made = [each for each in bonus.by_number if cycle is bonus.cycle and count(bonus, cycle, legs) >= each.cycles]
        pays = minor(of_rank_or_row((made or [cycle])[-1].amounts, person, "amount", 0))
        without = "RANK_TOO_LOW" if isinstance(cycle.amounts, dict) else "NOT_QUALIFIED"
        reason = why_not(plan, bonus, person) or (None if pays else without)
        gone, above = 0, 0
        while True:
            strong_is_left = legs[0] >= legs[1] if bonus.strong_leg == "cycle" else left_is_strong
            strong, weak = (0, 1) if strong_is_left else (1, 0)
            if legs[strong] < cycle.stronger or legs[weak] < cycle.weaker or (reason and not takes):
                break
            if not reason and room is not None and room < (pays if bonus.cap.money else 1):
                is_over, room = True, 0
                if bonus.cap.beyond == "carried":
                    break
                above += pays
            elif reason:
                gone += pays
            else:
                paid += pays
                room = None if room is None else room - (pays if bonus.cap.money else 1)
            legs[strong] -= cycle.stronger
            legs[weak] -= cycle.weaker
            used[strong] += cycle.stronger
            used[weak] += cycle.weaker
        lost += [(reason, gone), ("ABOVE_CAP", above)]
    return paid, used, bool(is_over and bonus.cap.beyond == "flushed"), lost


def count(bonus, cycle, legs):
    """How many cycles two legs have."""
    legs, made, left_is_strong = list(legs), 0, legs[0] >= legs[1]
    while True:
        strong_is_left = legs[0] >= legs[1] if bonus.strong_leg == "cycle" else left_is_strong
        strong, weak = (0, 1) if strong_is_left else (1, 0)
        if legs[strong] < cycle.stronger or legs[weak] < cycle.weaker:
            return made
        legs[strong] -= cycle.stronger
        legs[weak] -= cycle.weaker
        made += 1
