"""Who sponsored whom and who stands where: trees that look grown, as arrays.

Person 0 is the house. A sponsor always has a smaller number than those sponsored, as enrolments come one after another.
Teams follow a power law, since who has a team grows it faster; a few lines run deep, as they do in every real company.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

FOUNDERS = 14
COPIED = 0.5  # how often a newcomer comes in beside somebody rather than below: the higher, the wider the big teams
DEEPEST_AT_10K = 340
DEPTH_GROWS_BY = 0.27  # 10,000 people: 340 deep; 1,000,000: about 1,180


def inherited(own: Numbers, above: Numbers, takes_after: NDArray[np.bool_]) -> Numbers:
    """Give each person the value of whoever is above, as long as those ``take after`` the one above them; else the own.

    ``above[i] < i``; person 0 takes after nobody.

    >>> inherited(np.array([7, 8, 9]), np.array([0, 0, 1]), np.array([False, True, True])).tolist()
    [7, 7, 7]
    """
    source = np.where(takes_after, above, np.arange(len(own)))
    source[0] = 0
    while True:
        further = source[source]
        if (further == source).all():
            return own[source]
        source = further


def sponsors(people: int, rng: np.random.Generator) -> Numbers:
    """Return the sponsor of each person, the house and ``people`` others."""
    everybody = np.arange(people + 1)
    beside = (rng.random(people + 1) * everybody).astype(np.int64)
    copies = rng.random(people + 1) < COPIED
    copies[: FOUNDERS + 1] = False
    sponsor = _resolved(beside, copies)
    sponsor[: FOUNDERS + 1] = 0
    lost = (sponsor == 0) & (everybody > FOUNDERS)
    sponsor[lost] = 1 + (rng.random(people + 1)[lost] * min(FOUNDERS, people)).astype(np.int64)
    sponsor[lost] = np.minimum(sponsor[lost], everybody[lost] - 1)
    for line in deep_lines(people, rng):
        sponsor[line[1:]] = line[:-1]
    return sponsor


def _resolved(beside: Numbers, copies: NDArray[np.bool_]) -> Numbers:
    """Turn "came in beside j" into "has the sponsor of j", however long the row of people beside each other."""
    target, copies = beside.copy(), copies.copy()
    while copies.any():
        at = copies.nonzero()[0]
        before = target[at]
        target[at], copies[at] = target[before], copies[before]
        copies[at[before == 0]] = False
    return target


def deep_lines(people: int, rng: np.random.Generator) -> list[Numbers]:
    """Choose the people of a few lines in which each sponsored exactly the next one of the line."""
    deepest = int(DEEPEST_AT_10K * (people / 10_000) ** DEPTH_GROWS_BY)
    lengths = [length for length in (deepest, deepest * 7 // 10, deepest // 2) if 10 <= length <= people // 8]
    if not lengths:
        return []
    free = rng.permutation(np.arange(FOUNDERS + 1, people + 1))
    lines, used = [], 0
    for founder, length in enumerate(lengths, start=2):
        members = np.sort(free[used : used + length])
        lines.append(np.concatenate(([founder], members)))
        used += length
    return lines


def placements(sponsor: Numbers, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Place everybody in a binary tree, each at the end of one of the sponsor's outer legs: parent and leg of each."""
    people = len(sponsor)
    preferred = rng.integers(0, 2, people)
    strays = rng.random(people) < 0.35
    parent, leg = np.zeros(people, dtype=np.int64), np.zeros(people, dtype=np.int64)
    below = ([-1] * people, [-1] * people)
    ends = (list(range(people)), list(range(people)))
    sides = np.where(strays, 1 - preferred[sponsor], preferred[sponsor]).tolist()
    for person, above in enumerate(sponsor.tolist()):
        if person == 0:
            continue
        side = sides[person]
        end = _end(ends[side], below[side], above)
        below[side][end] = person
        ends[side][end] = ends[side][above] = person
        parent[person], leg[person] = end, side
    return parent, leg


def _end(ends: list[int], below: list[int], start: int) -> int:
    """Walk to the end of an outer leg; whoever was passed on the way remembers it, so that no leg is walked twice."""
    passed = []
    here = start
    while below[here] >= 0:
        passed.append(here)
        here = ends[here] if ends[here] != here else below[here]
    for member in passed:
        ends[member] = here
    return here


def team_sizes(sponsor: Numbers) -> Numbers:
    """Count the people below each person, that person not counted."""
    size = np.zeros(len(sponsor), dtype=np.int64)
    listed = sponsor.tolist()
    counted = size.tolist()
    for person in range(len(listed) - 1, 0, -1):
        counted[listed[person]] += counted[person] + 1
    return np.array(counted, dtype=np.int64)


def depths(above: Numbers) -> Numbers:
    """Return how far below person 0 each person stands."""
    depth = [0] * len(above)
    for person, up in enumerate(above.tolist()):
        if person:
            depth[person] = depth[up] + 1
    return np.array(depth, dtype=np.int64)
