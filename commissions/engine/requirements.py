"""What a rank, activity or a pay gate may require: one class a measure, and the closed table that a plan selects from.

A requirement holds where what a person has is at least what it takes. Own and group volume and legs with rank are not
in here: they are keys of a rank itself (``ladder.py``).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import setting
from commissions.engine.kinds import Code, Report, Whole
from commissions.engine.names import Names
from commissions.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from commissions.engine.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a requirement may look at: the snapshot, the first measures, and the ranks awarded so far."""

    plan: "Plan"
    snapshot: Snapshot
    pv: NDArray[np.int64]
    gv: NDArray[np.int64]
    payable: NDArray[np.bool_]
    active: NDArray[np.bool_]
    rank: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Requirement(ABC):
    """Something that a person has to have enough of."""

    measure: ClassVar[str]
    is_points: ClassVar[bool] = False

    @property
    @abstractmethod
    def need(self) -> int:
        """How much it takes."""

    @abstractmethod
    def have(self, sight: Sight) -> NDArray[np.int64]:
        """Measure how much each person has."""

    @property
    def reads_ranks(self) -> bool:
        """Whether it looks at the ranks of this very calculation."""
        return False

    def check(self, path: str, names: Names, report: Report) -> None:  # noqa: B027
        """Report settings that refer to something that is not there, or contradict each other."""


@dataclass(frozen=True, kw_only=True)
class Fact(Requirement):
    """A dated fact from outside (autoship on file, training complete, agreement accepted) with at least this value."""

    measure: ClassVar[str] = "fact"
    name: str = setting(Code())
    least: int = setting(Whole(1, 10**9))

    @property
    def need(self) -> int:
        return self.least

    def have(self, sight: Sight) -> NDArray[np.int64]:
        return sight.snapshot.people.fact(self.name)


REQUIREMENTS: Final[Mapping[str, type[Requirement]]] = MappingProxyType({kind.measure: kind for kind in (Fact,)})
