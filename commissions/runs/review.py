"""What head office looks at before it approves: worked out with the run and stored with it, so that the page is quick.

Largest changes against the period before, ranks that rose, people with volume and no pay, and what nobody earned and why.
"""

from dataclasses import dataclass

import numpy as np

from commissions import plan_versions, snapshots
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE, Status

SHOWN = 25
"""How many people of a kind are kept: those whom it concerns most."""


@dataclass(frozen=True, eq=False)
class Before:
    """Where people stood in the run before, in the order of this run's people; nothing where there was none."""

    earned: np.ndarray
    rank: np.ndarray


EARNED = """
    SELECT distributor_id, rank, coalesce(earned_minor, 0) + coalesce(clawback_minor, 0) AS earned
    FROM commissions_runstanding WHERE run_id = %s
"""


def before(run, index, people, plan):
    """Return where people stood in the run that this one follows; ranks are those of this plan. None for the first run."""
    if run.follows_id is None:
        return None
    ids, rank, earned = snapshots.columns(EARNED, ("distributor_id", "rank", "earned"), [run.follows_id])
    there = np.isin(ids, people.id)
    place = index.of(ids[there], "person of the run before")
    found = Before(np.zeros(len(people), dtype=np.int64), np.full(len(people), NONE, dtype=np.int64))
    codes = {rung.code: number for number, rung in enumerate(plan.ranks)}
    own = [codes.get(rung.code, NONE) for rung in plan_versions.load(run.follows.plan).ranks]
    found.earned[place] = earned[there]
    found.rank[place] = np.array([*own, NONE])[rank[there]]
    return found


def review(plan, snapshot, result, earned, past):
    """Return the review as plain data. ``earned`` is what each person gets by this run, what is taken back included."""
    people, standings = snapshot.people, result.standings
    rank = standings.rank.astype(np.int64)
    return {
        "ranks": _ranks(plan, rank, past),
        "risen": _risen(people, rank, past),
        "risen_count": 0 if past is None else int((rank > past.rank).sum()),
        "up": _changes(people, earned, past, 1),
        "down": _changes(people, earned, past, -1),
        "unpaid": _unpaid(people, standings, earned),
        "unpaid_count": int(_has_volume_and_no_pay(people, standings, earned).sum()),
        "paid_count": int((earned > 0).sum()),
        "active_count": int(standings.active.sum()),
        "unearned": _unearned(plan, result.lines),
    }


def _changes(people, earned, past, sign):
    if past is None:
        return []
    change = (earned - past.earned) * sign
    return [
        [int(people.id[place]), int(past.earned[place]), int(earned[place])] for place in _largest(change) if change[place] > 0
    ]


def _ranks(plan, rank, past):
    """Count people by rank, now and before: ``[[name, now, before], ...]``, the lowest first."""
    now = np.bincount(rank[rank != NONE], minlength=len(plan.ranks)).tolist()
    then = [0] * len(now) if past is None else np.bincount(past.rank[past.rank != NONE], minlength=len(plan.ranks)).tolist()
    return [[rung.name, now[place], then[place]] for place, rung in enumerate(plan.ranks)]


def _risen(people, rank, past):
    if past is None:
        return []
    height = np.where(rank > past.rank, rank * (len(people) + 1) + 1, 0)
    return [[int(people.id[place]), int(past.rank[place]), int(rank[place])] for place in _largest(height) if height[place]]


def _has_volume_and_no_pay(people, standings, earned):
    return (standings.pv > 0) & (earned <= 0) & (people.status == Status.OPEN)


def _unpaid(people, standings, earned):
    volume = np.where(_has_volume_and_no_pay(people, standings, earned), standings.gv, 0)
    return [
        [int(people.id[place]), int(standings.pv[place]), int(standings.gv[place])] for place in _largest(volume) if volume[place]
    ]


def _unearned(plan, lines):
    """Add up what nobody earned by bonus and reason: ``[[bonus, reason, lines, amount], ...]``."""
    rows = np.flatnonzero(lines.payee == NONE)
    key = lines.bonus[rows].astype(np.int64) * len(Reason) + lines.reason[rows]
    kinds, group = np.unique(key, return_inverse=True)
    amount, count = np.zeros(len(kinds), dtype=np.int64), np.bincount(group, minlength=len(kinds))
    np.add.at(amount, group, lines.amount_minor[rows])
    return [
        [plan.bonuses[kind // len(Reason)].code, kind % len(Reason), int(count[place]), int(amount[place])]
        for place, kind in enumerate(kinds.tolist())
    ]


def _largest(values):
    """Return the places of the largest values, the largest first; of equals the one that comes first in the tree."""
    if len(values) > SHOWN * 8:
        least = np.partition(values, len(values) - SHOWN)[len(values) - SHOWN]
        near = np.flatnonzero(values >= least)
    else:
        near = np.arange(len(values))
    return near[np.argsort(-values[near], kind="stable")][:SHOWN].tolist()
