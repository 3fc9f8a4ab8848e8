"""What a binary bonus says of its carry-over has to make sense, or the plan is refused by the key."""

import pytest

from commissions.engine import plan as plans
from commissions.engine.document import Refused, write
from tests.commissions.plans.examples import FOLDER, Example

PLAN = write(Example(FOLDER / "published" / "beachbody.toml").plan)


@pytest.mark.parametrize(
    ("carry", "said"),
    [
        ({"while_inactive": "kept", "grace": 1}, "carry_over.grace is 1; expected no grace where volume is kept while inactive"),
        (
            {"while_inactive": "kept", "least_rank": "ruby"},
            'carry_over.least_rank is "ruby"; expected no rank where volume is kept',
        ),
        (
            {"while_inactive": "flushed", "least_rank": "opal"},
            'carry_over.least_rank is "opal"; expected one of the plan\'s ranks: coach',
        ),
    ],
)
def test_a_carry_over_that_makes_no_sense_is_refused(carry, said):
    retail, cycles = PLAN["bonuses"]
    with pytest.raises(Refused) as refused:
        plans.restore(PLAN | {"bonuses": [retail, cycles | {"carry_over": {"consumed": "paid"} | carry}]})
    assert [str(problem) for problem in refused.value.problems] == [str(refused.value)]
    assert f"bonuses[2].{said}" in str(refused.value)


def test_a_rank_may_be_held_to_no_cycle_at_all():
    retail, cycles = PLAN["bonuses"]
    none = {"cycles": {"coach": 0}, "beyond": "forfeited"}
    plan = plans.restore(PLAN | {"bonuses": [retail, cycles | {"cap": none}]})
    assert plan.bonuses[1].cap.cycles == {"coach": 0}
