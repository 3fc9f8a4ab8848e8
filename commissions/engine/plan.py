"""A compensation plan: one TOML document, read strictly into frozen dataclasses.

Every setting that companies decide differently is stated in the document; there are no defaults for it. A document is
refused with all its problems at once (``document.Refused``). docs/plans/document.md describes it key by key.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import caps, ladder, money
from commissions.engine.bonuses import BONUSES
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.caps import NO_CAPS, Caps, Step
from commissions.engine.document import ListOf, Refused, Selected, Table, TableOf, amounts_in, read_values, setting, write
from commissions.engine.kinds import Code, Day, Money, OneOf, Problem, Ratio, Report, Text, Whole, choice
from commissions.engine.ladder import Activity, Compression, Elsewhere, Gate, Ladder, Legs, Rank
from commissions.engine.legs import LegTest, LooksThrough, Where
from commissions.engine.names import Names
from commissions.engine.periods import Period
from commissions.engine.placement import TREES, MatrixTree, PlacementTree
from commissions.engine.requirements import Requirement, requirements_in
from commissions.engine.returns import Returns
from commissions.engine.snapshot import NONE, SPONSOR
from commissions.engine.tenure import InForce

_MOST_RANKS = 60

_CURRENCY = OneOf(money.CURRENCIES, described="an ISO 4217 currency code, such as USD")


class CreditDate(StrEnum):
    """Which day of an order decides its period."""

    PAID = "paid"
    SHIPPED = "shipped"


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Which plan this is. All its earnings are in ``currency``; one point of volume is worth ``point_value`` of it."""

    code: str = setting(Code())
    name: str = setting(Text())
    version: int = setting(Whole(1, 100_000))
    currency: str = setting(_CURRENCY)
    effective_from: date = setting(Day())
    credit_date: CreditDate = setting(choice(CreditDate))
    point_value: Fraction = setting(Ratio(), default=Fraction(1))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole plan, checked. ``exchange`` says what one unit of a currency is worth in the plan's currency.

    ``volumes`` and ``amounts`` name what sales carry beside pv and cv, paid and seller; ``trees`` are the placement trees.
    """

    plan: Heading = setting(Table(Heading))
    periods: dict[str, Period] = setting(TableOf(Code(), Table(Period)))
    exchange: dict[str, Fraction] = setting(TableOf(_CURRENCY, Ratio()))
    volumes: tuple[str, ...] = setting(ListOf(Code(), least=0, most=20), default=())
    amounts: tuple[str, ...] = setting(ListOf(Code(), least=0, most=20), default=())
    trees: Mapping[str, PlacementTree] = setting(TableOf(Code(), Selected(TREES)), default={})
    activity: Activity = setting(Table(Activity))
    compression: Compression | None = setting(Table(Compression), default=None)
    ladder: Ladder = setting(Table(Ladder))
    ranks: tuple[Rank, ...] = setting(ListOf(Table(Rank), most=_MOST_RANKS))
    gates: tuple[Gate, ...] = setting(ListOf(Table(Gate), least=0, most=50), default=())
    bonuses: tuple[Bonus, ...] = setting(ListOf(Selected(BONUSES), most=200))
    caps: Caps = setting(Table(Caps), default=NO_CAPS)
    returns: Returns | None = setting(Table(Returns), default=None)

    @property
    def currency(self) -> str:
        return self.plan.currency

    @property
    def period(self) -> Period:
        """The period type in which ranks are tested."""
        return self.periods[self.ladder.period]

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """All that anything in the plan measures beside volumes and legs, each once, the parts of others first."""
        holders: tuple[Activity | Rank | Gate, ...] = (self.activity, *self.ranks, *self.gates)
        found = [required for holder in holders for required in holder.requires]
        found += [required for bonus in self.bonuses for _, required in bonus.requirements]
        found += [required for _, required in requirements_in(self.caps, "caps")]
        return tuple(dict.fromkeys(each for required in found for each in (*required.parts, required)))

    def steps(self, period: str) -> tuple[int | Step, ...]:
        """Say what is computed for a period of this type, in order: indexes of bonuses, and the caps between them.

        A bonus comes after those that it names; those that are paid on others' earnings come at the step ``match``, and
        fees at the very end.
        """
        mine = [index for index in self._in_order if (self.bonuses[index].period or self.ladder.period) == period]
        matches = [index for index in mine if self.bonuses[index].is_match]
        fees = [index for index in mine if self.bonuses[index].is_fee]
        steps: list[int | Step] = [index for index in mine if index not in (*matches, *fees)]
        for step in self.caps.order:
            steps += matches if step is Step.MATCH else [step]
        return (*steps, *fees)

    @cached_property
    def _in_order(self) -> tuple[int, ...]:
        place = {bonus.code: index for index, bonus in enumerate(self.bonuses)}
        sorter = TopologicalSorter({place[bonus.code]: {place[code] for code in bonus.names} for bonus in self.bonuses})
        return tuple(sorter.static_order())

    @cached_property
    def pays_sales_alone(self) -> bool:
        """Whether a sale is paid by how everybody stands, and by the tree as it is held, and by nothing else."""
        drops = self.compression is not None and self.compression.drops_terminated
        return self.ladder.in_force is not InForce.CROSSING and not drops

    def is_told_by_sale(self, index: int) -> bool:
        """Whether the lines of a bonus can be found from single sales and the standings above them, without everybody."""
        bonus = self.bonuses[index]
        alone = bonus.per_sale and self.pays_sales_alone and not self.gates_of(index)
        return alone and not self.caps.takes and not any(bonus.code in each.sets_aside for each in self.bonuses)

    def still_unearned(self, unearned: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by bonus what nobody earned, 0 where a pool divides it: there it is paid, kept or rolled on."""
        repooled = {code for bonus in self.bonuses for code in bonus.repools}
        return np.where([bonus.code in repooled for bonus in self.bonuses], 0, unearned)

    def bonus_index(self, code: str) -> int:
        """Say which of the bonuses has this code."""
        return next(index for index, bonus in enumerate(self.bonuses) if bonus.code == code)

    def gates_of(self, index: int) -> list[int]:
        """Say which gates stop a bonus."""
        return [place for place, gate in enumerate(self.gates) if self.bonuses[index].code in gate.bonuses]

    @cached_property
    def stands_in_slices(self) -> bool:
        """Whether standings of a slice need nothing but what a slice carries."""
        looks_through = any(test.looks_through is not LooksThrough.NOBODY for test in self.leg_tests)
        of_now = self.ladder.in_force is InForce.END and self.ladder.grace is None
        asks_more = not all(required.in_slices for required in self.requirements)
        return of_now and not (asks_more or self.compression or looks_through)

    def elsewhere(self, period: str) -> bool:
        """Whether ranks are not tested in periods of this type, but those of the ladder's last period hold."""
        return bool(period) and period != self.ladder.period and self.ladder.elsewhere is Elsewhere.LAST

    @cached_property
    def ranks_settle(self) -> bool:
        """Whether a rank may be lost when somebody below gains one, so that ranks settle from the bottom up."""
        return any(required.reads_ranks for rank in self.ranks for required in rank.requires) or any(
            test.looks_through is LooksThrough.UNRANKED for test in self.leg_tests
        )

    @cached_property
    def remembers(self) -> int:
        """How many of the ladder's periods have to be known, the one before this included."""
        of_title = self.ladder.title.remembers if self.ladder.title else 0
        return max(1, of_title, *(required.remembers for required in self.requirements))

    @cached_property
    def checksum(self) -> str:
        """Identify the plan by what it says: equal for documents that say the same in other words."""
        return hashlib.sha256(json.dumps(write(self), sort_keys=True).encode()).hexdigest()

    @cached_property
    def leg_tests(self) -> tuple[LegTest, ...]:
        """All that legs are counted for, each once, the lowest rank first."""
        tests = {self.leg_test(legs) for rank in self.ranks for legs in rank.legs}
        return tuple(sorted(tests, key=lambda test: (test.rank, test.where, test.looks_through)))

    def leg_test(self, legs: Legs) -> LegTest:
        """Say what is counted for this requirement."""
        return LegTest(self.rank_index(legs.rank), legs.where, legs.looks_through)

    @cached_property
    def capped_ranks(self) -> tuple[int, ...]:
        """The ranks with a leg cap, each of which counts group volume in its own way."""
        return tuple(index for index, rank in enumerate(self.ranks) if rank.leg_cap is not None)

    def rank_index(self, code: str) -> int:
        """Say which rung a rank is, 0 being the lowest."""
        return next(index for index, rank in enumerate(self.ranks) if rank.code == code)

    @cached_property
    def ladder_rises(self) -> bool:
        """Whether each rank's test includes the tests of all the ranks below it."""
        return all(_includes(self, higher, lower) for lower, higher in pairwise(self.ranks))

    def minor(self, amount: Fraction) -> int:
        """Return an amount of the plan's currency (whole units, as the document writes it) in minor units."""
        return int(amount * 10 ** money.EXPONENTS[self.currency])

    def value_of(self, currency: int) -> tuple[int, int]:
        """Return the fraction that turns minor units of a currency into minor units of the plan's currency.

        ``currency`` is an index into ``money.CURRENCIES``, or NONE for hundredths of a point. Raises NoRate if the plan
        does not say what the currency is worth.
        """
        if currency == NONE:
            value = self.plan.point_value * Fraction(10 ** money.EXPONENTS[self.currency], 100)
        else:
            code = money.CURRENCIES[currency]
            if code != self.currency and code not in self.exchange:
                raise NoRate(code, self)
            rate = Fraction(1) if code == self.currency else self.exchange[code]
            value = rate * Fraction(10 ** money.EXPONENTS[self.currency], 10 ** money.EXPONENTS[code])
        return value.numerator, value.denominator


