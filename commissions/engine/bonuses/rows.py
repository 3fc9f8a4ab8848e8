"""What goes by rank, or by whatever else a person has: rows that ask for something, of which the last that holds counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from commissions.engine.document import Either, ListOf, Selected, Table, TableOf, setting
from commissions.engine.kinds import Code, Money, Percent, Report, Whole
from commissions.engine.names import Names
from commissions.engine.requirements import REQUIREMENTS, Requirement
from commissions.engine.result import Standings

if TYPE_CHECKING:
    from commissions.engine.plan import Plan

MOST_LEVELS = 100
_MOST_ROWS = 100
_MOST_COUNT = 10**9


@dataclass(frozen=True, kw_only=True)
class Row:
    """For people for whom everything that it ``requires`` holds; for everybody where that is nothing."""

    requires: tuple[Requirement, ...] = setting(ListOf(Selected(REQUIREMENTS, by="measure"), least=0, most=20))


@dataclass(frozen=True, kw_only=True)
class LevelRow(Row):
    """``rates`` by level, level 1 first."""

    rates: tuple[int, ...] = setting(ListOf(Percent(), least=0, most=MOST_LEVELS))


@dataclass(frozen=True, kw_only=True)
class RateRow(Row):
    """One ``rate``."""

    rate: int = setting(Percent())


@dataclass(frozen=True, kw_only=True)
class AmountRow(Row):
    """One ``amount`` of money."""

    amount: Fraction = setting(Money())


@dataclass(frozen=True, kw_only=True)
class CountRow(Row):
    """One whole number."""

    count: int = setting(Whole(0, _MOST_COUNT))


@dataclass(frozen=True, kw_only=True)
class LevelRows:
    """Rates by level of the last row of ``table`` that holds."""

    by: ClassVar[str] = "requirement"
    table: tuple[LevelRow, ...] = setting(ListOf(Table(LevelRow), most=_MOST_ROWS))


@dataclass(frozen=True, kw_only=True)
class RateRows:
    """The rate of the last row of ``table`` that holds."""

    by: ClassVar[str] = "requirement"
    table: tuple[RateRow, ...] = setting(ListOf(Table(RateRow), most=_MOST_ROWS))


@dataclass(frozen=True, kw_only=True)
class AmountRows:
    """The amount of the last row of ``table`` that holds."""

    by: ClassVar[str] = "requirement"
    table: tuple[AmountRow, ...] = setting(ListOf(Table(AmountRow), most=_MOST_ROWS))


@dataclass(frozen=True, kw_only=True)
class CountRows:
    """The number of the last row of ``table`` that holds."""

    by: ClassVar[str] = "requirement"
    table: tuple[CountRow, ...] = setting(ListOf(Table(CountRow), most=_MOST_ROWS))


LevelRates = tuple[int, ...] | Mapping[str, tuple[int, ...]] | LevelRows
"""A rate for each level: one list for everybody, a list for each rank, or a list for each row."""

RankedRates = Mapping[str, int] | RateRows
"""A rate for each rank, or for each row."""

RankedAmounts = Mapping[str, Fraction] | AmountRows
"""An amount for each rank, or for each row."""

RankedCounts = Mapping[str, int] | CountRows
"""A whole number for each rank, or for each row."""

_LEVEL_ROWS: Final = MappingProxyType({LevelRows.by: LevelRows})
_RATE_ROWS: Final = MappingProxyType({RateRows.by: RateRows})
_AMOUNT_ROWS: Final = MappingProxyType({AmountRows.by: AmountRows})
_COUNT_ROWS: Final = MappingProxyType({CountRows.by: CountRows})
_BY_RANK: Final = TableOf(Code(), ListOf(Percent(), least=0, most=MOST_LEVELS))

LEVEL_RATES: Final = Either(ListOf(Percent(), most=MOST_LEVELS), _BY_RANK, Selected(_LEVEL_ROWS, by="by"))
RANKED_LEVEL_RATES: Final = Either(None, _BY_RANK, Selected(_LEVEL_ROWS, by="by"))
RANKED_RATES: Final = Either(None, TableOf(Code(), Percent()), Selected(_RATE_ROWS, by="by"))
RANKED_AMOUNTS: Final = Either(None, TableOf(Code(), Money()), Selected(_AMOUNT_ROWS, by="by"))
RANKED_COUNTS: Final = Either(None, TableOf(Code(), Whole(0, _MOST_COUNT)), Selected(_COUNT_ROWS, by="by"))


class Asks(Protocol):
    """A row, as far as anybody asks whether it holds."""

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """What has to hold."""


def row_of(plan: "Plan", standings: Standings, table: Sequence[Asks]) -> NDArray[np.int64]:
    """Find the last row of a table that holds for each person, from 0; -1 where none does."""
    found = np.full(len(standings.rank), -1, dtype=np.int64)
    for place, row in enumerate(table):
        holds = np.ones(len(found), dtype=np.bool_)
        for required in row.requires:
            holds &= standings.measured[plan.requirements.index(required)] >= required.need
        found[holds] = place
    return found


def lists_of(rates: LevelRates, plan: "Plan") -> list[tuple[int, ...]]:
    """Return the lists of rates by level that there are: for everybody, by rank or by row."""
    if isinstance(rates, LevelRows):
        return [row.rates for row in rates.table]
    return [rates[rank.code] for rank in plan.ranks] if isinstance(rates, Mapping) else [rates]


def list_of(rates: LevelRates, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
    """Say which of ``lists_of`` is each person's; -1 for who has none."""
    if isinstance(rates, LevelRows):
        return row_of(plan, standings, rates.table)
    if isinstance(rates, Mapping):
        return standings.rank.astype(np.int64)
    return np.zeros(len(standings.rank), dtype=np.int64)


