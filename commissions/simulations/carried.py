"""What a simulation carries from one period to the next: the state that each of the two plans leaves behind.

The engine knows what a state means; here it is only kept, put in the order of the next snapshot's people, and written.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from commissions.engine.snapshot import Snapshot, State
from commissions.simulations import packing

SIDES = ("before", "after")


@dataclass(frozen=True, eq=False)
class Carry:
    """The people of the last period, by id, and the state of either side in their order."""

    ids: np.ndarray
    before: State
    after: State

    def into(self, snapshot: Snapshot, side: str) -> Snapshot:
        """Return a snapshot with the state of a side."""
        return dataclasses.replace(snapshot, state=ordered(getattr(self, side), self.ids, snapshot.people.id))

    def written(self) -> bytes:
        """Write it down."""
        arrays = {"ids": self.ids}
        for side in SIDES:
            state = getattr(self, side)
            arrays |= {f"{side}/people/{name}": values for name, values in state.people.items()}
            arrays |= {f"{side}/company/{name}": np.array(value, dtype=np.int64) for name, value in state.company.items()}
            arrays |= {f"{side}/tables/{name}": rows for name, rows in state.tables.items()}
        return packing.pack(arrays)

    @classmethod
    def read(cls, data: bytes | None) -> "Carry | None":
        """Read what was written; None where nothing was."""
        if data is None:
            return None
        arrays = packing.unpack(data)
        ids = arrays.pop("ids")
        parts: dict = {side: {"people": {}, "company": {}, "tables": {}} for side in SIDES}
        for path, values in arrays.items():
            side, part, name = path.split("/", 2)
            parts[side][part][name] = int(values) if part == "company" else values
        return cls(ids, *(State(**parts[side]) for side in SIDES))


def ordered(state: State, ids: np.ndarray, wanted: np.ndarray) -> State:
    """Put a state that is in the order of ``ids`` into that of ``wanted``; 0 for who is new."""
    if np.array_equal(ids, wanted):
        return state
    order = np.argsort(ids, kind="stable")
    place = np.searchsorted(ids, wanted, sorter=order)
    known = place < len(ids)
    known[known] = ids[order[place[known]]] == wanted[known]
    people = {}
    for name, values in state.people.items():
        people[name] = np.zeros(len(wanted), dtype=values.dtype)
        people[name][known] = values[order[place[known]]]
    return dataclasses.replace(state, people=people)
