"""Clipped sums up a tree: what comes from below is added up, something is added, and the sum is held between two bounds."""

import numpy as np
from numpy.typing import NDArray

from commissions.engine import tree
from commissions.engine.forest import NONE


def clipped_sums(
    parent: NDArray[np.int64], add: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return ``clip(got + add, low, high)`` by person, and ``got``: the sum of the same over everybody directly below.

    The caller sees to it that no sum leaves 64 bits. Clipped sums one after another are a clipped sum again: each
    person's largest branch below makes one line with the person; lines are settled by doubling, and those whose side
    branches are settled come next: about as many rounds as the number of people has digits, whatever the shape.
    """
    settled = np.zeros(len(parent), dtype=np.int64)
    got = np.zeros(len(parent) + 1, dtype=np.int64)
    light = ~_largest_branch(parent)
    turn = tree.sum_upward((light & (parent != NONE)).astype(np.int64), parent)
    line = np.where(light, np.arange(len(parent)), tree.next_upline(light, parent)[:-1])
    depth = tree.sum_upward(np.ones(len(parent), dtype=np.int64), parent)
    for each in range(int(turn.max(initial=-1)), -1, -1):
        rows = np.flatnonzero(turn == each)
        rows = rows[np.lexsort((-depth[rows], line[rows]))]
        settled[rows] = _along(line[rows], got[rows] + add[rows], low[rows], high[rows])
        np.add.at(got, parent[rows], np.where(light[rows], settled[rows], 0))
    heavy = np.flatnonzero(~light)
    np.add.at(got, parent[heavy], settled[heavy])
    return settled, got[:-1]


def _along(line: NDArray[np.int64], add: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """Work up each line from its end: ``clip(below + add, low, high)``, where below the end there is nothing."""
    step = 1
    while step < len(line):
        inner = np.flatnonzero(line[step:] == line[:-step])
        outer = inner + step
        low_now, high_now, add_now = low[outer], high[outer], add[outer]
        within = [np.clip(each[inner] + add_now, low_now, high_now) for each in (low, high)]
        add, low, high = add.copy(), low.copy(), high.copy()
        add[outer] += add[inner]
        low[outer], high[outer] = within
        step *= 2
    settled: NDArray[np.int64] = np.clip(add, low, high)
    return settled


def _largest_branch(parent: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark, of those directly below each person, the one with most below; the first of several."""
    size = tree.sizes(parent)
    order = np.lexsort((np.arange(len(parent)), -size, parent))
    first = np.ones(len(parent), dtype=np.bool_)
    first[1:] = parent[order][1:] != parent[order][:-1]
    largest = np.zeros(len(parent), dtype=np.bool_)
    largest[order] = first
    largest &= parent != NONE
    return largest
