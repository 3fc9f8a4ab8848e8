"""Marginal brackets: each bracket's rate for the part of a volume that lies inside the bracket.

Money is counted here in grains: hundredths of a point times parts per million, divided by what all rates of the table
have in common. So nothing is rounded before there is a payment line.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Unearned, roll_up, why_not
from commissions.engine.bonuses.measured import Of, own_volume
from commissions.engine.bonuses.rates import Bracket, ByBracket, Rates
from commissions.engine.clipped import clipped_sums
from commissions.engine.kinds import Report
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.bonuses.sources import SalesFilter
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


MOST = 1 << 62
"""More grains than this are refused, so that sums of two fit 64 bits."""


class Mode(StrEnum):
    """Whether the rate that is reached is for all of the volume, or each bracket's for what lies inside it."""

    WHOLE = "whole"
    MARGINAL = "marginal"


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """Cuts volumes where they cross the thresholds of a table of brackets."""

    table: tuple[Bracket, ...]

    @property
    def common(self) -> int:
        """What all rates of the table have in common, in parts per million; 1 where there are none."""
        return math.gcd(*(bracket.rate for bracket in self.table)) or 1

    def parts(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
        """Return, bracket by bracket, what of each volume from ``before`` to ``after`` lies inside it, and its rate."""
        edges = [*(bracket.at for bracket in self.table), None]
        return [
            (np.clip(after, bracket.at, edges[place]) - np.clip(before, bracket.at, edges[place]), bracket.rate)
            for place, bracket in enumerate(self.table, 1)
        ]

    def value(self, plan: "Plan") -> tuple[int, int]:
        """Return the fraction that turns grains into minor units of the plan's currency."""
        num, den = plan.value_of(NONE)
        return num * self.common, den * money.PPM

    def worth(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each volume from ``before`` to ``after`` brings, in grains. Raises AmountTooLarge beyond ``MOST``."""
        top = max((bracket.rate for bracket in self.table), default=0) // self.common
        if float(np.abs(after.astype(np.float64) - before).max(initial=0)) * top >= MOST:
            raise money.AmountTooLarge("what a volume brings in marginal brackets does not fit 64 bits")
        worth = np.zeros(len(after), dtype=np.int64)
        for inside, rate in self.parts(before, after):
            worth += inside * (rate // self.common)
        return worth


def given_out(
    due: NDArray[np.int64], counts: NDArray[np.bool_], parent: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return by person what is given out on the whole group, and what of it was given out below already.

    On a group is given out what is ``due`` to its head, or what is given out below the head if that is more; on the
    group of somebody who does not ``count``, what is given out below. Only told of who counts and of roots, 0 for others.
    The caller sees to it that all groups beside each other are due no more than ``MOST`` together.
    """
    nodes = np.flatnonzero(counts & (due > 0) | (parent == NONE))
    place = np.full(len(due) + 1, NONE, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    above = tree.next_upline(place[:-1] != NONE, parent)[nodes]
    low = np.where(counts[nodes], np.maximum(due[nodes], 0), 0)
    out, below = clipped_sums(place[above], np.zeros_like(low), low, np.full_like(low, MOST))
    everywhere, already = np.zeros((2, len(due)), dtype=np.int64)
    everywhere[nodes], already[nodes] = out, below
    return everywhere, already


def check_groups(path: str, mode: "Mode | None", rates: Rates, volume: str, sales: "SalesFilter | None", report: Report) -> None:
    """Report what leaves it open which part of a group's volume lies inside a bracket."""
    if mode is not Mode.MARGINAL:
        return
    if not isinstance(rates, ByBracket):
        report.wrong(f"{path}.mode", mode, "whole: only brackets can be marginal")
        return
    if rates.of is Of.OWN:
        report.wrong(f"{path}.rates.of", rates.of, "group or personal_group: marginal brackets cut what a group sells")
    if rates.volume != volume:
        expected = f'"{volume}", which is paid on: marginal brackets cut that volume'
        report.wrong(f"{path}.rates.volume", rates.volume, expected)
    if sales is not None:
        report.wrong(f"{path}.sales", sales, "nothing: marginal brackets cut all the volume")


@dataclass(frozen=True, slots=True, eq=False)
class StairsOfGroups:
    """A stair-step in marginal brackets, settled: all by person, money in grains.

    ``group`` is the volume of this period that the brackets cut, in hundredths of a point, and ``due`` what it brings;
    ``out`` and ``below`` are as ``given_out`` returns them. ``may`` says who may be paid, ``upline`` who stands above
    whom, and ``parent`` the same but that nobody stands above a group that has broken away.
    """

    inside: Inside
    group: NDArray[np.int64]
    due: NDArray[np.int64]
    out: NDArray[np.int64]
    below: NDArray[np.int64]
    may: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    parent: NDArray[np.int64]
    upline: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        calculation: "Calculation",
        brackets: ByBracket,
        code_of_tree: str,
        code: str,
        *,
        may: NDArray[np.bool_],
        counts: NDArray[np.bool_],
    ) -> "StairsOfGroups":
        """Settle everybody; ``counts`` says whose group is taken off what those above are due."""
        forest, inside = calculation.people.forest(code_of_tree), Inside(brackets.table)
        own = own_volume(calculation, brackets.volume, code_of_tree)
        inside.worth(np.zeros(1, dtype=np.int64), np.abs(own).sum(keepdims=True))  # refuses a company that is too large
        group = brackets.now(calculation, forest, code_of_tree)
        before = brackets.before(calculation, code)
        brackets.leave(calculation, code, group)
        due = inside.worth(before, before + group)
        parent = forest.parent
        if brackets.of is Of.PERSONAL_GROUP:
            parent = np.where(brackets.away(calculation), NONE, parent)
        out, below = given_out(due, counts, parent)
        return cls(inside, group, due, out, below, may, counts, parent, forest.parent)

    def figures(self, plan: "Plan", person: int) -> dict[str, int]:
        """Return what a person's group brings, and what of it was given out below; fractions of a minor unit cut off."""
        num, den = self.inside.value(plan)
        return {
            "group_volume_points": int(self.group[person]),
            "on_the_whole_group_minor": int(self.due[person]) * num // den,
            "given_out_below_minor": int(self.below[person]) * num // den,
        }

    def lines(self, calculation: "Calculation", index: int) -> Lines:
        """Make one line of all that each person is paid, and one of all that is missed, by whom and why."""
        plan, standings = calculation.plan, calculation.standings
        bonus = plan.bonuses[index]
        on_top = np.flatnonzero(self.counts & (self.out > self.below))
        roots = np.flatnonzero((self.parent == NONE) & (self.due > self.out))
        at = np.append(on_top, np.full(len(roots), NONE, dtype=np.int64))
        grains = np.append((self.out - self.below)[on_top], (self.due - self.out)[roots])
        paid = np.append(self.may, False)[at]
        missed = np.where(paid, NONE, at)
        payee = np.where(paid, at, NONE)
        if bonus.unearned is Unearned.ROLL_UP:
            payee = np.where(paid, at, roll_up(self.may, self.upline, standings.rank, missed))
        reasons = why_not(plan, index, calculation.people, standings)
        reason = np.where(paid, np.int8(Reason.PAID), reasons[at])
        distinct, of = lines.gathered(payee, missed, reason)
        volume = np.append(self.group[on_top], self.group[roots])
        money.require_summable(volume, "the volumes of groups within each other")
        total, base = np.zeros((2, distinct.shape[1]), dtype=np.int64)
        np.add.at(total, of, grains)
        np.add.at(base, of, volume)
        num, den = self.inside.value(plan)
        return lines.block(
            plan,
            index,
            payee=distinct[0],
            base=base,
            rate_ppm=0,
            missed=distinct[1],
            reason=distinct[2],
            amount_minor=money.share(total, num, den, bonus.rounding),
        )
