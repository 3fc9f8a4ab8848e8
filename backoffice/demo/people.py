"""Everybody in the demo company, as arrays: distributors with their lines, customers with who referred them, and the cast."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from backoffice.demo import calendar, structure

MARKETS = ("us", "de", "jp")
SHARES = (0.5, 0.3, 0.2)
HISTORY = timedelta(days=6 * 365)
CUSTOMERS_EACH = 0.9
KEEPS_MARKET = 0.88
ACTIVE, SUSPENDED, TERMINATED = 0, 1, 2
STATUSES = ("active", "suspended", "terminated")
LEADER_TEAM = (0.025, 0.07)
LEADER_MARKET = 0
LEADER_CUSTOMERS = 30
HEADS, SECONDS = 2, 2
"""The leader's two strongest legs are led by somebody with two strong legs of their own: what the plan asks of a gold rank."""
HEAD_CUSTOMERS, SECOND_CUSTOMERS = 28, 16
MINIMUM = 50
TEAM = 8
"""Who has a team of that many buys and sells more than others: they stay because it works, and it works because they stay."""


@dataclass
class Distributors:
    """The house (person 0) and everybody else. Instants are seconds."""

    sponsor: NDArray[np.int64]
    placement: NDArray[np.int64]
    leg: NDArray[np.int64]
    market: NDArray[np.int64]
    status: NDArray[np.int64]
    enrolled: NDArray[np.int64]
    habit: NDArray[np.float64]
    """Own orders a month."""
    pull: NDArray[np.float64]
    """How many customers somebody finds, compared with others."""
    shop: NDArray[np.bool_]
    leader: int
    newcomer: int
    heads: NDArray[np.int64]
    """Who lead the leader's strongest legs."""
    seconds: NDArray[np.int64]
    """Who lead the strongest legs of the heads."""

    def __len__(self) -> int:
        return len(self.sponsor)


@dataclass
class Customers:
    """Everybody who buys and does not sell. Person 0 of the distributors, the house, refers whom nobody did."""

    referrer: NDArray[np.int64]
    market: NDArray[np.int64]
    preferred: NDArray[np.bool_]
    since: NDArray[np.int64]
    habit: NDArray[np.float64]
    star: int
    """The one who can be signed in as."""

    def __len__(self) -> int:
        return len(self.referrer)


def distributors(people: int, end: datetime, rng: np.random.Generator) -> Distributors:
    """Make the distributors up."""
    sponsor = structure.sponsors(people, rng)
    leader = _leader(sponsor)
    newcomer = people
    sponsor[newcomer] = leader
    placement, leg = structure.placements(sponsor, rng)
    sizes = structure.team_sizes(sponsor)
    heads, seconds = _lieutenants(leader, newcomer, sponsor, sizes)
    market = _markets(sponsor, [leader, newcomer, *heads.tolist()], rng)
    status = _statuses(sponsor, [leader, *heads.tolist(), *seconds.tolist()], newcomer, rng)
    ages = HISTORY.total_seconds() * (1 - (np.arange(people + 1) + rng.random(people + 1)) / (people + 1)) ** 1.6
    enrolled = calendar.seconds(end) - 3600 - ages.astype(np.int64)
    enrolled[0] = calendar.seconds(end) - int(HISTORY.total_seconds()) - 86_400
    enrolled = np.maximum.accumulate(enrolled)
    enrolled[newcomer] = calendar.seconds(end) - 3 * 86_400 - 5_000
    busy = (rng.random(people + 1) < 0.42) & (status == ACTIVE)
    busy |= structure.inherited(busy.astype(np.int64), sponsor, rng.random(people + 1) < 0.3).astype(bool) & (status == ACTIVE)
    busy |= (sizes >= TEAM) & (rng.random(people + 1) < 0.85) & (status == ACTIVE)
    habit = np.where(busy, rng.lognormal(-0.1, 0.5, people + 1) * np.where(sizes >= TEAM, 1.7, 1.0), 0.0)
    pull = np.where(busy, rng.pareto(1.6, people + 1) + 0.15 + 0.5 * np.log1p(sizes), 0.02) * (status == ACTIVE)
    shop = (rng.random(people + 1) < np.where(busy, 0.75, 0.2)) & (status == ACTIVE)
    strong = np.concatenate((_largest_below(leader, sponsor, sizes, 4), _largest_below(0, sponsor, sizes, 8), heads, seconds))
    strong = np.unique(strong[status[strong] == ACTIVE])
    habit[strong], pull[strong], shop[strong] = 3.5, pull[strong] + 9.0, True
    habit[leader], shop[leader], shop[newcomer] = 3.0, True, True
    habit[newcomer] = pull[newcomer] = habit[0] = pull[0] = 0.0
    shop[0] = False
    return Distributors(sponsor, placement, leg, market, status, enrolled, habit, pull, shop, leader, newcomer, heads, seconds)


