"""Bonuses that walk: paid to people who are met on the way up from each source."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Reach, Unearned, Unit, Walk
from commissions.engine.bonuses.sources import SalesFilter, Sources
from commissions.engine.document import Table, setting
from commissions.engine.kinds import Report
from commissions.engine.names import Names
from commissions.engine.result import Lines, Standings
from commissions.engine.snapshot import SPONSOR

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Walking(Bonus):
    """A bonus that is paid to people met on the way up from each source. ``sales`` narrows the sales that it pays on."""

    first_level: ClassVar[int] = 1
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.sales is None else self.sales.without_bonuses

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if self.sales is not None:
            self.sales.check(f"{path}.sales", report)

    def takes(self, calculation: "Calculation") -> NDArray[np.bool_]:
        return np.ones(len(calculation.sales), dtype=np.bool_) if self.sales is None else self.sales.fits(calculation)

    def takes_alone(self, plan: "Plan") -> bool:
        return self.sales is None or self.sales.decides_alone(plan)

    @abstractmethod
    def sources(self, calculation: "Calculation") -> Sources:
        """Gather what the bonus pays on to the size of a payment line; rows that pay nothing are left out."""

    @abstractmethod
    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        """Find who is paid at each step up from each of ``starters`` (sorted, each once)."""

    def walks_from(self, seller: int, due: int) -> int:
        """Say where the way up to a line begins, of whose sale it is and to whom it was due."""
        return seller

    def line_up(self, calculation: "Calculation") -> NDArray[np.int64]:
        """Return who is above whom on the way up, as an explanation follows it: the tree that the bonus names."""
        return calculation.people.forest(getattr(self, "tree", SPONSOR)).parent

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        yield from lines.walked(calculation, index, self)


@dataclass(frozen=True, kw_only=True)
class BySale(Walking):
    """A walk that asks nothing but standings, at least with some settings: in a refresh new sales are paid alone, on slices.

    ``claim`` and ``reach`` tell ``reach.py`` whose change of standing may change which lines.
    """

    @property
    def walks_up(self) -> str:
        """The code of the tree that it walks up."""
        return str(getattr(self, "tree", SPONSOR))

    def in_slices(self, plan: "Plan") -> bool:
        return self.line is not Unit.PAYEE and self.takes_alone(plan) and self.asks_standings_alone

    @property
    def asks_standings_alone(self) -> bool:
        """Whether nothing but how people stand, and the tree, says who is paid."""
        return True

    @abstractmethod
    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[Any]:
        """Put into one number per person all that ``walk`` asks of a standing: while it stays, walks stay."""

    @abstractmethod
    def reach(self, plan: "Plan", index: int, standings: Standings) -> "Reach | None":
        """Say how far up a walk can come; None where nothing bounds it."""


@dataclass(frozen=True, kw_only=True)
class PerSale(BySale):
    """A walk whose lines are told one seller at a time, with nobody at hand but those above: ``per_sale`` says if it is so."""

    @property
    def per_sale(self) -> bool:
        return True

    @property
    @abstractmethod
    def levels(self) -> int:
        """How many steps a walk has at most."""

    @abstractmethod
    def qualifies(self, plan: "Plan", index: int, standings: Standings) -> NDArray[np.int16]:
        """Say for how many levels each person may be paid, 0 for who is paid nothing."""

    def claim(self, plan: "Plan", index: int, standings: Standings) -> NDArray[Any]:
        levels = self.qualifies(plan, index, standings)
        by_rank = self.unearned is Unearned.ROLL_UP
        return levels + np.int16(256) * (standings.rank + np.int16(1)) if by_rank else levels
