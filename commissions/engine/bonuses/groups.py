"""Personal groups: a downline less the groups that have left it, and whom a group belongs to."""

import numpy as np
from numpy.typing import NDArray

from commissions.engine.snapshot import NONE, Forest


def personal_group(forest: Forest, values: NDArray[np.int64], away: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Sum ``values`` over each person and everyone below who is not at or below somebody ``away``.

    Everybody is in the group of exactly one of those who are away, the nearest at or above, or in none. So a personal
    group is the whole downline less all groups that are headed below.
    """
    heads = group_head(forest, away)
    grouped = np.zeros(len(values) + 1, dtype=np.int64)
    np.add.at(grouped, heads, values)
    of_heads = grouped[:-1]
    below = forest.downline_sum(of_heads) - of_heads
    return forest.downline_sum(values) - below


def group_head(forest: Forest, away: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find who heads the group that each person is in: the person, or the nearest above, who is away; or NONE."""
    people = np.arange(len(away), dtype=np.int64)
    heads: NDArray[np.int64] = np.where(away, people, forest.next_upline(away)[:-1])
    return heads


def at_or_above(people: NDArray[np.int64], heads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Look up the head of each of ``people``, of NONE too."""
    found: NDArray[np.int64] = np.append(heads, NONE)[people]
    return found
