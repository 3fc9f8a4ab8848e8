"""What the genealogy announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DistributorEnrolled:
    """A newcomer stands in the trees."""

    distributor_id: int
    sponsor_id: int


@dataclass(frozen=True)
class DistributorStatusChanged:
    """A distributor was suspended, terminated or made active again."""

    distributor_id: int
    status: str
