"""The binary percentage and its slow twin agree on any company: every cent, every figure of every leg."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.calculate import stand
from commissions.engine.calculation import Calculation
from commissions.engine.document import Refused
from tests.commissions.engine.kinds import worlds
from tests.commissions.engine.kinds.binary_legs import assert_legs_agree, binary_settings, brought, carried, leg_volumes, why_not
from tests.commissions.engine.kinds.test_volume_rebate import inside
from tests.commissions.engine.kinds.two_legs import (
    Outcome,
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
from tests.commissions.engine.twin import round_once

STEPS = [
    {"weaker": 25, "stronger": 25, "amount": "7.50"},
    {"weaker": 25, "stronger": 60, "amount": 12},
    {"weaker": 90, "stronger": 100, "amount": 30},
    {"weaker": 200, "stronger": 400, "amount": 99},
]


LEGS = {
    "code": "team",
    "name": "Team",
    "kind": "binary_percentage",
    "tree": "team",
    "volume": "cv",
    "qualifies": {"active": False, "sponsored_each_leg": 0},
    "line": "payee",
    "rounding": "half_even",
    "unearned": "breakage",
}


@st.composite
def some_plans(draw):
    bonus = draw(binary_settings()) | {"kind": "binary_percentage"}
    by = draw(st.sampled_from(["rates", "brackets", "steps"]))
    if by == "brackets":
        bonus["brackets"] = worlds.brackets(draw)
        bonus["mode"] = draw(st.sampled_from(["whole", "marginal"]))
    elif by == "rates":
        percents = st.sampled_from(["0%", "10%", "7.77%", "33.3333%", "100%"])
        rows = st.fixed_dictionaries({"by": st.just("requirement"), "table": some_rows("rate", percents)})
        bonus["rates"] = draw(st.one_of(by_rank(percents), rows))
        bonus["least"] = draw(st.sampled_from([0, "0.01", 20, 75]))
    else:
        bonus["steps"] = STEPS[: draw(st.integers(1, 4))]
        bonus["uses"] = draw(st.sampled_from(["step", "lesser_leg"]))
    if draw(st.booleans()):
        most = draw(by_rank_or_row("amount", st.sampled_from([0, 3, 10, "29.99", 1000])))
        beyond = ["forfeited", "flushed"] if bonus.get("mode") == "marginal" else ["carried", "forfeited", "flushed"]
        bonus["cap"] = {"most": most, "beyond": draw(st.sampled_from(beyond))}
    return draw(plan_of([bonus], lowest=draw(st.sampled_from([0, 1]))))


@given(some_plans(), companies(state=carried("team")))
def test_everybody_is_paid_and_keeps_what_the_twin_says(plan, company):
    company.stand(plan)
    outcome = Outcome(plan, company)
    bonus = plan.bonuses[0]
    paid, lost, used, flushed = {}, [], {}, {}
    for person in company.people:
        of = step_of if bonus.steps else parts_of if bonus.mode == "marginal" else percentage_of
        mine = of(plan, bonus, company, person)
        paid[person.id], used[person.id], flushed[person.id] = mine[0], mine[1], mine[2]
        lost += [(person.id, reason, amount) for reason, amount in mine[3] if amount]
    assert outcome.totals() == {id: amount for id, amount in paid.items() if amount}
    assert outcome.lost() == sorted(lost)
    assert bonus.mode != "marginal" or not outcome.result.lines.rate_ppm.any()  # no one rate makes such an amount
    assert_legs_agree(bonus, company, outcome, used, flushed)


@given(some_plans(), companies(state=carried("team")))
def test_nobody_is_paid_above_the_cap(plan, company):
    company.stand(plan)
    cap = plan.bonuses[0].cap
    paid = Outcome(plan, company).totals()
    for person in company.people:
        most = cap_of(plan, cap.most, person) if cap else None
        assert most is None or paid.get(person.id, 0) <= minor(most)


def available(bonus, company, person):
    """What is on both legs, never below nothing."""
    new, old = leg_volumes(bonus, company, person), brought(bonus, person)
    return [max(new[leg] + old[leg], 0) for leg in (0, 1)]


def percentage_of(plan, bonus, company, person):
    """What a person is paid, what is used of each leg, whether everything goes, and what is lost and why."""
    legs = available(bonus, company, person)
    lesser = min(legs) if min(legs) >= bonus.least else 0
    if bonus.brackets:
        rate = ([0] + [bracket.rate for bracket in bonus.brackets if lesser >= bracket.at])[-1]
    else:
        rate = of_rank_or_row(bonus.rates, person, "rate", 0)
    without = "RANK_TOO_LOW" if bonus.rates and isinstance(bonus.rates, dict) else "NOT_QUALIFIED"
    value = Fraction(rate, 1_000_000) * plan.plan.point_value
    reason = why_not(plan, bonus, person) or (without if rate == 0 else None)
    takes = bonus.carry_over is None or bonus.carry_over.consumed == "matched"
    if reason:
        amount = round_once(lesser * value, bonus.rounding)
        return 0, [lesser * takes] * 2, False, [(reason, amount * takes)]
    most = cap_of(plan, bonus.cap.most, person) if bonus.cap else None
    pays = lesser
    if most is not None and lesser * value > minor(most):
        pays = minor(most) / value
        pays = min(-(-pays.numerator // pays.denominator), lesser)
        if round_once(pays * value, bonus.rounding) > minor(most):
            pays -= 1
    over = lesser - pays
    paid = round_once(pays * value, bonus.rounding)
    if over == 0 or bonus.cap.beyond == "carried":
        return paid, [pays] * 2, False, []
    return paid, [lesser] * 2, bonus.cap.beyond == "flushed", [("ABOVE_CAP", round_once(over * value, bonus.rounding))]


def parts_of(plan, bonus, company, person):
    """As ``percentage_of``, in marginal brackets."""
    lesser = min(available(bonus, company, person))
    lesser = lesser if lesser >= bonus.least else 0
    edges = [*(bracket.at for bracket in bonus.brackets), None]
    parts = zip(bonus.brackets, edges[1:], strict=True)
    exact = sum(inside(lesser, bracket.at, high) * Fraction(bracket.rate, 1_000_000) for bracket, high in parts)
    amount = round_once(exact * plan.plan.point_value, bonus.rounding)
    takes = bonus.carry_over is None or bonus.carry_over.consumed == "matched"
    reason = why_not(plan, bonus, person) or (None if exact else "NOT_QUALIFIED")
    if reason:
        return 0, [lesser * takes] * 2, False, [(reason, amount * takes)]
    most = cap_of(plan, bonus.cap.most, person) if bonus.cap else None
    pays = amount if most is None else min(amount, minor(most))
    return pays, [lesser] * 2, bool(pays < amount and bonus.cap.beyond == "flushed"), [("ABOVE_CAP", amount - pays)]


def step_of(plan, bonus, company, person):
    """As ``percentage_of``, by the steps."""
    legs = available(bonus, company, person)
    reached = [step for step in bonus.steps if min(legs) >= step.weaker and max(legs) >= step.stronger]
    most = cap_of(plan, bonus.cap.most, person) if bonus.cap else None
    reason = why_not(plan, bonus, person)
    takes = bonus.carry_over is None or bonus.carry_over.consumed == "matched"
    if not reason and bonus.cap and bonus.cap.beyond == "carried" and most is not None:
        reached = [step for step in reached if step.amount <= most]
    if not reached or (reason and not takes):
        return 0, [0, 0], False, []
    step = reached[-1]
    weaker, stronger = (min(legs), min(legs)) if bonus.uses == "lesser_leg" else (step.weaker, step.stronger)
    used = [stronger, weaker] if legs[0] >= legs[1] else [weaker, stronger]
    if reason:
        return 0, used, False, [(reason, minor(step.amount))]
    if most is None or step.amount <= most:
        return minor(step.amount), used, False, []
    return minor(most), used, bonus.cap.beyond == "flushed", [("ABOVE_CAP", minor(step.amount) - minor(most))]


@given(some_plans(), companies(state=carried("team")))
def test_the_figures_of_both_legs_are_told_with_every_explanation(plan, company):
    snapshot = engine_snapshot(company)
    calculation = Calculation.begin(plan, snapshot, stand(plan, snapshot))
    list(plan.bonuses[0].pay(calculation, 0))
    for place, id in enumerate(snapshot.people.id.tolist()):
        person = next(each for each in company.people if each.id == id)
        told = dict(plan.bonuses[0].figures(calculation, 0, place))
        assert ("row_of_the_table" in told) == (plan.bonuses[0].rates != {} and not isinstance(plan.bonuses[0].rates, dict))
        told.pop("row_of_the_table", None)
        assert [told["left_new_points"], told["right_new_points"]] == leg_volumes(plan.bonuses[0], company, person)
        assert {name.split("_", 1)[1] for name in told} == {"carried_points", "new_points", "used_points", "lost_points"}


@given(some_plans(), companies(state=carried("team")), st.data())
def test_volume_that_moves_below_the_head_of_a_leg_changes_nobody_above(plan, company, data):
    heads = [person for person in company.people if person.above and any(person.legs)]
    if not heads:
        return
    head = data.draw(st.sampled_from(heads))
    before = Outcome(plan, company)
    moved = [sale for sale in company.sales if sale.person in head.downline()]
    # Ranks and activity go by own volume, so only commissionable volume moves.
    if plan.bonuses[0].volume != "cv":
        return
    for sale in moved:
        sale.person, cv, buyer = sale.person, sale.cv, sale.buyer
        company.sales.append(type(sale)(1000 + sale.id, head, buyer, 0, cv, 0, 0))
        sale.cv = 0
    after = Outcome(plan, company)
    above = head.above
    while above:
        assert before.totals().get(above.id, 0) == after.totals().get(above.id, 0)
        above = above.above


RULES = LEGS | {"brackets": [{"at": 0, "rate": "10%"}, {"at": 500, "rate": "15%"}], "mode": "marginal"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rates": {"member": "5%", "silver": "5%", "gold": "5%"}}, "bonuses[1].brackets is a list of 2; expected no brackets"),
        ({"mode": None}, "bonuses[1].mode is missing; expected one of whole, marginal"),
        (
            {"brackets": [{"at": 5, "rate": "1%"}, {"at": 5, "rate": "2%"}]},
            "bonuses[1].brackets[2].at is 5; expected more",
        ),
        ({"cap": {"most": {"member": 5}, "beyond": "carried"}}, 'bonuses[1].cap.beyond is "carried"; expected forfeited'),
        ({"brackets": None}, 'bonuses[1].mode is "marginal"; expected nothing'),
        ({"brackets": None, "mode": None}, "bonuses[1].rates is missing; expected a percentage for each rank, or brackets"),
    ],
)
def test_brackets_that_contradict_something_are_refused(change, said):
    with pytest.raises(Refused) as refusal:
        plain_plan([{key: value for key, value in (RULES | change).items() if value is not None}])
    assert said in str(refusal.value)
