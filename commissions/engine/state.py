"""What one period leaves for the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What rules have to know of the past, and what they leave for the next period.

    ``people`` are whole numbers by person under a name (``rank.title``, ``team.carry.left``), 0 where there is nothing;
    ``company`` are whole numbers of the whole company; ``tables`` are rows of whole numbers in which people go by id.
    docs/plans/state.md lists the names.
    """

    people: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: MappingProxyType({}))
    company: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: MappingProxyType({}))


NO_STATE = State()
