"""Rates by level, and down to which level a person is paid: what every bonus that counts levels has in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import rows
from commissions.engine.bonuses.bonus import Unearned, Walk, roll_up
from commissions.engine.bonuses.rows import LEVEL_RATES, MOST_LEVELS, LevelRates, LevelRows, most_levels
from commissions.engine.document import ListOf, Table, TableOf, setting
from commissions.engine.kinds import Code, Report, Whole
from commissions.engine.names import Names
from commissions.engine.result import Reason, Standings
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation
    from commissions.engine.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Tier:
    """With ``legs`` active people directly sponsored, levels down to ``depth`` are open."""

    legs: int = setting(Whole(0, 10_000))
    depth: int = setting(Whole(0, MOST_LEVELS))


@dataclass(frozen=True, kw_only=True)
class Pack:
    """With at least ``least`` of the fact, levels down to ``depth`` are open."""

    least: int = setting(Whole(0, 10**9))
    depth: int = setting(Whole(0, MOST_LEVELS))


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a person holds, such as a product: a fact, and how deep its values reach."""

    fact: str = setting(Code())
    table: tuple[Pack, ...] = setting(ListOf(Table(Pack)))


@dataclass(frozen=True, kw_only=True)
class Levelled:
    """The settings of a bonus that counts levels (or generations).

    ``rates`` by level, for everybody, by rank or by what is required. ``depth`` by rank, ``tiers`` by active frontline
    legs and ``held`` by a fact say down to which level a person is paid: the least that any of those that are stated
    allows.
    """

    rates: LevelRates = setting(LEVEL_RATES)
    depth: dict[str, int] | None = setting(TableOf(Code(), Whole(0, MOST_LEVELS)), default=None)
    tiers: tuple[Tier, ...] = setting(ListOf(Table(Tier)), default=())
    held: Held | None = setting(Table(Held), default=None)

    def check_levels(self, path: str, names: Names, report: Report) -> None:
        """Report levels without rates, ranks that are left out, and steps that do not rise."""
        rows.check_levels(f"{path}.rates", self.rates, names, report)
        if self.depth is not None:
            names.require_each_rank(f"{path}.depth", self.depth, "the number of levels that this rank is paid", report)
        most = most_levels(self.rates)
        depths = [(f"depth.{rank}", levels) for rank, levels in (self.depth or {}).items()]
        depths += [(f"tiers[{place}].depth", tier.depth) for place, tier in enumerate(self.tiers, 1)]
        packs = self.held.table if self.held else ()
        depths += [(f"held.table[{place}].depth", pack.depth) for place, pack in enumerate(packs, 1)]
        for key, levels in depths:
            if levels > most:
                report.wrong(f"{path}.{key}", levels, f"at most {most}, the number of rates")
        _require_rising(f"{path}.tiers", "legs", [tier.legs for tier in self.tiers], report)
        _require_rising(f"{path}.held.table", "least", [pack.least for pack in packs], report)

    def ranked_levels(self, plan: "Plan", standings: Standings) -> NDArray[np.int16]:
        """Down to which level each person's rank is paid."""
        most = most_levels(self.rates)
        codes = [rank.code for rank in plan.ranks]
        by_rank = [most] * len(codes) if self.depth is None else [self.depth[code] for code in codes]
        if isinstance(self.rates, Mapping):
            by_rank = [min(depth, len(self.rates[code])) for depth, code in zip(by_rank, codes, strict=True)]
        unranked = most if self.depth is None and not isinstance(self.rates, Mapping) else 0
        levels: NDArray[np.int16] = np.array([*by_rank, unranked], dtype=np.int16)[standings.rank]
        return levels

    def unlocked_levels(self, calculation: "Calculation", levels: NDArray[np.int16]) -> NDArray[np.int16]:
        """Hold ``levels`` down to what active frontline, what a person holds and the rows of ``rates`` have unlocked."""
        people = calculation.people
        if isinstance(self.rates, LevelRows):
            lengths = np.array([*(len(row.rates) for row in self.rates.table), 0], dtype=np.int16)
            row = rows.row_of(calculation.plan, calculation.standings, self.rates.table)
            levels = np.minimum(levels, lengths[row])
        if self.tiers:
            legs = people.forest().count_children(calculation.standings.active)
            levels = np.minimum(levels, _reached(legs, [(tier.legs, tier.depth) for tier in self.tiers]))
        if self.held:
            value = people.fact(self.held.fact)
            levels = np.minimum(levels, _reached(value, [(pack.least, pack.depth) for pack in self.held.table]))
        return levels

    def most_of_levels(self) -> Fraction:
        """Add up the highest rate of each level."""
        return Fraction(sum(rows.highest(self.rates)), money.PPM)

    def deepest(self) -> int:
        """Say how many levels are open to whoever has the most of them."""
        limits = [most_levels(self.rates)]
        if self.depth is not None:
            rates = self.rates
            own = {code: len(rates[code]) for code in rates} if isinstance(rates, Mapping) else {}
            limits.append(max(min(depth, own.get(code, depth)) for code, depth in self.depth.items()))
        if self.tiers:
            limits.append(max(tier.depth for tier in self.tiers))
        if self.held:
            limits.append(max(pack.depth for pack in self.held.table))
        return min(limits)

    def rate_table(self, plan: "Plan") -> NDArray[np.int32]:
        """Return the rates as ``[level, list]``; the last two columns are for who has no list, and for nobody at all."""
        lists = rows.lists_of(self.rates, plan)
        table = np.zeros((most_levels(self.rates), len(lists) + 2), dtype=np.int32)
        for place, own in enumerate(lists):
            table[: len(own), place] = own
        table[:, -1] = table.max(axis=1)
        return table

    def has_rate(self, plan: "Plan") -> NDArray[np.bool_]:
        """Say which levels have a rate, in the shape of ``rate_table``; a rate of 0% is one."""
        lengths = [len(own) for own in rows.lists_of(self.rates, plan)]
        most = most_levels(self.rates)
        has: NDArray[np.bool_] = np.arange(most).reshape(-1, 1) < np.array([*lengths, 0, most])
        return has


