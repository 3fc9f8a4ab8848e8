"""Fees agree with their twin, come after the company's other pay, and never take more than there is."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds import two_legs
from tests.commissions.engine.kinds.newcomers import RANKS, companies, engine_lines, engine_snapshot, plan_with
from tests.commissions.engine.twin import round_once

TEAM = {
    "code": "team",
    "kind": "unilevel",
    "tree": "sponsor",
    "rates": ["10%", "5%"],
    "depth": dict.fromkeys(RANKS, 2),
    "compression": "none",
    "line": "order",
    "rounding": "half_up",
    "unearned": "breakage",
}


@st.composite
def fees(draw):
    table = {
        "code": "fee",
        "kind": "fee",
        "of": ["team"],
        "line": "payee",
        "rounding": draw(st.sampled_from(("half_even", "half_up", "truncate"))),
        "unearned": "breakage",
    }
    if draw(st.booleans()):
        table["rate"] = draw(st.sampled_from(("1%", "33.3333%", "100%")))
    if "rate" not in table or draw(st.booleans()):
        table["amount"] = draw(st.sampled_from((1, "0.07", 100)))
    if draw(st.booleans()):
        table |= {"fact": "kind", "value": draw(st.integers(0, 1))}
    return table


@given(companies(), fees(), st.booleans())
def test_every_fee_is_the_twins(company, table, fee_first):
    plan = plan_with(*([table, TEAM] if fee_first else [TEAM, table]))
    given = engine_snapshot(company)
    result, _ = engine_lines(plan, given)
    fee, team = (plan.bonus_index(code) for code in ("fee", "team"))
    bonus = plan.bonuses[fee]
    for place, id in enumerate(given.people.id.tolist()):
        paid = int(result.totals[team, place])
        kind = {"distributor": 0, "preferred": 1, "retail": 2}[company.by_id()[id].kind]
        owes = paid > 0 and (bonus.fact is None or kind == bonus.value)
        fixed = min(paid, plan.minor(bonus.amount)) if owes else 0
        rest = (paid - fixed) * Fraction(bonus.rate, 1_000_000) if owes else Fraction(0)
        assert result.totals[fee, place] == -fixed - round_once(rest, bonus.rounding)
        assert result.totals[fee, place] + max(paid, 0) >= 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "bonuses[1].amount is missing; expected an amount, or a rate"),
        ({"amount": 1, "fact": "pays_by"}, "bonuses[1].value is missing; expected fact and value together"),
        ({"amount": 1, "of": ["nothing"]}, "nothing"),
    ],
)
def test_a_fee_of_nothing_is_refused(settings, said):
    table = {
        "code": "fee", "kind": "fee", "of": ["team"], "line": "payee", "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError) as refused:
        plan_with(table | settings, TEAM)
    assert said in str(refused.value)


def test_a_fee_of_whatever_was_paid_comes_last_and_adds_nothing_to_what_a_plan_can_pay():
    fee = {"code": "fee", "name": "Fee", "kind": "fee", "of": ["team"], "amount": 1}
    fee |= {"line": "payee", "rounding": "half_up", "unearned": "breakage"}
    team = TEAM | {"name": "Team", "depth": dict.fromkeys(two_legs.RANKS, 2)}
    cent = {"bonuses": ["team"], "most": dict.fromkeys(two_legs.RANKS, "0.01"), "excess": "forfeited"}
    plan = two_legs.plain_plan([fee, team], {"order": ["company", "match", "person"], "person": [cent]})
    steps = [step if isinstance(step, str) else plan.bonuses[step].code for step in plan.steps("week")]
    assert steps == ["team", "company", "person", "fee"]
    assert plan.bonuses[0].most(plan) == 0
    above = two_legs.Person(1, None, "open")
    company = two_legs.Company([above, two_legs.Person(2, above, "open")], [])
    company.sales = [two_legs.Sale(1, company.people[1], "retail", 0, 1000, 0, 0)]
    company.stand(plan)
    outcome = two_legs.Outcome(plan, company)
    assert (outcome.totals(1), outcome.totals(0)) == ({1: 1}, {1: -1})
