"""Whoever is due: paid if they qualify, else passed on or lost as the bonus says. And the same for a climb by levels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.arrays import runs
from commissions.engine.bonuses.bonus import Unearned, Walk, open_to, roll_up, why_not
from commissions.engine.kinds import Report
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Passing(StrEnum):
    """Who uses up a level on the way up: everybody, active people, or only people who are paid."""

    NONE = "none"
    INACTIVE = "inactive"
    FULL = "full"


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """Who gets what was due to somebody; ``missed`` and ``reason`` are as in ``result.Lines``."""

    payee: NDArray[np.int64]
    missed: NDArray[np.int64]
    reason: NDArray[np.int8]

    def as_walk(self, level: int) -> Walk:
        """Return a walk of this one step, paid at the whole of what it is on."""
        return Walk(
            self.payee[np.newaxis],
            self.missed[np.newaxis],
            self.reason[np.newaxis],
            np.array([[money.PPM]], dtype=np.int32),
            np.array([[level]], dtype=np.int16),
        )

    def at(self, rows: NDArray[np.int64]) -> "Due":
        """Return what holds for some of those who were due."""
        return Due(self.payee[rows], self.missed[rows], self.reason[rows])


def settle(
    calculation: "Calculation", index: int, due: NDArray[np.int64], qualified: NDArray[np.bool_], parent: NDArray[np.int64]
) -> Due:
    """Pay each of ``due`` (people, NONE for nobody) who is ``qualified``; what others lose rolls up if the bonus says so."""
    plan, standings = calculation.plan, calculation.standings
    paid = np.append(qualified, False)[due]
    missed = np.where(paid, NONE, due)
    payee = np.where(paid, due, NONE)
    if plan.bonuses[index].unearned is Unearned.ROLL_UP:
        payee = np.where(paid, due, roll_up(qualified, parent, standings.rank, missed))
    reason = np.where(paid, np.int8(Reason.PAID), why_not(plan, index, calculation.people, standings)[due])
    return Due(payee, missed, reason)


def climb(
    calculation: "Calculation",
    index: int,
    starters: NDArray[np.int64],
    parent: NDArray[np.int64],
    depth: NDArray[np.int16],
    *,
    levels: int,
    passing: Passing,
) -> Iterator[Due]:
    """Settle level after level above ``starters``; ``depth`` is down to which level each person is paid, 0 for not at all."""
    at = starters
    for level in range(1, levels + 1):
        reaches = depth >= level
        if passing is Passing.NONE:
            above = np.append(parent, NONE)
        else:
            above = tree.next_upline(calculation.standings.active if passing is Passing.INACTIVE else reaches, parent)
        at = above[at]
        yield settle(calculation, index, at, reaches, parent)


def depth_by_rank(calculation: "Calculation", index: int, by_rank: dict[str, int]) -> NDArray[np.int16]:
    """Down to which level each person is paid: by rank, and 0 for who is not active, has no rank or is stopped by a gate."""
    plan, standings = calculation.plan, calculation.standings
    depths = np.array([*(by_rank[rank.code] for rank in plan.ranks), 0], dtype=np.int16)
    return np.where(standings.active & open_to(plan, index, standings), depths[standings.rank], np.int16(0))


def groups(keys: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put rows with equal ``keys`` together: the first row of each group, in order of the keys, and each row's group."""
    order = np.lexsort(tuple(reversed(keys)))
    first, of_row = runs(*(key[order] for key in keys))
    group = np.empty(len(order), dtype=np.int64)
    group[order] = of_row
    return order[first], group


def sums(values: NDArray[np.int64], group: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Add up ``values`` by group. Raises AmountTooLarge rather than wrap."""
    money.require_summable(values, "the sales")
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def check_passing(path: str, passing: Passing, unearned: Unearned, report: Report) -> None:
    """Report money that could roll up where full compression leaves none."""
    if passing is Passing.FULL and unearned is Unearned.ROLL_UP:
        report.wrong(f"{path}.unearned", unearned, "breakage: full compression leaves nothing that could roll up")
