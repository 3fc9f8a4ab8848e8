"""Every line can be explained, and every zero: the explanation leads from the sale to the payee and to the amount."""

from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine.calculate import calculate
from commissions.engine.explain import Role, Says, explain, trace, why_not_paid, why_nothing
from commissions.engine.result import Reason
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans

GAINS = (Role.PAID, Role.INHERITS)


@given(some_plans(lines=("order", "source")), some_companies())
def test_the_way_up_ends_at_the_payee_and_leaves_nobody_out(plan, company):
    snapshot = engine_snapshot(*company)
    result = calculate(plan, snapshot)
    lines, parent = result.lines, snapshot.people.parent
    for row in range(len(lines)):
        steps = explain(plan, snapshot.people, result.standings, lines, row).steps
        payee, level, reason = int(lines.payee[row]), int(lines.level[row]), Reason(lines.reason[row])
        here = [step for step in steps if step.level == level]
        if payee >= 0:
            assert [step.person for step in here if step.role in GAINS] == [payee]
        elif reason is Reason.NOBODY_ABOVE:
            assert steps[-1].role is Role.NOBODY
        else:
            assert here[-1].role is Role.LOSES
            assert (here[-1].person, here[-1].reason) == (int(lines.missed[row]), reason)
        met = [step.person for step in steps if step.person >= 0 and step.role is not Role.INHERITS]
        way, at = [], int(lines.source[row]) if level == 0 else int(parent[lines.source[row]])
        while at >= 0 and len(way) < len(met):
            way.append(at)
            at = int(parent[at])
        assert met == way


@given(some_plans(), some_companies())
def test_the_arithmetic_comes_to_the_amount(plan, company):
    snapshot = engine_snapshot(*company)
    result = calculate(plan, snapshot)
    for row in range(len(result.lines)):
        explanation = explain(plan, snapshot.people, result.standings, result.lines, row)
        exact = explanation.arithmetic.exact
        assert explanation.arithmetic.amount_minor == result.lines.amount_minor[row]
        if exact is None:
            assert explanation.steps == ()
            continue
        assert twin.round_once(exact, explanation.arithmetic.rounding) == result.lines.amount_minor[row]
        assert explanation.sentences[-1].says is Says.ROUNDED


@given(some_plans(lines=("order", "source")), some_companies(), st.data())
def test_whoever_is_not_paid_for_a_sale_is_told_why_and_whoever_is_paid_is_told_nothing(plan, company, data):
    people, sales = company
    snapshot = engine_snapshot(people, sales)
    standings = calculate(plan, snapshot).standings
    by_id = twin.stand(plan, people, sales)
    seller, person = (data.draw(st.integers(0, len(people) - 1)) for _ in range(2))
    twins = [by_id[int(id)] for id in snapshot.people.id]
    for index, bonus in enumerate(plan.bonuses):
        if bonus.kind == "unilevel":
            payees = [payee for _, _, payee, _, _ in twin.climb_levels(plan, bonus, twins[seller])]
            is_paid = twins[person] in payees
        else:
            is_paid = seller == person and twin.qualifies_for_retail(bonus, twins[person])
            heirs = [step.person for step in trace(plan, index, snapshot.people, standings, seller) if step.role in GAINS]
            is_paid = is_paid or person in heirs
        said = why_not_paid(plan, index, snapshot.people, standings, seller, person)
        assert (said == ()) is is_paid


@given(some_plans(), some_companies())
def test_every_zero_has_a_reason(plan, company):
    held = holding.hold(plan, engine_snapshot(*company))
    for index in range(len(plan.bonuses)):
        for person in range(len(held.people)):
            said = why_nothing(plan, held, index, person)
            assert (said == ()) is bool(held.totals[index, person])
