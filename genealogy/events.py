"""What the genealogy announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DistributorEnrolled:
    """A newcomer stands in the trees."""

    distributor_id: int
    sponsor_id: int
