"""What a plan document says about activity, ranks and pay gates."""

from dataclasses import dataclass
from enum import StrEnum

from commissions.engine.document import ListOf, Selected, Table, setting
from commissions.engine.kinds import Code, Percent, Points, Report, Text, Whole, choice
from commissions.engine.names import Names
from commissions.engine.requirements import REQUIREMENTS, Requirement

_REQUIRES = ListOf(Selected(REQUIREMENTS, by="measure"), least=0, most=20)


class Where(StrEnum):
    """Where in a leg the rank has to be: at anybody's in it, or at the frontline person's who heads it."""

    ANYWHERE = "anywhere"
    FRONTLINE = "frontline"


class OwnVolume(StrEnum):
    """Whether a leg cap holds the own volume down too."""

    CAPPED = "capped"
    FREE = "free"


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


@dataclass(frozen=True, kw_only=True)
class LegCap:
    """No leg counts for more than ``share`` (parts per million) of the group volume that the rank requires."""

    share: int = setting(Percent())
    own_volume: OwnVolume = setting(choice(OwnVolume))


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


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """In which period type ranks are tested, and which ranks hold in the others."""

    period: str = setting(Code())
    elsewhere: Elsewhere = setting(choice(Elsewhere))


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


def check(ranks: tuple[Rank, ...], activity: Activity | None, gates: tuple[Gate, ...], names: Names, report: Report) -> None:
    """Report ranks that look at the same or a higher rank, caps of nothing, and names that nothing has."""
    for place, rank in enumerate(ranks, 1):
        lower = [below.code for below in ranks[: place - 1]]
        for number, legs in enumerate(rank.legs, 1):
            if legs.rank not in lower:
                known = f"a rank below {rank.code}: {', '.join(lower)}" if lower else f"no legs, as {rank.code} is lowest"
                report.wrong(f"ranks[{place}].legs[{number}].rank", legs.rank, known)
        if rank.leg_cap is not None and rank.gv == 0:
            report.wrong(f"ranks[{place}].gv", 0, "a group volume above 0, of which leg_cap takes its share")
    holders: list[tuple[str, Activity | Rank | Gate]] = [("activity", activity)] if activity else []
    holders += [(f"ranks[{place}]", rank) for place, rank in enumerate(ranks, 1)]
    holders += [(f"gates[{place}]", gate) for place, gate in enumerate(gates, 1)]
    for path, holder in holders:
        for number, required in enumerate(holder.requires, 1):
            required.check(f"{path}.requires[{number}]", names, report)
    for place, gate in enumerate(gates, 1):
        for number, bonus in enumerate(gate.bonuses, 1):
            names.require_bonus(f"gates[{place}].bonuses[{number}]", bonus, report)
