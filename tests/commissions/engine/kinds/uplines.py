"""The slow twin for bonuses that are paid up a line, of the companies of ``worlds.py``: plain loops over plain objects.

``payments`` of each kind yield (seller, order, unit, level, exact amount, payee, missed, reason); ``twin.rounded`` makes
lines of them.
"""

import dataclasses
from collections import Counter
from fractions import Fraction

from commissions.engine.calculate import calculate
from commissions.engine.calculation import Calculation
from commissions.engine.result import Reason
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_snapshot
from tests.commissions.engine.kinds.worlds import POINT


def own(person, volume):
    """A person's own volume."""
    return sum(sale.pv if volume == "pv" else sale.cv for sale in person.sales)


def group(world, tree, volume, person, away=lambda _each: False):
    """A person's own volume and that of everybody below who is not at or below somebody away."""
    return own(person, volume) + sum(
        group(world, tree, volume, each, away) for each in world.below(person, tree) if not away(each)
    )


def measured(world, measure, tree, code, person):
    """The volume that is measured, with what the past adds to it."""
    if measure.of == "own":
        now = own(person, measure.volume)
    elif measure.of == "group":
        now = group(world, tree, measure.volume, person)
    else:
        breaks = next(bonus for bonus in world.plan.bonuses if bonus.code == measure.without)
        now = group(world, tree, measure.volume, person, lambda each: is_away(world, breaks, each))
    if measure.over == "lifetime":
        return now + world.past[f"{code}.lifetime"][person.id]
    return now + sum(world.past[f"{code}.volume.{back}"][person.id] for back in range(1, measure.periods or 1))


def rate_of(world, bonus, person):
    """The rate of a person in a bonus with brackets or rates by rank."""
    rates = bonus.rates
    if rates.by == "rank":
        return rates.table[world.rank_code(person)] if person.rank >= 0 else 0
    if rates.by == "requirement":
        row = row_for(world, rates.table, person)
        return row.rate if row else 0
    volume = measured(world, rates, bonus.tree, bonus.code, person)
    reached = [bracket.rate for bracket in rates.table if volume >= bracket.at]
    return reached[-1] if reached else 0


def row_for(world, table, person):
    """The last row of which a person has everything, or None."""
    return next((row for row in reversed(table) if all(fulfils(world, each, person) for each in row.requires)), None)


def fulfils(world, required, person):
    """Whether a person has a pack, or the own volume, that is asked for."""
    if required.measure == "fact":
        return world.packs[person.id] >= required.least
    return sum(sale.pv for sale in person.sales if sale.buyer in required.buyers) >= required.least


def lists_of(bonus):
    """Every list of rates by level."""
    if isinstance(bonus.rates, dict):
        return list(bonus.rates.values())
    return [bonus.rates] if isinstance(bonus.rates, tuple) else [row.rates for row in bonus.rates.table]


def list_for(world, bonus, person):
    """The list of rates by level of a person."""
    if isinstance(bonus.rates, tuple):
        return bonus.rates
    if isinstance(bonus.rates, dict):
        return bonus.rates[world.rank_code(person)] if person.rank >= 0 else ()
    row = row_for(world, bonus.rates.table, person)
    return row.rates if row else ()


def most_levels(bonus):
    """How many levels there are rates for."""
    return max(map(len, lists_of(bonus)))


def is_head(world, bonus, person):
    """Whether a person fulfils what it takes to head a group."""
    head = bonus.head
    if head.by == "rank":
        return person.rank >= next(place for place, rank in enumerate(world.plan.ranks) if rank.code == head.rank)
    if head.by == "rate":
        return rate_of(world, next(each for each in world.plan.bonuses if each.code == head.bonus), person) >= head.least
    return measured(world, head, bonus.tree, bonus.code, person) >= head.least


def is_away(world, bonus, person):
    """Whether a person's group has left the upline's personal groups."""
    now, before = is_head(world, bonus, person), world.past[f"{bonus.code}.away"][person.id] > 0
    if bonus.leaves == "this_period":
        return now or (before and not bonus.recapture)
    return before and (now or not bonus.recapture)


def levels_open(world, bonus, person):
    """Down to which level a person is paid by rank, frontline and what is held."""
    code = world.rank_code(person)
    limits = [len(list_for(world, bonus, person))]
    if bonus.depth:
        limits.append(bonus.depth[code] if code else 0)
    if bonus.tiers:
        legs = sum(each.is_active for each in person.children)
        limits.append([0, *(tier.depth for tier in bonus.tiers if legs >= tier.legs)][-1])
    if bonus.held:
        limits.append([0, *(pack.depth for pack in bonus.held.table if world.packs[person.id] >= pack.least)][-1])
    return min(limits)


