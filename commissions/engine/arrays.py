"""What arrays are asked for again and again and numpy has no word for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mask(length: int, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return ``length`` flags of which those at ``which`` are set."""
    flags = np.zeros(length, dtype=np.bool_)
    flags[which] = True
    return flags


def runs(*keys: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of rows with equal keys begins, and the run of each row."""
    starts = np.ones(len(keys[0]), dtype=np.bool_)
    starts[1:] = False
    for key in keys:
        starts[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(starts), np.cumsum(starts) - 1


def running(values: NDArray[np.int64], key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return sums up to each row, each included, that begin anew with each run of rows with equal keys."""
    total = np.cumsum(values)
    first, run = runs(key)
    sums: NDArray[np.int64] = total - (total - values)[first][run]
    return sums