def climb(
    calculation: "Calculation",
    bonus: Levelled,
    met: Iterable[NDArray[np.int64]],
    *,
    levels: NDArray[np.int16],
    ranked: NDArray[np.int16],
    reasons: NDArray[np.int8],
    parent: NDArray[np.int64],
    unearned: Unearned,
) -> Walk:
    """Give each level to whom it meets, ``[starter]`` for each level in turn, a person or NONE.

    A person is paid down to level ``levels``; beyond it the level is missed, for one of ``reasons`` (one entry more,
    for nobody), or because something else than the rank, which reaches down to ``ranked``, does not open it. The rate is
    that of the payee's rank or row. A level that is missed has the rate of who missed it; if that person has none, the
    rate of who gets it instead, and where nobody does, the highest that the level has.
    """
    plan, rank = calculation.plan, calculation.standings.rank
    table, has_rate = bonus.rate_table(plan), bonus.has_rate(plan)
    differ = not isinstance(bonus.rates, tuple)
    own = rows.list_of(bonus.rates, plan, calculation.standings)
    nobody = table.shape[1] - 1
    column = np.append(np.where(own < 0, nobody - 1, own), nobody)
    open_levels = np.append(levels, np.int16(0))
    by_rank_alone = np.where(reasons == Reason.RANK_TOO_LOW, np.append(ranked, np.int16(0)), np.int16(0))
    walk: Walk | None = None
    for place, at in enumerate(met):
        if walk is None:
            walk = room(table, len(at), differ=differ)
        paid = open_levels[at] > place
        missed = np.where(paid, NONE, at)
        payee = np.where(paid, at, NONE)
        if unearned is Unearned.ROLL_UP:
            payee = np.where(paid, at, roll_up(levels > place, parent, rank, missed))
        walk.payee[place], walk.missed[place] = payee, missed
        locked = np.where(by_rank_alone[at] > place, np.int8(Reason.NOT_QUALIFIED), reasons[at])
        walk.reason[place] = np.where(paid, np.int8(Reason.PAID), locked)
        if differ:
            walk.rate_ppm[place] = table[place][column[np.where(has_rate[place][column[at]], at, payee)]]
    assert walk is not None
    return walk


def room(table: NDArray[np.int32], starters: int, *, differ: bool) -> Walk:
    """Room for a walk of so many levels; its rates are those of the levels unless they ``differ`` by payee."""
    empty = Walk.empty(tuple(table[:, -1].tolist()), starters)
    if not differ:
        return empty
    rates = np.zeros((len(table), starters), dtype=np.int32)
    return Walk(empty.payee, empty.missed, empty.reason, rates, empty.level)


def _reached(value: NDArray[Any], steps: list[tuple[int, int]]) -> NDArray[np.int16]:
    """Return the depth of the greatest step that each value reaches, 0 below the first."""
    depths = np.array([0, *(depth for _, depth in steps)], dtype=np.int16)
    found: NDArray[np.int16] = depths[np.searchsorted([least for least, _ in steps], value, side="right")]
    return found


def _require_rising(path: str, name: str, values: list[int], report: Report) -> None:
    for place, (lower, higher) in enumerate(pairwise(values), 2):
        if higher <= lower:
            report.wrong(f"{path}[{place}].{name}", higher, "more than the step before")
