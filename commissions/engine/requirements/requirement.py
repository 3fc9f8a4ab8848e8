"""What every requirement is, and what it may look at."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import volumes
from commissions.engine.buyers import Buyer
from commissions.engine.kinds import Report
from commissions.engine.names import Names
from commissions.engine.snapshot import SPONSOR, People, Snapshot

if TYPE_CHECKING:
    from commissions.engine.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a requirement may look at: the snapshot, the first measures, and the ranks awarded so far.

    ``rank`` is everybody's rank as far as it is settled: right for everybody below a person before it is for the
    person. ``own`` is what each person has been awarded below the rank that is being tested. ``active`` says who has
    moved volume where the plan moves it: while activity itself is tested, nobody has.
    """

    plan: "Plan"
    snapshot: Snapshot
    pv: NDArray[np.int64]
    gv: NDArray[np.int64]
    payable: NDArray[np.bool_]
    active: NDArray[np.bool_]
    rank: NDArray[np.int8]
    own: NDArray[np.int8]
    holder: NDArray[np.int64] | None = None

    @property
    def people(self) -> People:
        return self.snapshot.people

    def ranked(self, rank: NDArray[np.int8], own: NDArray[np.int8]) -> "Sight":
        """Return the same with other ranks."""
        return replace(self, rank=rank, own=own)

    def at_least(self, code: str) -> NDArray[np.bool_]:
        """Say who holds a rank or a higher one."""
        return self.rank >= self.plan.rank_index(code)

    def state(self, name: str) -> NDArray[np.int64]:
        """Return what the period before left by person under a name, 0 where it left nothing."""
        kept = self.snapshot.state.people
        return kept[name] if name in kept else np.zeros(len(self.people), dtype=np.int64)

    def own_volume(self, volume: str, buyers: Sequence[Buyer] = (), tree: str = SPONSOR) -> NDArray[np.int64]:
        """Add up by person a named volume of what some buyers (of everybody, where none are named) bought.

        In a placement tree with a holding tank only what counts in that tree is added up.
        """
        if volume == "pv" and not buyers and tree == SPONSOR:
            return self.pv
        own = volumes.sold(self.snapshot, volume, buyers, volumes.counts_in(self.plan, self.snapshot, tree))
        return volumes.moved(own, self.holder)

    def group_volume(self, volume: str, tree: str = SPONSOR, buyers: Sequence[Buyer] = ()) -> NDArray[np.int64]:
        """Add up a named volume over each person and everyone below in a tree."""
        if volume == "pv" and not buyers and tree == SPONSOR:
            return self.gv
        return volumes.summed(self.people.forest(tree), self.own_volume(volume, buyers, tree))


@dataclass(frozen=True, kw_only=True)
class Requirement(ABC):
    """Something that a person has to have enough of: points, a share in parts per million, or a number of things."""

    measure: ClassVar[str]
    is_points: ClassVar[bool] = False
    is_share: ClassVar[bool] = False

    @property
    @abstractmethod
    def need(self) -> int:
        """How much it takes."""

    @abstractmethod
    def have(self, sight: Sight) -> NDArray[np.int64]:
        """Measure how much each person has."""

    @property
    def parts(self) -> tuple["Requirement", ...]:
        """The requirements that it is made of, each of which is measured for itself too."""
        return ()

    def spread(self, path: str) -> Iterator[tuple[str, "Requirement"]]:
        """Yield it with its path in the document; what is made of parts yields them instead, each with its own."""
        yield path, self

    @property
    def points(self) -> tuple[int, ...]:
        """Every volume that it names as enough, in hundredths of a point."""
        return (self.need,) if self.is_points else ()

    @property
    def reads_ranks(self) -> bool:
        """Whether it looks at the ranks of this very calculation."""
        return False

    @property
    def in_slices(self) -> bool:
        """Whether it asks nothing but the person's own facts, which a slice of the company carries."""
        return False

    @property
    def reads_own_rank(self) -> bool:
        """Whether it looks at the person's own rank too; what else reads ranks looks at who holds the first of ``ranks``."""
        return False

    @property
    def reads_unranked(self) -> bool:
        """Whether it also looks at who has no rank at all."""
        return False

    @property
    def reads_active(self) -> bool:
        """Whether it looks at who is active in this very calculation."""
        return False

    @property
    def rises(self) -> bool:
        """Whether more volume, whose ever it is, can only bring it nearer."""
        return True

    @property
    def ranks(self) -> tuple[str, ...]:
        """The codes of the ranks that it looks at."""
        return ()

    @property
    def remembers(self) -> int:
        """How many of the ladder's periods before this one it looks back on."""
        return 0

    def leaves(self, sight: Sight) -> dict[str, NDArray[np.int64]]:
        """Return by name what the next period has to know for it, beside ranks."""
        return {}

    def check(self, path: str, names: Names, report: Report) -> None:
        """Report settings that refer to something that is not there, or contradict each other."""
        for rank in self.ranks:
            names.require_rank(f"{path}.rank", rank, report)
