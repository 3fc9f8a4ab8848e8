"""N-up agrees with its twin, and positions pass as far up as the classical two-up passes them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    RANKS,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    fits,
    levels_above,
    lines_of,
    plan_with,
    sales_filters,
    stand,
    worth,
)

RATES = st.lists(st.sampled_from(("10%", "7.77%", "0%")), min_size=1, max_size=3)


@st.composite
def n_ups(draw):
    passed, keeper = draw(RATES), draw(RATES)
    compression = draw(st.sampled_from(("none", "inactive", "full")))
    most = max(len(passed), len(keeper))
    table = (
        draw(common(unearned=("breakage",) if compression == "full" else ("breakage", "roll_up")))
        | draw(sales_filters())
        | {
            "code": "up",
            "kind": "n_up",
            "volume": draw(st.sampled_from(("cv", "pv"))),
            "passes": draw(st.sampled_from(([1], [1, 2], [2], [2, 4]))),
            "passed_rates": passed,
            "keeper_rates": keeper,
            "depth": {rank: draw(st.integers(0, most)) for rank in RANKS},
            "compression": compression,
        }
    )
    if draw(st.booleans()):
        table["then_every"] = draw(st.integers(1, 3))
    return table


def passes(bonus, company, person):
    """Whether a person's position passes."""
    if person.sponsor is None or person.kind != "distributor":
        return False
    recruits = [each for each in company.people if each.sponsor is person.sponsor and each.kind == "distributor"]
    number = sorted(recruits, key=lambda each: (each.joined, each.id)).index(person) + 1
    beyond = number - bonus.passes[-1]
    return number in bonus.passes or (bonus.then_every is not None and beyond > 0 and beyond % bonus.then_every == 0)


def holder(bonus, company, person):
    """To whom a position belongs, found step by step."""
    if person.sponsor is None:
        return None
    return holder(bonus, company, person.sponsor) if passes(bonus, company, person) else person.sponsor


def twin(plan, bonus, company):
    def up(person):
        while person := holder(bonus, company, person):
            yield person

    for sale in company.sales:
        if not fits(bonus.sales, sale):
            continue
        rates = bonus.passed_rates if passes(bonus, company, sale.person) else bonus.keeper_rates
        for level, *who in levels_above(plan, bonus, sale.person, len(rates), up):
            exact = getattr(sale, bonus.volume) * Fraction(rates[level - 1], 1_000_000) * worth(plan, None)
            yield sale.person, sale.order, None, level, exact, *who


@given(companies(), n_ups(), ACTIVITIES)
def test_every_line_is_the_twins(company, table, activity):
    plan = plan_with(table, activity=activity)
    stand(plan, company)
    result, ours = engine_lines(plan, engine_snapshot(company))
    bonus = plan.bonuses[0]
    assert ours == lines_of(bonus, twin(plan, bonus, company))
    assert set(result.lines.rate_ppm.tolist()) <= {0, *bonus.passed_rates, *bonus.keeper_rates}


@pytest.mark.parametrize("numbers", [[2, 1], [1, 1]])
def test_recruits_that_do_not_rise_are_refused(numbers):
    table = {
        "code": "up", "kind": "n_up", "passes": numbers, "passed_rates": ["10%"], "keeper_rates": ["10%"],
        "depth": dict.fromkeys(RANKS, 1), "compression": "none", "line": "order", "rounding": "half_up",
        "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError, match="numbers of recruits that rise"):
        plan_with(table)
