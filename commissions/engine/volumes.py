"""The measures of volume: own, by buyer, of groups, and what of it counts for whom.

Volumes are hundredths of a point, by person. Where a plan moves the volume of inactive people up, or lets
terminated accounts leave the tree, that is done here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money, tree
from commissions.engine.arrays import runs
from commissions.engine.buyers import Buyer, kinds
from commissions.engine.snapshot import NONE, SPONSOR, BuyerKind, Forest, People, Snapshot, Status

if TYPE_CHECKING:
    from commissions.engine.plan import Plan

_MOST_OF_A_SHARE = 1 << 59
"""Up to here ten times a volume fits 64 bits."""


def own_volume(snapshot: Snapshot) -> NDArray[np.int64]:
    """PV: the qualifying volume of all that is credited to a person, bought by customers or by the person.

    For a folded person of a slice it is the group volume that is folded, so that group volumes add up.
    """
    pv = sold(snapshot, "pv")
    return pv if snapshot.outside is None else pv + snapshot.outside.pv


def group_volume(snapshot: Snapshot, pv: NDArray[np.int64]) -> NDArray[np.int64]:
    """GV: the PV of the whole downline, the person included."""
    money.require_summable(pv, "GV")
    return tree.downline_sum(pv, snapshot.people.size)


def payable(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Who has an open account; folded people of a slice are not asked."""
    is_open: NDArray[np.bool_] = snapshot.people.status == Status.OPEN
    return is_open if snapshot.outside is None else is_open & ~snapshot.outside.folded


def sold(
    snapshot: Snapshot, volume: str, buyers: Sequence[Buyer] = (), counts: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Add up by person a named volume of what some ``buyers`` bought, of everybody where none are named.

    Customers' volume of a customer who stands in the tree is the distributor's above. ``counts`` says which sales count.
    """
    sales = snapshot.sales
    values = sales.volume(volume)
    money.require_summable(values, volume.upper())
    person = sales.person
    if buyers:
        fits = np.isin(sales.buyer_kind, kinds(buyers))
        counts = fits if counts is None else counts & fits
        person = _credited(snapshot.people)[person]
        counts &= person != NONE
    if counts is not None:
        person, values = person[counts], values[counts]
    total = np.zeros(len(snapshot.people), dtype=np.int64)
    np.add.at(total, person, values)
    return total


def summed(forest: Forest, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum a volume over each person and everyone below in a tree."""
    money.require_summable(own, "group volume")
    return forest.downline_sum(own)


def share_of(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which share of ``whole`` each ``part`` is, in whole parts per million; 0 of nothing.

    Digit by digit, as in long division: a product with a million would not fit 64 bits.
    """
    if len(whole) and int(np.abs(whole).max()) >= _MOST_OF_A_SHARE:
        raise money.AmountTooLarge("a volume is too large to take a share of")
    some = whole > 0
    divisor = np.where(some, whole, 1)
    rest = np.where(some, np.clip(part, 0, whole), 0)
    share = rest // divisor
    for _ in range(6):
        rest = rest % divisor * 10
        share = share * 10 + rest // divisor
    return share


def customers(snapshot: Snapshot, volume: str, buyers: Sequence[Buyer], each: int) -> NDArray[np.int64]:
    """Count by person the different customers of some kinds who bought at least ``each`` of a volume.

    Whoever bought nothing, all returns taken off, is no customer of the period; nor is a buyer whom nobody knows.
    """
    people, sales = snapshot.people, snapshot.sales
    seller = _credited(people)[sales.person]
    in_tree = seller != sales.person
    buyer = np.where(in_tree, people.id[sales.person], sales.column("buyer"))
    rows = np.flatnonzero(np.isin(sales.buyer_kind, kinds(buyers)) & (seller != NONE) & (buyer != NONE))
    keys = (buyer[rows], sales.buyer_kind[rows], seller[rows])
    order = np.lexsort(keys)
    rows = rows[order]
    first, _ = runs(*(key[order] for key in keys))
    values = sales.volume(volume)[rows]
    money.require_summable(values, volume.upper())
    bought = np.add.reduceat(values, first) if len(first) else np.empty(0, dtype=np.int64)
    found = seller[rows[first]][(bought >= each) & (bought > 0)]
    return np.bincount(found, minlength=len(people)).astype(np.int64)


def _credited(people: People) -> NDArray[np.int64]:
    """Say to which distributor sales of each person are credited: a customer's in the tree to the nearest above."""
    everybody = np.arange(len(people))
    if "kind" not in people.facts:
        return everybody
    distributor = people.fact("kind") == BuyerKind.DISTRIBUTOR
    return np.where(distributor, everybody, tree.next_upline(distributor, people.parent)[:-1])


def holders(plan: "Plan", people: People, active: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Say whose own volume each person's counts as, where the plan moves that of inactive people up; None where not.

    It is the nearest active person's above; with nobody above it stays.
    """
    if plan.compression is None or not plan.compression.moves_volume:
        return None
    everybody = np.arange(len(people))
    above = tree.next_upline(active, people.parent)[:-1]
    return np.where(active | (above == NONE), everybody, above)


def moved(own: NDArray[np.int64], holder: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return own volumes after each has gone to whom it counts for."""
    if holder is None:
        return own
    total = np.zeros_like(own)
    np.add.at(total, holder, own)
    return total


def counts_in(plan: "Plan", snapshot: Snapshot, code: str) -> NDArray[np.bool_] | None:
    """Say which sales count in a tree where people may wait in a holding tank; None where all do."""
    tank = None if code == SPONSOR else plan.trees[code].tank
    return None if tank is None else tank.counts(snapshot, code)


def counting_in(plan: "Plan", snapshot: Snapshot, code: str, volume: str) -> NDArray[np.int64]:
    """Add up by person what counts of a named volume in a placement tree."""
    return sold(snapshot, volume, counts=counts_in(plan, snapshot, code))


def leg_of_sponsor(people: People, code: str) -> NDArray[np.int64]:
    """Find who heads the leg of the own sponsor in which each person sits in a placement tree; NONE for who sits in none."""
    placed = people.placed(code)
    count = len(placed.order)
    place = np.full(len(people) + 1, NONE, dtype=np.int64)
    place[placed.order] = np.arange(count)
    mine, theirs = place[:-1], place[people.parent]
    inside = np.flatnonzero((mine != NONE) & (theirs != NONE))
    inside = inside[(mine[inside] > theirs[inside]) & (mine[inside] < theirs[inside] + placed.size[theirs[inside]])]
    children = np.flatnonzero(placed.parent != NONE)
    heads = np.sort(placed.parent[children] * count + children)
    at = heads[np.searchsorted(heads, theirs[inside] * count + mine[inside], side="right") - 1] % max(count, 1)
    found = np.full(len(people), NONE, dtype=np.int64)
    found[inside] = placed.order[at]
    return found


def settled(plan: "Plan", snapshot: Snapshot) -> Snapshot:
    """Return the snapshot as the plan sees its sponsor tree: terminated accounts out of it, where the plan says so.

    Their children hang below the nearest account above that has not left; they themselves stay behind as its childless
    frontline, so that what was sold before still counts in its volume. Placement trees stay as they are.
    """
    if plan.compression is None or not plan.compression.drops_terminated:
        return snapshot
    people = snapshot.people
    left = people.status == Status.TERMINATED
    if not left.any():
        return snapshot
    parent = tree.next_upline(~left, people.parent)[:-1]
    size = np.where(left, 1, people.size)
    return replace(snapshot, people=replace(people, parent=parent, size=size))
