"""Override with minimum guarantee: every head owes upward a share of the own group, and of a minimum at least.

docs/plans/guarantee.md states the rule with a worked example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, volumes
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unearned, Unit
from commissions.engine.bonuses.groups import group_head
from commissions.engine.bonuses.heads import HEADS, Head
from commissions.engine.bonuses.payees import may_be_paid
from commissions.engine.clipped import clipped_sums
from commissions.engine.document import Selected, setting
from commissions.engine.kinds import Code, Percent, Points, Report, Switch
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Guarantee(Bonus):
    """``rate`` of the group volume, and of ``minimum`` points at least, is what each head owes to the head above."""

    kind: ClassVar[str] = "guarantee"
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    head: Head = setting(Selected(HEADS, by="by"))
    rate: int = setting(Percent())
    minimum: int = setting(Points())
    active_only: bool = setting(Switch())

    @property
    def names(self) -> tuple[str, ...]:
        return self.head.names

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.head.check(f"{path}.head", names, report)
        if self.unearned is Unearned.ROLL_UP:
            report.wrong(f"{path}.unearned", self.unearned, "breakage: who may not be paid is looked through")

    def most(self, plan: "Plan") -> Fraction | None:
        """What all heads keep and the highest pass up is the rate of all groups."""
        return Fraction(self.rate, money.PPM) if self.volume == "cv" else None

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        people, parent, group = self._groups(calculation, index)
        if person not in people:
            return {}
        place = int(np.searchsorted(people, person))
        passed, kept = settle(parent, group, self.minimum)
        received = kept[place] + passed[place] - group[place]
        return {
            "group_points": int(group[place]),
            "minimum_points": self.minimum,
            "received_points": int(received),
            "passed_up_points": int(passed[place]),
        }

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        people, parent, group = self._groups(calculation, index)
        passed, kept = settle(parent, group, self.minimum)
        yield self._lines(calculation, index, people, kept)
        top = np.flatnonzero((parent == NONE) & (passed != 0))
        yield lines.block(
            calculation.plan,
            index,
            payee=np.full(len(top), NONE, dtype=np.int64),
            source=people[top],
            base=passed[top],
            rate_ppm=self.rate,
            reason=Reason.NOBODY_ABOVE,
        )

    def _groups(self, calculation: "Calculation", index: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return who is a head, the place of the next head above each (NONE: nobody), and the volume of each group."""
        forest = calculation.people.forest(self.tree)
        may = may_be_paid(calculation, index, active_only=self.active_only)
        recipients = self.head.holds(calculation, self.tree, self.code) & may
        own = volumes.sold(calculation.snapshot, self.volume)
        grouped = np.zeros(len(own) + 1, dtype=np.int64)
        np.add.at(grouped, group_head(forest, recipients), own)
        people = np.flatnonzero(recipients)
        place = np.full(len(own) + 1, NONE, dtype=np.int64)
        place[people] = np.arange(len(people))
        return people, place[forest.next_upline(recipients)[people]], grouped[people]

    def _lines(self, calculation: "Calculation", index: int, people: NDArray[np.int64], kept: NDArray[np.int64]) -> Lines:
        keeps = np.flatnonzero(kept)
        return lines.block(calculation.plan, index, payee=people[keeps], base=kept[keeps], rate_ppm=self.rate, level=1)


def settle(parent: NDArray[np.int64], group: NDArray[np.int64], minimum: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Settle what each head passes up and keeps, in points: what the rate applies to.

    A head gets what those below pass up, and passes up the volume of the own ``group`` and, out of what it gets, what that
    lacks of ``minimum``. So what is passed up is ``clip(got + group, group, minimum)`` in effect.
    """
    money.require_summable(group, "what the groups owe")
    lacks = np.maximum(minimum - group, 0)
    passed, got = clipped_sums(parent, group, group, group + lacks)
    return passed, got - (passed - group)