def stated(rates: LevelRates) -> list[tuple[int, ...]]:
    """Return every list of rates by level that the document states."""
    if isinstance(rates, LevelRows):
        return [row.rates for row in rates.table]
    return list(rates.values()) if isinstance(rates, Mapping) else [rates]


def most_levels(rates: LevelRates) -> int:
    """How many levels there are rates for."""
    return max((len(each) for each in stated(rates)), default=0)


def highest(rates: LevelRates) -> list[int]:
    """Return the highest rate of each level."""
    return [max(each[level] for each in stated(rates) if level < len(each)) for level in range(most_levels(rates))]


def check_levels(path: str, rates: LevelRates, names: Names, report: Report) -> None:
    """Report ranks that are left out, and rates of which there are none."""
    if isinstance(rates, Mapping):
        names.require_each_rank(path, rates, "the rates of this rank by level, [] for none", report)
    if not most_levels(rates):
        report.wrong(path, "no rate at all", "at least one rate for one of the ranks or rows")


def check_ranked(path: str, stated: RankedRates | RankedAmounts, what: str, names: Names, report: Report) -> None:
    """Report ranks that a table by rank leaves out."""
    if isinstance(stated, Mapping):
        names.require_each_rank(path, stated, what, report)


def rates_in(rates: RankedRates) -> list[int]:
    """Return every rate that the document states."""
    return [row.rate for row in rates.table] if isinstance(rates, RateRows) else list(rates.values())


def rate_of(rates: RankedRates, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
    """Return each person's rate in parts per million, 0 for who has none."""
    if isinstance(rates, RateRows):
        by_row = np.array([*rates_in(rates), 0], dtype=np.int64)
        return np.asarray(by_row[row_of(plan, standings, rates.table)])
    by_rank = np.array([*(rates[rank.code] for rank in plan.ranks), 0], dtype=np.int64)
    return np.asarray(by_rank[standings.rank])


def amounts_of(amounts: RankedAmounts, plan: "Plan") -> NDArray[np.int64]:
    """Return the amount of each rank, or of each row, in minor units, and last 0 for who has none."""
    if isinstance(amounts, AmountRows):
        stated = [row.amount for row in amounts.table]
    else:
        stated = [amounts[rank.code] for rank in plan.ranks]
    return np.array([*map(plan.minor, stated), 0], dtype=np.int64)


def place_of(amounts: RankedAmounts, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
    """Say which of ``amounts_of`` is each person's: the rank's or the row's, -1 for who has none."""
    return row_of(plan, standings, amounts.table) if isinstance(amounts, AmountRows) else standings.rank.astype(np.int64)


def amount_of(amounts: RankedAmounts, plan: "Plan", standings: Standings) -> NDArray[np.int64]:
    """Return each person's amount in minor units, 0 for who has none."""
    return np.asarray(amounts_of(amounts, plan)[place_of(amounts, plan, standings)])


def row_figures(stated: object, plan: "Plan", standings: Standings, person: int) -> dict[str, int]:
    """Return which row is a person's, from 1, 0 for none; nothing where nothing goes by rows."""
    if not isinstance(stated, LevelRows | RateRows | AmountRows | CountRows):
        return {}
    return {"row_of_the_table": int(row_of(plan, standings, stated.table)[person]) + 1}