def level_rate(world, bonus, level, person):
    """The rate of a level for a person or, for nobody, the highest; None where the person has none."""
    if person is None:
        return max(rates[level - 1] for rates in lists_of(bonus) if len(rates) >= level)
    rates = list_for(world, bonus, person)
    return rates[level - 1] if len(rates) >= level else None


def level_payments(world, bonus, seller, met, pays):
    """Yield the payments of one seller's sales; ``met`` has (level, person or None), ``pays(person, level)`` says if."""
    for level, person in met:
        payee, missed, reason = person, None, "PAID" if person else "NOBODY_ABOVE"
        if person and not pays(person, level):
            payee = world.heir(bonus, person, bonus.tree, lambda each: pays(each, level))  # noqa: B023
            missed, reason = person, world.why_not(bonus, person)
            locked = is_short(world, bonus, person) or is_locked(world, bonus, person, level)
            reason = "NOT_QUALIFIED" if locked and reason == "RANK_TOO_LOW" else reason
        rate = level_rate(world, bonus, level, person)
        if rate is None:
            rate = level_rate(world, bonus, level, payee)
        for sale in seller.sales if rate else ():
            base = sale.cv if bonus.volume == "cv" else sale.pv
            yield seller, sale.order, "points", level, base * Fraction(rate, 1_000_000) * POINT, payee, missed, reason


def is_locked(world, bonus, person, level):
    """Whether it is neither account, activity, gate nor rank, but frontline or pack alone that keeps a level closed."""
    if not world.may(bonus, person) or (bonus.kind in ("unilevel", "matrix") and not person.is_active):
        return False
    if bonus.kind == "generation" and bonus.rank:
        codes = [rank.code for rank in world.plan.ranks]
        if person.rank < codes.index(bonus.rank):
            return False
    if bonus.kind == "breakaway" and personal_group(world, bonus, person) < bonus.minimum.least:
        return False
    by_rank = bonus.rates if isinstance(bonus.rates, dict) else max(lists_of(bonus), key=len)
    by_rank_alone = dataclasses.replace(bonus, tiers=(), held=None, rates=by_rank)
    return levels_open(world, by_rank_alone, person) >= level > levels_open(world, bonus, person)


def is_short(world, bonus, person):
    """Whether it is the own personal group alone that keeps a head of a breakaway from being paid."""
    if bonus.kind != "breakaway" or not world.may(bonus, person):
        return False
    return personal_group(world, bonus, person) < bonus.minimum.least


def personal_group(world, bonus, person):
    """The personal group that the minimum of a breakaway asks for."""
    return group(world, bonus.tree, bonus.minimum.volume, person, lambda each: is_away(world, bonus, each))


def agree(world, payments_of):
    """Assert that the engine's lines of the last bonus are those of the twin, and return the result."""
    result = calculate(world.plan, world.snapshot)
    place = len(world.plan.bonuses) - 1
    bonus = world.plan.bonuses[place]
    theirs = Counter(
        (line.payee, line.source, line.order, line.level, line.amount, line.missed, line.reason)
        for line in twin.rounded(world.plan, bonus, list(payments_of(world, bonus)))
        if line.amount
    )
    assert Counter(lines_of(world, result, place)) == theirs
    return result


def lines_of(world, result, place):
    """The engine's lines of one bonus that are of something."""
    ids, lines = [*world.snapshot.people.id.tolist(), None], result.lines
    for row in range(len(lines)):
        sale = int(lines.sale[row])
        if lines.bonus[row] != place or not lines.amount_minor[row]:
            continue
        yield (
            ids[lines.payee[row]],
            ids[lines.source[row]],
            int(world.snapshot.sales.order[sale]) if sale >= 0 else None,
            int(lines.level[row]),
            int(lines.amount_minor[row]),
            ids[lines.missed[row]],
            Reason(lines.reason[row]).name,
        )


def begun(world, standings, sign=1):
    """A calculation of the world's sales, or of their opposites, on given standings."""
    sales = [dataclasses.replace(sale, **{name: sign * getattr(sale, name) for name in SIGNED}) for sale in world.sales]
    people = [(person.id, person.sponsor.id if person.sponsor else 0, person.status) for person in world.everybody()]
    rows = engine_snapshot(people, sales).sales
    return Calculation.begin(world.plan, dataclasses.replace(world.snapshot, sales=rows), standings)


SIGNED = ("quantity", "pv", "cv", "paid", "price")


def summed(calculation):
    """What the last bonus pays to whom for whose sales."""
    total = Counter()
    place = len(calculation.plan.bonuses) - 1
    for block in calculation.plan.bonuses[place].pay(calculation, place):
        for row in range(len(block)):
            key = (int(block.payee[row]), int(block.source[row]), int(block.sale[row]), int(block.level[row]))
            total[key] += int(block.amount_minor[row])
    return {key: amount for key, amount in total.items() if amount}
