"""The slow twin of ranks: every requirement, leg cap, title and rule of time once more, in loops over plain objects.

People come in an order in which whoever is above, in any tree, comes first. It shares nothing with the engine but the
plan's dataclasses.
"""

from dataclasses import dataclass, field
from fractions import Fraction

CUSTOMERS = ("preferred", "retail")


@dataclass(eq=False)
class Person:
    """Somebody with everything that a rank may look at; ``past`` are ranks of earlier periods, the newest first."""

    id: int
    status: str = "open"
    kind: str = "distributor"
    above: dict = field(default_factory=dict)
    leg: dict = field(default_factory=dict)
    below: dict = field(default_factory=dict)
    sales: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict)
    active: bool = False
    holder: "Person | None" = None
    given: list = field(default_factory=list)
    rank: int = -1
    tested: int = -1

    def past(self, back):
        return self.state.get("rank.paid_as" if back == 1 else f"rank.ago.{back}", 0) - 1


@dataclass
class Bought:
    """What somebody bought: volumes by name."""

    person: int
    buyer: str
    customer: int
    at: int
    volumes: dict


def stand(plan, people, bought):
    """Let everybody stand where the plan says; ``people`` are Persons whose trees are set, the upper ones first."""
    by_id = {person.id: person for person in people}
    for sale in bought:
        by_id[sale.person].sales.append(sale)
    if plan.compression and plan.compression.terminated == "leave":
        for person in people:
            while person.above["sponsor"] and person.above["sponsor"].status == "terminated":
                person.above["sponsor"] = person.above["sponsor"].above["sponsor"]
    for person in people:
        person.below = {tree: [each for each in people if each.above.get(tree) is person] for tree in ("sponsor", *plan.trees)}
        person.holder, person.given = person, [person]
    for person in people:
        person.active = is_active(plan, person)
    if plan.compression and plan.compression.inactive_volume == "moves_up":
        move(people)
    for person in reversed(people):
        person.tested, person.rank = ranked(plan, person)
    return by_id


def is_active(plan, person):
    """Whether somebody has what activity takes."""
    if person.status != "open" or person.kind != "distributor" or own(person, "pv") < plan.activity.pv:
        return False
    return all(have(plan, person, each) >= each.need for each in plan.activity.requires)


def move(people):
    """Let the volume of inactive people count as that of the next active one above."""
    for person in people:
        at = person
        while at is not None and not at.active:
            at = at.above["sponsor"]
        if at is not None:
            person.holder = at
    for person in people:
        person.given = [each for each in people if each.holder is person]


def ranked(plan, person):
    """Say which rank the tests come to, and which one that is within the limits; everybody below is ranked already."""
    person.rank = -1
    if person.status != "open" or person.kind != "distributor":
        return -1, -1
    tested, limits = -1, limits_of(plan, person)
    person.rank = within(limits, tested)
    for index, rung in enumerate(plan.ranks):
        if passes(plan, person, rung):
            tested = index
        person.rank = within(limits, tested)
    return tested, person.rank


def limits_of(plan, person):
    """The lowest and the highest rank that somebody may have."""
    floor, ceiling = -1, len(plan.ranks) - 1
    grace = plan.ladder.grace
    if grace and grace.pay == "kept" and person.state.get("rank.grace", 0) < grace.periods:
        floor = person.state.get("rank.held", 0) - 1
    if person.facts.get("rank.floor"):
        floor = max(floor, named(plan, person.facts["rank.floor"]))
    if person.facts.get("rank.ceiling"):
        ceiling = named(plan, person.facts["rank.ceiling"])
    if person.facts.get("rank.override"):
        floor = ceiling = named(plan, person.facts["rank.override"])
    return min(floor, ceiling), ceiling


def named(plan, fact):
    return -1 if fact < 0 else min(fact, len(plan.ranks)) - 1


def within(limits, rank):
    floor, ceiling = limits
    return min(max(rank, floor), ceiling)


def in_force(plan, person):
    """The rank that bonuses see."""
    before, limits = person.past(1), limits_of(plan, person)
    if person.status != "open" or person.kind != "distributor":
        return -1
    if plan.ladder.in_force == "highest":
        return min(max(person.rank, before), limits[1])
    if plan.ladder.in_force == "next":
        return within(limits, before if before >= 0 else min(person.rank, 0))
    return person.rank


def passes(plan, person, rung):
    """Whether a rank's test holds."""
    if own(person, "pv") < rung.pv or counted(person, rung) < rung.gv:
        return False
    if any(legs_with(plan, person, legs) < legs.count for legs in rung.legs):
        return False
    return all(have(plan, person, each) >= each.need for each in rung.requires)


def counted(person, rung):
    """The group volume that counts for a rank."""
    return held_down(person, rung.leg_cap, rung.gv) if rung.leg_cap else group(person, "pv")


