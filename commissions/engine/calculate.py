"""The run on one page: from a plan and a snapshot to standings, totals and lines.

``calculate`` is the one calculation. The period's run and the simulator call it on everybody; the live refresh calls
its parts on slices (``slices.py``).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine import caps, moments, money, ranks
from commissions.engine.calculation import Calculation
from commissions.engine.caps import Step
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Result, Standings
from commissions.engine.snapshot import NONE, Snapshot, require_sound
from commissions.engine.standing import stand as stand


def calculate(plan: Plan, snapshot: Snapshot, *, keep_lines: bool = True) -> Result:
    """Compute where everybody stands and what everybody earns; without ``keep_lines`` only the totals.

    Refunds are sales with opposite signs, so they are netted from the first step on. Raises BrokenTree or Unsound for
    a snapshot that is not what it says, AmountTooLarge for figures beyond 64 bits, NoRate for a currency that the plan
    does not know.
    """
    require_sound(snapshot)
    standings = stand(plan, snapshot)
    calculation = Calculation.begin(plan, snapshot, standings)
    ranks.leave(calculation)
    unearned = np.zeros(len(plan.bonuses), dtype=np.int64)
    kept: dict[int, list[Lines]] = {}
    for step in plan.steps(calculation.period):
        if isinstance(step, Step):
            cap(calculation, step)
        else:
            try:
                unearned[step] = earn(calculation, step, kept.setdefault(step, []) if keep_lines else None)
            except money.AmountTooLarge as error:
                raise money.AmountTooLarge(f"bonus {plan.bonuses[step].code}: {error}") from error
    blocks = [block for index in sorted(kept) for block in kept.pop(index)]
    return Result(
        standings=standings,
        totals=calculation.paid,
        unearned=unearned,
        lines=caps.cut_lines(calculation, Lines.drained(blocks)) if keep_lines else None,
        before_caps=calculation.earned,
        state=calculation.next_state(),
    )


def earn(calculation: Calculation, index: int, kept: list[Lines] | None) -> int:
    """Compute one bonus, add it up by person, and return what nobody earned of it."""
    unearned = 0
    most = 0.0
    earned = calculation.earned[index]
    for block in lines(calculation, index):
        most += money.at_most(block.amount_minor)
        if most >= money.LIMIT:
            raise money.AmountTooLarge("the sum of the earnings does not fit 64 bits")
        if not len(block):
            continue
        has_payee = block.payee != NONE
        np.add.at(earned, block.payee[has_payee], block.amount_minor[has_payee])
        unearned += int(block.amount_minor[~has_payee].sum())
        if kept is not None:
            kept.append(block)
    calculation.paid[index] += earned
    calculation.unearned[index] = unearned
    return unearned


def lines(calculation: Calculation, index: int) -> Iterator[Lines]:
    """Yield the payment lines of one bonus in blocks, level by level, as they would be stored."""
    yield from moments.lines(calculation, index)


def cap(calculation: Calculation, step: Step) -> None:
    """Take one of the caps off what is paid so far."""
    if step is Step.PERSON:
        caps.cut_person(calculation)
    elif step is Step.COMPANY:
        caps.cut_company(calculation)


def total(plan: Plan, snapshot: Snapshot, standings: Standings, index: int) -> tuple[NDArray[np.int64], int]:
    """Compute one bonus on its own, before caps: what each person earned of it, and what nobody did."""
    calculation = Calculation.begin(plan, snapshot, standings)
    unearned = earn(calculation, index, None)
    return calculation.earned[index], unearned
