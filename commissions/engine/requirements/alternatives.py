"""Either-or: alternatives, each a list of requirements that all have to hold."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import ListOf, Selected, setting
from commissions.engine.kinds import Report, Whole
from commissions.engine.names import Names
from commissions.engine.requirements.history import Fact, PeriodsAtRank, TitleHeld, WithoutFact
from commissions.engine.requirements.people import ActiveFrontline, Customers, LegsWithRank, LegsWithVolume, SponsoredInLegs, Team
from commissions.engine.requirements.requirement import Requirement, Sight
from commissions.engine.requirements.volume import (
    CustomerShare,
    GroupVolume,
    LesserLeg,
    LifetimeVolume,
    NthLargestLeg,
    OutsideLargestLeg,
    OwnVolume,
    PersonalGroupVolume,
    RollingVolume,
)

_MOST_ALTERNATIVES = 10

SINGLE: Final[Mapping[str, type[Requirement]]] = MappingProxyType(
    {
        kind.measure: kind
        for kind in (
            OwnVolume,
            GroupVolume,
            PersonalGroupVolume,
            CustomerShare,
            Customers,
            LegsWithVolume,
            LegsWithRank,
            LesserLeg,
            OutsideLargestLeg,
            NthLargestLeg,
            ActiveFrontline,
            SponsoredInLegs,
            Team,
            PeriodsAtRank,
            TitleHeld,
            LifetimeVolume,
            RollingVolume,
            Fact,
            WithoutFact,
        )
    }
)
"""Every requirement that measures one thing: what an alternative may be made of."""


@dataclass(frozen=True, kw_only=True)
class AnyOf(Requirement):
    """So many of several alternatives, one if nothing is said; of an alternative everything has to hold."""

    measure: ClassVar[str] = "any_of"
    of: tuple[tuple[Requirement, ...], ...] = setting(
        ListOf(ListOf(Selected(SINGLE, by="measure"), most=10), least=2, most=_MOST_ALTERNATIVES)
    )
    count: int = setting(Whole(1, _MOST_ALTERNATIVES), default=1)

    @property
    def need(self) -> int:
        return self.count

    @property
    def parts(self) -> tuple[Requirement, ...]:
        return tuple(part for alternative in self.of for part in alternative)

    def spread(self, path: str) -> Iterator[tuple[str, Requirement]]:
        for place, alternative in enumerate(self.of, 1):
            for number, part in enumerate(alternative, 1):
                yield f"{path}.of[{place}][{number}]", part

    @property
    def reads_ranks(self) -> bool:
        return any(part.reads_ranks for part in self.parts)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return self.held(lambda part: part.have(sight))

    def held(self, have: Callable[[Requirement], NDArray[np.int64]]) -> NDArray[np.int64]:
        """Count by person the alternatives that hold, given what everybody has of a part."""
        held: NDArray[np.int64] | None = None
        for alternative in self.of:
            holds = np.logical_and.reduce([have(part) >= part.need for part in alternative]).astype(np.int64)
            held = holds if held is None else held + holds
        assert held is not None
        return held

    def check(self, path: str, names: Names, report: Report) -> None:
        for inside, part in self.spread(path):
            part.check(inside, names, report)
        if self.count > len(self.of):
            report.wrong(f"{path}.count", self.count, f"at most the number of alternatives, which is {len(self.of)}")
