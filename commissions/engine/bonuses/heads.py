"""Who heads a group: by rank, by a volume reached, or by a rate reached in a differential bonus."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses.differential import Differential
from commissions.engine.bonuses.measured import Measured, Of
from commissions.engine.document import setting
from commissions.engine.kinds import Code, Percent, Points, Report
from commissions.engine.names import Names

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class Head(ABC):
    """Says who fulfils what it takes to head a group in this period."""

    by: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The codes of the bonuses that it is computed from."""
        return ()

    @abstractmethod
    def check(self, path: str, names: Names, report: Report) -> None:
        """Report names that nothing has."""

    @abstractmethod
    def holds(self, calculation: "Calculation", tree: str, code: str) -> NDArray[np.bool_]:
        """Say for whom it holds now."""


@dataclass(frozen=True, kw_only=True)
class HeadByRank(Head):
    """Whoever is paid as ``rank`` or a higher one."""

    by: ClassVar[str] = "rank"
    rank: str = setting(Code())

    def check(self, path: str, names: Names, report: Report) -> None:
        names.require_rank(f"{path}.rank", self.rank, report)

    def holds(self, calculation: "Calculation", tree: str, code: str) -> NDArray[np.bool_]:
        holds: NDArray[np.bool_] = calculation.standings.rank >= calculation.plan.rank_index(self.rank)
        return holds


@dataclass(frozen=True, kw_only=True)
class HeadByVolume(Measured, Head):
    """Whoever reaches ``least`` points of a volume."""

    by: ClassVar[str] = "volume"
    least: int = setting(Points())

    def check(self, path: str, names: Names, report: Report) -> None:
        if self.of is Of.PERSONAL_GROUP:
            report.wrong(f"{path}.of", self.of, "own or group: personal groups are what the heads decide")
            return
        Measured.check(self, path, names, report)

    def holds(self, calculation: "Calculation", tree: str, code: str) -> NDArray[np.bool_]:
        holds: NDArray[np.bool_] = self.measure(calculation, calculation.people.forest(tree), tree, code) >= self.least
        return holds


@dataclass(frozen=True, kw_only=True)
class HeadByRate(Head):
    """Whoever has at least the rate ``least`` in the differential bonus ``bonus``."""

    by: ClassVar[str] = "rate"
    bonus: str = setting(Code())
    least: int = setting(Percent())

    @property
    def names(self) -> tuple[str, ...]:
        return (self.bonus,)

    def check(self, path: str, names: Names, report: Report) -> None:
        fitting = [code for code, kind in names.bonuses.items() if kind == Differential.kind]
        names.require(f"{path}.bonus", self.bonus, fitting, "one of the plan's differential bonuses", report)

    def holds(self, calculation: "Calculation", tree: str, code: str) -> NDArray[np.bool_]:
        bonus = calculation.plan.bonuses[calculation.plan.bonus_index(self.bonus)]
        assert isinstance(bonus, Differential)
        holds: NDArray[np.bool_] = bonus.rate(calculation) >= self.least
        return holds


HEADS: Final[Mapping[str, type[Head]]] = MappingProxyType({each.by: each for each in (HeadByRank, HeadByVolume, HeadByRate)})
