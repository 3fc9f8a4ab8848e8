"""Ranks over time: what earlier periods and head office say about a rank, the title, and what the next period is left.

The state is by person, a rank being an index into the ladder and 1, 0 for none. ``rank.paid_as`` is the rank that the
ladder's last period ended with, ``rank.ago.2`` that of the period before it and so on; ``rank.title`` is the title and
``rank.title_since`` for how many periods it has been held; ``rank.held`` is the rank that grace keeps and
``rank.grace`` for how many periods it has. docs/plans/state.md lists them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import setting
from commissions.engine.kinds import Report, Whole, choice
from commissions.engine.snapshot import NO_RANK, Snapshot

if TYPE_CHECKING:
    from commissions.engine.plan import Plan

PAID_AS, HELD, GRACE = "rank.paid_as", "rank.held", "rank.grace"
TITLE, TITLE_SINCE = "rank.title", "rank.title_since"
FLOOR, CEILING, OVERRIDE = "rank.floor", "rank.ceiling", "rank.override"
"""Facts: the rank that somebody has at least, at most, or whatever the tests say; an index and 1, -1 for no rank."""


class InForce(StrEnum):
    """Which rank bonuses see when it changes within a period.

    END: the one that the period ends with. HIGHEST: the higher of that and the one that the period before ended with.
    NEXT: the one that the period before ended with. CROSSING: for each order the one that is reached with it.
    """

    END = "end"
    HIGHEST = "highest"
    NEXT = "next"
    CROSSING = "crossing"


class GracePay(StrEnum):
    """Whether a rank that is kept by grace is paid as, or held in name only."""

    KEPT = "kept"
    TESTED = "tested"


class Demotion(StrEnum):
    """What becomes of a title that was not maintained.

    NEVER: it stays for life. TO_BEST: it falls to the highest rank that was maintained. ONE_RANK: it falls by one.
    """

    NEVER = "never"
    TO_BEST = "to_best"
    ONE_RANK = "one_rank"


@dataclass(frozen=True, kw_only=True)
class Grace:
    """A rank that is no longer reached is kept for ``periods`` periods."""

    periods: int = setting(Whole(1, 9_999))
    pay: GracePay = setting(choice(GracePay))


@dataclass(frozen=True, kw_only=True)
class Title:
    """The title is given after ``after`` periods in a row at the rank, and lost by ``demotion``.

    It is maintained while ``times`` of the last ``window`` periods ended at the title's rank or above; a title is not
    looked at before it has been held for that long.
    """

    after: int = setting(Whole(1, 120))
    demotion: Demotion = setting(choice(Demotion))
    window: int | None = setting(Whole(1, 120), default=None)
    times: int | None = setting(Whole(1, 120), default=None)

    @property
    def remembers(self) -> int:
        """How many periods before this one have to be known."""
        return max(self.after, self.window or 1) - 1

    def check(self, path: str, report: Report) -> None:
        """Report a window that is missing or that nothing looks at."""
        looked_at = self.demotion is not Demotion.NEVER
        for name, value in (("window", self.window), ("times", self.times)):
            if looked_at and value is None:
                report.missing(f"{path}.{name}", "how many periods; only a title for life (never) has no window")
            if not looked_at and value is not None:
                report.wrong(f"{path}.{name}", value, "no window, as the title is never lost")
        if self.window is not None and self.times is not None and self.times > self.window:
            report.wrong(f"{path}.times", self.times, f"at most the window, which is {self.window}")


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Between which ranks each person stands, whatever the tests say."""

    floor: NDArray[np.int8]
    ceiling: NDArray[np.int8]
    has_ceilings: bool

    def within(self, rank: NDArray[np.int8]) -> NDArray[np.int8]:
        """Return ranks raised to the floor and held down to the ceiling."""
        bounded: NDArray[np.int8] = np.minimum(np.maximum(rank, self.floor), self.ceiling)
        return bounded


def bounds(plan: "Plan", snapshot: Snapshot, may: NDArray[np.bool_], *, with_grace: bool = True) -> Bounds:
    """Read what head office set, and what grace keeps, for whoever ``may`` hold a rank at all."""
    top = len(plan.ranks) - 1
    floor = np.full(len(may), NO_RANK, dtype=np.int64)
    ceiling = np.full(len(may), top, dtype=np.int64)
    if with_grace and plan.ladder.grace is not None and plan.ladder.grace.pay is GracePay.KEPT:
        floor = _kept(plan.ladder.grace, snapshot)
    facts = snapshot.people.facts
    if FLOOR in facts:
        floor = np.maximum(floor, np.where(facts[FLOOR] != 0, _rank_of(facts[FLOOR], top), NO_RANK))
    if CEILING in facts:
        ceiling = np.where(facts[CEILING] != 0, _rank_of(facts[CEILING], top), ceiling)
    floor = np.minimum(floor, ceiling)
    if OVERRIDE in facts:
        set_to = _rank_of(facts[OVERRIDE], top)
        floor, ceiling = (np.where(facts[OVERRIDE] != 0, set_to, bound) for bound in (floor, ceiling))
    floor, ceiling = (np.where(may, bound, NO_RANK) for bound in (floor, ceiling))
    return Bounds(floor.astype(np.int8), ceiling.astype(np.int8), has_ceilings=CEILING in facts or OVERRIDE in facts)


