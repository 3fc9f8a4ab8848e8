"""What a rank takes, set against what a person has."""

import pytest

from commissions.engine import lacks
from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.lacks import Measure, Requirement
from commissions.engine.ladder import Where
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.twin import Sale
from tests.commissions.plans.examples import SHIPPED

TEXT = (SHIPPED / "fernhollow.toml").read_text()
PLAN = plans.parse(TEXT)


def standings(plan):
    """ana with two legs: ben's, whose cy is bronze, and dee's."""
    people = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open"), (4, 1, "open")]
    sales = [
        Sale(1, 1, 0, 1, "retail", 1, 99_50, 0, 0, 0, "USD"),
        Sale(2, 3, 0, 2, "retail", 1, 600_00, 0, 0, 0, "USD"),
        Sale(3, 4, 0, 3, "retail", 1, 1800_00, 0, 0, 0, "USD"),
    ]
    return calculate(plan, engine_snapshot(people, sales)).standings


def test_what_is_missing_for_the_next_rank_is_told_requirement_by_requirement():
    silver = lacks.of_person(PLAN, standings(PLAN), person=0, target=2)
    assert silver == (
        Requirement(Measure.PV, 99_50, 100_00),
        Requirement(Measure.GV, 2499_50, 2500_00),
        Requirement(Measure.LEGS, 2, 2, leg_rank=1, where=Where.ANYWHERE),
    )
    assert [each.missing for each in silver] == [50, 50, 0]


def test_a_requirement_of_nothing_is_not_told():
    assert lacks.of_person(PLAN, standings(PLAN), person=0, target=0) == ()


@pytest.mark.parametrize("cap", ['of = "requirement", share = "40%"', 'of = "points", most = 1_000'])
def test_under_a_leg_cap_the_volume_that_counts_is_told(cap):
    capped = plans.parse(TEXT.replace("gv = 2500", f'gv = 2500\nleg_cap = {{ {cap}, own_volume = "free" }}'))
    silver = lacks.of_person(capped, standings(capped), person=0, target=2)
    assert silver[1] == Requirement(Measure.GV, 99_50 + 600_00 + 1000_00, 2500_00)
    assert capped.capped_ranks == (2,)


SETTLES = """
[[ranks]]
code = "silver"
name = "Silver"
pv = 0
gv = 0
requires = [{ measure = "personal_group_volume", volume = "pv", less = "rank", rank = "silver", least = 50 }]

[[ranks]]
code = "gold"
name = "Gold"
pv = 0
gv = 0
legs = [{ rank = "silver", count = 1, where = "frontline" }]
requires = [{ measure = "personal_group_volume", volume = "pv", less = "rank", rank = "silver", least = 50 }]
"""


def test_ranks_that_cost_others_theirs_settle_from_the_bottom_up():
    start, end = TEXT.index("[[ranks]]"), TEXT.index("# What a customer paid")
    text = TEXT[:start] + SETTLES + TEXT[end:]
    plan = plans.parse(text.replace("associate = 1, bronze = 3, silver = 5, gold = 6, diamond = 7", "silver = 5, gold = 6"))
    people = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open"), (4, 3, "open")]
    bought = [60_00, 45_00, 10_00, 60_00]
    sales = [Sale(id, id, 0, id, "retail", 1, pv, 0, 0, 0, "USD") for id, pv in enumerate(bought, 1)]
    stood = calculate(plan, engine_snapshot(people, sales)).standings
    # dee 60: silver. cy 10 without dee's group: none. ben 45 + 10: silver. ana 60 without ben's, and ben heads a leg: gold.
    assert stood.rank.tolist() == [1, 0, -1, 0]
    assert stood.measured.tolist() == [[60_00, 55_00, 10_00, 60_00]]
    assert stood.legs.tolist() == [[1, 0, 1, 0]]


LOOKING = """
[[ranks]]
code = "member"
name = "Member"
pv = 0
gv = 0
requires = [{ measure = "legs_with_rank", tree = "sponsor", rank = "leader", where = "frontline", count = 2 }]

[[ranks]]
code = "leader"
name = "Leader"
pv = 100
gv = 0

[[ranks]]
code = "chief"
name = "Chief"
pv = 100
gv = 0
legs = [{ rank = "leader", count = 2, where = "anywhere", looks_through = "unranked" }]
"""


def test_somebody_who_gains_a_rank_is_looked_through_no_longer():
    start, end = TEXT.index("[[ranks]]"), TEXT.index("# What a customer paid")
    text = TEXT[:start] + LOOKING + TEXT[end:]
    plan = plans.parse(
        text.replace("associate = 1, bronze = 3, silver = 5, gold = 6, diamond = 7", "member = 5, leader = 6, chief = 7")
    )
    people = [(1, 0, "open"), (2, 1, "open"), (3, 2, "open"), (4, 2, "open")]
    sales = [Sale(id, id, 0, id, "retail", 1, pv, 0, 0, 0, "USD") for id, pv in ((1, 100_00), (3, 100_00), (4, 100_00))]
    stood = calculate(plan, engine_snapshot(people, sales)).standings
    # ana, cy and dee sell 100: leaders. ben, who sponsors two leaders, is a member for it. As long as he had no rank, ana
    # looked through him and saw two legs with a leader, enough for a chief. Now she has one leg.
    assert stood.rank.tolist() == [1, 0, 1, 1]
    assert stood.legs.tolist() == [[1, 2, 0, 0]]
