"""Running sums below: what the people below somebody had sold when something happened, for many at once."""

import numpy as np
from numpy.typing import NDArray

from commissions.engine.forest import Forest


def sold_before(
    forest: Forest, seller: NDArray[np.int64], moment: NDArray[np.int64], volume: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return, for each sale, what its seller and everybody below had sold before it.

    ``moment`` numbers the sales in the order in which they count: 0, 1, 2 ... each once. The sales stand in the order of
    the tree, where whoever is below somebody is one stretch of it. Bit by bit of the moments, from the highest, they are
    parted into those whose bit is 0 and those whose bit is 1, each as they stand; where a sale's own bit is 1, all of its
    stretch that have a 0 there came before it.
    """
    place, size = forest.preorder()
    order = np.argsort(place[seller], kind="stable")
    standing = place[seller][order]
    low = np.searchsorted(standing, place[seller])
    high = np.searchsorted(standing, place[seller] + size[seller])
    when, values = moment[order], volume[order]
    before = np.zeros(len(seller), dtype=np.int64)
    for bit in reversed(range(max(len(seller) - 1, 0).bit_length())):
        is_zero = (when >> bit & 1) == 0
        zeros = np.concatenate(([0], np.cumsum(is_zero)))
        sums = np.concatenate(([0], np.cumsum(np.where(is_zero, values, 0))))
        is_one = (moment >> bit & 1) == 1
        before += np.where(is_one, sums[high] - sums[low], 0)
        low = np.where(is_one, zeros[-1] + low - zeros[low], zeros[low])
        high = np.where(is_one, zeros[-1] + high - zeros[high], zeros[high])
        parted = np.concatenate((np.flatnonzero(is_zero), np.flatnonzero(~is_zero)))
        when, values = when[parted], values[parted]
    return before
