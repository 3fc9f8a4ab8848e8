"""Volume rebate: a percentage of the own volume, by the bracket that a volume reaches.

docs/plans/volume_rebate.md states the rule with a worked example.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, volumes
from commissions.engine.arrays import running
from commissions.engine.bonuses import lines, sources
from commissions.engine.bonuses.bonus import Unearned, Unit, Walk, roll_up, why_not
from commissions.engine.bonuses.marginal import Inside, Mode
from commissions.engine.bonuses.measured import Of
from commissions.engine.bonuses.payees import may_be_paid
from commissions.engine.bonuses.rates import RATES, ByBracket, Rates
from commissions.engine.bonuses.sources import Sources
from commissions.engine.bonuses.walking import Walking
from commissions.engine.document import Selected, setting
from commissions.engine.kinds import Code, Report, Switch, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.running import sold_before
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class VolumeRebate(Walking):
    """Paid to whom the sales are credited, on ``volume``, at the rate that ``rates`` says."""

    kind: ClassVar[str] = "volume_rebate"
    first_level: ClassVar[int] = 0
    tree: str = setting(Code())
    volume: str = setting(Code(), default="cv")
    rates: Rates = setting(Selected(RATES, by="by"))
    mode: Mode = setting(choice(Mode))
    active_only: bool = setting(Switch())

    @property
    def names(self) -> tuple[str, ...]:
        return super().names + self.rates.names

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require_tree(f"{path}.tree", self.tree, report)
        names.require_volume(f"{path}.volume", self.volume, report)
        self.rates.check(f"{path}.rates", names, report)
        if self.mode is Mode.MARGINAL:
            self._check_marginal(path, report)

    def _check_marginal(self, path: str, report: Report) -> None:
        """Report what leaves it open which part of a sale lies inside a bracket."""
        if not isinstance(self.rates, ByBracket):
            report.wrong(f"{path}.mode", self.mode, "whole: only brackets can be marginal")
        elif self.rates.of is Of.PERSONAL_GROUP or self.rates.volume != self.volume:
            expected = f'own or group, of the volume that is paid on, "{self.volume}": marginal brackets cut that volume'
            report.wrong(f"{path}.rates.of", self.rates.of, expected)
        if self.sales is not None:
            report.wrong(f"{path}.sales", self.sales, "nothing: marginal brackets cut all the volume")

    def sources(self, calculation: "Calculation") -> Sources:
        return sources.of_volume(calculation, self.volume, by_order=self.line is Unit.ORDER, only=self.sales)

    def most(self, plan: "Plan") -> Fraction | None:
        """The highest rate of the table."""
        return Fraction(max(self.rates.steps, default=0), money.PPM) if self.volume == "cv" else None

    def figures(self, calculation: "Calculation", index: int, person: int) -> Mapping[str, int]:
        return self.rates.figures(calculation, calculation.people.forest(self.tree), self.tree, self.code, person)

    def walk(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        walk = self._to_sellers(calculation, index, starters)
        rate = self.rates.by_person(calculation, calculation.people.forest(self.tree), self.tree, self.code)
        return Walk(walk.payee, walk.missed, walk.reason, rate[starters].astype(np.int32).reshape(1, -1), walk.level)

    def _to_sellers(self, calculation: "Calculation", index: int, starters: NDArray[np.int64]) -> Walk:
        plan, people, standings = calculation.plan, calculation.people, calculation.standings
        may = may_be_paid(calculation, index, active_only=self.active_only)
        paid = may[starters]
        walk = Walk.empty((money.PPM,), len(starters), first_level=0)
        walk.missed[0] = np.where(paid, NONE, starters)
        walk.payee[0] = np.where(paid, starters, NONE)
        if self.unearned is Unearned.ROLL_UP:
            parent = people.forest(self.tree).parent
            walk.payee[0] = np.where(paid, starters, roll_up(may, parent, standings.rank, walk.missed[0]))
        walk.reason[0] = np.where(paid, np.int8(Reason.PAID), why_not(plan, index, people, standings)[starters])
        return walk

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        if self.mode is Mode.WHOLE:
            yield from super().pay(calculation, index)
            return
        assert isinstance(self.rates, ByBracket)
        yield from self._pay_marginal(calculation, index, self.rates)

    def _pay_marginal(self, calculation: "Calculation", index: int, brackets: ByBracket) -> Iterator[Lines]:
        """Cut the volume of each seller, sale by sale in their order, where it crosses a threshold.

        A refund takes back from the top, so that a seller's sales add up to the brackets of what is left in the end. Where
        the brackets measure groups, a sale lies on top of all that the seller's group had sold before it, and a refund
        takes back from the top of the sale, as far as that is of the period.
        """
        of_groups = brackets.of is Of.GROUP
        found = sources.of_volume(calculation, self.volume, by_order=of_groups or self.line is Unit.ORDER)
        sold = volumes.sold(calculation.snapshot, self.volume)
        earlier = brackets.before(calculation, self.code)[found.seller]
        if of_groups:
            forest = calculation.people.forest(self.tree)
            brackets.leave(calculation, self.code, volumes.summed(forest, sold))
            before = earlier + sold_before(forest, found.seller, _moments(calculation, found), found.base)
            after = before + found.base
        else:
            brackets.leave(calculation, self.code, sold)
            after = earlier + running(found.base, found.seller)
            before = after - found.base
        walk = self._to_sellers(calculation, index, found.seller)
        pieces = Inside(brackets.table).parts(before, after)
        if of_groups and self.line is Unit.SOURCE:
            found, pieces = _by_seller(found, pieces)
            walk = self._to_sellers(calculation, index, found.seller)
        if self.line is Unit.PAYEE:
            yield self._gathered(calculation, index, walk, found, pieces)
            return
        for place, (inside, rate) in enumerate(pieces, 1):
            pays = np.flatnonzero(inside) if rate else np.empty(0, dtype=np.int64)
            yield lines.block(
                calculation.plan,
                index,
                payee=walk.payee[0][pays],
                base=inside[pays],
                rate_ppm=rate,
                source=found.seller[pays],
                sale=found.sale[pays],
                level=place,
                missed=walk.missed[0][pays],
                reason=walk.reason[0][pays],
            )

    def _gathered(
        self, calculation: "Calculation", index: int, walk: Walk, found: Sources, pieces: list[tuple[NDArray[np.int64], int]]
    ) -> Lines:
        """Gather each seller's brackets, and what rolls up to a payee, into one line that is rounded once."""
        plan = calculation.plan
        distinct, group = lines.gathered(walk.payee[0], walk.missed[0], walk.reason[0])
        num, den = plan.value_of(NONE)
        parts = [(inside, group, num * rate) for inside, rate in pieces if rate]
        amount = money.share_of_sums(parts, den * money.PPM, distinct.shape[1], self.rounding)
        base = np.zeros(distinct.shape[1], dtype=np.int64)
        for inside, of, _ in parts:
            np.add.at(base, of, inside)
        return lines.block(
            plan,
            index,
            payee=distinct[0],
            base=base,
            rate_ppm=0,
            missed=distinct[1],
            reason=distinct[2],
            amount_minor=amount,
        ).take(np.flatnonzero((base != 0) | (amount != 0)))


def _moments(calculation: "Calculation", found: Sources) -> NDArray[np.int64]:
    """Number the orders by time and order number; one that takes back a sale of the period comes right behind that."""
    sales = calculation.sales
    original = sources.originals(sales)[found.sale]
    counts_as = np.where(original == NONE, found.sale, original)
    moment = np.empty(len(found.sale), dtype=np.int64)
    moment[np.lexsort((found.sale, sales.order[counts_as], sales.at[counts_as]))] = np.arange(len(moment))
    return moment


def _by_seller(
    found: Sources, pieces: list[tuple[NDArray[np.int64], int]]
) -> tuple[Sources, list[tuple[NDArray[np.int64], int]]]:
    """Add up the parts of all sales of a seller."""
    first = np.flatnonzero(np.diff(found.seller, prepend=NONE))
    rows = dataclasses.replace(found.take(first), sale=np.full(len(first), NONE, dtype=np.int64))
    if not len(first):
        return rows, pieces
    return rows, [(np.add.reduceat(inside, first), rate) for inside, rate in pieces]
