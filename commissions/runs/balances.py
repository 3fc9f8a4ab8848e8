"""What a run comes to for each person: earned, taken back, adjusted, brought forward; and from that, payable and carried.

Nobody owes more than is carried: a balance below nothing is carried forward and recovered from what comes, and the balance
of a payee who is held waits whole. So for everybody, and in sum: earned + taken back + adjusted + brought = payable + carried.
"""

from dataclasses import dataclass

import numpy as np

from commissions import snapshots
from commissions.engine.snapshot import NO_RANK, Index
from commissions.runs.rows import NOBODY

CARRIED = """
    SELECT distributor_id, carried_minor FROM commissions_runstanding
    WHERE run_id = %s AND carried_minor IS NOT NULL AND carried_minor <> 0 ORDER BY distributor_id
"""
COLUMNS = ("earned_minor", "clawback_minor", "adjustment_minor", "brought_minor", "payable_minor", "carried_minor")


@dataclass(frozen=True, eq=False)
class Brought:
    """Balances that the run before carried forward."""

    ids: np.ndarray
    amount_minor: np.ndarray

    def named(self):
        """Return the columns by name, for a checksum."""
        return {"brought.ids": self.ids, "brought.amount_minor": self.amount_minor}


def brought(follows_id):
    """Return what a run carried forward; nothing where there is none."""
    if follows_id is None:
        return Brought(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    return Brought(*snapshots.columns(CARRIED, ("distributor_id", "carried_minor"), [follows_id]))


@dataclass(frozen=True, eq=False)
class Balances:
    """One row a person: those of the snapshot in its order, then those who are in no tree any more and have a balance."""

    ids: np.ndarray
    index: Index
    earned_minor: np.ndarray
    clawback_minor: np.ndarray
    adjustment_minor: np.ndarray
    brought_minor: np.ndarray
    payable_minor: np.ndarray
    carried_minor: np.ndarray

    def total(self, name):
        """Add up one column."""
        return int(getattr(self, name).sum())


def balance(people, result, clawed, settled, before):
    """Settle everybody's balance."""
    payees = clawed.payee_id[clawed.payee_id != NOBODY]
    concerned = np.unique(np.concatenate([payees, settled.payee, before.ids]))
    ids = np.concatenate([people.id, concerned[~np.isin(concerned, people.id)]])
    index, count = Index(ids), len(ids)
    parts = {name: np.zeros(count, dtype=np.int64) for name in COLUMNS}
    parts["earned_minor"][: len(people)] = result.totals.sum(axis=0)
    for name, who, amount in (
        ("clawback_minor", payees, clawed.amount_minor[clawed.payee_id != NOBODY]),
        ("adjustment_minor", settled.payee, settled.amount_minor),
        ("brought_minor", before.ids, before.amount_minor),
    ):
        np.add.at(parts[name], index.of(who, "payee"), amount)
    whole = sum(parts[name] for name in COLUMNS[:4])
    waits = whole < 0
    waits[index.of(settled.held[np.isin(settled.held, ids)], "payee who is held")] = True
    parts["payable_minor"][:] = np.where(waits, 0, whole)
    parts["carried_minor"][:] = np.where(waits, whole, 0)
    return Balances(ids, index, **parts)


def standing_rows(balances, standings):
    """Return the columns of the standings of a run, who is in no tree any more included."""
    more = len(balances.ids) - len(standings.pv)

    def widened(values, blank, dtype):
        return np.concatenate([values.astype(dtype), np.full(more, blank, dtype=dtype)])

    return {
        "distributor_id": balances.ids,
        "pv": widened(standings.pv, 0, np.int64),
        "gv": widened(standings.gv, 0, np.int64),
        "is_active": widened(standings.active, False, np.bool_),
        "rank": widened(standings.rank, NO_RANK, np.int16),
        "best_rank": widened(standings.best, NO_RANK, np.int16),
        **{name: getattr(balances, name) for name in COLUMNS},
    }


def total_rows(balances, totals, clawed, places):
    """Return the columns of the totals by person and bonus that are not nothing; ``places`` numbers the codes of bonuses."""
    whole = np.zeros((len(places), len(balances.ids)), dtype=np.int64)
    whole[: len(totals), : totals.shape[1]] = totals
    paid = clawed.payee_id != NOBODY
    if paid.any():
        bonus = np.array([places[code] for code in clawed.bonus[paid].tolist()])
        np.add.at(whole, (bonus, balances.index.of(clawed.payee_id[paid], "payee")), clawed.amount_minor[paid])
    bonus, person = np.nonzero(whole)
    return {
        "distributor_id": balances.ids[person],
        "amount_minor": whole[bonus, person],
        "bonus": bonus.astype(np.int16),
    }
