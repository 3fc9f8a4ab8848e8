"""What a plan document says about activity, ranks and pay gates."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from commissions.engine.document import ListOf, Selected, Table, setting
from commissions.engine.kinds import Code, Points, Report, Text, Whole, choice
from commissions.engine.legs import LegCap as LegCap
from commissions.engine.legs import LooksThrough
from commissions.engine.legs import Where as Where
from commissions.engine.names import Names
from commissions.engine.requirements import REQUIREMENTS, Requirement
from commissions.engine.requirements.history import PeriodsAtRank
from commissions.engine.tenure import Grace, InForce, Title

_REQUIRES = ListOf(Selected(REQUIREMENTS, by="measure"), least=0, most=20)


class Elsewhere(StrEnum):
    """Which ranks hold in periods of another type than the ladder's.

    LAST: those of the ladder's period that was closed last. TESTED: the same tests, on the volume of that period.
    """

    LAST = "last"
    TESTED = "tested"


@dataclass(frozen=True, kw_only=True)
class Legs:
    """``count`` legs that hold ``rank``, or a higher one, somewhere or at their head."""

    rank: str = setting(Code())
    count: int = setting(Whole(1, 1000))
    where: Where = setting(choice(Where))
    looks_through: LooksThrough = setting(choice(LooksThrough), default=LooksThrough.NOBODY)


@dataclass(frozen=True, kw_only=True)
class Rank:
    """One rung of the ladder. All its requirements have to hold; the highest rank whose test holds is paid as."""

    code: str = setting(Code())
    name: str = setting(Text())
    pv: int = setting(Points())
    gv: int = setting(Points())
    legs: tuple[Legs, ...] = setting(ListOf(Table(Legs), least=0, most=10), default=())
    leg_cap: LegCap | None = setting(Table(LegCap), default=None)
    requires: tuple[Requirement, ...] = setting(_REQUIRES, default=())

    @property
    def has_alternatives(self) -> bool:
        """Whether it may be reached in one way or another."""
        return any(required.parts for required in self.requires)


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """In which period type ranks are tested, which ranks hold in the others, and what time does to them."""

    period: str = setting(Code())
    elsewhere: Elsewhere = setting(choice(Elsewhere))
    in_force: InForce = setting(choice(InForce), default=InForce.END)
    grace: Grace | None = setting(Table(Grace), default=None)
    title: Title | None = setting(Table(Title), default=None)


class InactiveVolume(StrEnum):
    """Whether the own volume of inactive people counts as that of the nearest active person above."""

    STAYS = "stays"
    MOVES_UP = "moves_up"


class Terminated(StrEnum):
    """Whether terminated accounts stay in the sponsor tree, or leave it and their children move to the account above."""

    STAY = "stay"
    LEAVE = "leave"


@dataclass(frozen=True, kw_only=True)
class Compression:
    """Compression that changes where people stand."""

    inactive_volume: InactiveVolume = setting(choice(InactiveVolume))
    terminated: Terminated = setting(choice(Terminated))

    @property
    def moves_volume(self) -> bool:
        return self.inactive_volume is InactiveVolume.MOVES_UP

    @property
    def drops_terminated(self) -> bool:
        return self.terminated is Terminated.LEAVE


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Who is active: everybody with an open account, this own volume, and what else is required."""

    pv: int = setting(Points())
    requires: tuple[Requirement, ...] = setting(_REQUIRES, default=())


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A pay gate: whoever does not fulfil it is not paid the named ``bonuses``, but keeps volume and rank."""

    code: str = setting(Code())
    name: str = setting(Text())
    bonuses: tuple[str, ...] = setting(ListOf(Code()))
    requires: tuple[Requirement, ...] = setting(ListOf(Selected(REQUIREMENTS, by="measure"), most=20))


def check(
    ladder: Ladder | None,
    ranks: tuple[Rank, ...],
    activity: Activity | None,
    gates: tuple[Gate, ...],
    names: Names,
    report: Report,
) -> None:
    """Report ranks that look at the same or a higher rank, caps of nothing, and names that nothing has."""
    if ladder is not None and ladder.title is not None:
        ladder.title.check("ladder.title", report)
    _check_rungs(ranks, report)
    if activity is not None:
        for path, required in _spread("activity", activity):
            if required.reads_ranks or required.reads_active:
                meant = "something that does not ask who is active or ranked, as activity comes before both"
                report.wrong(f"{path}.measure", required.measure, meant)
    holders: list[tuple[str, Activity | Rank | Gate]] = [("activity", activity)] if activity else []
    holders += [(f"ranks[{place}]", rank) for place, rank in enumerate(ranks, 1)]
    holders += [(f"gates[{place}]", gate) for place, gate in enumerate(gates, 1)]
    for path, holder in holders:
        for number, required in enumerate(holder.requires, 1):
            required.check(f"{path}.requires[{number}]", names, report)
    for place, gate in enumerate(gates, 1):
        for number, bonus in enumerate(gate.bonuses, 1):
            names.require_bonus(f"gates[{place}].bonuses[{number}]", bonus, report)


def _check_rungs(ranks: tuple[Rank, ...], report: Report) -> None:
    """Report what a rank asks of itself or of ranks above it."""
    for place, rank in enumerate(ranks, 1):
        lower = [below.code for below in ranks[: place - 1]]
        for number, legs in enumerate(rank.legs, 1):
            if legs.rank not in lower:
                known = f"a rank below {rank.code}: {', '.join(lower)}" if lower else f"no legs, as {rank.code} is lowest"
                report.wrong(f"ranks[{place}].legs[{number}].rank", legs.rank, known)
        if rank.leg_cap is not None:
            rank.leg_cap.check(f"ranks[{place}].leg_cap", report)
            if rank.gv == 0:
                report.wrong(f"ranks[{place}].gv", 0, "a group volume above 0, as leg_cap says what of a leg counts towards it")
        for path, required in _spread(f"ranks[{place}]", rank):
            if isinstance(required, PeriodsAtRank) and required.reads_ranks and required.rank not in lower:
                known = f"a rank below {rank.code}, or this_period left out, as {rank.code} is not settled yet"
                report.wrong(f"{path}.rank", required.rank, known)


def _spread(path: str, holder: Activity | Rank | Gate) -> Iterator[tuple[str, Requirement]]:
    """Yield what is required with its path, what stands in alternatives one by one."""
    for number, required in enumerate(holder.requires, 1):
        yield from required.spread(f"{path}.requires[{number}]")


def check_rises(ranks: tuple[Rank, ...], activity: Activity, compression: Compression | None, report: Report) -> None:
    """Report tests that somebody could fail by more volume: no order could then be said to be the one that reaches a rank."""
    meant = "what more volume can only bring nearer, as ladder.in_force is crossing"
    holders: list[tuple[str, Activity | Rank]] = [("activity", activity)]
    holders += [(f"ranks[{place}]", rank) for place, rank in enumerate(ranks, 1)]
    for path, holder in holders:
        for inside, required in _spread(path, holder):
            if not required.rises:
                report.wrong(f"{inside}.measure", required.measure, meant)
    for place, rank in enumerate(ranks, 1):
        for number, legs in enumerate(rank.legs, 1):
            if legs.looks_through is not LooksThrough.NOBODY:
                report.wrong(f"ranks[{place}].legs[{number}].looks_through", legs.looks_through, meant)
    if compression is not None and compression.moves_volume:
        report.wrong("compression.inactive_volume", compression.inactive_volume, meant)
