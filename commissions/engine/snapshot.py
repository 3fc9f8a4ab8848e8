"""What a calculation sees: people in tree order and the sales of one period, as equal-length arrays.

**People** stand in the preorder of the sponsor tree (the order of ``lft``): a sponsor precedes everyone below, and
the downline of person ``i``, the person included, is the slice ``[i, i + size[i])``. Wherever the engine says *a
person* it means an index into these arrays, never a database id.

**Sales** are the volume entries of the period, sorted by (person, at, order, id). ``person`` is the distributor whom
the entry is credited to.

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

type Integers = NDArray[np.int64]
