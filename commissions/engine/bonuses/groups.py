"""Whose group a person is in, where some people head groups of their own."""

import numpy as np
from numpy.typing import NDArray

from commissions.engine.snapshot import NONE, Forest


def group_head(forest: Forest, away: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Find who heads the group that each person is in: the person, or the nearest above, who is away; or NONE."""
    people = np.arange(len(away), dtype=np.int64)
    heads: NDArray[np.int64] = np.where(away, people, forest.next_upline(away)[:-1])
    return heads


def at_or_above(people: NDArray[np.int64], heads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Look up the head of each of ``people``, of NONE too."""
    found: NDArray[np.int64] = np.append(heads, NONE)[people]
    return found
