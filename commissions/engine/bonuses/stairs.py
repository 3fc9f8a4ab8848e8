"""A staircase of cycles: step after step, each taken so many times, before the next; where everybody stands is kept.

docs/plans/binary_cycle.md states the rule. Arrays are by person; those of two rows are left and right legs, those of
more are by step. Steps are counted from 0.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, periods
from commissions.engine.bonuses.cycles import Cycle, Run
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Code, Report, Whole, choice
from commissions.engine.names import Names

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation

_MOST_TIMES = 10**6
_ENDLESS = 1 << 40


class AfterLast(StrEnum):
    """What comes after the last step: it again and again, the first one, or nothing."""

    REPEATS = "repeats"
    STARTS_OVER = "starts_over"
    STOPS = "stops"


@dataclass(frozen=True, kw_only=True)
class StairStep(Cycle):
    """A cycle that is made ``times`` times before the next step."""

    times: int = setting(Whole(1, _MOST_TIMES), default=1)


@dataclass(frozen=True, kw_only=True)
class Stairs:
    """``steps`` in their order; where a period of the type ``resets`` begins, everybody is put back on the first."""

    steps: tuple[StairStep, ...] = setting(ListOf(Table(StairStep), most=50))
    after_last: AfterLast = setting(choice(AfterLast))
    resets: str = setting(Code(), default="")

    def check(self, path: str, *, always: bool, names: Names, report: Report) -> None:
        """Report steps that take nothing, and laps in which it would matter which leg is the stronger by then."""
        for place, step in enumerate(self.steps, 1):
            step.check(f"{path}.steps[{place}]", names, report)
            if always and self.after_last is AfterLast.STARTS_OVER and step.stronger != step.weaker:
                expected = "what weaker is, as the stairs start over and the stronger leg is found before every cycle"
                report.wrong(f"{path}.steps[{place}].stronger", step.stronger // 100, expected)
        if self.resets:
            names.require(f"{path}.resets", self.resets, names.periods, "one of the plan's periods", report)


def begins_anew(calculation: "Calculation", resets: str) -> bool:
    """Say whether the period is the first that begins in its period of the type ``resets``."""
    plan, snapshot = calculation.plan, calculation.snapshot
    if not resets:
        return False
    own, longer = plan.periods[calculation.period], plan.periods[resets]
    start = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=snapshot.start)
    first = start.astimezone(ZoneInfo(own.time_zone)).date()
    before = periods.containing(own, first - timedelta(days=1)).first
    return periods.containing(longer, first) != periods.containing(longer, before)


@dataclass(slots=True, eq=False)
class Climb:
    """Everybody on the stairs. ``at`` is what is on the legs, ``step`` and ``done`` where on the stairs each person stands.

    ``pays`` is ``[step, person]``: what each step pays the person, 0 for who is not paid; ``costs`` the same in what
    ``room`` counts, which is how much more a cap leaves. ``takes`` says whether what is not paid is taken off the legs.
    ``paid``, ``lost`` and ``above`` count the cycles of each step that are made: ``above`` are those above the cap.
    """

    stairs: Stairs
    at: NDArray[np.int64]
    is_left: NDArray[np.bool_]
    always: bool
    pays: NDArray[np.int64]
    costs: NDArray[np.int64]
    takes: bool
    room: NDArray[np.int64]
    keeps_above: bool
    step: NDArray[np.int64]
    done: NDArray[np.int64]
    paid: NDArray[np.int64]
    lost: NDArray[np.int64]
    above: NDArray[np.int64]
    over: NDArray[np.bool_]

    @classmethod
    def begin(
        cls,
        calculation: "Calculation",
        code: str,
        stairs: Stairs,
        legs: NDArray[np.int64],
        *,
        always: bool,
        pays: NDArray[np.int64],
        costs: NDArray[np.int64],
        takes: bool,
        room: NDArray[np.int64],
        keeps_above: bool,
    ) -> "Climb":
        """Begin where the period before ended, or on the first step."""
        anew = begins_anew(calculation, stairs.resets)
        stood = [np.zeros_like(room) if anew else calculation.state(f"{code}.stairs.{word}") for word in ("step", "done")]
        step = np.clip(stood[0], 0, len(stairs.steps) - 1)
        times = np.array([each.times for each in stairs.steps], dtype=np.int64)[step]
        ends = (step == len(stairs.steps) - 1) & (stairs.after_last is AfterLast.STOPS)
        done = np.clip(stood[1], 0, np.where(ends, times, times - 1))
        paid, lost, above = np.zeros((3, *pays.shape), dtype=np.int64)
        over = np.zeros(len(room), dtype=np.bool_)
        is_left = legs[0] >= legs[1]
        return cls(stairs, legs, is_left, always, pays, costs, takes, room, keeps_above, step, done, paid, lost, above, over)

    def leave(self, calculation: "Calculation", code: str) -> None:
        """Leave for the next period where everybody stands."""
        calculation.leave(f"{code}.stairs.step", self.step)
        calculation.leave(f"{code}.stairs.done", self.done)

    def climb(self) -> None:
        """Make all cycles that the legs have, step by step, and whole laps of the stairs at once."""
        self._lap()
        if self.stairs.after_last is AfterLast.STARTS_OVER:
            for _ in range(2):  # what the cap leaves room for, and what is above it
                self._whole_laps()
                self._lap()

    def _lap(self) -> None:
        """Go on from where everybody stands, as far as the legs reach, to the end of the stairs at most."""
        last = len(self.stairs.steps) - 1
        for place, step in enumerate(self.stairs.steps):
            here = self.step == place
            endless = place == last and self.stairs.after_last is AfterLast.REPEATS
            strong = self.at[0] >= self.at[1] if self.always else self.is_left
            run = Run.of(self.at, step, strong, always=self.always)
            left = np.where(here, _ENDLESS if endless else step.times - self.done, 0)
            made = self._make(place, np.minimum(run.count, left))
            self.at = self.at - run.takes(made)
            self.done = np.where(here & ~np.bool_(endless), self.done + made, self.done)
            ready = here & (self.done == step.times) & ~np.bool_(endless)
            goes_on = place < last or self.stairs.after_last is AfterLast.STARTS_OVER
            if goes_on:
                self.step = np.where(ready, place + 1, self.step)
                self.done = np.where(ready, 0, self.done)
        self.step = np.where(self.step > last, 0, self.step)

    def _make(self, place: int, count: NDArray[np.int64]) -> NDArray[np.int64]:
        """Make so many cycles of a step, as far as they may be made, and return how many were."""
        pays, costs = self.pays[place], np.maximum(self.costs[place], 1)
        fits = np.where(pays > 0, np.minimum(count, self.room // costs), 0)
        beyond = np.where(pays > 0, count - fits, 0)
        lost = np.where(pays > 0, 0, count) if self.takes else np.zeros_like(count)
        above = np.zeros_like(beyond) if self.keeps_above else beyond
        self.room = np.where(beyond > 0, 0, self.room - fits * self.costs[place])
        self.over |= beyond > 0
        self.paid[place] += fits
        self.lost[place] += lost
        self.above[place] += above
        return fits + lost + above

    def _whole_laps(self) -> None:
        """Make as many whole laps as the legs have and the cap leaves, or, once it leaves nothing, above it."""
        steps = self.stairs.steps
        times = np.array([step.times for step in steps], dtype=np.int64)
        strong = np.where(self.is_left, self.at[0], self.at[1])
        weak = np.where(self.is_left, self.at[1], self.at[0])
        of_strong, of_weak = (sum(getattr(step, leg) * step.times for step in steps) for leg in ("stronger", "weaker"))
        if of_strong >= money.LIMIT:  # no leg has that much
            return
        laps = np.minimum(strong // of_strong, weak // of_weak)
        stops = np.zeros(len(laps), dtype=np.bool_) if self.takes else (self.pays == 0).any(axis=0)
        laps = np.where((self.step == 0) & (self.done == 0) & ~stops, laps, 0)
        if float((self.costs.max(axis=1, initial=0) * times.astype(np.float64)).sum()) >= money.LIMIT:
            raise money.AmountTooLarge("what all steps of the stairs pay does not fit 64 bits")
        cost = (np.where(self.pays > 0, self.costs, 0) * times[:, np.newaxis]).sum(axis=0)
        spent = self.over & (self.room == 0)
        if self.keeps_above:
            laps = np.where(spent, 0, laps)
        fits = np.where(cost > 0, np.minimum(laps, self.room // np.maximum(cost, 1)), laps)
        laps = np.where(spent, laps, fits)
        for place, number in enumerate(times.tolist()):
            made = laps * number
            self.paid[place] += np.where((self.pays[place] > 0) & ~spent, made, 0)
            self.above[place] += np.where((self.pays[place] > 0) & spent, made, 0)
            self.lost[place] += np.where(self.pays[place] > 0, 0, made)
        self.room = np.where(spent, 0, self.room - laps * cost)
        taken_strong, taken_weak = laps * of_strong, laps * of_weak
        self.at = self.at - np.stack(
            [np.where(self.is_left, taken_strong, taken_weak), np.where(self.is_left, taken_weak, taken_strong)]
        )
