"""Fee: what a way of being paid costs is taken off as a line of its own.

docs/plans/fee.md states the rule with a worked example.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unearned, Unit
from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Code, Money, OneOf, Percent, Report, Whole
from commissions.engine.names import Names
from commissions.engine.result import Lines
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Fee(Bonus):
    """``amount`` and ``rate`` of what is left of the bonuses ``of`` after all caps, from people whose ``fact`` is ``value``."""

    kind: ClassVar[str] = "fee"
    is_fee: ClassVar[bool] = True
    units: ClassVar[tuple[Unit, ...]] = (Unit.PAYEE,)
    line: Unit = setting(OneOf((Unit.PAYEE,), Unit))
    unearned: Unearned = setting(OneOf((Unearned.BREAKAGE,), Unearned))
    of: tuple[str, ...] = setting(ListOf(Code(), most=200))
    amount: Fraction = setting(Money(), default=Fraction(0))
    rate: int = setting(Percent(), default=0)
    fact: str | None = setting(Code(), default=None)
    value: int | None = setting(Whole(0, 10**9), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return self.of

    @property
    def earned_from(self) -> tuple[str, ...]:
        return self.of

    def most(self, plan: "Plan") -> Fraction:
        return Fraction(0)

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if not self.amount and not self.rate:
            report.missing(f"{path}.amount", "an amount, or a rate")
        if (self.fact is None) != (self.value is None):
            report.missing(f"{path}.{'value' if self.value is None else 'fact'}", "fact and value together, or neither")

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan = calculation.plan
        paid = calculation.paid[[plan.bonus_index(code) for code in self.of]].sum(axis=0)
        owes = paid > 0
        if self.fact is not None:
            owes &= calculation.people.fact(self.fact) == self.value
        people = np.flatnonzero(owes)
        fixed = np.minimum(paid[people], plan.minor(self.amount))
        yield self._taken(calculation, index, people, fixed, money.PPM)
        yield self._taken(calculation, index, people, paid[people] - fixed, self.rate)

    def _taken(
        self, calculation: "Calculation", index: int, people: NDArray[np.int64], base: NDArray[np.int64], rate_ppm: int
    ) -> Lines:
        """Take a part of ``base`` off, where there is any."""
        some = np.flatnonzero(base) if rate_ppm else np.empty(0, dtype=np.int64)
        return lines.block(
            calculation.plan,
            index,
            payee=people[some],
            base=-base[some],
            currency=money.INDEX[calculation.plan.currency],
            rate_ppm=rate_ppm,
            source=NONE,
        )
