"""Binary percentage: a rate on the lesser of two legs, or the amount of the highest step that both legs reach.

docs/plans/binary_percentage.md states the rule with worked examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.legs import Beyond, Binary, Outcome
from commissions.engine.bonuses.marginal import Inside, Mode
from commissions.engine.bonuses.rates import Bracket, check_brackets, reached
from commissions.engine.bonuses.rows import (
    RANKED_AMOUNTS,
    RANKED_RATES,
    RankedAmounts,
    RankedRates,
    check_ranked,
    rate_of,
    row_figures,
)
from commissions.engine.bonuses.stated import NO_CAP, check_cap, most_of
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Money, Points, Report, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


class Uses(StrEnum):
    """What a step takes off the legs: the volume that it asks for, or the lesser leg's whole volume off both."""

    STEP = "step"
    LESSER_LEG = "lesser_leg"


@dataclass(frozen=True, kw_only=True)
class LegStep:
    """``amount`` is paid when one leg has ``stronger`` and the other ``weaker``."""

    weaker: int = setting(Points())
    stronger: int = setting(Points())
    amount: Fraction = setting(Money())


@dataclass(frozen=True, kw_only=True)
class AmountCap:
    """At most so much in a period, by rank; a rank left out has no cap."""

    most: RankedAmounts = setting(RANKED_AMOUNTS)
    beyond: Beyond = setting(choice(Beyond))


