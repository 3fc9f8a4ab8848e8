"""What a plan should be warned about before anybody is promised it.

Four things: it pays for recruiting, it can pay more than a share of the volume, it has ranks that cannot be reached, it has
levels that nobody can be paid. Reading the document proves some of it (an upper bound for each bonus that has one); the
rest is tried with the engine itself, on small companies that are made for the purpose. docs/plans/lint.md says how.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from commissions.engine import money, snapshot
from commissions.engine.buyers import Buyer
from commissions.engine.calculate import calculate, stand
from commissions.engine.ladder import Rank
from commissions.engine.plan import Plan
from commissions.engine.requirements import Requirement
from commissions.engine.requirements.history import Fact, PeriodsAtRank, TitleHeld
from commissions.engine.requirements.people import Counted, Customers, LegsWithRank, SponsoredInLegs
from commissions.engine.requirements.volume import CustomerShare, NthLargestLeg, OutsideLargestLeg, OwnVolume, RollingVolume
from commissions.engine.snapshot import NONE, BuyerKind, Index, Snapshot

_TRIES = 300
_MOST_PEOPLE = 24
_BUILT = 4_000
_PLENTY = 10**9


class Warns(StrEnum):
    """Every warning there is."""

    RECRUITING = "recruiting"
    ABOVE_SHARE = "above_share"
    FOUND_ABOVE_SHARE = "found_above_share"
    NO_BOUND = "no_bound"
    UNREACHABLE_RANK = "unreachable_rank"
    UNPAID_LEVELS = "unpaid_levels"


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning: where in the document, and the figures that go into its sentence."""

    warns: Warns
    path: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.path}: {_SAID[self.warns].format(**self.values)}"


_SAID = {
    Warns.RECRUITING: "{code} pays because somebody joins, with no sale of a product behind it",
    Warns.ABOVE_SHARE: "the bonuses can pay up to {share} of the volume, more than the {most} that was asked about: {parts}",
    Warns.FOUND_ABOVE_SHARE: "a company of {people} people was found in which {share} of the volume is paid, more than {most}",
    Warns.NO_BOUND: "nothing bounds what {code} pays by the volume; only a company cap would",
    Warns.UNREACHABLE_RANK: "no company was found in which anybody holds {rank}, however much is sold",
    Warns.UNPAID_LEVELS: "{code} has {levels} levels, but no rank is paid below level {paid}",
}


@dataclass(frozen=True, slots=True)
class Worst:
    """The company that pays out the most of its volume among those that were tried."""

    share: Fraction
    people: int
    sponsors: tuple[int, ...]
    points: tuple[int, ...]


def lint(plan: Plan, *, most: Fraction = Fraction(60, 100), seed: int = 1, tries: int = _TRIES) -> tuple[Warned, ...]:
    """Return what the plan should be warned about; ``most`` is the share of the volume that it may pay."""
    found = [*_recruiting(plan), *_bounds(plan, most), *_unpaid_levels(plan), *_unreachable(plan)]
    worst = worst_company(plan, seed=seed, tries=tries)
    if worst.share > most:
        values = {"people": worst.people, "share": _percent(worst.share), "most": _percent(most)}
        found.append(Warned(Warns.FOUND_ABOVE_SHARE, "bonuses", values))
    return tuple(found)


def bound(plan: Plan, index: int) -> Fraction | None:
    """Return the most that a bonus can pay of one unit of commissionable volume, None if nothing in it says."""
    return plan.bonuses[index].most(plan)


def _recruiting(plan: Plan) -> Iterator[Warned]:
    for place, bonus in enumerate(plan.bonuses, 1):
        if bonus.pays_for_recruiting:
            yield Warned(Warns.RECRUITING, f"bonuses[{place}]", {"code": bonus.code})


def _bounds(plan: Plan, most: Fraction) -> Iterator[Warned]:
    capped = {code for codes in plan.caps.bounds for code in codes}
    bounds = {bonus.code: bonus.most(plan) for bonus in plan.bonuses if bonus.code not in capped}
    for place, bonus in enumerate(plan.bonuses, 1):
        if bounds.get(bonus.code, Fraction(0)) is None:
            yield Warned(Warns.NO_BOUND, f"bonuses[{place}]", {"code": bonus.code})
    known = {" + ".join(codes): share for codes, share in plan.caps.bounds.items()}
    known |= {code: each for code, each in _once(plan, bounds).items() if each}
    total = sum(known.values(), Fraction(0))
    if total > most:
        parts = ", ".join(f"{code} {_percent(each)}" for code, each in known.items())
        yield Warned(Warns.ABOVE_SHARE, "bonuses", {"share": _percent(total), "most": _percent(most), "parts": parts})


