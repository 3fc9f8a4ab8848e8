"""A compensation plan: one TOML document, read strictly into frozen dataclasses.

Every setting that companies decide differently is stated in the document; there are no defaults for it. A document is
refused with all its problems at once (``document.Refused``). docs/plans/document.md describes it key by key.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from commissions.engine import money
from commissions.engine.bonuses import BONUSES
from commissions.engine.bonuses.bonus import Bonus
from commissions.engine.document import ListOf, Refused, Selected, Table, TableOf, read_values, setting, write
from commissions.engine.kinds import (
    Code,
    Day,
    Kind,
    OneOf,
    Percent,
    Points,
    Problem,
    Ratio,
    Report,
    Text,
    Unfit,
    Whole,
    choice,
)
from commissions.engine.snapshot import NONE

_MOST_RANKS = 60


@dataclass(frozen=True, slots=True)
class TimeZone(Kind):
    """A time zone by its name."""

    meant = "the name of a time zone, such as America/New_York"

    def convert(self, raw: Any) -> str:
        try:
            return ZoneInfo(raw).key
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
            raise Unfit from error


_CURRENCY = OneOf(money.CURRENCIES, described="an ISO 4217 currency code, such as USD")


class Where(StrEnum):
    """Where in a leg the rank has to be: at anybody's in it, or at the frontline person's who heads it."""

    ANYWHERE = "anywhere"
    FRONTLINE = "frontline"


class PeriodKind(StrEnum):
    """How long a period is."""

    MONTH = "month"


class OwnVolume(StrEnum):
    """Whether a leg cap holds the own volume down too."""

    CAPPED = "capped"
    FREE = "free"


@dataclass(frozen=True, kw_only=True)
class Legs:
    """``count`` legs that hold ``rank``, or a higher one, somewhere or at their head."""

    rank: str = setting(Code())
    count: int = setting(Whole(1, 1000))
    where: Where = setting(choice(Where))


@dataclass(frozen=True, kw_only=True)
class LegCap:
    """No leg counts for more than ``share`` (parts per million) of the group volume that the rank requires."""

    share: int = setting(Percent())
    own_volume: OwnVolume = setting(choice(OwnVolume))


@dataclass(frozen=True, kw_only=True)
class Rank:
    """One rung of the ladder. All its requirements have to hold; the highest rank whose test holds is paid as."""

    code: str = setting(Code())
    name: str = setting(Text())
    pv: int = setting(Points())
    gv: int = setting(Points())
    legs: tuple[Legs, ...] = setting(ListOf(Table(Legs), least=0, most=10), default=())
    leg_cap: LegCap | None = setting(Table(LegCap), default=None)


@dataclass(frozen=True, kw_only=True)
class Heading:
    """Which plan this is. All its earnings are in ``currency``."""

    code: str = setting(Code())
    name: str = setting(Text())
    version: int = setting(Whole(1, 100_000))
    currency: str = setting(_CURRENCY)
    effective_from: date = setting(Day())


@dataclass(frozen=True, kw_only=True)
class Period:
    """How time is cut, and by which clock."""

    kind: PeriodKind = setting(choice(PeriodKind))
    time_zone: str = setting(TimeZone())


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Who is active: everybody with an open account and at least this own volume."""

    pv: int = setting(Points())


@dataclass(frozen=True, slots=True)
class LegTest:
    """A thing to count legs for: those that hold ``rank`` (an index) or a higher one."""

    rank: int
    where: Where


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole plan, checked. ``exchange`` says what one unit of a currency is worth in the plan's currency."""

    plan: Heading = setting(Table(Heading))
    period: Period = setting(Table(Period))
    exchange: dict[str, Fraction] = setting(TableOf(_CURRENCY, Ratio()))
    activity: Activity = setting(Table(Activity))
    ranks: tuple[Rank, ...] = setting(ListOf(Table(Rank), most=_MOST_RANKS))
    bonuses: tuple[Bonus, ...] = setting(ListOf(Selected(BONUSES), most=200))

    @property
    def currency(self) -> str:
        return self.plan.currency

    @cached_property
    def checksum(self) -> str:
        """Identify the plan by what it says: equal for documents that say the same in other words."""
        return hashlib.sha256(json.dumps(write(self), sort_keys=True).encode()).hexdigest()

    @cached_property
    def leg_tests(self) -> tuple[LegTest, ...]:
        """All that legs are counted for, each once, the lowest rank first."""
        tests = {self.leg_test(legs) for rank in self.ranks for legs in rank.legs}
        return tuple(sorted(tests, key=lambda test: (test.rank, test.where)))

    def leg_test(self, legs: Legs) -> LegTest:
        """Say what is counted for this requirement."""
        return LegTest(self.rank_index(legs.rank), legs.where)

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

    def value_of(self, currency: int) -> tuple[int, int]:
        """Return the fraction that turns minor units of a currency into minor units of the plan's currency.

        ``currency`` is an index into ``money.CURRENCIES``, or NONE for hundredths of a point: a point is worth one
        unit. Raises NoRate if the plan does not say what the currency is worth.
        """
        if currency == NONE:
            value = Fraction(10 ** money.EXPONENTS[self.currency], 100)
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
    heading, exchange, ranks, bonuses = (values[name] for name in ("plan", "exchange", "ranks", "bonuses"))
    if heading and exchange and heading.currency in exchange:
        rate = str(exchange[heading.currency])
        report.wrong(f"exchange.{heading.currency}", rate, "no rate for the plan's own currency")
    if ranks:
        _check_codes("ranks", [rank.code for rank in ranks], report)
        _check_ladder(ranks, report)
    if bonuses:
        _check_codes("bonuses", [bonus.code for bonus in bonuses], report)
    if ranks and bonuses:
        for place, bonus in enumerate(bonuses, 1):
            bonus.check(f"bonuses[{place}]", tuple(rank.code for rank in ranks), report)


def _check_ladder(ranks: tuple[Rank, ...], report: Report) -> None:
    """Report ranks whose test looks at the same rank or a higher one, and caps of nothing."""
    for place, rank in enumerate(ranks, 1):
        lower = [below.code for below in ranks[: place - 1]]
        for number, legs in enumerate(rank.legs, 1):
            if legs.rank not in lower:
                known = f"a rank below {rank.code}: {', '.join(lower)}" if lower else f"no legs, as {rank.code} is lowest"
                report.wrong(f"ranks[{place}].legs[{number}].rank", legs.rank, known)
        if rank.leg_cap is not None and rank.gv == 0:
            report.wrong(f"ranks[{place}].gv", 0, "a group volume above 0, of which leg_cap takes its share")


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
        and all(any(_covers(plan, own, legs) for own in higher.legs) for legs in lower.legs)
    )


def _covers(plan: Plan, own: Legs, legs: Legs) -> bool:
    """Whether legs that meet ``own`` surely meet ``legs``: as many of them, as high, at the head or as far down."""
    return (
        own.count >= legs.count
        and plan.rank_index(own.rank) >= plan.rank_index(legs.rank)
        and own.where in (legs.where, Where.FRONTLINE)
    )
