"""Whom a goal seek tries: the people of a downline who are nearest to a rank, leg by leg.

What is estimated here decides only in which order things are tried, and what is left untried in a large downline; whether
anything does is the engine's to say.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from commissions.engine.ladder import Where
from commissions.engine.legs import LegTest
from commissions.engine.plan import Plan
from commissions.engine.requirements import AnyOf, Requirement
from commissions.engine.requirements.people import LegsWithRank
from commissions.engine.result import Standings
from commissions.engine.snapshot import SPONSOR, Snapshot

LEGS, IN_A_LEG = 6, 2
"""How many legs of a person are looked at, the nearest to the rank first, and how many people in each."""

_HOPELESS = np.iinfo(np.int64).max


class Candidates:
    """Who is nearest to a rank, leg by leg, looked up in the whole downline; nobody is tried here."""

    def __init__(self, plan: Plan, snapshot: Snapshot, standings: Standings) -> None:
        self.plan, self.people, self.standings = plan, snapshot.people, standings
        self.can_be_tried = standings.payable & snapshot.people.is_distributor()
        if snapshot.outside is not None:
            self.can_be_tried &= ~snapshot.outside.folded
        self._shortfall: dict[int, NDArray[np.int64]] = {}
        self._found: dict[tuple[int, LegTest], list[tuple[int, list[int]]]] = {}

    def asked_of_legs(self, person: int, target: int) -> list[tuple[LegTest, int]]:
        """Return what a rank wants to see in legs and how many legs of a person lack it, the highest rank first."""
        asked: dict[LegTest, int] = {}
        for legs in self.plan.ranks[target].legs:
            test = self.plan.leg_test(legs)
            has = int(self.standings.legs[self.plan.leg_tests.index(test), person])
            asked[test] = max(asked.get(test, 0), legs.count - has)
        for part in self._open_parts(person, target):
            if isinstance(part, LegsWithRank) and part.tree == SPONSOR and self.plan.rank_index(part.rank) < target:
                test = LegTest(self.plan.rank_index(part.rank), part.where, part.looks_through)
                asked[test] = max(asked.get(test, 0), part.count - int(self._measured(part)[person]))
        return sorted(((test, lack) for test, lack in asked.items() if lack > 0), key=lambda each: (-each[0].rank, each[0].where))

    def _open_parts(self, person: int, target: int) -> Iterator[Requirement]:
        """Yield what a rank requires of a person beside volume and legs and is not there, of alternatives every part."""
        for required in self.plan.ranks[target].requires:
            if self._measured(required)[person] < required.need:
                yield from required.parts or (required,)

    def _measured(self, required: Requirement) -> NDArray[np.int64]:
        measured: NDArray[np.int64] = self.standings.measured[self.plan.requirements.index(required)]
        return measured

    def shortfall(self, rank: int) -> NDArray[np.int64]:
        """Estimate how many points everybody lacks for a rank: for the order of trying, and nothing else."""
        if rank not in self._shortfall:
            rung, now = self.plan.ranks[rank], self.standings
            lacks = np.maximum(np.maximum(rung.pv - now.pv, rung.gv - now.gv), 0)
            for legs in rung.legs:
                test = self.plan.leg_test(legs)
                without = np.maximum(legs.count - now.legs[self.plan.leg_tests.index(test)], 0)
                lacks = lacks + without * max(self.plan.ranks[test.rank].gv, self.plan.ranks[test.rank].pv)
            for required in rung.requires:
                lacks = lacks + self._gap(required, max(rung.gv, rung.pv))
            self._shortfall[rank] = np.where(self.can_be_tried, lacks, _HOPELESS)
        return self._shortfall[rank]

    def _gap(self, required: Requirement, counted: int) -> NDArray[np.int64]:
        """Estimate how many points everybody lacks for a requirement; what is no volume comes to ``counted`` points."""
        if isinstance(required, AnyOf):
            ways = [sum((self._gap(part, counted) for part in way), np.int64(0)) for way in required.of]
            nearest: NDArray[np.int64] = np.sort(np.array(ways, dtype=np.int64), axis=0)[: required.count].sum(axis=0)
            return nearest
        gap = np.maximum(required.need - self._measured(required), 0)
        return gap if required.is_points else np.where(gap > 0, np.int64(counted), np.int64(0))

    def of(self, person: int, test: LegTest) -> list[tuple[int, list[int]]]:
        """Return ``[(head of a leg, people in it nearest to the rank), ...]`` of a person, the nearest leg first.

        Legs that meet the test already are left out.
        """
        if (person, test) not in self._found:
            self._found[person, test] = self._of(person, test)
        return self._found[person, test]

    def _of(self, person: int, test: LegTest) -> list[tuple[int, list[int]]]:
        heads, lacks = self.frontline(person), self.shortfall(test.rank)
        if not len(heads):
            return []
        if test.where is Where.FRONTLINE:
            holds, nearest = self.standings.rank[heads] >= test.rank, lacks[heads]
        else:
            end = person + int(self.people.size[person])
            holds, nearest = self.standings.best[heads] >= test.rank, np.minimum.reduceat(lacks[:end], heads)
        lacking = np.flatnonzero(~holds & (nearest < _HOPELESS))
        found = []
        for leg in lacking[np.argsort(nearest[lacking], kind="stable")][:LEGS].tolist():
            head = int(heads[leg])
            inside = np.arange(head, head + (1 if test.where is Where.FRONTLINE else int(self.people.size[head])))
            few = inside[np.argsort(lacks[inside], kind="stable")[:IN_A_LEG]].tolist()
            found.append((head, [each for each in dict.fromkeys([*few, head]) if self.can_be_tried[each]]))
        return found

    def frontline(self, person: int) -> NDArray[np.int64]:
        """Return everybody directly below a person."""
        first, end = person + 1, person + int(self.people.size[person])
        heads: NDArray[np.int64] = first + np.flatnonzero(self.people.parent[first:end] == person)
        return heads

    def strongest(self, person: int) -> list[int]:
        """Return the heads of a person's largest legs."""
        heads = self.frontline(person)
        heads = heads[self.can_be_tried[heads]]
        strongest: list[int] = heads[np.argsort(-self.standings.gv[heads], kind="stable")][:LEGS].tolist()
        return strongest

    def nearly_active(self, person: int) -> list[int]:
        """Return frontline people who are not active and lack least own volume to be."""
        heads = self.frontline(person)
        heads = heads[self.can_be_tried[heads] & ~self.standings.active[heads]]
        nearest: list[int] = heads[np.argsort(-self.standings.pv[heads], kind="stable")][:LEGS].tolist()
        return nearest

    def heads(self, person: int) -> list[int]:
        """Return frontline people whose sales may do something for a person, the most useful last."""
        return list(dict.fromkeys(reversed([*self.strongest(person), *self.nearly_active(person)])))

    def concerned(self, person: int, target: int) -> set[int]:
        """Return everybody whom a search for the target may try."""
        found, waiting = {person, *self.heads(person)}, [(person, target)]
        met = set(waiting)
        while waiting:
            at, wanted = waiting.pop()
            for test, lack in self.asked_of_legs(at, wanted):
                legs = self.of(at, test)[: LEGS if at == person else lack + 1]
                new = {(each, test.rank) for _, people in legs for each in people} - met
                met |= new
                waiting += new
                found |= {each for each, _ in new} | {head for each, _ in new for head in self.heads(each)[-2:]}
        return found
