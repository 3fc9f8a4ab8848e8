"""What a rank, activity or a pay gate may require: one class a measure, and the closed table that a plan selects from.

A requirement holds where what a person has is at least what it takes. Own and group volume and legs with rank are not
in here: they are keys of a rank itself (``ladder.py``). docs/plans/requirements.md describes each.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commissions.engine.requirements.history import Fact, PeriodsAtRank, TitleHeld, WithoutFact
from commissions.engine.requirements.people import ActiveFrontline, Customers, LegsWithRank, LegsWithVolume, SponsoredInLegs, Team
from commissions.engine.requirements.requirement import Requirement, Sight
from commissions.engine.requirements.volume import (
    CustomerShare,
    GroupVolume,
    LesserLeg,
    LifetimeVolume,
    OutsideLargestLeg,
    OwnVolume,
    PersonalGroupVolume,
    RollingVolume,
)

__all__ = ["REQUIREMENTS", "Requirement", "Sight"]

REQUIREMENTS: Final[Mapping[str, type[Requirement]]] = MappingProxyType(
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
