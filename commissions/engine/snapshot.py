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

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from commissions.engine import money, tree
from commissions.engine.forest import NONE as NONE
from commissions.engine.forest import Forest as Forest
from commissions.engine.forest import Tree as Tree
from commissions.engine.state import NO_STATE as NO_STATE
from commissions.engine.state import State as State

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


SPONSOR = "sponsor"
"""The code of the tree that says who introduced whom; every plan has it."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The sponsor tree in preorder, with what is known of each person.

    ``parent`` is the index of the sponsor, NONE for a root. ``size`` counts the downline, the person included.
    ``joined_at`` is microseconds since 1970 in UTC. ``facts`` are the facts in force at the end of the period, one
    int64 array per kind, 0 where there is none; the fact ``kind`` is a BuyerKind, so that customers may stand in the
    tree too (0: a distributor). ``trees`` are the placement trees.
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

    def forest(self, code: str = SPONSOR) -> Forest:
        """Return a tree by its code. Raises Unsound for a tree that the snapshot does not have."""
        if code == SPONSOR:
            return Forest(self.parent, None, None, self.size)
        placed = self.placed(code)
        parent = np.full(len(self), NONE, dtype=np.int64)
        parent[placed.order] = np.append(placed.order, NONE)[placed.parent]
        leg = np.full(len(self), NONE, dtype=np.int64)
        leg[placed.order] = placed.leg
        return Forest(parent, leg, placed, self.size)

    def placed(self, code: str) -> Tree:
        """Return a placement tree by its code. Raises Unsound for a tree that the snapshot does not have."""
        if code not in self.trees:
            known = ", ".join((SPONSOR, *self.trees))
            raise Unsound(f"the snapshot has no tree {code}; it has {known}")
        return self.trees[code]

    def fact(self, name: str) -> NDArray[np.int64]:
        """Return a fact by person, 0 where there is none."""
        return self.facts[name] if name in self.facts else np.zeros(len(self), dtype=np.int64)

    def is_distributor(self) -> NDArray[np.bool_]:
        """Say who is a distributor, and not a customer who stands in the tree."""
        is_one: NDArray[np.bool_] = self.fact("kind") == BuyerKind.DISTRIBUTOR
        return is_one


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Volume entries of one period, sorted by (person, at, order, id).

    ``order`` is a number that the entries of one order share and entries of other orders do not (the smallest entry id
    of the same reference will do); a refund is an order of its own. ``at`` is the credited time in microseconds since
    1970 in UTC. ``pv`` and ``cv`` are hundredths of a point for the whole line, ``paid_minor`` (what the buyer paid)
    and ``seller_minor`` (what the seller would have paid for the same line) are minor units of ``currency``, an index
    into ``money.CURRENCIES``. A reversal carries opposite signs, its quantity included, and names the entry id that
    it ``reverses`` (0: none). ``more`` has the columns that only some plans ask for, as int64; see ``column`` for what a
    column is that is not there: ``buyer`` (a person's id for a distributor, else a customer's number: unique with
    ``buyer_kind``), ``product`` and ``market`` (places in ``Snapshot.words``), ``code`` (the id of the person whose code
    the sale carries), ``party`` (a place in ``Snapshot.parties``), ``first`` (1 on the first order a buyer ever placed),
    ``volume.<name>`` (hundredths of a point) and ``amount.<name>`` (minor units of ``currency``).
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
    more: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.id)

    def column(self, name: str) -> NDArray[np.int64]:
        """Return one of the columns ``more``; where it is not there, NONE for what is named and 0 for what is counted."""
        return self.more[name] if name in self.more else np.full(len(self), _ABSENT.get(name, 0), dtype=np.int64)

    def volume(self, name: str) -> NDArray[np.int64]:
        """Return a named volume, in hundredths of a point."""
        return self.pv if name == "pv" else self.cv if name == "cv" else self.column(f"volume.{name}")

    def amount(self, name: str) -> NDArray[np.int64]:
        """Return a named amount, in minor units of ``currency``."""
        return self.paid_minor if name == "paid" else self.seller_minor if name == "seller" else self.column(f"amount.{name}")

    def take(self, rows: NDArray[np.int64]) -> "Sales":
        """Return some of the sales."""
        return self.having(lambda values: values[rows])

    def having(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> "Sales":
        """Return sales with every column changed in the same way."""
        named = {each.name: change(getattr(self, each.name)) for each in dataclasses.fields(self) if each.name != "more"}
        return Sales(**named, more={name: change(values) for name, values in self.more.items()})

    def with_others(self, others: "Sequence[Sales]", put: Callable[[list[NDArray[Any]]], NDArray[Any]]) -> "Sales":
        """Put each column together with the same column of ``others``."""
        all_of = (self, *others)
        named = {
            each.name: put([getattr(one, each.name) for one in all_of])
            for each in dataclasses.fields(self)
            if each.name != "more"
        }
        names = sorted({name for one in all_of for name in one.more})
        return Sales(**named, more={name: put([one.column(name) for one in all_of]) for name in names})


_ABSENT = {"buyer": NONE, "product": NONE, "market": NONE, "code": NONE, "party": NONE}


@dataclass(frozen=True, slots=True, eq=False)
class Parties:
    """Parties whose closing fell into the period, in the order of ``id``.

    ``host`` is the person (a customer may stand in the tree) who invited, ``seller`` the distributor who held it;
    ``booked_from`` is the place of the party at which it was booked, NONE if at none. Times are microseconds since 1970
    in UTC, ``guests`` counts the guests who bought.
    """

    id: NDArray[np.int64]
    host: NDArray[np.int64]
    seller: NDArray[np.int64]
    held_at: NDArray[np.int64]
    closed_at: NDArray[np.int64]
    guests: NDArray[np.int64]
    booked_from: NDArray[np.int64]

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
    """People and sales of one period: the whole company, or a slice of it where ``outside`` says what is missing.

    ``start`` and ``end`` bound the period, half-open, in microseconds since 1970 in UTC (0 and 0 where nobody asks), and
    ``period`` is the code of its type (empty: the type in which ranks are tested). ``words`` are the names behind the
    numbers of the columns ``product`` and ``market``. ``state`` is what the period before left.
    """

    people: People
    sales: Sales
    outside: Outside | None = None
    state: State = NO_STATE
    start: int = 0
    end: int = 0
    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    parties: Parties | None = None
    period: str = ""


class Unsound(ValueError):
    """A snapshot, or rows for one, that is not what it says; the message names the first row that is wrong."""


def people(
    *, id: ArrayLike, sponsor_id: ArrayLike, status: ArrayLike | None = None, joined_at: ArrayLike | None = None
) -> People:
    """Put rows of people, in any order, into tree order; siblings stay as they come.

    ``sponsor_id`` is 0 for a root. Raises Unsound for an id that is there twice and for a sponsor who is not there,
    BrokenTree if sponsors run in a circle.
    """
    ids = np.asarray(id, dtype=np.int64)
    sponsor_ids = np.asarray(sponsor_id, dtype=np.int64)
    states = np.zeros(len(ids), dtype=np.int8) if status is None else np.asarray(status, dtype=np.int8)
    joined = np.zeros(len(ids), dtype=np.int64) if joined_at is None else np.asarray(joined_at, dtype=np.int64)
    parent = np.full(len(ids), NONE, dtype=np.int64)
    sponsored = np.flatnonzero(sponsor_ids)
    parent[sponsored] = Index(ids).of(sponsor_ids[sponsored], "sponsor")
    order = tree.preorder(parent)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    above = np.append(place, NONE)[parent[order]]
    return People(id=ids[order], parent=above, size=tree.sizes(above), status=states[order], joined_at=joined[order])


def with_trees(people: People, trees: Mapping[str, Tree]) -> People:
    """Return the same people with placement trees."""
    return dataclasses.replace(people, trees=trees)


def placed(index: "Index", *, id: ArrayLike, parent_id: ArrayLike, leg: ArrayLike | None = None) -> Tree:
    """Put rows of a placement tree, in any order, into its own preorder; ``parent_id`` is 0 for a root.

    Raises Unsound for people who are not there or are placed twice, and for a parent who is not placed; BrokenTree for
    a circle.
    """
    ids, parent_ids = np.asarray(id, dtype=np.int64), np.asarray(parent_id, dtype=np.int64)
    legs = np.full(len(ids), NONE, dtype=np.int64) if leg is None else np.asarray(leg, dtype=np.int64)
    parent = np.full(len(ids), NONE, dtype=np.int64)
    below = np.flatnonzero(parent_ids)
    parent[below] = Index(ids).of(parent_ids[below], "placement parent")
    order = tree.preorder(parent)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    above = np.append(place, NONE)[parent[order]]
    return Tree(order=index.of(ids[order], "person placed"), parent=above, size=tree.sizes(above), leg=legs[order])


def sales(
    index: "Index",
    *,
    id: ArrayLike,
    person_id: ArrayLike,
    at: ArrayLike,
    order: ArrayLike,
    buyer_kind: ArrayLike,
    quantity: ArrayLike,
    pv: ArrayLike,
    cv: ArrayLike,
    paid_minor: ArrayLike,
    seller_minor: ArrayLike,
    currency: ArrayLike,
    reverses: ArrayLike,
    more: Mapping[str, ArrayLike] = MappingProxyType({}),
) -> Sales:
    """Put rows of sales, in any order, into the order of ``Sales``. Raises Unsound for a person who is not there."""
    rows = Sales(
        id=np.asarray(id, dtype=np.int64),
        person=index.of(np.asarray(person_id, dtype=np.int64), "person credited"),
        at=np.asarray(at, dtype=np.int64),
        order=np.asarray(order, dtype=np.int64),
        buyer_kind=np.asarray(buyer_kind, dtype=np.int8),
        quantity=np.asarray(quantity, dtype=np.int64),
        pv=np.asarray(pv, dtype=np.int64),
        cv=np.asarray(cv, dtype=np.int64),
        paid_minor=np.asarray(paid_minor, dtype=np.int64),
        seller_minor=np.asarray(seller_minor, dtype=np.int64),
        currency=np.asarray(currency, dtype=np.int16),
        reverses=np.asarray(reverses, dtype=np.int64),
        more={name: np.asarray(values, dtype=np.int64) for name, values in more.items()},
    )
    return rows.take(np.lexsort((rows.id, rows.order, rows.at, rows.person)))


def no_sales() -> Sales:
    """Return sales of which there are none."""
    none = np.empty(0, dtype=np.int64)
    return Sales(
        id=none,
        person=none,
        at=none,
        order=none,
        buyer_kind=none.astype(np.int8),
        quantity=none,
        pv=none,
        cv=none,
        paid_minor=none,
        seller_minor=none,
        currency=none.astype(np.int16),
        reverses=none,
    )


class Index:
    """Finds people by their id."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        self._require_distinct()

    def with_newcomers(self, ids: NDArray[np.int64], places: NDArray[np.int64], moved: NDArray[np.int64]) -> "Index":
        """Return the index after newcomers took their places and everybody else moved to ``moved[place]``."""
        index = Index.__new__(Index)
        order = np.argsort(ids, kind="stable")
        at = np.searchsorted(self._sorted, ids[order])
        index._sorted = np.insert(self._sorted, at, ids[order])
        index._order = np.insert(moved[self._order], at, places[order])
        index._require_distinct()
        return index

    def _require_distinct(self) -> None:
        twice = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if twice.size:
            raise Unsound(f"person {int(self._sorted[twice[0]])} is there twice")

    def of(self, ids: NDArray[np.int64], role: str) -> NDArray[np.int64]:
        """Return the index of each id. Raises Unsound for an id that nobody has."""
        place = np.searchsorted(self._sorted, ids)
        known = self._sorted[np.minimum(place, len(self._sorted) - 1)] == ids if len(self._sorted) else ids != ids
        if not known.all():
            raise Unsound(f"{role} {int(ids[~known][0])} is not among the people")
        found: NDArray[np.int64] = self._order[place]
        return found


