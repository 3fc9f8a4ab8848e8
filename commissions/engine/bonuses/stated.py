"""What bonuses and caps share that go by amounts which the plan states, mostly by rank."""

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unearned
from commissions.engine.bonuses.payees import may_be_paid
from commissions.engine.bonuses.rows import AmountRow, AmountRows, CountRows, RankedAmounts, RankedCounts, place_of, row_of
from commissions.engine.kinds import Report
from commissions.engine.names import Names
from commissions.engine.result import Lines, Standings

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


NO_CAP: Final = money.LIMIT
"""The cap of who has none."""


def most_of(plan: "Plan", standings: Standings, most: RankedAmounts | RankedCounts) -> NDArray[np.int64]:
    """Return each person's cap, money in minor units; NO_CAP for who has none.

    By rank, a rank that is left out has no cap, and people without a rank are held to what the lowest rank is. By
    requirement, whom no row fits has none.
    """
    if isinstance(most, AmountRows | CountRows):
        caps = [plan.minor(row.amount) if isinstance(row, AmountRow) else row.count for row in most.table]
        return np.asarray(np.array([*caps, NO_CAP], dtype=np.int64)[row_of(plan, standings, most.table)])
    stated = [most.get(rank.code) for rank in plan.ranks]
    by_rank = [NO_CAP if cap is None else plan.minor(cap) if isinstance(cap, Fraction) else cap for cap in stated]
    return np.asarray(np.array([*by_rank, by_rank[0]], dtype=np.int64)[standings.rank])


def check_cap(path: str, most: RankedAmounts | RankedCounts, names: Names, report: Report) -> None:
    """Report ranks of a cap that the plan does not have; a rank that it leaves out has no cap."""
    if isinstance(most, Mapping):
        for rank in most:
            names.require_rank(f"{path}.{rank}", rank, report)


def held_place(calculation: "Calculation", index: int, amounts: RankedAmounts, *, active_only: bool) -> NDArray[np.int64]:
    """Return the rank, or the row of the amounts, of everybody who may be paid a bonus, -1 for who may not."""
    may = may_be_paid(calculation, index, active_only=active_only)
    return np.where(may, place_of(amounts, calculation.plan, calculation.standings), -1)


def rewards(calculation: "Calculation", index: int, amount_minor: NDArray[np.int64], level: NDArray[np.int64]) -> Lines:
    """Return a line for everybody who is paid something."""
    payee = np.flatnonzero(amount_minor)
    currency = money.INDEX[calculation.plan.currency]
    return lines.block(calculation.plan, index, payee=payee, base=amount_minor[payee], currency=currency, level=level[payee])


def check_breakage(bonus: Bonus, path: str, report: Report) -> None:
    """Report a bonus that is to roll up and has nothing that could."""
    if bonus.unearned is Unearned.ROLL_UP:
        report.wrong(f"{path}.unearned", bonus.unearned, f"breakage: a {bonus.kind} is never rolled up")
