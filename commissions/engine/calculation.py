"""What a bonus sees while it is computed: plan, snapshot, standings, and what the bonuses before it came to."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from commissions.engine import volumes
from commissions.engine.bonuses.bonus import open_to
from commissions.engine.plan import Plan
from commissions.engine.result import Standings
from commissions.engine.snapshot import People, Sales, Snapshot, State


@dataclass(frozen=True, slots=True, eq=False)
class Calculation:
    """One calculation under way.

    ``earned`` is ``[bonus, person]`` before any cap and ``paid`` after the caps taken so far; both are filled bonus by
    bonus, and a bonus reads only what it names. ``set_aside`` is what was earned and is not paid because of a choice, and
    ``person_cut`` what the persons' caps took. ``unearned`` sums per bonus what nobody earned. ``leaves`` gathers what
    the next period has to know, ``rank_changes`` keeps what ``moments.py`` found.
    """

    plan: Plan
    snapshot: Snapshot
    standings: Standings
    earned: NDArray[np.int64]
    paid: NDArray[np.int64]
    set_aside: NDArray[np.int64]
    person_cut: NDArray[np.int64]
    unearned: NDArray[np.int64]
    leaves: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    leaves_company: dict[str, int] = field(default_factory=dict)
    leaves_tables: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    rank_changes: list[tuple[int, NDArray[np.int64], NDArray[np.int8]]] = field(default_factory=list)

    @classmethod
    def begin(cls, plan: Plan, snapshot: Snapshot, standings: Standings) -> "Calculation":
        """Begin with nothing earned."""
        shape = (len(plan.bonuses), len(snapshot.people))
        earned, paid, set_aside, person_cut = (np.zeros(shape, dtype=np.int64) for _ in range(4))
        unearned = np.zeros(len(plan.bonuses), dtype=np.int64)
        return cls(plan, volumes.settled(plan, snapshot), standings, earned, paid, set_aside, person_cut, unearned)

    @property
    def people(self) -> People:
        return self.snapshot.people

    @property
    def sales(self) -> Sales:
        return self.snapshot.sales

    @property
    def period(self) -> str:
        """The code of the period type that is calculated."""
        return self.snapshot.period or self.plan.ladder.period

    def state(self, name: str) -> NDArray[np.int64]:
        """Return what the period before left by person under a name, 0 where it left nothing."""
        kept = self.snapshot.state.people
        return kept[name] if name in kept else np.zeros(len(self.people), dtype=np.int64)

    def leave(self, name: str, values: NDArray[np.int64]) -> None:
        """Leave a number by person for the next period."""
        self.leaves[name] = values

    def open_to(self, index: int) -> NDArray[np.bool_]:
        """Say who may be paid a bonus at all: an open account, and all of the bonus's pay gates passed."""
        return open_to(self.plan, index, self.standings)

    def next_state(self) -> State:
        """Return what the next period starts from: everything as it was but for what was left."""
        before = self.snapshot.state
        return State(
            people={**before.people, **self.leaves},
            company={**before.company, **self.leaves_company},
            tables={**before.tables, **self.leaves_tables},
        )
