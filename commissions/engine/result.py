"""What a calculation says: where everyone stands, who is paid what for which sale, and what nobody earned.

All amounts are minor units of the plan's currency; volumes are hundredths of a point.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine.snapshot import State


class Reason(IntEnum):
    """Why a line is as it is: PAID, or why nobody (or somebody further up) was paid. The closed set of reasons.

    GATED: a pay gate is shut. BLOCKED: somebody in between stops the bonus. ABOVE_CAP: a cap left nothing of it.
    SMALLER: of two bonuses the other was larger. NOT_DUE: the thing that would be paid for has not happened yet.
    FIXED: a line that carries an amount of an earlier period. NOT_QUALIFIED: something else that the bonus itself asks for
    is not there.
    """

    PAID = 0
    NOBODY_ABOVE = 1
    NOT_ACTIVE = 2
    RANK_TOO_LOW = 3
    SUSPENDED = 4
    TERMINATED = 5
    HOUSE = 6
    GATED = 7
    BLOCKED = 8
    ABOVE_CAP = 9
    SMALLER = 10
    NOT_DUE = 11
    FIXED = 12
    NOT_QUALIFIED = 13


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Measures and rank of every person of a snapshot; ``[k, person]`` where an array has two dimensions.

    ``payable`` says whose account is open, ``active`` who of them has the own volume that activity takes. ``rank`` is
    the paid-as rank, an index into ``plan.ranks`` or NO_RANK; ``best`` is the highest rank in the whole
    downline, the person included. ``legs`` counts, for each of ``plan.leg_tests``, the legs that meet it.
    ``counted_gv`` is the group volume that counts towards each of ``plan.capped_ranks`` (ranks with a leg cap).
    ``tested`` is the rank that the period's tests alone came to, whatever earlier periods and head office say.
    ``measured`` holds what each of ``plan.requirements`` measures, ``gated`` for each of ``plan.gates`` who is stopped.
    Figures of folded people of a slice are not theirs but what the slice carried.
    """

    pv: NDArray[np.int64]
    gv: NDArray[np.int64]
    payable: NDArray[np.bool_]
    active: NDArray[np.bool_]
    rank: NDArray[np.int8]
    tested: NDArray[np.int8]
    best: NDArray[np.int8]
    legs: NDArray[np.int32]
    counted_gv: NDArray[np.int64]
    measured: NDArray[np.int64]
    gated: NDArray[np.bool_]

    def take(self, people: NDArray[np.int64] | slice) -> "Standings":
        """Return the standings of some of the people."""
        return Standings(**{field.name: getattr(self, field.name)[..., people] for field in dataclasses.fields(self)})

    def copy(self) -> "Standings":
        """Return a copy to write into."""
        return Standings(**{field.name: getattr(self, field.name).copy() for field in dataclasses.fields(self)})

    def put(self, people: NDArray[np.int64], standings: "Standings") -> None:
        """Write the standings of some of the people in place."""
        for field in dataclasses.fields(self):
            getattr(self, field.name)[..., people] = getattr(standings, field.name)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Payment lines: each rounded once. A line that nobody earned has no payee and says why.

    ``bonus`` is an index into ``plan.bonuses``. ``payee`` is a person, NONE if unearned. ``source`` is the person whom
    the sale is credited to (NONE on a line that gathers a payee's whole period) and ``sale`` the index of the first
    entry of the order (NONE unless the bonus rounds by order). ``level`` counts from 1 as the bonus counts, 0 where it
    has no levels. ``base`` is hundredths of a point if ``currency`` is NONE, else minor units of that currency, which
    was converted at ``plan.exchange``. ``rate_ppm`` is 0 on a line that gathers several rates. ``quantity`` and ``of``
    are what a rate is multiplied with beside the base: cycles, rewards (of 1), or shares of all the shares.
    ``amount_minor`` is ``base * worth * rate * quantity / of`` in the plan's currency, rounded once: earned by the
    payee, or what nobody earned. ``cut_minor`` is what caps and choices took away of it afterwards, so that
    ``amount_minor - cut_minor`` is paid; ``person_cut_minor`` is the part of it that the person's own cap took.
    ``missed`` is the person passed over for this line's level, NONE if nobody was;
    ``reason`` says why that person was not paid, so a line with a payee can carry one where its money rolled up.
    """

    bonus: NDArray[np.int16]
    payee: NDArray[np.int32]
    source: NDArray[np.int32]
    sale: NDArray[np.int32]
    level: NDArray[np.int16]
    base: NDArray[np.int64]
    currency: NDArray[np.int16]
    rate_ppm: NDArray[np.int32]
    quantity: NDArray[np.int64]
    of: NDArray[np.int64]
    amount_minor: NDArray[np.int64]
    person_cut_minor: NDArray[np.int64]
    cut_minor: NDArray[np.int64]
    missed: NDArray[np.int32]
    reason: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.payee)

    @classmethod
    def join(cls, blocks: Sequence["Lines"]) -> "Lines":
        """Put blocks of lines together."""
        return cls.drained(list(blocks))

    @classmethod
    def drained(cls, blocks: list["Lines"]) -> "Lines":
        """Put blocks of lines together and empty the list: of tens of millions of lines there is no room for both.

        The parts of a column are let go of before the next one is joined; a column that says the same on every line is
        kept as one number (``np.broadcast_to``).
        """
        names = [field.name for field in dataclasses.fields(cls)]
        columns = {name: [getattr(block, name) for block in (_EMPTY, *blocks)] for name in names}
        blocks.clear()
        return cls(**{name: _together(columns.pop(name)) for name in names})

    def take(self, rows: NDArray[np.int64]) -> "Lines":
        """Return some of the lines."""
        return Lines(**{field.name: getattr(self, field.name)[rows] for field in dataclasses.fields(self)})


def _together(parts: list[NDArray[Any]]) -> NDArray[Any]:
    some = [part for part in parts if len(part)]
    if some and all((part == some[0][0]).all() for part in some):
        return np.broadcast_to(some[0][:1].copy(), sum(map(len, some)))
    return np.concatenate(parts)


_EMPTY = Lines(
    bonus=np.empty(0, dtype=np.int16),
    payee=np.empty(0, dtype=np.int32),
    source=np.empty(0, dtype=np.int32),
    sale=np.empty(0, dtype=np.int32),
    level=np.empty(0, dtype=np.int16),
    base=np.empty(0, dtype=np.int64),
    currency=np.empty(0, dtype=np.int16),
    rate_ppm=np.empty(0, dtype=np.int32),
    quantity=np.empty(0, dtype=np.int64),
    of=np.empty(0, dtype=np.int64),
    amount_minor=np.empty(0, dtype=np.int64),
    person_cut_minor=np.empty(0, dtype=np.int64),
    cut_minor=np.empty(0, dtype=np.int64),
    missed=np.empty(0, dtype=np.int32),
    reason=np.empty(0, dtype=np.int8),
)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The outcome of ``calculate``.

    ``totals`` is ``[bonus, person]``: what each person is paid by bonus, after all caps; ``before_caps`` is the same
    before any. ``unearned`` sums per bonus what nobody earned. ``lines`` is None if only the totals were asked for;
    they are in order of (bonus, level, source, sale). ``state`` is what the next period has to know.
    """

    standings: Standings
    totals: NDArray[np.int64]
    unearned: NDArray[np.int64]
    lines: Lines | None
    before_caps: NDArray[np.int64]
    state: State
