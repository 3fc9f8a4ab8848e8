"""The pool and its slow twin agree on any company; shared out to the cent, the fund is neither more nor less."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.calculate import earn, stand
from commissions.engine.calculation import Calculation
from commissions.engine.document import Refused
from tests.commissions.engine.kinds.test_matching import PROFIT, earned
from tests.commissions.engine.kinds.two_legs import (
    RANKS,
    Company,
    Outcome,
    Person,
    Sale,
    companies,
    engine_snapshot,
    plain_plan,
    plan_of,
    row_for,
    some_rows,
)
from tests.commissions.engine.twin import round_once

POOL = {
    "code": "pool",
    "name": "Pool",
    "kind": "pool",
    "share": "2%",
    "volume": "cv",
    "shares": {"by": "rank", "count_of": {"member": 0, "silver": 1, "gold": 3}},
    "active_only": False,
    "nobody": "kept",
    "remainder": "rounded",
    "line": "payee",
    "rounding": "half_even",
    "unearned": "breakage",
}
VOLUME = {"measure": "own_volume", "volume": "pv", "buyers": ["distributor", "preferred", "retail"], "least": 30}
TEAM = {"measure": "team", "tree": "sponsor", "who": "open", "levels": 1, "count": 2}
SHARE = {"measure": "customer_share", "volume": "pv", "of": "own", "buyers": ["retail"], "least": "10%"}
LEFT_OVER = (("pool.before", st.sampled_from([0, 100, 3000, -500])),)
STARS = (("stars", st.sampled_from([0, 0, 1, 7, -2])),)


some_depths = st.fixed_dictionaries({rank: st.integers(0, 3) for rank in RANKS})


@st.composite
def some_plans(draw):
    measured = draw(st.sampled_from(["own", "group"]))
    each = draw(st.sampled_from(["0.01", 1, "33.3"]))
    shares = draw(
        st.sampled_from(
            [
                {"by": "rank", "count_of": {"member": 1, "silver": 0, "gold": 3}},
                {"by": "volume", "measured": measured, "each": each},
                {"by": "growth", "measured": measured, "each": each, "least": draw(st.sampled_from([0, 50]))},
                {"by": "income", "bonuses": ["retail"]},
                {"by": "points", "fact": "stars"},
                {"by": "requirement", "table": draw(some_rows("count", st.sampled_from([0, 1, 3])))},
                {"by": "measure", "requirement": VOLUME, "each": draw(st.sampled_from([1, 10, 33]))},
                {"by": "measure", "requirement": TEAM, "each": draw(st.sampled_from([1, 2]))},
                {"by": "team", "tree": draw(st.sampled_from(["sponsor", "team"])), "points": [5, 0, 3], "counted": "active"},
                {"by": "team", "tree": "sponsor", "points": [2, 1], "counted": "everybody", "depth": draw(some_depths)},
            ]
        )
    )
    remainder = draw(st.sampled_from(["rounded", "most_shares", "largest_fraction", "earliest"]))
    pool = POOL | {
        "share": draw(st.sampled_from(["0%", "2%", "3.3333%", "100%"])),
        "volume": draw(st.sampled_from(["pv", "cv"])),
        "shares": shares,
        "active_only": draw(st.booleans()),
        "nobody": draw(st.sampled_from(["kept", "rolled"])),
        "remainder": remainder,
        "rounding": draw(st.sampled_from(["half_even", "half_up", "truncate"])) if remainder == "rounded" else "truncate",
    }
    if draw(st.booleans()):
        pool["least_rank"] = draw(st.sampled_from(RANKS))
    if draw(st.booleans()):
        pool["sales"] = {"buyers": ["retail", "preferred"]}
    if draw(st.booleans()):
        pool["unearned_of"] = ["retail"]
    return draw(plan_of([PROFIT, pool]))


@given(some_plans(), companies(state=LEFT_OVER, facts=STARS), st.sampled_from([0, 0, 1, 12345]))
def test_the_fund_is_divided_as_the_twin_says(plan, company, rolled):
    company.company_state = {"pool.rolled": rolled}
    company.stand(plan)
    outcome = Outcome(plan, company)
    bonus = plan.bonuses[1]
    lost = sum(lost_profit(company, person) for person in company.people) if bonus.unearned_of else 0
    fund = max(fund_of(plan, bonus, company) + rolled + lost, 0)
    shares = {person: shares_of(plan, bonus, company, person) for person in company.people}
    shares = {person: count for person, count in shares.items() if count > 0}
    paid = divided(bonus, fund, shares)
    assert outcome.totals(1) == {person.id: amount for person, amount in paid.items() if amount}
    if bonus.remainder != "rounded" and shares:
        assert sum(paid.values()) == fund
    kept = 0 if shares or bonus.nobody == "rolled" else fund
    assert outcome.lost(1) == ([(0, "NOT_QUALIFIED", kept)] if kept else [])
    if bonus.nobody == "rolled":
        assert outcome.result.state.company["pool.rolled"] == (0 if shares else fund)
    if bonus.shares.by == "growth":
        volume = {person.id: measured(bonus, person) for person in company.people}
        assert outcome.left("pool.before") == {id: points for id, points in volume.items() if points}


def fund_of(plan, bonus, company):
    """The fund of the period in cents."""
    buyers = bonus.sales.buyers if bonus.sales else ("distributor", "preferred", "retail")
    points = sum(getattr(sale, bonus.volume) for sale in company.sales if sale.buyer in buyers)
    return round_once(max(points, 0) * Fraction(bonus.share, 1_000_000) * plan.plan.point_value, bonus.rounding)


def lost_profit(company, person):
    """The retail profit of somebody without an open account, which nobody earns."""
    if person.status == "open":
        return 0
    profit = 0
    for sale in company.sales:
        if sale.person is person and sale.buyer == "retail":
            is_back = min(sale.pv, sale.cv, sale.paid, sale.price) < 0
            profit += (min if is_back else max)(sale.paid - sale.price, 0)
    return profit


def measured(bonus, person):
    return person.pv if bonus.shares.measured == "own" else person.gv


def shares_of(plan, bonus, company, person):
    """How many shares a person has, 0 for who does not take part."""
    if person.status != "open" or (bonus.active_only and not person.active):
        return 0
    if bonus.least_rank and person.rank < RANKS.index(bonus.least_rank):
        return 0
    shares = bonus.shares
    if shares.by == "rank":
        return shares.count_of[RANKS[person.rank]] if person.rank >= 0 else 0
    if shares.by == "volume":
        return measured(bonus, person) // shares.each
    if shares.by == "growth":
        grown = measured(bonus, person) - person.state["pool.before"]
        return grown // shares.each if grown >= shares.least else 0
    if shares.by == "requirement":
        row = row_for(shares.table, person)
        return row.count if row else 0
    if shares.by == "measure":
        return of_measure(shares, company, person)
    if shares.by == "team":
        return sum(points_of(shares, person, each) for each in company.people if each.active)
    return person.facts["stars"] if shares.by == "points" else earned(plan, Plainly, company, person)


def of_measure(shares, company, person):
    """Shares by own volume in points, or by distributors directly sponsored with an open account."""
    if shares.requirement.measure == "own_volume":
        return person.pv // 100 // shares.each if person.pv >= shares.requirement.least else 0
    team = sum(each.sponsor is person and each.status == "open" for each in company.people)
    return team // shares.each if team >= shares.requirement.count else 0


def points_of(shares, person, below):
    """How many shares somebody active brings a person above."""
    level, above = 0, below
    while True:
        above = above.sponsor if shares.tree == "sponsor" else above.above
        if above is None:
            return 0
        level += above.active or shares.counted == "everybody"
        if level > len(shares.points):
            return 0
        if above is person:
            is_counted = person.active or shares.counted == "everybody"
            reach = (shares.depth[RANKS[person.rank]] if person.rank >= 0 else 0) if shares.depth else len(shares.points)
            return shares.points[level - 1] if is_counted and reach >= level else 0


class Plainly:
    """Income counts before caps."""

    base = "before_caps"


def divided(bonus, fund, shares):
    """Divide the fund by hand."""
    total = sum(shares.values())
    exact = {person: Fraction(fund * count, total) for person, count in shares.items()}
    if bonus.remainder == "rounded":
        return {person: round_once(amount, bonus.rounding) for person, amount in exact.items()}
    paid = {person: amount.numerator // amount.denominator for person, amount in exact.items()}
    first = {
        "most_shares": lambda person: (-shares[person], person.id),
        "largest_fraction": lambda person: (paid[person] - exact[person], person.id),
        "earliest": lambda person: person.id,
    }[bonus.remainder]
    for person in sorted(shares, key=first)[: fund - sum(paid.values())]:
        paid[person] += 1
    return paid


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"volume": "bv"}, "one of the plan's volumes"),
        ({"least_rank": "king"}, "one of the plan's ranks"),
        ({"remainder": "earliest"}, "truncate: what that leaves is then given out"),
        ({"shares": {"by": "rank", "count_of": {"member": 1, "silver": 1}}}, "shares.count_of.gold is missing"),
        ({"shares": {"by": "volume", "measured": "own", "each": 0}}, "more than 0 points"),
        ({"shares": {"by": "growth", "measured": "own", "each": 0}}, "more than 0 points"),
        ({"shares": {"by": "income", "bonuses": ["nothing"]}}, 'shares.bonuses[1] is "nothing"; expected one of the plan'),
        ({"shares": {"by": "colour"}}, "one of rank, volume, growth, income, points, requirement, measure, team"),
        ({"shares": {"by": "measure", "requirement": SHARE, "each": 1}}, "something that is counted, or points"),
        ({"shares": {"by": "team", "tree": "bush", "points": [1], "counted": "active"}}, 'shares.tree is "bush"'),
        (
            {"shares": {"by": "team", "tree": "sponsor", "points": [1], "counted": "active", "depth": {"gold": 1}}},
            "shares.depth.member is missing; expected the number of levels",
        ),
        (
            {"shares": {"by": "team", "tree": "sponsor", "points": [1], "counted": "active", "depth": {}}},
            "shares.depth.member is missing; expected the number of levels",
        ),
        ({"unearned_of": ["nothing"]}, 'unearned_of[1] is "nothing"; expected one of the plan'),
        ({"unearned_of": ["retail", "retail"]}, "each of them once"),
        ({"unearned": "roll_up"}, "breakage: a pool is never rolled up"),
        ({"sales": {"buyers": ["retail", "retail"]}}, "each of them once"),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(change, said):
    with pytest.raises(Refused) as refused:
        plain_plan([POOL | change])
    assert said in str(refused.value)


def test_an_explanation_says_what_a_pool_divides_and_what_of_it_others_left():
    pool = POOL | {"shares": {"by": "rank", "count_of": {"member": 2, "silver": 0, "gold": 3}}, "unearned_of": ["retail"]}
    people = [Person(1, None, "open"), Person(2, None, "open"), Person(3, None, "terminated")]
    for person in people[1:]:
        person.sponsor = people[0]
    company = Company(people, [Sale(1, people[2], "retail", 0, 1000_00, 90_00, 50_00)])
    plan = plain_plan([PROFIT, pool])
    company.stand(plan)
    calculation = Calculation.begin(plan, engine_snapshot(company), stand(plan, engine_snapshot(company)))
    assert earn(calculation, 0, None) == 40_00
    earn(calculation, 1, None)
    assert plan.bonuses[1].figures(calculation, 1, 1) == {
        "fund_minor": 60_00,
        "shares": 2,
        "all_shares": 4,
        "of_it_unearned_of_others_minor": 40_00,
    }
    alone = plain_plan([PROFIT, POOL])
    calculation = Calculation.begin(alone, engine_snapshot(company), stand(alone, engine_snapshot(company)))
    assert alone.bonuses[1].figures(calculation, 1, 1) == {"fund_minor": 20_00, "shares": 0, "all_shares": 0}


def test_what_nobody_earned_is_divided_by_one_pool_alone():
    again = POOL | {"unearned_of": ["retail"]}
    assert plain_plan([PROFIT, again])
    with pytest.raises(Refused) as refused:
        plain_plan([PROFIT, again, again | {"code": "other"}])
    assert 'bonuses[3].unearned_of[1] is "retail"; expected a bonus whose unearned money pool does not divide' in str(
        refused.value
    )