class NoRate(ValueError):
    """The plan gives no exchange rate for a currency in which something was sold."""

    def __init__(self, currency: str, plan: Plan) -> None:
        known = ", ".join((plan.currency, *plan.exchange))
        super().__init__(f"plan {plan.plan.code} has no exchange rate for {currency}; it knows {known}")
        self.currency = currency


def parse(text: str) -> Plan:
    """Read a plan from its TOML document. Raises Refused with every problem that it has."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise Refused([Problem("the document", f"is not TOML ({error})", "a TOML document")]) from error
    return restore(raw)


def restore(data: dict[str, Any]) -> Plan:
    """Read a plan from plain data, such as ``document.write`` gives. Raises Refused with every problem that it has."""
    report = Report()
    values = read_values(Plan, data, "", report)
    _check(values, report)
    if report.problems:
        raise Refused(report.problems)
    return Plan(**values)


def _check(values: dict[str, Any], report: Report) -> None:
    """Report what no single value shows: names used twice, names that nothing has, contradictions."""
    heading, exchange, periods, ranks, bonuses = (values[name] for name in ("plan", "exchange", "periods", "ranks", "bonuses"))
    if heading and exchange and heading.currency in exchange:
        rate = str(exchange[heading.currency])
        report.wrong(f"exchange.{heading.currency}", rate, "no rate for the plan's own currency")
    for path, rows in (("ranks", ranks), ("bonuses", bonuses), ("gates", values.get("gates"))):
        _check_codes(path, [row.code for row in rows or ()], report)
    for code, period in (periods or {}).items():
        period.check(f"periods.{code}", report)
    if not ranks or not bonuses or not periods:
        return
    trees = {SPONSOR: "sponsor", **{code: tree.kind for code, tree in (values.get("trees") or {}).items()}}
    names = Names(
        ranks=tuple(rank.code for rank in ranks),
        periods=tuple(periods),
        trees=trees,
        volumes=("pv", "cv", *(values.get("volumes") or ())),
        amounts=("paid", "seller", *(values.get("amounts") or ())),
        bonuses={bonus.code: bonus.kind for bonus in bonuses},
        depths={code: tree.depth for code, tree in (values.get("trees") or {}).items() if isinstance(tree, MatrixTree)},
    )
    for code, tree in (values.get("trees") or {}).items():
        tree.check(f"trees.{code}", report)
    if len(trees) == len(values.get("trees") or {}):
        report.wrong(f"trees.{SPONSOR}", SPONSOR, "another name: the sponsor tree is always there")
    if values["ladder"]:
        names.require("ladder.period", values["ladder"].period, periods, "one of the plan's periods", report)
    ladder.check(values["ladder"], ranks, values["activity"], values.get("gates") or (), names, report)
    if heading:
        _check_money(heading.currency, {name: values.get(name) for name in ("bonuses", "caps", "ranks")}, report)
    if values.get("caps"):
        caps.check(values["caps"], names, report)
    if values["ladder"] and values["activity"]:
        _check_by_order(values, report)
    for place, bonus in enumerate(bonuses, 1):
        bonus.check(f"bonuses[{place}]", names, report)
    _check_circles(bonuses, report)
    _check_repooled(bonuses, report)
    if values["ladder"]:
        _check_periods(bonuses, values["ladder"].period, report)


def _check_by_order(values: dict[str, Any], report: Report) -> None:
    """Report what keeps a plan from paying each order by the ranks of its own moment, where that is what it says."""
    if values["ladder"].in_force is not InForce.CROSSING:
        return
    ladder.check_rises(values["ranks"], values["activity"], values.get("compression"), report)
    for place, bonus in enumerate(values["bonuses"], 1):
        if bonus.goes_by_order and bonus.line is not Unit.ORDER:
            report.wrong(f"bonuses[{place}].line", bonus.line, "order, as each has ranks of its own: ladder.in_force is crossing")


def _check_money(currency: str, parts: dict[str, Any], report: Report) -> None:
    """Report amounts with more decimals than the plan's currency has."""
    for path, value in amounts_in(parts):
        if (value * 10 ** money.EXPONENTS[currency]).denominator != 1:
            decimals = money.EXPONENTS[currency]
            report.wrong(path, Money().dump(value), f"an amount of {currency}, which has {decimals} decimals")