def require_sound(snapshot: Snapshot) -> None:
    """Raise BrokenTree or Unsound unless the arrays are what they say they are: the engine's door."""
    people, sales = snapshot.people, snapshot.sales
    for rows in (people, sales):
        lengths = {len(getattr(rows, each.name)) for each in dataclasses.fields(rows) if each.name not in _NAMED}
        if len(lengths) > 1:
            raise Unsound(f"the arrays of {type(rows).__name__} have lengths {sorted(lengths)}, expected one length")
    tree.require_preorder(people.parent, people.size)
    if len(sales) and not 0 <= int(sales.person.min()) <= int(sales.person.max()) < len(people):
        raise Unsound("a sale is credited to a person who is not in the snapshot")
    if len(sales) and not 0 <= int(sales.currency.min()) <= int(sales.currency.max()) < len(money.CURRENCIES):
        raise Unsound("a sale is in a currency that is not in the table")
    keys = (sales.person, sales.at, sales.order, sales.id)
    same = np.ones(max(len(sales) - 1, 0), dtype=np.bool_)
    for key in keys:
        wrong = np.flatnonzero(same & (key[1:] < key[:-1]))
        if wrong.size:
            raise Unsound(f"sale {int(sales.id[wrong[0] + 1])} is out of order: sales go by person, time, order and id")
        same &= key[1:] == key[:-1]
    if same.any():
        raise Unsound(f"sale {int(sales.id[1:][same][0])} is there twice")


_NAMED = frozenset({"facts", "trees", "more"})