def held_down(person, cap, asked, volume="pv", tree="sponsor", tank=None, with_own=True):
    """The group volume with legs that count for no more than the cap says."""
    if cap.of == "points":
        most = cap.most
    else:
        most = (max(group(person, volume, tree, tank=tank), 0) if cap.of == "own_gv" else asked) * cap.share // 1_000_000
    mine = own(person, volume, tank=tank) if with_own else 0
    mine = min(mine, most) if cap.own_volume == "capped" else mine
    legs = sorted(group(child, volume, tree, tank=tank) for child in person.below[tree])
    if cap.of == "largest_leg":
        return mine + sum(legs[:-1]) + sum(min(leg, most) for leg in legs[-1:])
    return mine + sum(min(leg, most) for leg in legs)


def legs_with(plan, person, legs):
    """How many legs hold a rank, with some people looked through."""
    rank = index_of(plan, legs.rank)
    return sum(holds(head, rank, legs.where, "sponsor") for head in heads(person, legs.looks_through))


def heads(person, looks_through, tree="sponsor"):
    """Who heads a leg."""
    for child in person.below[tree]:
        see_through = {"nobody": False, "unranked": child.rank < 0, "inactive": not child.active}[looks_through]
        if see_through:
            yield from heads(child, looks_through, tree)
        else:
            yield child


def holds(head, rank, where, tree):
    members = [head] if where == "frontline" else team(head, tree)
    return any(member.rank >= rank for member in members)


def index_of(plan, code):
    return next(index for index, rung in enumerate(plan.ranks) if rung.code == code)


def team(person, tree):
    """A person and everybody below in a tree."""
    members = [person]
    for member in members:
        members.extend(member.below[tree])
    return members


def own(person, volume, buyers=(), tank=None):
    """Volume that counts as a person's own, of what some buyers bought."""
    total = 0
    for giver in person.given:
        for sale in sales_of(giver) if buyers else giver.sales:
            waits = tank and tank.volume == "from_placement" and sale.at < giver.facts.get("placed_at.pairs", 0)
            if (not buyers or sale.buyer in buyers) and not waits:
                total += sale.volumes[volume]
    return total


def sales_of(person):
    """A distributor's sales, and those of customers in the tree whose next distributor above it is."""
    if person.kind != "distributor":
        return []
    found = list(person.sales)
    for child in person.below["sponsor"]:
        if child.kind != "distributor":
            found += bought_below(child)
    return found


def bought_below(customer):
    found = list(customer.sales)
    for child in customer.below["sponsor"]:
        if child.kind != "distributor":
            found += bought_below(child)
    return found


def group(person, volume, tree="sponsor", buyers=(), tank=None):
    return sum(own(member, volume, buyers, tank) for member in team(person, tree))


def levels_volume(person, required, tank, levels):
    if levels == 0:
        return 0
    return sum(
        own(each, required.volume, (), tank) + levels_volume(each, required, tank, levels - 1)
        for each in person.below[required.tree]
    )


def have(plan, person, required):
    """What somebody has of what is required."""
    measure = required.measure
    if measure == "any_of":
        return sum(all(have(plan, person, part) >= part.need for part in way) for way in required.of)
    tank = plan.trees[required.tree].tank if getattr(required, "tree", "sponsor") != "sponsor" else None
    if measure == "own_volume":
        return own(person, required.volume, required.buyers)
    if measure == "group_volume":
        if required.leg_cap is not None:
            asked = required.leg_cap, required.least, required.volume, required.tree, tank
            return held_down(person, *asked, with_own=required.own == "counts")
        oneself = own(person, required.volume, (), tank)
        if required.levels is not None:
            below = levels_volume(person, required, tank, required.levels)
        else:
            below = sum(group(each, required.volume, required.tree, tank=tank) for each in person.below[required.tree])
        return below + (oneself if required.own == "counts" else 0)
    if measure == "personal_group_volume":
        return personal_group(plan, person, required)
    if measure == "customer_share":
        of = own if required.of == "own" else lambda *given: group(given[0], given[1], buyers=given[2] if given[2:] else ())
        part, whole = of(person, required.volume, required.buyers), of(person, required.volume)
        return int(Fraction(min(max(part, 0), whole), whole) * 1_000_000) if whole > 0 else 0
    if measure == "customers":
        return customers(person, required)
    if measure == "legs_with_volume":
        of_head = required.of == "head"
        return sum(
            (own(child, required.volume, (), tank) if of_head else group(child, required.volume, required.tree, tank=tank))
            >= required.least
            for child in person.below[required.tree]
        )
    if measure == "legs_with_rank":
        return sum(leg_counts(plan, head, required) for head in heads(person, required.looks_through, required.tree))
    if measure == "nth_largest_leg":
        legs = [group(child, required.volume, required.tree, tank=tank) for child in person.below[required.tree]]
        return sorted([*legs, *[0] * required.nth], reverse=True)[required.nth - 1]
    if measure in ("lesser_leg", "outside_largest_leg"):
        return outside(person, required, tank)
    if measure == "active_frontline":
        return sum(child.active for child in person.below[required.tree])
    if measure == "sponsored_in_legs":
        return sponsored_in_legs(plan, person, required)
    if measure == "team":
        return counted_team(person, required)
    if measure == "periods_at_rank":
        ranks = [person.rank] if required.this_period == "counts" else []
        ranks += [person.past(back) for back in range(1, required.of_last + 1)]
        return sum(rank >= index_of(plan, required.rank) for rank in ranks[: required.of_last])
    if measure == "title":
        return int(person.state.get("rank.title", 0) - 1 >= index_of(plan, required.rank))
    if measure in ("lifetime_volume", "rolling_volume"):
        return over_periods(person, required)
    if measure == "fact":
        return person.facts.get(required.name, 0)
    assert measure == "without_fact"
    return int(not person.facts.get(required.name, 0))


