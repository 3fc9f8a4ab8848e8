"""Every line can be explained, and every zero: the explanation leads from the sale to the payee and to the amount."""

from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.explain import Role, Says, explain, trace, why_not_paid, why_nothing
from commissions.engine.result import Reason
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans
from tests.commissions.plans.examples import SHIPPED

TEXT = (SHIPPED / "fernhollow.toml").read_text()
DEPTH = "depth = { associate = 1, bronze = 3, silver = 5, gold = 6, diamond = 7 }"
ONE_DEEP = "depth = { associate = 1, bronze = 1, silver = 1, gold = 1, diamond = 1 }"
FERNHOLLOW = plans.parse(TEXT)
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


PEOPLE = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open"), (4, 1, "suspended")]
RETAIL, TEAM = 0, 1


def said_of(plan, sales, ask):
    """What is said, as (sentence, values), in a small company: 1 sponsors 2 and 4, 2 sponsors 3."""
    held = holding.hold(plan, engine_snapshot(PEOPLE, sales))
    return [(sentence.says, dict(sentence.values)) for sentence in ask(held)]


def sale(number, person_id, points, buyer="retail"):
    return twin.Sale(number, person_id, 0, number, buyer, 1, points * 100, points * 100, 100, 40, "USD")


def test_an_own_sale_somebody_elses_and_one_beside_are_told_apart():
    def of(index, seller, person):
        return lambda held: why_not_paid(FERNHOLLOW, index, held.people, held.standings, seller, person)

    sales = [sale(1, 3, 10), sale(2, 1, 60)]
    assert said_of(FERNHOLLOW, sales, of(TEAM, 2, 2)) == [(Says.OWN_SALE, {"person": 2, "seller": 2})]
    assert said_of(FERNHOLLOW, sales, of(RETAIL, 2, 0)) == [(Says.FOR_THE_SELLER, {"person": 0, "seller": 2})]
    assert said_of(FERNHOLLOW, sales, of(TEAM, 2, 3)) == [(Says.NOT_IN_UPLINE, {"person": 3, "seller": 2})]
    assert said_of(FERNHOLLOW, sales, of(TEAM, 2, 1)) == [
        (Says.STEP_PASSED, {"person": 1, "level": 1, "reason": Reason.NOT_ACTIVE}),
        (Says.NOT_ACTIVE, {"person": 1, "points": 0, "needed_points": 50_00}),
    ]
    assert said_of(FERNHOLLOW, sales, of(RETAIL, 3, 3)) == [
        (Says.STEP_LOSES, {"person": 3, "level": 0, "reason": Reason.SUSPENDED}),
        (Says.ACCOUNT_NOT_OPEN, {"person": 3, "reason": Reason.SUSPENDED}),
    ]


def test_whoever_stands_beyond_the_last_level_is_told_so():
    one_level = plans.parse(TEXT.replace("rates = [", 'rates = ["1%"] # ').replace(DEPTH, ONE_DEEP).replace('"full"', '"none"'))
    said = said_of(one_level, [sale(1, 3, 60)], lambda held: why_not_paid(one_level, TEAM, held.people, held.standings, 2, 0))
    assert said == [(Says.OUT_OF_REACH, {"person": 0, "seller": 2, "levels": 1})]


def test_a_bonus_that_has_paid_nothing_is_explained():
    def nothing(index, person):
        return lambda held: why_nothing(FERNHOLLOW, held, index, person)

    assert said_of(FERNHOLLOW, [], nothing(RETAIL, 0)) == [(Says.NOTHING_SOLD, {"person": 0})]
    assert said_of(FERNHOLLOW, [], nothing(TEAM, 0)) == [(Says.NOT_ACTIVE, {"person": 0, "points": 0, "needed_points": 50_00})]
    assert said_of(FERNHOLLOW, [], nothing(RETAIL, 3)) == [(Says.ACCOUNT_NOT_OPEN, {"person": 3, "reason": Reason.SUSPENDED})]
    own_only = [sale(1, 1, 60)]
    assert said_of(FERNHOLLOW, own_only, nothing(TEAM, 0)) == [(Says.NOTHING_SOLD, {"person": 0})]
    refund = twin.Sale(2, 2, 0, 2, "retail", -1, -10_00, -10_00, -100, -40, "USD")
    sold_and_refunded = [sale(1, 2, 10), refund, sale(3, 1, 60)]
    assert said_of(FERNHOLLOW, sold_and_refunded, nothing(TEAM, 0)) == [(Says.CAME_TO_NOTHING, {"person": 0})]
    uncompressed = plans.parse(TEXT.replace('compression = "full"', 'compression = "none"'))
    below = [sale(1, 3, 60), sale(2, 1, 60)]
    said = said_of(uncompressed, below, lambda held: why_nothing(uncompressed, held, TEAM, 0))
    values = {"person": 0, "level": 2, "reason": Reason.RANK_TOO_LOW, "amount_minor": 4_80}
    assert said == [(Says.MISSED, values)]
