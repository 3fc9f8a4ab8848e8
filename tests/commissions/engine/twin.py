"""The slow twin: the plan's rules once more, in plain loops over plain objects, to be obviously right.

It shares nothing with the engine but the plan's dataclasses. Amounts are fractions until the one rounding.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from commissions.engine.money import EXPONENTS

NOBODY = None


@dataclass
class Person:
    id: int
    sponsor: "Person | None"
    status: str = "open"
    children: list = field(default_factory=list)
    sales: list = field(default_factory=list)
    pv: int = 0
    gv: int = 0
    is_active: bool = False
    rank: int = -1

    def __hash__(self):
        return self.id


@dataclass
class Sale:
    id: int
    person_id: int
    at: int
    order: int
    buyer: str
    quantity: int
    pv: int
    cv: int
    paid: int
    price: int
    currency: str


@dataclass
class Payment:
    bonus: str
    payee: int | None
    source: int | None
    order: int | None
    level: int
    amount: int
    missed: int | None
    reason: str


def stand(plan, people, sales):
    """Return the people by id, standing where the plan says; ``people`` is a list of (id, sponsor id, status)."""
    by_id = {}
    for id, sponsor_id, status in people:
        by_id[id] = Person(id, by_id.get(sponsor_id), status)
        if by_id[id].sponsor:
            by_id[id].sponsor.children.append(by_id[id])
    for sale in sales:
        person = by_id[sale.person_id]
        person.sales.append(sale)
        person.pv += sale.pv
        while person is not NOBODY:
            person.gv += sale.pv
            person = person.sponsor
    for id, _, _ in reversed(people):  # whoever is below comes later in the list, so ranks go from the bottom up
        person = by_id[id]
        person.is_active = person.status == "open" and person.pv >= plan.activity.pv
        for index, rank in enumerate(plan.ranks):
            if person.status == "open" and passes(plan, person, rank):
                person.rank = index
    return by_id


def passes(plan, person, rank):
    """Whether a person passes the test of a rank, given the ranks of everybody below."""
    if person.pv < rank.pv or counted(person, rank) < rank.gv:
        return False
    return all(legs_with(plan, person, legs) >= legs.count for legs in rank.legs)


def counted(person, rank):
    """The group volume that counts for a rank."""
    if rank.leg_cap is None:
        return person.gv
    if rank.leg_cap.of == "points":
        most = rank.leg_cap.most
    else:
        most = (max(person.gv, 0) if rank.leg_cap.of == "own_gv" else rank.gv) * rank.leg_cap.share // 1_000_000
    own = min(person.pv, most) if rank.leg_cap.own_volume == "capped" else person.pv
    legs = sorted(child.gv for child in person.children)
    if rank.leg_cap.of == "largest_leg":
        return own + sum(legs[:-1]) + sum(min(leg, most) for leg in legs[-1:])
    return own + sum(min(leg, most) for leg in legs)


def legs_with(plan, person, legs):
    """How many legs hold a rank."""
    rank = next(index for index, each in enumerate(plan.ranks) if each.code == legs.rank)
    found = 0
    for child in person.children:
        members = [child] if legs.where == "frontline" else downline(child)
        found += any(member.rank >= rank for member in members)
    return found


def downline(person):
    """A person and everybody below."""
    members = [person]
    for member in members:
        members.extend(member.children)
    return members


def payments(plan, by_id):
    """Return every payment line of the plan."""
    lines = []
    for bonus in plan.bonuses:
        of = retail_payments if bonus.kind == "retail_profit" else unilevel_payments
        lines.extend(rounded(plan, bonus, list(of(plan, bonus, by_id))))
    return lines


def retail_payments(plan, bonus, by_id):
    """Yield (seller, order, currency, level, exact amount, payee, missed, reason) for every profit."""
    for seller in by_id.values():
        for sale in seller.sales:
            gap = sale.paid - sale.price
            profit = max(gap, 0) if sale.quantity >= 0 else min(gap, 0)
            if sale.buyer not in bonus.buyers:
                continue
            exact = profit * worth(plan, sale.currency)
            if qualifies_for_retail(bonus, seller):
                yield seller, sale.order, sale.currency, 0, exact, seller, NOBODY, "PAID"
            else:
                heir = NOBODY
                if bonus.unearned == "roll_up":
                    heir = climb(seller, lambda each: qualifies_for_retail(bonus, each) and each.rank >= seller.rank)  # noqa: B023
                yield seller, sale.order, sale.currency, 0, exact, heir, seller, why_not(seller)


def qualifies_for_retail(bonus, person):
    return person.is_active if bonus.active_only else person.status == "open"


def unilevel_payments(plan, bonus, by_id):
    """Yield (seller, order, currency, level, exact amount, payee, missed, reason) for every level of every sale."""
    for seller in by_id.values():
        steps = list(climb_levels(plan, bonus, seller))
        for sale in seller.sales:
            for level, rate, payee, missed, reason in steps:
                exact = sale.cv * Fraction(rate, 1_000_000) * Fraction(10 ** EXPONENTS[plan.currency], 100)
                yield seller, sale.order, "points", level, exact, payee, missed, reason


def climb_levels(plan, bonus, seller):
    """Yield (level, rate, payee, missed, reason) for what a seller sells."""

    def own_rates(person):
        code = plan.ranks[person.rank].code if person and person.rank >= 0 else None
        return bonus.rates.get(code, ()) if isinstance(bonus.rates, dict) else bonus.rates

    def levels(person):
        if not person.is_active or person.rank < 0:
            return 0
        return min(len(own_rates(person)), (bonus.depth or {}).get(plan.ranks[person.rank].code, 100))

    def rate_of(level, person, heir):
        for each in (person, heir):
            if each is not NOBODY and len(own_rates(each)) >= level:
                return own_rates(each)[level - 1]
        return max(rates[level - 1] for rates in lists if len(rates) >= level)

    lists = list(bonus.rates.values()) if isinstance(bonus.rates, dict) else [bonus.rates]
    at = seller
    for level in range(1, max(map(len, lists)) + 1):
        counts = {
            "none": lambda each: True,
            "inactive": lambda each: each.is_active,
            "paid_through": lambda each: levels(each) > 0,
            "full": lambda each: levels(each) >= level,  # noqa: B023
        }
        at = climb(at, counts[bonus.compression])
        if at is NOBODY:
            yield level, rate_of(level, NOBODY, NOBODY), NOBODY, NOBODY, "NOBODY_ABOVE"
        elif levels(at) >= level:
            yield level, rate_of(level, at, NOBODY), at, NOBODY, "PAID"
        else:
            heir = NOBODY
            if bonus.unearned == "roll_up":
                heir = climb(at, lambda each: levels(each) >= level and each.rank >= at.rank)  # noqa: B023
            yield level, rate_of(level, at, heir), heir, at, why_not(at)


def climb(person, suits):
    """The next person above who suits; nobody above nobody."""
    person = person.sponsor if person else NOBODY
    while person is not NOBODY and not suits(person):
        person = person.sponsor
    return person


def why_not(person):
    """Why a person who does not qualify does not."""
    if person.status != "open":
        return person.status.upper()
    return "RANK_TOO_LOW" if person.is_active else "NOT_ACTIVE"


def worth(plan, currency):
    """How many minor units of the plan's currency a minor unit of another is worth."""
    rate = 1 if currency == plan.currency else plan.exchange[currency]
    return rate * Fraction(10 ** EXPONENTS[plan.currency], 10 ** EXPONENTS[currency])


def rounded(plan, bonus, parts):
    """Add up what makes one payment line, and round each line once."""
    lines = defaultdict(Fraction)
    bases = defaultdict(int)
    for seller, order, currency, level, exact, payee, missed, reason in parts:
        source = seller.id
        if bonus.line == "source":
            order = None
        if bonus.line == "payee":
            order, source, level = None, None, 0
            if payee is not NOBODY:
                missed, reason = NOBODY, "PAID"
        key = (payee and payee.id, source, order, currency, level, missed and missed.id, reason)
        lines[key] += exact
        bases[key] += 1
    return [
        Payment(bonus.code, payee, source, order, level, round_once(exact, bonus.rounding), missed, reason)
        for (payee, source, order, _, level, missed, reason), exact in lines.items()
    ]


def round_once(exact, mode):
    """Round a fraction to a whole number."""
    magnitude = abs(exact)
    if mode == "truncate":
        whole = math.floor(magnitude)
    elif mode == "half_up":
        whole = math.floor(magnitude + Fraction(1, 2))
    else:
        whole = round(magnitude)
    return whole if exact >= 0 else -whole