def leg_counts(plan, head, required):
    """Whether a leg holds the rank, and the volume beside it, or the volume that does instead."""
    tank = plan.trees[required.tree].tank if required.tree != "sponsor" else None

    def reaches(asked):
        return group(head, asked.volume, required.tree, tank=tank) >= asked.least

    ranked = holds(head, index_of(plan, required.rank), required.where, required.tree)
    ranked = ranked and (required.with_volume is None or reaches(required.with_volume))
    return ranked or (required.or_volume is not None and reaches(required.or_volume))


def personal_group(plan, person, required):
    rank = index_of(plan, required.rank)
    if required.less == "legs":
        legs = [child for child in person.below["sponsor"] if not holds(child, rank, "anywhere", "sponsor")]
        return own(person, required.volume) + sum(group(leg, required.volume) for leg in legs)

    def within_group(member):
        total = own(member, required.volume)
        for child in member.below["sponsor"]:
            if (child.past(1) if required.less == "breakaway" else child.rank) < rank:
                total += within_group(child)
        return total

    return within_group(person)


def customers(person, required):
    """Different customers with enough volume: by number, or as people in the tree."""
    by_customer = {}
    for sale in sales_of(person):
        customer = ("in tree", sale.person) if sale.person != person.id else sale.customer
        if sale.buyer in required.buyers and customer is not None:
            key = (sale.buyer, customer)
            by_customer[key] = by_customer.get(key, 0) + sale.volumes[required.volume]
    return sum(volume >= required.each and volume > 0 for volume in by_customer.values())


def outside(person, required, tank):
    legs = {
        child.leg.get(required.tree): group(child, required.volume, required.tree, tank=tank)
        for child in person.below[required.tree]
    }
    if required.measure == "lesser_leg":
        return min(legs.get(0, 0), legs.get(1, 0))
    volumes = [group(child, required.volume, required.tree, tank=tank) for child in person.below[required.tree]]
    mine = own(person, required.volume, tank=tank) if required.own == "counts" else 0
    return mine + sum(volumes) - sum(sorted([*volumes, *[0] * required.largest], reverse=True)[: required.largest])


def sponsored_in_legs(plan, person, required):
    found = [0] * 100
    for number, head in enumerate(person.below[required.tree]):
        for member in team(head, required.tree):
            if member.above["sponsor"] is person and is_counted(member, required.who):
                ranked = not required.rank or member.rank >= index_of(plan, required.rank)
                asked = required.with_volume
                found[number] += ranked and (asked is None or own(member, asked.volume) >= asked.least)
    return sorted(found, reverse=True)[(required.legs or 2) - 1]


def is_counted(person, who):
    return person.active if who == "active" else person.status == "open" and person.kind == "distributor"


def counted_team(person, required):
    total, level, depth = 0, person.below[required.tree], 1
    while level and (required.levels is None or depth <= required.levels):
        total += sum(is_counted(member, required.who) for member in level)
        level, depth = [child for member in level for child in member.below[required.tree]], depth + 1
    return total


def over_periods(person, required):
    now = own(person, required.volume) if required.of == "own" else group(person, required.volume)
    if required.measure == "lifetime_volume":
        return now + person.state.get(f"volume.lifetime.{required.of}.{required.volume}", 0)
    back = range(1, required.periods)
    return now + sum(person.state.get(f"volume.ago.{each}.{required.of}.{required.volume}", 0) for each in back)


def title_after(rules, person):
    """The title that somebody goes on with, and for how many periods it has been held."""
    past = [person.rank, *(person.past(back) for back in range(1, 130))]
    title, since = person.state.get("rank.title", 0) - 1, person.state.get("rank.title_since", 0) + 1
    earned = min(past[: rules.after])
    if earned > title:
        title, since = earned, 1
    if rules.demotion != "never" and since >= rules.window:
        window = past[: rules.window]
        if sum(rank >= title for rank in window) < rules.times:
            best = [rank for rank in range(-1, title) if sum(each >= rank for each in window) >= rules.times]
            title, since = (best[-1] if rules.demotion == "to_best" else title - 1), 1
    return title, since if title >= 0 else 0


def grace_after(grace, person):
    """The rank that grace goes on with, and for how many periods it has kept it."""
    used, held = person.state.get("rank.grace", 0), person.state.get("rank.held", 0) - 1
    if used < grace.periods and held > person.tested:
        return held, used + 1
    return person.tested, 0