def _once(plan: Plan, bounds: Mapping[str, Fraction | None]) -> dict[str, Fraction | None]:
    """Return the bounds of bonuses without what pools divide again: that is within the bound of the bonus it was left of."""
    again = {bonus.code: sum((bounds.get(code) or Fraction(0) for code in bonus.repools), Fraction(0)) for bonus in plan.bonuses}
    return {code: each and each - again[code] for code, each in bounds.items()}


def _unpaid_levels(plan: Plan) -> Iterator[Warned]:
    for place, bonus in enumerate(plan.bonuses, 1):
        levels, paid = bonus.levels_and_paid(plan)
        if paid < levels:
            yield Warned(Warns.UNPAID_LEVELS, f"bonuses[{place}]", {"code": bonus.code, "levels": levels, "paid": paid})


def _unreachable(plan: Plan) -> Iterator[Warned]:
    """Build, rank by rank, a company that gives each rank all it asks for, and see whether the engine agrees."""
    for index, rank in enumerate(plan.ranks):
        if not _can_be_built(plan, index):
            continue
        sponsors, points = _company_for(plan, index)
        if len(sponsors) > _BUILT:
            continue  # too many people to build it: nothing is claimed
        held = stand(plan, _snapshot(plan, sponsors, points)).rank
        if held[0] < index:
            yield Warned(Warns.UNREACHABLE_RANK, f"ranks[{index + 1}]", {"rank": rank.code})


def _can_be_built(plan: Plan, index: int) -> bool:
    """Whether a company of distributors who all buy plenty can have what a rank, and the ranks in its legs, ask for."""
    parts = _parts(plan.ranks[index])
    return all(_is_built(plan, part) for part in parts) and all(
        _can_be_built(plan, below) for below, _ in _legs_asked(plan, index)
    )


def _is_built(plan: Plan, required: Requirement) -> bool:
    """Whether what is required is about what a built company has: not customers, the past, or ranks at certain seats."""
    if isinstance(required, Customers | CustomerShare | PeriodsAtRank | TitleHeld | RollingVolume):
        return False
    if isinstance(required, OwnVolume):
        return Buyer.DISTRIBUTOR in required.buyers
    if isinstance(required, SponsoredInLegs):
        return not required.rank and plan.trees[required.tree].kind != "open"
    return True


def _parts(rank: Rank) -> list[Requirement]:
    """Return all that a rank requires beside volume and legs, of alternatives everything."""
    return [part for required in rank.requires for part in required.parts or (required,)]


def _legs_asked(plan: Plan, index: int) -> list[tuple[int, int]]:
    """Return the lower ranks, by index, and in how many legs a rank asks for them."""
    rank = plan.ranks[index]
    asked = [(legs.rank, legs.count) for legs in rank.legs]
    asked += [(legs.rank, legs.count) for legs in _parts(rank) if isinstance(legs, LegsWithRank)]
    lower = [(plan.rank_index(code), count) for code, count in asked]
    return [(below, count) for below, count in lower if below < index]  # nobody comes to a rank by who must hold it first


def _company_for(plan: Plan, index: int) -> tuple[list[int], list[int]]:
    """Return sponsors and points of a company whose first person has everything that a rank asks of sales and legs.

    Everybody buys plenty. Each leg that has to hold a rank is a company that is built for that rank; beside them there are
    as many plain legs as anything could ask for.
    """
    plain = _plain_legs(plan, index)  # first, so that they are seated in every leg of a placement tree
    sponsors, points = [NONE] + [0] * plain, [_enough(plan)] * (1 + plain)
    for below, legs_asked in _legs_asked(plan, index):
        for _ in range(legs_asked):
            theirs, theirs_points = _company_for(plan, below)
            base = len(sponsors)
            sponsors += [0 if each == NONE else base + each for each in theirs]
            points += theirs_points
            if len(sponsors) > _BUILT:
                return sponsors, points
    return sponsors, points


_PLAIN_LEGS = 12


def _plain_legs(plan: Plan, index: int) -> int:
    """How many legs without a rank there are to be: enough for everything that is counted, in every leg of a tree."""
    return min(max([_PLAIN_LEGS, *map(_legs_needed, _parts(plan.ranks[index]))]), _BUILT)


