"""What earlier periods left is refused where it does not fit 64 bits together, and never wraps."""

import pytest

from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds.two_legs import Company, Outcome, Person, Sale, plain_plan

PLAIN = {"code": "own", "name": "Own", "line": "payee", "rounding": "half_even", "unearned": "breakage"}
REBATE = PLAIN | {"kind": "volume_rebate", "tree": "sponsor", "mode": "whole", "active_only": False}
ROLLING = {"of": "own", "volume": "pv", "over": "rolling", "periods": 6, "table": [{"at": 1, "rate": "5%"}]}
REQUIRED = {"measure": "rolling_volume", "of": "own", "volume": "pv", "periods": 6, "least": 1}
BINARY = PLAIN | {
    "kind": "binary_percentage",
    "tree": "team",
    "volume": "pv",
    "qualifies": {"active": False, "sponsored_each_leg": 0},
    "carry_over": {"consumed": "paid", "while_inactive": "kept", "expires_after": 6},
    "rates": {"member": "10%", "silver": "10%", "gold": "10%"},
}


@pytest.mark.parametrize(
    ("bonus", "name", "said"),
    [
        (REBATE | {"rates": ROLLING | {"by": "bracket"}}, "own.volume.{}", "a volume over several periods"),
        (
            REBATE | {"rates": {"by": "requirement", "table": [{"requires": [REQUIRED], "rate": "5%"}]}},
            "volume.ago.{}.own.pv",
            "rolling volume",
        ),
        (BINARY, "own.left.{}", "what was carried over"),
    ],
)
@pytest.mark.parametrize(("each", "fits"), [(2**58, True), (2**61, False), (-(2**61), False)])
def test_periods_that_do_not_fit_together_are_refused(bonus, name, said, each, fits):
    person = Person(1, None, "open", state={name.format(back): each for back in range(1, 6)})
    company = Company([person], [Sale(1, person, "retail", 100_00, 100_00, 0, 0)])
    plan = plain_plan([bonus])
    company.stand(plan)
    if fits:
        assert Outcome(plan, company).totals() == ({} if bonus is BINARY else {1: 5_00})
    else:
        with pytest.raises(AmountTooLarge, match=f"the sum of {said} does not fit 64 bits"):
            Outcome(plan, company)
