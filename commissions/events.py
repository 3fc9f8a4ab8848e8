"""What the commissions app announces. Ids and plain facts only."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RankReached:
    """A distributor's paid-as rank of a period rose above any rank announced for that period before."""

    period_id: int
    distributor_id: int
    rank: int
    rank_code: str


@dataclass(frozen=True)
class PeriodClosed:
    """A period was closed by a run: what people earned in it is final."""

    period_id: int
    run_id: int