def _legs_needed(required: Requirement) -> int:
    if isinstance(required, SponsoredInLegs):
        return required.need * 2 * max(required.legs or 2, 4)  # a leg of a full tree may be half as large as another
    if isinstance(required, OutsideLargestLeg):
        return required.largest + 1
    if isinstance(required, NthLargestLeg):
        return required.nth
    return required.need if isinstance(required, Counted) else 0


def _enough(plan: Plan) -> int:
    """Points (hundredths) that everybody buys: more than any rank asks of anybody."""
    asked = [rank.pv for rank in plan.ranks] + [rank.gv for rank in plan.ranks] + [plan.activity.pv]
    asked += [points for required in plan.requirements for points in required.points]
    return min(max([*asked, 100]), _PLENTY)


_SOME = 1000_00
"""Points (hundredths) that make a cycle or a step of most plans, where no rank asks for any."""


def worst_company(plan: Plan, *, seed: int = 1, tries: int = _TRIES) -> Worst:
    """Search for the company that pays out the largest share of its volume: random ones, then small changes to the best."""
    chance = random.Random(seed)
    best: Worst | None = None
    scale = max(_enough(plan) // 4, _SOME)
    for number in range(tries):
        if best is None or number % 3 == 0:
            count = chance.randint(2, _MOST_PEOPLE)
            width = chance.choice([1, 2, count])
            sponsors = [NONE, *(max(0, place - chance.randint(1, width)) for place in range(1, count))]
            points = [chance.choice([0, 100, scale, scale * 4, chance.randint(1, scale)]) for _ in range(count)]
        else:
            sponsors, points = list(best.sponsors), list(best.points)
            place = chance.randrange(1, len(sponsors))
            sponsors[place] = chance.randrange(place)
            points[chance.randrange(len(points))] = chance.choice([0, 100, scale, chance.randint(1, scale * 4)])
        share = _share(plan, sponsors, points)
        if best is None or share > best.share:
            best = Worst(share, len(sponsors), tuple(sponsors), tuple(points))
    assert best is not None
    return best


_BINARY = 2


def _share(plan: Plan, sponsors: list[int], points: list[int]) -> Fraction:
    if not any(points):
        return Fraction(0)
    paid = int(calculate(plan, _snapshot(plan, sponsors, points), keep_lines=False).totals.sum())
    num, den = plan.value_of(NONE)
    return Fraction(paid * den, sum(points) * num)


def _snapshot(plan: Plan, sponsors: list[int], points: list[int]) -> Snapshot:
    """Return a company in which everybody buys once and has every fact that is asked for.

    In placement trees people sit breadth first as they came; in open ones under their sponsors.
    """
    count = len(sponsors)
    ids = np.arange(1, count + 1)
    people = snapshot.people(id=ids, sponsor_id=np.array(sponsors) + 1)
    index = Index(people.id)
    trees = {}
    for code, tree in plan.trees.items():
        if tree.kind == "open":
            trees[code] = snapshot.placed(index, id=ids, parent_id=np.array(sponsors) + 1)
            continue
        width: int = getattr(tree, "width", _BINARY)
        parent = (np.arange(count) - 1) // width
        parent[0] = NONE
        trees[code] = snapshot.placed(index, id=ids, parent_id=parent + 1, leg=(np.arange(count) - 1) % width)
    asked = sorted((each.least, each.name) for each in plan.requirements if isinstance(each, Fact))
    facts = {name: np.full(count, least, dtype=np.int64) for least, name in asked}
    people = replace(snapshot.with_trees(people, trees), facts=facts)
    bought = np.array(points, dtype=np.int64)
    price = money.share(bought, *plan.value_of(NONE), mode=money.Rounding.TRUNCATE)
    sales = snapshot.sales(
        index,
        id=ids,
        person_id=ids,
        at=ids,
        order=ids,
        buyer_kind=np.full(count, BuyerKind.DISTRIBUTOR),
        quantity=np.ones(count),
        pv=bought,
        cv=bought,
        paid_minor=price,
        seller_minor=price,
        currency=np.full(count, money.INDEX[plan.currency]),
        reverses=np.zeros(count),
        more={"buyer": ids} | {f"volume.{name}": bought for name in plan.volumes},
    )
    return Snapshot(people, sales, end=count + 1)


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.2f}%"
