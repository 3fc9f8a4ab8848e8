"""What the commissions app announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RankReached:
    """A distributor's paid-as rank of a period rose above any rank announced for that period before."""

    period_id: int
    distributor_id: int
    rank: int
    rank_code: str