def _lieutenants(leader: int, newcomer: int, sponsor, sizes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose who lead the leader's strongest legs, and the strongest legs below these."""
    able = np.where(np.bincount(sponsor, minlength=len(sponsor)) >= SECONDS, sizes, -1)
    heads = _largest_below(leader, sponsor, able, HEADS)
    heads = heads[heads != newcomer]
    below = [_largest_below(head, sponsor, sizes, SECONDS) for head in heads.tolist()]
    return heads, np.concatenate([np.zeros(0, dtype=np.int64), *below])


def _markets(sponsor, chosen: list[int], rng: np.random.Generator) -> NDArray[np.int64]:
    """Put everybody into a market, mostly the sponsor's; those who were chosen live in the leader's."""
    own = rng.choice(len(MARKETS), len(sponsor), p=SHARES)
    keeps = rng.random(len(sponsor)) < KEEPS_MARKET
    own[chosen], keeps[chosen] = LEADER_MARKET, False
    return structure.inherited(own, sponsor, keeps)


def _largest_below(person: int, sponsor, sizes, most: int) -> NDArray[np.int64]:
    """Return whom somebody sponsored, those with the largest teams."""
    below = (sponsor == person).nonzero()[0]
    below = below[below > 0]
    return below[np.argsort(-sizes[below], kind="stable")][:most]


def _leader(sponsor: NDArray[np.int64]) -> int:
    """Choose who leads: with a large team, wide as well as deep, and some levels of upline above.

    In a company without such a person it is whoever has the team nearest in size below somebody other than the house.
    """
    people = len(sponsor)
    sizes, depth = structure.team_sizes(sponsor), structure.depths(sponsor)
    width = np.bincount(sponsor, minlength=people)
    legs = np.bincount(sponsor, weights=width >= SECONDS, minlength=people)
    low, high = (int(share * people) for share in LEADER_TEAM)
    fits = (sizes >= low) & (sizes <= high) & (depth >= 2) & (depth <= 12) & (width >= 4) & (legs >= HEADS)
    if fits.any():
        return int(np.argmax(np.where(fits, width * 1000 + sizes, -1)))
    stands = (depth >= 1) & (np.arange(people) < people - 1)
    return int(np.argmax(np.where(stands, people - np.abs(sizes - high), -1)))


def _statuses(sponsor, cast: list[int], newcomer: int, rng: np.random.Generator):
    """Suspend a few and terminate a few more, but nobody of the cast and nobody above them."""
    draw = rng.random(len(sponsor))
    status = np.where(draw < 0.006, SUSPENDED, np.where(draw < 0.02, TERMINATED, ACTIVE))
    person = newcomer
    status[[*cast, 0]] = ACTIVE
    while person:
        status[person] = ACTIVE
        person = int(sponsor[person])
    return status


def customers(sellers: Distributors, start: datetime, end: datetime, rng: np.random.Generator) -> Customers:
    """Make the customers up: most of them with those who sell most, some with the house."""
    count = int(CUSTOMERS_EACH * (len(sellers) - 1))
    weights = np.cumsum(sellers.pull)
    referrer = np.minimum(np.searchsorted(weights, rng.random(count) * weights[-1], side="right"), len(sellers) - 1)
    referrer[rng.random(count) < 0.05] = 0
    mine = min(LEADER_CUSTOMERS, count // 4)
    referrer[:mine] = sellers.leader
    theirs = _customers_of_the_legs(sellers, count)
    referrer[mine : mine + len(theirs)] = theirs
    market = np.where(rng.random(count) < 0.93, sellers.market[referrer], rng.choice(len(MARKETS), count, p=SHARES))
    last = calendar.seconds(end) - 2 * 86_400
    first = np.minimum(np.maximum(sellers.enrolled[referrer], calendar.seconds(start) - 400 * 86_400), last - 3600)
    since = first + (rng.random(count) * (last - first)).astype(np.int64)
    habit = rng.lognormal(-0.05, 0.7, count)
    kept = mine + len(theirs)
    since[:kept] = np.minimum(since[:kept], np.maximum(first[:kept], calendar.seconds(start) - 86_400 * 30))
    habit[:kept] = np.maximum(habit[:kept], 1.1)
    market[0], habit[0] = sellers.market[sellers.leader], 1.9
    return Customers(referrer, market, rng.random(count) < 0.3, since, habit, star=0)


def _customers_of_the_legs(sellers: Distributors, count: int) -> NDArray[np.int64]:
    """Return who refers the next customers after the leader's own: the strongest legs, in a small company with fewer each."""
    each = np.repeat((HEAD_CUSTOMERS, SECOND_CUSTOMERS), (len(sellers.heads), len(sellers.seconds)))
    return np.repeat(np.concatenate((sellers.heads, sellers.seconds)), np.minimum(each, count // 40))
