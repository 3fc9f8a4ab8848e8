"""The run on one page: from a plan and a snapshot to standings, totals and lines.

``calculate`` is the one calculation. The period's run and the simulator call it on everybody; the live refresh calls
the same two halves, ``stand`` and ``earn``, on slices (``slices.py``).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, ranks, volumes
from commissions.engine.bonuses.lines import pay
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Result, Standings
from commissions.engine.snapshot import NONE, Snapshot, require_sound


def calculate(plan: Plan, snapshot: Snapshot, *, keep_lines: bool = True) -> Result:
    """Compute where everybody stands and what everybody earns; without ``keep_lines`` only the totals.

    Refunds are sales with opposite signs, so they are netted from the first step on. Raises BrokenTree or Unsound for
    a snapshot that is not what it says, AmountTooLarge for figures beyond 64 bits, NoRate for a currency that the plan
    does not know.
    """
    require_sound(snapshot)
    standings = stand(plan, snapshot)
    totals, unearned, lines = earn(plan, snapshot, standings, keep_lines=keep_lines)
    return Result(standings=standings, totals=totals, unearned=unearned, lines=lines)


def stand(plan: Plan, snapshot: Snapshot) -> Standings:
    """Compute the measures, then who is active, then the ranks."""
    pv = volumes.own_volume(snapshot)
    gv = volumes.group_volume(snapshot, pv)
    payable = volumes.payable(snapshot)
    active = volumes.active(plan, payable, pv)
    return ranks.stand(plan, snapshot, pv=pv, gv=gv, payable=payable, active=active)


def earn(
    plan: Plan, snapshot: Snapshot, standings: Standings, *, keep_lines: bool, bonuses: tuple[int, ...] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Lines | None]:
    """Compute every bonus (or those of the given indexes) and add it up by person."""
    totals = np.zeros((len(plan.bonuses), len(snapshot.people)), dtype=np.int64)
    unearned = np.zeros(len(plan.bonuses), dtype=np.int64)
    kept = []
    most = 0.0
    for block in lines(plan, snapshot, standings, bonuses=bonuses):
        most += float(np.abs(block.amount_minor).sum(dtype=np.float64))
        if most >= money.LIMIT:
            raise money.AmountTooLarge("the sum of the earnings does not fit 64 bits")
        if not len(block):
            continue
        earned = block.payee != NONE
        index = int(block.bonus[0])
        np.add.at(totals[index], block.payee[earned], block.amount_minor[earned])
        unearned[index] += block.amount_minor[~earned].sum()
        if keep_lines:
            kept.append(block)
    return totals, unearned, Lines.join(kept) if keep_lines else None


def lines(plan: Plan, snapshot: Snapshot, standings: Standings, *, bonuses: tuple[int, ...] | None = None) -> Iterator[Lines]:
    """Yield the payment lines in blocks, bonus by bonus and level by level, as they would be stored."""
    for index in range(len(plan.bonuses)) if bonuses is None else bonuses:
        yield from pay(plan, index, snapshot, standings)
