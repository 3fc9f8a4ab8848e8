"""A company from its files: people, orders, parties and state together as one snapshot of one period."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from commissions.engine import periods
from commissions.engine.periods import Span
from commissions.engine.plan import Plan
from commissions.engine.snapshot import NO_STATE, People, Snapshot, State
from commissions.files.columns import BadFile, Source
from commissions.files.orders import Ends, read_orders, read_parties
from commissions.files.people import read_people
from commissions.files.state import read_state
from commissions.files.values import Names

_RANKS = ("rank.paid_as", "rank.title", "rank.held")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Company:
    """A company of one period, with the names of its people and orders."""

    snapshot: Snapshot
    names: Names
    span: Span
    order_of_entry: NDArray[np.int64]
    outside: int

    def order_name(self, entry: int) -> str:
        """Return the name of the order that an entry (by its id) belongs to."""
        return self.names.name(int(self.order_of_entry[entry - 1]))


def sources_in(folder: Path) -> dict[str, Source]:
    """Return the files of a folder by what they hold. Raises BadFile if people.csv or orders.csv is not there."""
    found = {name: folder / f"{name}.csv" for name in ("people", "orders", "parties", "state")}
    for name in ("people", "orders"):
        if not found[name].is_file():
            raise BadFile(f"{found[name].name} is not in {folder}")
    return {name: Source.file(path) for name, path in found.items() if path.is_file()}


def read_company(plan: Plan, sources: dict[str, Source], period: str) -> Company:
    """Read a company as of one period: its name, or ``<period type>:<name>`` where it is not the ladder's type.

    Raises BadFile, and NoSuchPeriod for a period that the plan does not have.
    """
    code, span = period_of(plan, period)
    zone = ZoneInfo(plan.periods[code].time_zone)
    names = Names()
    people, columns = read_people(sources["people"], plan, names, zone)
    parties = read_parties(sources["parties"], people, names, zone) if "parties" in sources else None
    ends = Ends(_micros(span.start), _micros(span.end))
    orders = read_orders(sources["orders"], plan, people, names, zone, ends, parties)
    state = read_state(sources["state"], people, names) if "state" in sources else NO_STATE
    twice = sorted(set(columns) & set(state.people))
    if twice:
        raise BadFile(f"state.csv has {twice[0]}, which is a column of people.csv too; expected it in one of them")
    if columns:
        state = dataclasses.replace(state, people={**state.people, **columns})
    _refuse_beyond_ladder(plan, people, state, names)
    snapshot = Snapshot(
        people=people,
        sales=orders.sales,
        state=state,
        start=ends.start,
        end=ends.end,
        words={"product": orders.products, "market": orders.markets},
        parties=parties,
        period=code,
    )
    return Company(snapshot, names, span, orders.order_of_row, orders.outside)


def _refuse_beyond_ladder(plan: Plan, people: People, state: State, names: Names) -> None:
    """Refuse ranks of the past that the ladder does not have."""
    for name, column in state.people.items():
        if name in _RANKS or name.startswith("rank.ago."):
            wrong = np.flatnonzero((column < 0) | (column > len(plan.ranks)))
            if wrong.size:
                place = int(wrong[0])
                raise BadFile(
                    f"{name} of {names.name(int(people.id[place]))} is {column[place]}; expected the place of a rank, "
                    f"from 0 for none to {len(plan.ranks)} for {plan.ranks[-1].code}"
                )


def period_of(plan: Plan, period: str) -> tuple[str, Span]:
    """Return a period's type and bounds by what it is called."""
    code, colon, name = period.partition(":")
    if not colon:
        code, name = plan.ladder.period, period
    if code not in plan.periods:
        raise periods.NoSuchPeriod(f"the plan has no period type {code}; it has {', '.join(plan.periods)}")
    return code, periods.named(plan.periods[code], name)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
