"""Requirements of what was before, and of facts from outside."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tenure
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Whole, choice
from commissions.engine.names import Names
from commissions.engine.requirements.requirement import Requirement, Sight


class ThisPeriod(StrEnum):
    """Whether this period is one of the periods counted."""

    COUNTS = "counts"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, kw_only=True)
class _Rank(Requirement):
    """Something about a rank."""

    rank: str = setting(Code())

    @property
    def ranks(self) -> tuple[str, ...]:
        return (self.rank,)


@dataclass(frozen=True, kw_only=True)
class PeriodsAtRank(_Rank):
    """``periods`` of the last ``of_last`` that were ended at ``rank`` or above; with both the same: in a row."""

    measure: ClassVar[str] = "periods_at_rank"
    periods: int = setting(Whole(1, 120))
    of_last: int = setting(Whole(1, 120))
    this_period: ThisPeriod = setting(choice(ThisPeriod))

    @property
    def need(self) -> int:
        return self.periods

    @property
    def reads_ranks(self) -> bool:
        return self.this_period is ThisPeriod.COUNTS

    @property
    def reads_own_rank(self) -> bool:
        return self.reads_ranks

    @property
    def remembers(self) -> int:
        return self.of_last - (self.this_period is ThisPeriod.COUNTS)

    def have(self, sight: Sight) -> NDArray[np.int64]:
        rank = sight.plan.rank_index(self.rank)
        count = np.zeros(len(sight.people), dtype=np.int64)
        for back in range(1, self.remembers + 1):
            count += tenure.ago(sight.snapshot, back) >= rank
        return count + (sight.own >= rank) if self.reads_ranks else count

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if self.periods > self.of_last:
            report.wrong(f"{path}.periods", self.periods, f"at most of_last, which is {self.of_last}")


@dataclass(frozen=True, kw_only=True)
class TitleHeld(_Rank):
    """The title ``rank``, or a higher one, brought along from the periods before: 1 where it is held."""

    measure: ClassVar[str] = "title"

    @property
    def need(self) -> int:
        return 1

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return (tenure.title(sight.snapshot) >= sight.plan.rank_index(self.rank)).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Fact(Requirement):
    """A dated fact from outside (autoship on file, training complete, agreement accepted) with at least this value."""

    measure: ClassVar[str] = "fact"
    name: str = setting(Code())
    least: int = setting(Whole(1, 10**9))

    @property
    def in_slices(self) -> bool:
        return True

    @property
    def need(self) -> int:
        return self.least

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return sight.people.fact(self.name)


@dataclass(frozen=True, kw_only=True)
class WithoutFact(Requirement):
    """A fact that must not be there (a hold on a country, an open complaint): 1 where it is not."""

    measure: ClassVar[str] = "without_fact"
    name: str = setting(Code())

    @property
    def in_slices(self) -> bool:
        return True

    @property
    def need(self) -> int:
        return 1

    def have(self, sight: Sight) -> NDArray[np.int64]:
        absent: NDArray[np.bool_] = sight.people.fact(self.name) == 0
        return absent.astype(np.int64)