@dataclass(frozen=True, kw_only=True)
class BinaryPercentage(Binary):
    """Either a percentage of the lesser leg, from ``least`` points on, or ``steps``, rising.

    The percentage is one of ``rates`` (by rank or by what is required), or goes by ``brackets`` of the lesser leg.
    """

    kind: ClassVar[str] = "binary_percentage"
    rates: RankedRates = setting(RANKED_RATES, default={})
    least: int = setting(Points(), default=0)
    brackets: tuple[Bracket, ...] = setting(ListOf(Table(Bracket)), default=())
    mode: Mode | None = setting(choice(Mode), default=None)
    steps: tuple[LegStep, ...] = setting(ListOf(Table(LegStep)), default=())
    uses: Uses | None = setting(choice(Uses), default=None)
    cap: AmountCap | None = setting(Table(AmountCap), default=None)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        stated = [key for key in ("rates", "brackets", "steps") if getattr(self, key)]
        for key in stated[1:]:
            report.wrong(f"{path}.{key}", list(getattr(self, key)), f"no {key} where there are {stated[0]}")
        if not stated:
            report.missing(f"{path}.rates", "a percentage for each rank, or brackets, or steps")
        if self.rates:
            check_ranked(f"{path}.rates", self.rates, "this rank's percentage of the lesser leg", names, report)
        self._check_brackets(path, report)
        if self.steps and self.uses is None:
            report.missing(f"{path}.uses", "one of step, lesser_leg")
        if not self.steps and self.uses is not None:
            report.wrong(f"{path}.uses", self.uses, "nothing: a percentage uses what it is paid on")
        if self.steps and self.least:
            report.wrong(f"{path}.least", Points().dump(self.least), "nothing: the first step says what it takes at least")
        self._check_steps(path, report)
        if self.cap is not None:
            check_cap(f"{path}.cap.most", self.cap.most, names, report)

    def _check_brackets(self, path: str, report: Report) -> None:
        check_brackets(f"{path}.brackets", self.brackets, report)
        if self.brackets and self.mode is None:
            report.missing(f"{path}.mode", f"one of {', '.join(Mode)}")
        if not self.brackets and self.mode is not None:
            report.wrong(f"{path}.mode", self.mode, "nothing: only brackets have a mode")
        if self.mode is Mode.MARGINAL and self.cap is not None and self.cap.beyond is Beyond.CARRIED:
            report.wrong(f"{path}.cap.beyond", self.cap.beyond, "forfeited or flushed: marginal brackets are paid as a whole")

    def _check_steps(self, path: str, report: Report) -> None:
        for place, step in enumerate(self.steps, 1):
            if step.stronger < step.weaker:
                report.wrong(f"{path}.steps[{place}].stronger", Points().dump(step.stronger), "at least what weaker is")
        for place, (lower, step) in enumerate(pairwise(self.steps), 2):
            if step.weaker < lower.weaker or step.stronger < lower.stronger or step == lower:
                report.wrong(f"{path}.steps[{place}]", f"below step {place - 1}", "a step above the one before it")

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        row = row_figures(self.rates, calculation.plan, calculation.standings, person)
        return {**super().figures(calculation, index, person), **row}

    def match(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        if self.mode is Mode.MARGINAL:
            return self._of_parts(calculation, index, legs, refused)
        of = self._of_steps if self.steps else self._of_lesser
        return of(calculation, index, legs, refused)

    def _of_parts(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        """Pay each bracket's rate on the part of the lesser leg that lies inside it, up to the rank's cap."""
        plan, inside = calculation.plan, Inside(self.brackets)
        matched = self._matched(legs)
        worth = inside.worth(np.zeros_like(matched), matched)
        brings = money.share(worth, *inside.value(plan), self.rounding)
        refused = np.where((refused == Reason.PAID) & (worth == 0), np.int8(Reason.NOT_QUALIFIED), refused)
        qualified = refused == Reason.PAID
        pays = np.where(qualified, np.minimum(brings, self._caps(calculation)), 0)
        over = np.where(qualified, brings - pays, 0)
        unpaid = np.where(qualified, 0, brings) if self.takes_unpaid else np.zeros_like(brings)
        used = np.where(qualified, matched, matched if self.takes_unpaid else 0)
        nobody = np.full(len(matched), NONE, dtype=np.int64)
        people = np.arange(len(matched))
        blocks = []
        for amount, payee, missed, why in (
            (pays, people, nobody, np.full_like(refused, Reason.PAID)),
            (unpaid, nobody, people, refused),
            (over, nobody, people, np.full_like(refused, Reason.ABOVE_CAP)),
        ):
            rows = np.flatnonzero(amount)
            block = lines.block(
                plan,
                index,
                payee=payee[rows],
                base=matched[rows],
                rate_ppm=0,
                level=1,
                missed=missed[rows],
                reason=why[rows],
                amount_minor=amount[rows],
            )
            blocks.append(block)
        return Outcome(np.stack([used, used]), self._flushes & (over > 0)), blocks

    def _matched(self, legs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the lesser leg, 0 where it has not enough."""
        lesser = legs.min(axis=0)
        return np.where(lesser >= self.least, lesser, 0)

    def _caps(self, calculation: "Calculation") -> NDArray[np.int64]:
        if self.cap is None:
            return np.full(len(calculation.people), NO_CAP, dtype=np.int64)
        return most_of(calculation.plan, calculation.standings, self.cap.most)

    def _of_lesser(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        """Pay the rate of the rank, row or bracket on the lesser leg, up to the volume that brings the rank's cap."""
        plan = calculation.plan
        lesser = self._matched(legs)
        rate = reached(self.brackets, lesser) if self.brackets else rate_of(self.rates, plan, calculation.standings)
        pairs, pair = np.unique(np.stack((rate, self._caps(calculation))), axis=1, return_inverse=True)
        paid_volume = np.array([self._volume_of(plan, index, int(each), int(cap)) for each, cap in pairs.T], dtype=np.int64)
        by_rank = isinstance(self.rates, Mapping) and not self.brackets
        without = Reason.RANK_TOO_LOW if by_rank else Reason.NOT_QUALIFIED
        refused = np.where((refused == Reason.PAID) & (rate == 0), np.int8(without), refused)
        paid = np.where(refused == Reason.PAID, np.minimum(lesser, paid_volume[pair.reshape(-1)]), 0)
        beyond = np.where(refused == Reason.PAID, lesser - paid, 0)
        is_kept = self.cap is not None and self.cap.beyond is Beyond.CARRIED
        unpaid = np.where(refused == Reason.PAID, 0, lesser) if self.takes_unpaid else np.zeros_like(lesser)
        used = paid + unpaid + (0 if is_kept else beyond)
        rows = np.flatnonzero(paid)
        blocks = [lines.block(plan, index, payee=rows, base=paid[rows], rate_ppm=rate[rows], level=1)]
        for volume, why in ((unpaid, refused), (0 if is_kept else beyond, Reason.ABOVE_CAP)):
            lost = np.flatnonzero((volume != 0) & (rate != 0))
            blocks.append(self._lost(plan, index, lost, np.broadcast_to(volume, lesser.shape), why, rate_ppm=rate[lost]))
        return Outcome(np.stack([used, used]), self._flushes & (beyond > 0)), blocks

    def _of_steps(
        self, calculation: "Calculation", index: int, legs: NDArray[np.int64], refused: NDArray[np.int8]
    ) -> tuple[Outcome, list[Lines]]:
        """Pay the amount of the highest step that both legs reach, up to the rank's cap."""
        plan = calculation.plan
        amounts = np.array([0, *(plan.minor(step.amount) for step in self.steps)], dtype=np.int64)
        cap = self._caps(calculation)
        reached = self._reached(legs, np.full_like(cap, NO_CAP), amounts)
        qualified = refused == Reason.PAID
        step = np.where(qualified, reached, 0)
        is_kept = self.cap is not None and self.cap.beyond is Beyond.CARRIED
        if is_kept:
            step = np.where(qualified, self._reached(legs, cap, amounts), 0)
        pay = np.minimum(amounts[step], cap)
        over = np.where(qualified & (step == reached), amounts[step] - pay, 0)
        lost = np.where(qualified, 0, reached) if self.takes_unpaid else np.zeros_like(reached)
        currency = money.INDEX[plan.currency]
        rows = np.flatnonzero(pay)
        blocks = [lines.block(plan, index, payee=rows, base=pay[rows], currency=currency, level=step[rows])]
        for amount, why, which in ((amounts[lost], refused, lost), (over, Reason.ABOVE_CAP, step)):
            missed = np.flatnonzero(amount)
            blocks.append(self._lost(plan, index, missed, amount, why, currency=currency, level=which[missed]))
        return Outcome(self._used(legs, step + lost), self._flushes & (over > 0)), blocks

    def _reached(self, legs: NDArray[np.int64], cap: NDArray[np.int64], amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the highest step, from 1, that both legs reach and whose amount is no more than the cap; 0 for none."""
        weaker, stronger = legs.min(axis=0), legs.max(axis=0)
        reached = np.zeros_like(cap)
        for place, step in enumerate(self.steps, 1):
            reached[(weaker >= step.weaker) & (stronger >= step.stronger) & (amounts[place] <= cap)] = place
        return reached

    def _used(self, legs: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what the steps take off each leg; of equal legs the left is the stronger."""
        if self.uses is Uses.LESSER_LEG:
            lesser = np.where(step > 0, legs.min(axis=0), 0)
            return np.stack([lesser, lesser])
        weaker = np.array([0, *(each.weaker for each in self.steps)], dtype=np.int64)[step]
        stronger = np.array([0, *(each.stronger for each in self.steps)], dtype=np.int64)[step]
        is_left = legs[0] >= legs[1]
        return np.stack([np.where(is_left, stronger, weaker), np.where(is_left, weaker, stronger)])

    @property
    def _flushes(self) -> bool:
        return self.cap is not None and self.cap.beyond is Beyond.FLUSHED

    def _volume_of(self, plan: "Plan", index: int, rate: int, cap: int) -> int:
        """Return the volume that brings the cap: the least that brings it in full, unless rounding then goes above it."""
        if rate == 0 or cap == NO_CAP:
            return NO_CAP
        num, den = lines.fraction(plan, rate, NONE)
        enough = min(-(-cap * den // num), NO_CAP)
        brings = money.share([enough], num, den, plan.bonuses[index].rounding) if enough < NO_CAP else [cap]
        return enough if int(brings[0]) <= cap else cap * den // num

    def _lost(
        self,
        plan: "Plan",
        index: int,
        missed: NDArray[np.int64],
        base: NDArray[np.int64],
        why: "NDArray[np.int8] | Reason",
        *,
        currency: int = NONE,
        rate_ppm: "NDArray[np.int64] | int" = money.PPM,
        level: "NDArray[np.int64] | int" = 1,
    ) -> Lines:
        """Lines of what nobody is paid."""
        return lines.block(
            plan,
            index,
            payee=np.full(len(missed), NONE, dtype=np.int64),
            base=base[missed],
            currency=currency,
            rate_ppm=rate_ppm,
            level=level,
            missed=missed,
            reason=why if isinstance(why, Reason) else why[missed],
        )
