"""Party rewards: what the host of a party gets for what its guests bought.

docs/plans/party.md states the rule with a worked example.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.dues import groups, settle, sums
from commissions.engine.bonuses.host_rewards import HOST_REWARDS, Booking, HostReward
from commissions.engine.bonuses.sources import SalesFilter
from commissions.engine.bonuses.windows import day_numbers
from commissions.engine.document import Selected, Table, setting
from commissions.engine.kinds import Code, OneOf, Report, Switch, Whole
from commissions.engine.money import Rounding
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE, Parties

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


@dataclass(frozen=True, kw_only=True)
class Party(Bonus):
    """``reward`` for the sum of ``amount`` that was sold at a party, once it closes.

    ``guests`` is how many have to have bought, ``closes_within`` how many days after it was held it has to close at the
    latest; ``host_orders`` says whether what the host bought counts.
    """

    kind: ClassVar[str] = "party"
    units: ClassVar[tuple[Unit, ...]] = (Unit.SOURCE,)
    line: Unit = setting(OneOf((Unit.SOURCE,), Unit))
    amount: str = setting(Code())
    host_orders: bool = setting(Switch())
    reward: HostReward = setting(Selected(HOST_REWARDS))
    guests: int = setting(Whole(0, 1000), default=0)
    closes_within: int | None = setting(Whole(0, 3660), default=None)
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.sales is None else self.sales.without_bonuses

    @property
    def open_state(self) -> str:
        """The table of what was sold so far at parties that are not closed yet: party, currency, minor units."""
        return f"{self.code}.open"

    @property
    def items_state(self) -> str:
        """The name under which everybody's items so far are kept."""
        return f"{self.code}.items"

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        names.require(f"{path}.amount", self.amount, names.amounts, "one of the plan's amounts", report)
        self.reward.check(f"{path}.reward", report)
        if self.sales is not None:
            self.sales.check(f"{path}.sales", report)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan, parties = calculation.plan, calculation.snapshot.parties
        if parties is None or not len(parties):
            return
        party, currency, minor = self._sold(calculation, parties)
        closing = self._closing(calculation, parties)
        self._leave_open(calculation, parties, party, currency, minor)
        subtotal = self._in_plan_currency(calculation, party, currency, minor, len(parties))
        closed = np.where(closing, subtotal, 0)
        given = self.reward.given(plan, closed)
        holds = self._holds(calculation, parties)
        host = np.append(parties.host, NONE)[parties.booked_from] if self.reward.for_booking else parties.host
        due = settle(calculation, index, host, calculation.open_to(index), calculation.people.parent)
        payee = np.where(holds, due.payee, NONE)
        missed = np.where(holds, due.missed, host)
        reason = np.where(holds, due.reason, np.int8(Reason.NOT_DUE))
        credit = np.flatnonzero((given.rate_ppm[party] > 0) & (host[party] != NONE))
        money_of = np.flatnonzero((given.amount_minor > 0) & (host != NONE))
        items_of = np.flatnonzero((given.items > 0) & (host != NONE))
        in_plan = money.INDEX[plan.currency]
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], ArrayLike, ArrayLike, ArrayLike, ArrayLike]] = [
            (party[credit], minor[credit], currency[credit], given.rate_ppm[party[credit]], 1, given.tier[party[credit]]),
            (money_of, given.amount_minor[money_of], in_plan, money.PPM, 1, given.tier[money_of]),
            (items_of, np.zeros(len(items_of), dtype=np.int64), in_plan, money.PPM, given.items[items_of], given.tier[items_of]),
        ]
        for tier, (inside, rate) in enumerate(self.reward.parts(plan, closed), 1):
            within = np.flatnonzero((inside > 0) & (host != NONE)) if rate else np.empty(0, dtype=np.int64)
            found.append((within, inside[within], in_plan, rate, 1, tier))
        for rows, base, currencies, rate_ppm, quantity, level in found:
            yield lines.block(
                plan,
                index,
                payee=payee[rows],
                base=base,
                currency=currencies,
                rate_ppm=rate_ppm,
                quantity=quantity,
                source=parties.seller[rows],
                level=level,
                missed=missed[rows],
                reason=reason[rows],
            )
        if len(items_of):
            got = items_of[payee[items_of] != NONE]
            items = sums(given.items[got], payee[got], len(calculation.people))
            calculation.leave(self.items_state, calculation.state(self.items_state) + items)

    def _sold(
        self, calculation: "Calculation", parties: Parties
    ) -> tuple[NDArray[np.int64], NDArray[np.int16], NDArray[np.int64]]:
        """Add up what was sold by party and currency, in this period and in those before."""
        sales, people = calculation.sales, calculation.people
        party = sales.column("party")
        counts = party != NONE
        if self.sales is not None:
            counts &= self.sales.fits(calculation)
        if not self.host_orders:
            host = parties.host[party]
            own = (sales.column("buyer") == people.id[host]) & (sales.buyer_kind == people.fact("kind")[host])
            counts &= ~own
        entries = np.flatnonzero(counts)
        before, _ = self._before(calculation, parties)
        place = np.concatenate((party[entries], np.searchsorted(parties.id, before[:, 0])))
        known = np.array([money.INDEX[_word(number)] for number in before[:, 1].tolist()], dtype=np.int64)
        currency = np.concatenate((sales.currency[entries].astype(np.int64), known))
        first, group = groups((place, currency))
        minor = sums(np.concatenate((sales.amount(self.amount)[entries], before[:, 2])), group, len(first))
        return place[first], currency[first].astype(np.int16), minor

    def _before(self, calculation: "Calculation", parties: Parties) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Part what was left of earlier periods into rows of the parties that are here, and others."""
        rows = calculation.snapshot.state.tables.get(self.open_state, np.empty((0, 3), dtype=np.int64))
        here = np.isin(rows[:, 0], parties.id)
        return rows[here], rows[~here]

    def _closing(self, calculation: "Calculation", parties: Parties) -> NDArray[np.bool_]:
        """Say which parties close in this period."""
        start, end = calculation.snapshot.start, calculation.snapshot.end
        if start == end:
            return parties.closed_at > 0
        closing: NDArray[np.bool_] = (start <= parties.closed_at) & (parties.closed_at < end)
        return closing

    def _leave_open(
        self,
        calculation: "Calculation",
        parties: Parties,
        party: NDArray[np.int64],
        currency: NDArray[np.int16],
        minor: NDArray[np.int64],
    ) -> None:
        """Leave what was sold at parties that will close later."""
        later = (parties.closed_at <= 0) | (parties.closed_at >= calculation.snapshot.end)
        rows = np.flatnonzero((later & ~self._closing(calculation, parties))[party])
        words = np.array([_number(money.CURRENCIES[each]) for each in currency[rows].tolist()], dtype=np.int64)
        _, others = self._before(calculation, parties)
        open_rows = np.stack((parties.id[party[rows]], words, minor[rows]), axis=1)
        calculation.leaves_tables[self.open_state] = np.concatenate((others, open_rows))

    def _in_plan_currency(
        self,
        calculation: "Calculation",
        party: NDArray[np.int64],
        currency: NDArray[np.int16],
        minor: NDArray[np.int64],
        count: int,
    ) -> NDArray[np.int64]:
        """Add up each party's subtotal over its currencies, whole minor units of the plan's currency."""
        worths = {code: calculation.plan.value_of(code) for code in np.unique(currency).tolist()}
        den = math.lcm(*(den for _, den in worths.values()))
        parts = []
        for code, (num, own) in worths.items():
            rows = currency == code
            parts.append((minor[rows], party[rows], num * (den // own)))
        return money.share_of_sums(parts, den, count, Rounding.TRUNCATE)

    def _holds(self, calculation: "Calculation", parties: Parties) -> NDArray[np.bool_]:
        """Say which parties fulfil everything beside their subtotal."""
        zone = ZoneInfo(calculation.plan.periods[calculation.period].time_zone)
        held = day_numbers(parties.held_at, zone)
        holds = parties.guests >= self.guests
        if self.closes_within is not None:
            closed_at = np.where(parties.closed_at > 0, parties.closed_at, parties.held_at)
            holds &= day_numbers(closed_at, zone) - held <= self.closes_within
        if isinstance(self.reward, Booking) and self.reward.within_days is not None:
            holds &= held - np.append(held, 0)[parties.booked_from] <= self.reward.within_days
        return holds


def _number(word: str) -> int:
    """Write a currency code as a number that stays what it is, whatever becomes of the table of currencies."""
    return int.from_bytes(word.encode(), "big")


def _word(number: int) -> str:
    return number.to_bytes(3, "big").decode()
