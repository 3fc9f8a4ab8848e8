"""Goal seek: what a person is missing for a rank, and the cheapest ways there, found by trial with the engine itself.

Nothing here knows what a rank requires. A way is a few hypothetical sales; the engine is run with them added, and either
it grants the rank or it does not (``trials.py``). What the engine says to be missing only tells where to try first.

1. *Candidates*: in each leg, the people who are nearest to a rank that the target asks of legs, and those whom they need.
2. *Packages*: the cheapest way of each candidate to that rank, found in the same manner one rung lower down.
3. *Ways*: everything at once, own sales as large as can be; then whatever can be left out is left out, the dearest
   first, and what remains is halved until one unit less would not do. Other ways leave out what the first one took.

Every way that is returned has been tried: the engine grants the target with it, and not with any step one unit smaller.
The number of trials is bounded, so that a leader of a hundred thousand waits no longer than a newcomer.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from commissions.engine import lacks
from commissions.engine.calculate import stand
from commissions.engine.candidates import LEGS, Candidates
from commissions.engine.lacks import Requirement
from commissions.engine.plan import Plan
from commissions.engine.result import Standings
from commissions.engine.snapshot import Snapshot
from commissions.engine.trials import Amount, Kind, Lever, Sold, Trial, attained, ground
from commissions.engine.ways import Answer, Step, Way

MOST = 10**11
"""Hundredths of a point that are as good as any number: what so much does not mend, no sale does."""

SMALL = 400
"""A downline up to this size is tried whole; of a larger one a part."""

TRIALS, WORK = 3_000, 10_000_000
"""After so many trials no further alternatives are sought; after fewer where many people are tried each time."""

CUSTOMERS = 60
"""As many new customers are as good as any number."""

_PASSES = 3
_SHORT, _LONG = 3, 6
_BY_ONESELF = (Kind.RETAIL, Kind.OWN, Kind.PREFERRED)
_OWN_SALES: tuple[dict[Kind, Amount], ...] = (
    {Kind.RETAIL: Amount(MOST)},
    {Kind.OWN: Amount(MOST)},
    {Kind.PREFERRED: Amount(MOST)},
    {Kind.RETAIL: Amount(MOST, CUSTOMERS)},
    {Kind.PREFERRED: Amount(MOST, CUSTOMERS)},
    {Kind.RETAIL: Amount(MOST, CUSTOMERS), Kind.OWN: Amount(MOST), Kind.PREFERRED: Amount(MOST, CUSTOMERS)},
)
"""What somebody can sell, the simplest first, as much of it as anybody could need."""


def seek(
    plan: Plan, snapshot: Snapshot, person: int, target: int, *, standings: Standings | None = None, most: int = 5
) -> Answer:
    """Find the cheapest ways of a person to the rank ``target``, at most ``most`` of them.

    ``snapshot`` holds at least the person's downline, or a slice of it in which others are folded; ``standings`` are its
    own, computed if they are not given. People in the answer are indexes into the snapshot.
    """
    standings = stand(plan, snapshot) if standings is None else standings
    missing = tuple(each for each in lacks.of_person(plan, standings, person, target) if each.missing)
    is_open = bool(standings.payable[person])
    if int(attained(plan, standings)[person]) >= target:
        return Answer(person, target, True, missing, (Way(()),), (), is_open, 0)
    search = _Search(plan, snapshot, standings, person, target)
    ways = search.ways(most) if is_open else []
    beyond = () if ways else search.beyond()
    return Answer(person, target, False, missing, tuple(ways), beyond, is_open, search.trial.made)


@dataclass(frozen=True, slots=True)
class _Package:
    """Sales in one leg that bring somebody there to a rank. ``leg`` is the frontline person who heads it."""

    leg: int
    sold: Mapping[Lever, Amount]

    @property
    def points(self) -> int:
        return _points(self.sold)


class _Search:
    """One search: the candidates, the trial they are tried in, and what has been found out."""

    def __init__(self, plan: Plan, snapshot: Snapshot, standings: Standings, person: int, target: int) -> None:
        self.candidates = Candidates(plan, snapshot, standings)
        size = int(snapshot.people.size[person])
        kept = self.candidates.concerned(person, target) if size > SMALL else set(range(person, person + size))
        part, rows = ground(plan, snapshot, standings, person, kept)
        self.trial = Trial(plan, part, rows, kept, person)
        self.limit = max(min(TRIALS, WORK // (len(rows) + 2_000)), TRIALS // 10)
        # A part that carries sales as own volume cannot tell who bought: one kind of buyer stands for all.
        self.choices = _OWN_SALES[:1] if plan.stands_in_slices else _OWN_SALES
        self.cheapest = MOST
        self.proof: Trial | None = None
        if not plan.stands_in_slices and len(rows) < len(snapshot.people):
            self.proof = Trial(plan, snapshot, np.arange(len(snapshot.people)), kept, person)
        self.plan, self.person, self.target = plan, person, target
        self.single = [each for each in sorted(kept) if self.candidates.can_be_tried[each] or each == person]
        self._least: dict[tuple[int, int], Mapping[Lever, Amount] | None] = {}
        self._ranks: dict[frozenset[tuple[Lever, Amount]], NDArray[np.int8]] = {}

    # Asking the engine.

    def grants(self, sold: Sold, person: int, rank: int) -> bool:
        """Ask whether somebody holds a rank with this sold besides; nothing is asked twice."""
        key = frozenset(sold.items())
        if key not in self._ranks:
            self._ranks[key] = attained(self.plan, self.trial.stand(sold))
        return int(self._ranks[key][self.trial.place(person)]) >= rank

    def lacks(self, sold: Sold, person: int, rank: int) -> tuple[Requirement, ...]:
        """Ask what somebody is missing for a rank with this sold besides."""
        wanted = lacks.of_person(self.plan, self.trial.stand(sold), self.trial.place(person), rank)
        return tuple(each for each in wanted if each.missing)

    # Making a solution smaller.

    def least(self, person: int, rank: int) -> Sold | None:
        """Return the cheapest sales found that bring somebody below to a rank."""
        key = (person, rank)
        if key not in self._least:
            self._least[key] = None
            if self.trial.made < self.limit // 2:
                self._least[key] = self.composed_somehow(person, rank, self.packages(person, rank))
        return self._least[key]

    def packages(self, person: int, rank: int, *, spare: int = 0, without: Collection[int] = ()) -> list[_Package]:
        """Return the cheapest way of each leg to have what a rank asks of legs, the cheapest first.

        Legs are tried from the nearest on, until there are enough (and ``spare`` ones) and the next could not be cheaper.
        """
        found = []
        for test, lack in self.candidates.asked_of_legs(person, rank):
            lacks, enough = self.candidates.shortfall(test.rank), lack + spare
            of_test: list[_Package] = []
            for head, people in self.candidates.of(person, test)[: LEGS if person == self.person else lack + 1]:
                of_test.sort(key=lambda package: package.points)
                if len(of_test) >= enough and lacks[people[0]] >= of_test[enough - 1].points:
                    break
                package = self.package(head, [each for each in people if each not in without], test.rank)
                if package is not None:
                    of_test.append(package)
            found += of_test
        return sorted(found, key=lambda package: package.points)

    def package(self, head: int, people: Sequence[int], rank: int) -> _Package | None:
        """Return the cheapest way for somebody in a leg to reach a rank, of those who are near enough to be tried."""
        best: _Package | None = None
        for somebody in people:
            if best is None or self.candidates.shortfall(rank)[somebody] < best.points:
                sold = self.least(somebody, rank)
                package = _Package(head, sold) if sold else None
                if package is not None and (best is None or package.points < best.points):
                    best = package
        return best

    def composed_somehow(self, person: int, rank: int, packages: Sequence[_Package]) -> Sold | None:
        """Compose packages and own sales, and where these alone do not do, the cheaper of more from legs and newcomers."""
        sold = self.composed(person, rank, packages)
        if self.plan.ranks[rank].has_alternatives:
            of_legs = self.composed_of_legs(person, rank, packages)
            sold = min((each for each in (sold, of_legs) if each is not None), key=_points, default=None)
        if sold is not None:
            return sold
        newcomers = Lever(Kind.NEW, person)
        legs = [*(Lever(Kind.RETAIL, each) for each in self.heads(person)), Lever(Kind.RETAIL, person)]
        found = [self.composed(person, rank, packages, fills) for fills in ([newcomers], legs)]
        if found == [None, None]:
            return self.composed(person, rank, packages, [newcomers, *legs])
        return min((each for each in found if each is not None), key=_points)

    def composed_of_legs(self, person: int, rank: int, packages: Sequence[_Package]) -> Sold | None:
        """Compose packages with as few own sales as can be, where own sales alone might do as well."""
        inside = _together(packages)
        for own in [self.own_sales(person, own) for own in self.choices]:
            sold: Sold = {**inside, **own}
            if inside and self.grants(sold, person, rank):
                for lever in own:
                    sold = self.shrunk_step(sold, lever, person, rank)
                return self.shrunk(sold, person, rank, packages, ())
        return None

    def composed(self, person: int, rank: int, packages: Sequence[_Package], fills: Sequence[Lever] = ()) -> Sold | None:
        """Compose packages and own sales so that they suffice, then leave out and shrink all that can be.

        ``fills`` are levers that are to do as much of the work as possible: they are shrunk last, and in their order.
        """
        inside = _together(packages)
        boundless = {lever: self.boundless(lever) for lever in fills}
        for own in [self.own_sales(person, own) for own in self.choices]:
            for legs in ({}, inside) if inside else ({},):
                if self.grants({**legs, **own, **boundless}, person, rank):
                    return self.shrunk({**legs, **own, **boundless}, person, rank, packages if legs else (), fills)
        return None

    def heads(self, person: int) -> list[int]:
        """Return frontline people who may sell more for a person, the most useful last."""
        heads = self.candidates.heads(person)
        return heads if person == self.person else heads[-2:]

    def boundless(self, lever: Lever) -> Amount:
        """Return as much of something as anybody could need."""
        return Amount(MOST, self.trial.seats(lever.person) if lever.kind is Kind.NEW else 1)

    def own_sales(self, person: int, sales: Mapping[Kind, Amount]) -> dict[Lever, Amount]:
        """Return sales of somebody's own as levers."""
        return {Lever(kind, person): amount for kind, amount in sales.items()}

    def shrunk(self, sold: Sold, person: int, rank: int, packages: Sequence[_Package], fills: Sequence[Lever]) -> Sold:
        """Leave out packages, the dearest first, and shrink each step until no step can be smaller."""
        for package in sorted(packages, key=lambda package: -package.points):
            others = _together([each for each in packages if each is not package])
            fewer = {lever: amount for lever, amount in sold.items() if lever not in package.sold or lever in others}
            if self.grants(fewer, person, rank):
                sold = fewer
                packages = [each for each in packages if each is not package]
        last = {lever: place for place, lever in enumerate(fills, 1)}
        order = sorted(sold, key=lambda lever: (last.get(lever, 0), lever.person == person, lever))
        for _ in range(_PASSES):
            before = sold
            for lever in order:
                sold = self.shrunk_step(sold, lever, person, rank)
            if sold == before:
                break
        return sold

    def shrunk_step(self, sold: Sold, lever: Lever, person: int, rank: int) -> Sold:
        """Make one step as small as it can be while everything else stays."""
        if lever not in sold:
            return sold
        fewer = {each: amount for each, amount in sold.items() if each != lever}
        if self.grants(fewer, person, rank):
            return fewer
        amount = sold[lever]

        def does(changed: Amount) -> bool:
            return self.grants({**fewer, lever: changed}, person, rank)

        if amount.count > 1:
            count = _least_that(lambda count: does(replace(amount, count=count)), 0, amount.count)
            amount = replace(amount, count=count)
        guesses = [amount.points - 1]
        if amount.points >= self.cheapest - 1:
            guesses = [-(-each.missing // amount.count) for each in self.lacks(fewer, person, rank)]
        below = -1 if lever.kind is Kind.NEW else 0
        points = _least_that(lambda points: does(replace(amount, points=points)), below, amount.points, guesses)
        return {**fewer, lever: replace(amount, points=points)}

    # The ways.

    def ways(self, most: int) -> list[Way]:
        """Return the cheapest of the ways that were found, each once; of long ones that are much alike only the first."""
        found: dict[frozenset[tuple[Lever, Amount]], Sold] = {}
        for sold in self._solutions():
            if sold is not None:
                found[frozenset(sold.items())] = sold
                self.cheapest = min(self.cheapest, _points(sold))
            if self.trial.made > self.limit:
                break
        chosen: list[Sold] = []
        for sold in sorted(found.values(), key=self._cost):
            if len(chosen) < most and not any(_alike(sold, other) for other in chosen) and self.is_proven(sold):
                chosen.append(sold)
        return [self.way(sold) for sold in chosen]

    def is_proven(self, sold: Sold) -> bool:
        """Ask of the whole what was found out in a part that may not carry all that the plan asks for."""
        if self.proof is None:
            return True
        return int(attained(self.plan, self.proof.stand(sold))[self.proof.place(self.person)]) >= self.target

    def _cost(self, sold: Sold) -> tuple[int, int, int, int, list[tuple[Lever, int]]]:
        """Return what ways are sorted by: the points, the newcomers, the steps, and how much of it is others' to do."""
        return (
            _points(sold),
            sum(amount.count for lever, amount in sold.items() if lever.kind is Kind.NEW),
            len(sold),
            sum(amount.total for lever, amount in sold.items() if lever.person != self.person),
            sorted((lever, amount.total) for lever, amount in sold.items()),
        )

    def _solutions(self) -> Iterator[Sold | None]:
        person, target = self.person, self.target
        packages = self.packages(person, target, spare=1)
        best = self.composed_somehow(person, target, packages)
        yield best
        if self.plan.ranks[target].has_alternatives:
            yield self.composed(person, target, packages)
        helped = {lever.person for lever in best or () if lever.person != person}
        for leg in [package.leg for package in packages if helped & {lever.person for lever in package.sold}]:
            yield self.composed(person, target, [package for package in packages if package.leg != leg])
        for somebody in helped:
            yield self.composed(person, target, self.packages(person, target, spare=1, without={somebody}))
        fills = dict.fromkeys([*helped, *self.candidates.strongest(person)])
        for somebody in fills if len(helped) < _LONG else ():  # of long ways nobody compares who does the rest
            fill = Lever(Kind.RETAIL, somebody)
            yield self.composed(person, target, packages, [fill])
            yield self.composed(person, target, packages, [fill, Lever(Kind.RETAIL, person)])
        yield self.composed(person, target, packages, [Lever(Kind.NEW, person)])
        for somebody in self.single:
            yield self._single(somebody)

    def _single(self, somebody: int) -> Sold | None:
        """Return how much would have to be credited to one person alone, if that is less than any way so far."""
        for kind in {kind: None for own in self.choices for kind in own}:
            lever = Lever(kind, somebody)
            sold = {lever: Amount(self.cheapest - 1 if self.cheapest < MOST else MOST)}
            if self.cheapest > 1 and self.grants(sold, self.person, self.target):
                return self.shrunk_step(sold, lever, self.person, self.target)
        return None

    def way(self, sold: Sold) -> Way:
        """Return sales as steps, each with all the kinds of buyers that would do as well."""
        if not self.grants(sold, self.person, self.target):
            raise AssertionError("a way that does not lead to the target was about to be returned")
        steps = []
        for lever, amount in sold.items():
            kinds: tuple[Kind, ...] = (lever.kind,)
            if lever.kind in _BY_ONESELF:
                others = {each: much for each, much in sold.items() if each != lever}
                free = [kind for kind in _BY_ONESELF if Lever(kind, lever.person) not in others]
                would_do = [
                    kind
                    for kind in free
                    if (kind is not Kind.OWN or amount.count == 1)
                    and self.grants({**others, Lever(kind, lever.person): amount}, self.person, self.target)
                ]
                kinds = tuple(would_do)
            steps.append(Step(lever.person, kinds, amount.points, amount.count))
        return Way(tuple(sorted(steps, key=lambda step: (step.person != self.person, -step.total, step.person))))

    def beyond(self) -> tuple[Requirement, ...]:
        """Return what is missing even if everybody who comes into question sold without bounds."""
        sold: dict[Lever, Amount] = {}
        for each in self.single:
            sold |= self.own_sales(each, self.choices[-1])
            sold[Lever(Kind.NEW, each)] = self.boundless(Lever(Kind.NEW, each))
        return self.lacks(sold, self.person, self.target)


def _points(sold: Sold) -> int:
    return sum(amount.total for amount in sold.values())


def _alike(sold: Sold, other: Sold) -> bool:
    """Whether two ways are so long, and have so many steps in common, that nobody needs to read both."""
    common = len(sold.keys() & other.keys())
    return min(len(sold), len(other)) > _SHORT and common * 2 > min(len(sold), len(other))


def _together(packages: Iterable[_Package]) -> dict[Lever, Amount]:
    """Return the sales of several packages; where two name the same step, the larger one does for both."""
    sold: dict[Lever, Amount] = {}
    for package in packages:
        for lever, amount in package.sold.items():
            if lever not in sold or sold[lever].total < amount.total:
                sold[lever] = amount
    return sold


def _least_that(does: Callable[[int], bool], fails: int, works: int, guesses: Iterable[int] = ()) -> int:
    """Return the least number that does, between one that fails and one that works; good guesses spare halvings."""
    for guess in sorted(set(guesses)):
        if fails < guess < works:
            if does(guess):
                works = guess
            else:
                fails = guess
            if fails < works - 1 and works == guess and not does(works - 1):
                return works
    while works - fails > 1:
        middle = (works + fails) // 2
        if does(middle):
            works = middle
        else:
            fails = middle
    return works
