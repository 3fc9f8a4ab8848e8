"""Rates by what a person has: what is refused, which row counts, and what else goes by it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from commissions.engine import document, editing
from commissions.engine.bonuses.rows import rate_of
from commissions.engine.document import Refused
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.test_differential import LONG
from tests.commissions.engine.kinds.worlds import PACK

MORE = PACK | {"least": 2}
TEAM = {
    "code": "team",
    "name": "Team",
    "kind": "unilevel",
    "tree": "sponsor",
    "compression": "none",
    "line": "order",
    "rounding": "half_even",
    "unearned": "breakage",
}


def plan_of(rates, **settings):
    return worlds.plans.restore(LONG | {"bonuses": [TEAM | {"rates": rates} | settings]})


def rows(*table):
    return {"by": "requirement", "table": list(table)}


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        (rows({"requires": [PACK]}), "bonuses[1].rates.table[1].rates is missing; expected a list of 0 to 100 items"),
        (rows({"requires": [PACK], "rates": []}), 'bonuses[1].rates is "no rate at all"; expected at least one rate'),
        ({"by": "pack", "table": []}, 'bonuses[1].rates.by is "pack"; expected one of requirement'),
        (rows({"requires": [{"measure": "luck"}], "rates": ["5%"]}), 'bonuses[1].rates.table[1].requires[1].measure is "luck"'),
        (
            rows({"requires": [{"measure": "title", "rank": "king"}], "rates": ["5%"]}),
            'bonuses[1].rates.table[1].requires[1].rank is "king"; expected one of the plan\'s ranks: member',
        ),
        ("5%", 'bonuses[1].rates is "5%"; expected a list of 1 to 100 items'),
    ],
)
def test_rows_that_say_nothing_are_refused(rates, said):
    with pytest.raises(Refused) as refusal:
        plan_of(rates)
    assert said in str(refusal.value)


def test_what_is_written_back_is_what_was_read():
    plan = plan_of(rows({"requires": [PACK], "rates": ["5%"]}, {"requires": [MORE], "rates": ["10%", "5%"]}))
    assert worlds.plans.restore(document.write(plan)) == plan


def test_the_settings_of_a_row_can_be_changed_one_by_one():
    plan = plan_of(rows({"requires": [PACK], "rates": ["5%"]}))
    changed = editing.changed(
        plan, {"bonuses[1].rates.table[1].rates": "7%, 2%", "bonuses[1].rates.table[1].requires[1].least": "3"}
    )
    assert changed == plan_of(rows({"requires": [PACK | {"least": 3}], "rates": ["7%", "2%"]}))


def test_a_plan_measures_what_rows_ask_for_and_its_sales_are_not_paid_alone():
    plan = plan_of(rows({"requires": [PACK], "rates": ["5%"]}))
    assert [required.name for required in plan.requirements] == ["pack"]
    assert not plan.bonuses[0].per_sale
    assert plan_of(["5%"]).bonuses[0].per_sale


def test_levels_that_no_row_has_are_not_said_to_be_paid():
    plan = plan_of(rows({"requires": [PACK], "rates": ["5%"]}, {"requires": [MORE], "rates": ["10%", "5%"]}))
    bonus = plan.bonuses[0]
    assert bonus.levels_and_paid(plan) == (2, 2)
    assert bonus.most(plan) == uplines.Fraction(15, 100)


@pytest.mark.parametrize(("kind", "more"), [("unilevel", {}), ("volume_rebate", {"mode": "whole", "active_only": False})])
def test_an_explanation_says_which_row_is_whose(kind, more):
    key, value = ("rates", ["5%"]) if kind == "unilevel" else ("rate", "5%")
    table = rows({"requires": [PACK], key: value}, {"requires": [MORE], key: value})
    settings = {name: each for name, each in TEAM.items() if kind == "unilevel" or name != "compression"}
    plan = worlds.plans.restore(LONG | {"bonuses": [settings | {"kind": kind, "rates": table} | more]})
    company = worlds.engine_snapshot([(1, 0, "open"), (2, 1, "open")], [])
    people = dataclasses.replace(company.people, facts={"pack": np.array([2, 0])})
    company = dataclasses.replace(company, people=people)
    calculation = uplines.Calculation.begin(plan, company, uplines.calculate(plan, company).standings)
    assert [plan.bonuses[0].figures(calculation, 0, person) for person in (0, 1)] == [
        {"row_of_the_table": 2},
        {"row_of_the_table": 0},
    ]


def test_who_has_no_rank_has_no_rate_however_much_it_would_be_of():
    plan = plan_of(["5%"])
    standings = SimpleNamespace(rank=np.array([-1, 0], dtype=np.int8))
    assert rate_of({rank.code: 70_000 for rank in plan.ranks}, plan, standings).tolist() == [0, 70_000]