def _check_periods(bonuses: tuple[Bonus, ...], usual: str, report: Report) -> None:
    """Report bonuses that are computed from what others earn in periods of another type: there would be nothing."""
    period = {bonus.code: bonus.period or usual for bonus in bonuses}
    for place, bonus in enumerate(bonuses, 1):
        for code in bonus.earned_from:
            if code in period and period[code] != period[bonus.code]:
                expected = f"{period[code]}, the period type of {code}, from which it is computed"
                report.wrong(f"bonuses[{place}].period", period[bonus.code], expected)


def _check_repooled(bonuses: tuple[Bonus, ...], report: Report) -> None:
    """Report money that two bonuses would both divide."""
    taken: dict[str, str] = {}
    for place, bonus in enumerate(bonuses, 1):
        for number, code in enumerate(bonus.repools, 1):
            if taken.setdefault(code, bonus.code) != bonus.code:
                expected = f"a bonus whose unearned money {taken[code]} does not divide already"
                report.wrong(f"bonuses[{place}].unearned_of[{number}]", code, expected)


def _check_circles(bonuses: tuple[Bonus, ...], report: Report) -> None:
    """Report bonuses that are computed from each other in a circle."""
    known = {bonus.code for bonus in bonuses}
    try:
        TopologicalSorter({bonus.code: known & set(bonus.names) for bonus in bonuses}).prepare()
    except CycleError as error:
        circle = error.args[1]
        place = next(place for place, bonus in enumerate(bonuses, 1) if bonus.code == circle[0])
        report.wrong(f"bonuses[{place}]", " -> ".join(reversed(circle)), "bonuses that do not refer to each other in a circle")


def _check_codes(path: str, codes: list[str], report: Report) -> None:
    for place, code in enumerate(codes, 1):
        if code in codes[: place - 1]:
            report.wrong(f"{path}[{place}].code", code, "a code that none of the others has")


def _includes(plan: Plan, higher: Rank, lower: Rank) -> bool:
    """Whether whoever passes the test of ``higher`` surely passes that of ``lower``."""
    return (
        higher.pv >= lower.pv
        and higher.gv >= lower.gv
        and lower.leg_cap is None
        and not (higher.requires or lower.requires)
        and all(any(_covers(plan, own, legs) for own in higher.legs) for legs in lower.legs)
    )


def _covers(plan: Plan, own: Legs, legs: Legs) -> bool:
    """Whether legs that meet ``own`` surely meet ``legs``: as many of them, as high, at the head or as far down."""
    return (
        own.count >= legs.count
        and plan.rank_index(own.rank) >= plan.rank_index(legs.rank)
        and own.where in (legs.where, Where.FRONTLINE)
        and own.looks_through is legs.looks_through
    )
