"""Boards: small matrices that pay their head when they are full, and split.

docs/plans/board.md states the rule with a worked example. Who stands on which board depends on every entry before, so this
is the one kind that walks from entry to entry.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses import lines
from commissions.engine.bonuses.bonus import Bonus, Unit
from commissions.engine.bonuses.dues import groups, settle
from commissions.engine.bonuses.sources import SalesFilter
from commissions.engine.document import Table, setting
from commissions.engine.kinds import Money, OneOf, Report, Switch, Whole, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE, Index

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Goes(StrEnum):
    """On which board somebody takes the next vacancy: the sponsor's, the oldest, the newest, or none at all."""

    SPONSOR = "sponsor"
    OLDEST = "oldest"
    NEWEST = "newest"
    NONE = "none"


class Positions(StrEnum):
    """What makes a position: an order, or each unit of it."""

    ORDER = "order"
    UNIT = "unit"


@dataclass(frozen=True, kw_only=True)
class Board(Bonus):
    """Boards of ``depth`` rows of ``width`` under each place; ``amount`` for the head of a board that is full."""

    kind: ClassVar[str] = "board"
    units: ClassVar[tuple[Unit, ...]] = (Unit.SOURCE, Unit.PAYEE)
    line: Unit = setting(OneOf((Unit.SOURCE, Unit.PAYEE), Unit))
    width: int = setting(Whole(2, 10))
    depth: int = setting(Whole(1, 5))
    amount: Fraction = setting(Money())
    positions: Positions = setting(choice(Positions))
    entry: Goes = setting(OneOf((Goes.SPONSOR, Goes.OLDEST, Goes.NEWEST), Goes))
    re_entry: Goes = setting(choice(Goes))
    active_only: bool = setting(Switch())
    cycles_per_period: int | None = setting(Whole(1, 10**6), default=None)
    cycles_per_cascade: int | None = setting(Whole(1, 10**6), default=None)
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)

    @property
    def names(self) -> tuple[str, ...]:
        return () if self.sales is None else self.sales.without_bonuses

    @property
    def state(self) -> str:
        """The table of all boards: board, place on it (0 the head, then row by row), person."""
        return f"{self.code}.boards"

    @property
    def number_state(self) -> str:
        """The number of the last board that was opened."""
        return f"{self.code}.last_board"

    @property
    def places(self) -> int:
        """How many people a board holds."""
        return sum(self.width**row for row in range(self.depth + 1))

    @property
    def pays_for_recruiting(self) -> bool:
        return self.sales is None or not self.sales.products

    def check(self, path: str, names: Names, report: Report) -> None:
        super().check(path, names, report)
        if self.sales is not None:
            self.sales.check(f"{path}.sales", report)

    def pay(self, calculation: "Calculation", index: int) -> Iterator[Lines]:
        plan = calculation.plan
        hall = self._hall(calculation)
        for person in self._entrants(calculation):
            hall.enter(person)
        self._leave(calculation, hall)
        head, by = (np.array([each[place] for each in hall.cycles], dtype=np.int64) for place in (0, 1))
        may = calculation.open_to(index)
        due = settle(
            calculation, index, head, may & calculation.standings.active if self.active_only else may, calculation.people.parent
        )
        capped = self._above_cap(head)
        payee = np.where(capped, NONE, due.payee)
        missed = np.where(capped, head, due.missed)
        reason = np.where(capped, np.int8(Reason.ABOVE_CAP), due.reason)
        keys = (payee, missed, reason.astype(np.int64), by if self.line is Unit.SOURCE else np.zeros_like(by))
        first, group = groups(keys)
        yield lines.block(
            plan,
            index,
            payee=payee[first],
            base=np.full(len(first), plan.minor(self.amount), dtype=np.int64),
            currency=money.INDEX[plan.currency],
            quantity=np.bincount(group, minlength=len(first)),
            source=by[first] if self.line is Unit.SOURCE else NONE,
            missed=missed[first],
            reason=reason[first],
        )

    def _above_cap(self, head: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which cycles are beyond what one person is paid in a period."""
        seen: Counter[int] = Counter()
        above = np.zeros(len(head), dtype=np.bool_)
        for place, person in enumerate(head.tolist()):
            seen[person] += 1
            above[place] = self.cycles_per_period is not None and seen[person] > self.cycles_per_period
        return above

    def _entrants(self, calculation: "Calculation") -> list[int]:
        """List who takes positions, in order of time; what is taken back in the same period takes none."""
        sales = calculation.sales
        counts = np.ones(len(sales), dtype=np.bool_) if self.sales is None else self.sales.fits(calculation)
        left = dict(zip(sales.id.tolist(), sales.quantity.tolist(), strict=True))
        for reversed_id, quantity in zip(sales.reverses.tolist(), sales.quantity.tolist(), strict=True):
            if reversed_id in left:
                left[reversed_id] += quantity
        rows = np.flatnonzero(counts)
        rows = rows[np.lexsort((sales.id[rows], sales.order[rows], sales.at[rows]))]
        units: dict[tuple[int, int], int] = {}
        for key in zip(sales.person[rows].tolist(), sales.order[rows].tolist(), sales.id[rows].tolist(), strict=True):
            units[key[:2]] = units.get(key[:2], 0) + max(left[key[2]], 0)
        entrants: list[int] = []
        for (person, _), count in units.items():
            entrants += [person] * (min(count, 1) if self.positions is Positions.ORDER else count)
        return entrants

    def _hall(self, calculation: "Calculation") -> "_Hall":
        """Return the boards as the period before left them."""
        hall = _Hall(self, calculation.people.parent.tolist(), calculation.snapshot.state.company.get(self.number_state, 0))
        kept = calculation.snapshot.state.tables.get(self.state)
        if kept is not None and len(kept):
            kept = kept[np.lexsort((kept[:, 1], kept[:, 0]))]
            people = Index(calculation.people.id).of(kept[:, 2], "person on a board")
            for number, person in zip(kept[:, 0].tolist(), people.tolist(), strict=True):
                hall.boards.setdefault(number, []).append(person)
                hall.stands.setdefault(person, set()).add(number)
            hall.waiting.extend(number for number, people in hall.boards.items() if len(people) == self.places)
        return hall

    def _leave(self, calculation: "Calculation", hall: "_Hall") -> None:
        """Leave the boards for the next period."""
        id = calculation.people.id
        rows = [(number, slot, id[person]) for number, people in hall.boards.items() for slot, person in enumerate(people)]
        calculation.leaves_tables[self.state] = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
        calculation.leaves_company[self.number_state] = hall.last


@dataclass(slots=True)
class _Hall:
    """All boards as they stand, by number; places on a board are filled row by row.

    ``stands`` are the boards of each person, ``waiting`` those that are full and have still to split, ``cycles`` who
    was head of a board that did, and whose entry made it.
    """

    rules: Board
    sponsor: list[int]
    last: int
    boards: dict[int, list[int]] = field(default_factory=dict)
    stands: dict[int, set[int]] = field(default_factory=dict)
    waiting: deque[int] = field(default_factory=deque)
    cycles: list[tuple[int, int]] = field(default_factory=list)

    def enter(self, person: int) -> None:
        """Give a new position to somebody, and split what is full, as far as one entry goes."""
        self._take_place(person, self.rules.entry)
        most = self.rules.cycles_per_cascade
        done = 0
        while self.waiting and (most is None or done < most):
            head = self._split(self.waiting.popleft())
            self.cycles.append((head, person))
            done += 1
            if self.rules.re_entry is not Goes.NONE:
                self._take_place(head, self.rules.re_entry)

    def _take_place(self, person: int, goes: Goes) -> None:
        number = self._find(person, goes)
        if number == NONE:
            number = self._open([])
        board = self.boards[number]
        board.append(person)
        self.stands.setdefault(person, set()).add(number)
        if len(board) == self.rules.places:
            self.waiting.append(number)

    def _find(self, person: int, goes: Goes) -> int:
        """Find the board for a new position: where nobody above has one with room, it is the oldest."""
        if goes is Goes.NEWEST:
            return next((number for number in reversed(self.boards) if self._has_room(number)), NONE)
        if goes is Goes.SPONSOR:
            above = self.sponsor[person]
            while above != NONE:
                room = [number for number in self.stands.get(above, ()) if self._has_room(number)]
                if room:
                    return max(room)
                above = self.sponsor[above]
        return next((number for number in self.boards if self._has_room(number)), NONE)

    def _has_room(self, number: int) -> bool:
        return len(self.boards[number]) < self.rules.places

    def _open(self, people: list[int]) -> int:
        self.last += 1
        self.boards[self.last] = people
        for person in people:
            self.stands.setdefault(person, set()).add(self.last)
        return self.last

    def _split(self, number: int) -> int:
        """Make a board of each place under the head, and return the head."""
        board = self.boards.pop(number)
        for person in board:
            self.stands[person].discard(number)
        width = self.rules.width
        for child in range(1, width + 1):
            places, row = [child], [child]
            for _ in range(self.rules.depth - 1):
                row = [place * width + step for place in row for step in range(1, width + 1)]
                places += row
            self._open([board[place] for place in places])
        return board[0]
