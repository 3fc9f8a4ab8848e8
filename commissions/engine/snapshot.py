"""What a calculation sees: people in tree order and the sales of one period, as equal-length arrays.

**People** stand in the preorder of the sponsor tree (the order of ``lft``): a sponsor precedes everyone below, and
the downline of person ``i``, the person included, is the slice ``[i, i + size[i])``. Wherever the engine says *a
person* it means an index into these arrays, never a database id.

**Sales** are the volume entries of the period, sorted by (person, at, order, id). The person of a sale is the
distributor whom the entry is credited to.

**A slice** is a snapshot too: some people stand in it for their whole downline, folded into one row, and some sales
are left out. What is missing is carried as figures (``Outside``), so that the same functions give the same standings
and the same lines as on the whole. ``slices.py`` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""No person: the parent of a root, the payee of a line that nobody earned."""

NO_RANK = -1
"""The rank of a person for whom not even the lowest rank's test holds."""


class Status(IntEnum):
    """How a person stands with the company. Only an OPEN account is ever active, ranked or paid.

    HOUSE is the company's own account: it holds what nobody referred, and what would be its pay stays unearned.
    """

    OPEN = 0
    SUSPENDED = 1
    TERMINATED = 2
    HOUSE = 3


class BuyerKind(IntEnum):
    """Who bought. A distributor who buys is credited with the own purchase."""

    DISTRIBUTOR = 0
    PREFERRED = 1
    RETAIL = 2


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Another tree over the same people, in its own preorder.

    ``order`` lists people (indexes into ``People``) in this tree's preorder; ``parent`` and ``size`` are like those of
    ``People`` but count in ``order``; ``leg`` is the leg under the parent, NONE where the tree has no legs. A person
    who is not placed is not in ``order``.
    """

    order: NDArray[np.int64]
    parent: NDArray[np.int64]
    size: NDArray[np.int64]
    leg: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The sponsor tree in preorder, with what is known of each person.

    ``parent`` is the index of the sponsor, NONE for a root. ``size`` counts the downline, the person included.
    ``joined_at`` is microseconds since 1970 in UTC. ``facts`` are the facts in force at the end of the period, one
    int64 array per kind, 0 where there is none.
    """

    id: NDArray[np.int64]
    parent: NDArray[np.int64]
    size: NDArray[np.int64]
    status: NDArray[np.int8]
    joined_at: NDArray[np.int64]
    facts: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: MappingProxyType({}))
    trees: Mapping[str, Tree] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Volume entries of one period, sorted by (person, at, order, id).

    ``order`` is a number that the entries of one order share and entries of other orders do not (the smallest entry id
    of the same reference will do); a refund is an order of its own. ``at`` is the credited time in microseconds since
    1970 in UTC. ``pv`` and ``cv`` are hundredths of a point for the whole line, ``paid_minor`` (what the buyer paid)
    and ``seller_minor`` (what the seller would have paid for the same line) are minor units of ``currency``, an index
    into ``money.CURRENCIES``. A reversal carries opposite signs, its quantity included, and names the entry id that
    it ``reverses`` (0: none).
    """

    id: NDArray[np.int64]
    person: NDArray[np.int64]
    at: NDArray[np.int64]
    order: NDArray[np.int64]
    buyer_kind: NDArray[np.int8]
    quantity: NDArray[np.int64]
    pv: NDArray[np.int64]
    cv: NDArray[np.int64]
    paid_minor: NDArray[np.int64]
    seller_minor: NDArray[np.int64]
    currency: NDArray[np.int16]
    reverses: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What a slice leaves out, person by person.

    ``folded`` people stand for their whole downline: they have nobody below them in the slice, their ``pv`` here is
    the group volume of everyone folded, ``rank`` is their own paid-as rank and ``best`` the highest rank in the
    folded downline, theirs included. For everyone else ``pv`` is the own volume of the sales that the slice leaves
    out, and ``rank`` and ``best`` are NO_RANK.
    """

    folded: NDArray[np.bool_]
    pv: NDArray[np.int64]
    rank: NDArray[np.int8]
    best: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """People and sales of one period: the whole company, or a slice of it where ``outside`` says what is missing."""

    people: People
    sales: Sales
    outside: Outside | None = None