def ago(snapshot: Snapshot, back: int) -> NDArray[np.int8]:
    """Return the rank with which each person ended the ladder's period so many periods ago."""
    return _read(snapshot, PAID_AS if back == 1 else f"rank.ago.{back}")


def title(snapshot: Snapshot) -> NDArray[np.int8]:
    """Return the title that each person brings along."""
    return _read(snapshot, TITLE)


def in_force(plan: "Plan", snapshot: Snapshot, ended: NDArray[np.int8], limits: Bounds) -> NDArray[np.int8]:
    """Return the rank that bonuses see, given the one that the period ends with; see ``InForce``.

    Under NEXT somebody who ended the period before without a rank has the lowest as soon as its test holds: nobody
    waits a period for the first.
    """
    before = ago(snapshot, 1)
    if plan.ladder.in_force is InForce.HIGHEST:
        return np.where(limits.ceiling > NO_RANK, np.minimum(np.maximum(ended, before), limits.ceiling), ended)
    if plan.ladder.in_force is InForce.NEXT:
        first = np.minimum(ended, np.int8(0))
        return limits.within(np.where(before > NO_RANK, before, first))
    return ended


def leaves(plan: "Plan", snapshot: Snapshot, tested: NDArray[np.int8], ended: NDArray[np.int8]) -> dict[str, NDArray[np.int64]]:
    """Return by name what the next period has to know about ranks."""
    left = {PAID_AS: ended.astype(np.int64) + 1}
    for back in range(2, plan.remembers + 1):
        left[f"rank.ago.{back}"] = ago(snapshot, back - 1).astype(np.int64) + 1
    if plan.ladder.grace is not None:
        left |= _grace_left(plan.ladder.grace, snapshot, tested.astype(np.int64))
    if plan.ladder.title is not None:
        left |= _title_left(plan.ladder.title, snapshot, ended)
    return left


def _read(snapshot: Snapshot, name: str) -> NDArray[np.int8]:
    kept = snapshot.state.people
    none = np.zeros(len(snapshot.people), dtype=np.int64)
    rank: NDArray[np.int8] = (kept.get(name, none) - 1).astype(np.int8)
    return rank


def _rank_of(fact: NDArray[np.int64], top: int) -> NDArray[np.int64]:
    """Return the rank that a fact names: an index and 1, no rank where it is negative."""
    rank: NDArray[np.int64] = np.where(fact < 0, NO_RANK, np.minimum(fact - 1, top))
    return rank


def _kept(grace: Grace, snapshot: Snapshot) -> NDArray[np.int64]:
    """Return the rank that grace keeps for each person, NO_RANK where it has run out."""
    kept = snapshot.state.people
    none = np.zeros(len(snapshot.people), dtype=np.int64)
    held = kept.get(HELD, kept.get(PAID_AS, none)) - 1
    return np.where(kept.get(GRACE, none) < grace.periods, held, NO_RANK)


def _grace_left(grace: Grace, snapshot: Snapshot, tested: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    used = snapshot.state.people.get(GRACE, np.zeros(len(tested), dtype=np.int64))
    kept = _kept(grace, snapshot)
    by_grace = kept > tested
    return {HELD: np.where(by_grace, kept, tested) + 1, GRACE: np.where(by_grace, used + 1, 0)}


def _title_left(rules: Title, snapshot: Snapshot, ended: NDArray[np.int8]) -> dict[str, NDArray[np.int64]]:
    """Give titles that were earned, then take those that were not maintained."""
    past = np.stack([ended, *(ago(snapshot, back) for back in range(1, rules.remembers + 1))])
    before = title(snapshot)
    since = snapshot.state.people.get(TITLE_SINCE, np.zeros(len(ended), dtype=np.int64))
    earned = past[: rules.after].min(axis=0)
    held = np.maximum(before, earned)
    since = np.where(held > before, 1, since + 1)
    if rules.window is not None and rules.times is not None:
        maintained = np.sort(past[: rules.window], axis=0)[-rules.times]
        lost = (since >= rules.window) & (maintained < held)
        falls_to = maintained if rules.demotion is Demotion.TO_BEST else held - np.int8(1)
        held, since = np.where(lost, falls_to, held), np.where(lost, 1, since)
    return {TITLE: held.astype(np.int64) + 1, TITLE_SINCE: np.where(held > NO_RANK, since, 0)}
