"""Every line of the worked examples of these kinds is explained: the way that is told ends at the payee."""

import pytest

from commissions.engine.bonuses.walking import Walking
from commissions.engine.calculation import Calculation
from commissions.engine.explain import Role, explain, why_nothing_whole
from commissions.engine.snapshot import NONE
from tests.commissions.plans.examples import FILES, Example

KINDS = ("fast_start", "customer", "sponsor_flat", "coded", "n_up", "mentor", "party", "streamline", "board", "fee")


@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith(KINDS)], ids=lambda path: path.stem)
def test_the_way_that_is_told_ends_at_the_payee(path):
    example = Example(path)
    whole = Calculation.begin(example.plan, example.snapshot, example.result.standings)
    lines = example.result.lines
    for row in range(len(lines)):
        told = explain(example.plan, example.snapshot.people, example.result.standings, lines, row, whole=whole)
        payee, source = int(lines.payee[row]), int(lines.source[row])
        bonus = example.plan.bonuses[int(lines.bonus[row])]
        assert told.sentences and told.arithmetic.amount_minor == lines.amount_minor[row]
        if isinstance(bonus, Walking) and payee != NONE and source != NONE and bonus.kind != "streamline":
            last = told.steps[-1]
            assert (last.person, last.role) == (payee, Role.PAID if lines.missed[row] == NONE else Role.INHERITS)
    for index in range(len(example.plan.bonuses)):
        for person in range(len(example.snapshot.people)):
            said = why_nothing_whole(whole, lines, index, person)
            assert bool(said) == (example.result.totals[index, person] == 0)
