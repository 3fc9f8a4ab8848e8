"""Why a line is what it is, and why a zero is a zero: in facts that can be put into words of any language.

Nothing is decided here: who is paid comes from the bonus's own ``walk``. What is said is one of the closed set
``Says``, with values to fill in: people are indexes, ``points`` hundredths of a point, ``*_minor`` minor units.
docs/engine.md lists every sentence with its values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.bonuses.bonus import why_not
from commissions.engine.bonuses.walking import PerSale
from commissions.engine.held import Held, have_sales
from commissions.engine.money import Rounding
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Reason, Standings
from commissions.engine.slices import lines_of, part_of, seeing
from commissions.engine.snapshot import NONE, People


class Role(StrEnum):
    """What somebody on the way up from a sale is to one level of a bonus."""

    PAID = "paid"
    INHERITS = "inherits"
    LOSES = "loses"
    PASSED = "passed"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Step:
    """One step up from a sale.

    PAID gets the level. LOSES is the level but does not qualify for it, and ``reason`` says why. INHERITS gets what
    somebody below lost. PASSED is not counted: the level goes on to the next. NOBODY: nobody is left for the level.
    """

    person: int
    role: Role
    level: int
    reason: Reason


class Says(StrEnum):
    """Every sentence that can be said."""

    SOLD_POINTS = "sold_points"
    SOLD_ABOVE_PRICE = "sold_above_price"
    STEP_PAID = "step_paid"
    STEP_INHERITS = "step_inherits"
    STEP_LOSES = "step_loses"
    STEP_PASSED = "step_passed"
    STEP_NOBODY = "step_nobody"
    RATE = "rate"
    WORTH = "worth"
    ROUNDED = "rounded"
    GATHERED = "gathered"
    NOT_IN_UPLINE = "not_in_upline"
    OWN_SALE = "own_sale"
    FOR_THE_SELLER = "for_the_seller"
    OUT_OF_REACH = "out_of_reach"
    ACCOUNT_NOT_OPEN = "account_not_open"
    NOT_ACTIVE = "not_active"
    RANK_TOO_LOW = "rank_too_low"
    NOTHING_SOLD = "nothing_sold"
    MISSED = "missed"
    CAME_TO_NOTHING = "came_to_nothing"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that is said, with the values that go into it."""

    says: Says
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the amount of a line came about: ``base * rate * worth``, which is ``exact``, rounded once.

    ``base`` is hundredths of a point where ``currency`` is None, else minor units of it; ``worth`` is what one unit of
    the base is worth in the plan's currency. A line that gathers several rates has no one rate, and ``exact`` is None.
    """

    base: int
    currency: str | None
    rate_ppm: int
    worth: Fraction
    exact: Fraction | None
    rounding: Rounding
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line explained: the way up from the sale as far as the payee, the arithmetic, and both in sentences."""

    steps: tuple[Step, ...]
    arithmetic: Arithmetic
    sentences: tuple[Sentence, ...]


def explain(plan: Plan, people: People, standings: Standings, lines: Lines, row: int) -> Explanation:
    """Explain one line of a calculation, or of ``slices.lines_of`` with the people and standings that are held."""
    index, payee, source = int(lines.bonus[row]), int(lines.payee[row]), int(lines.source[row])
    steps: tuple[Step, ...] = ()
    if source != NONE and plan.bonuses[index].per_sale:
        walked = trace(plan, index, people, standings, source)
        steps = tuple(step for step in walked if step.level <= lines.level[row] and (payee == NONE or step.person >= payee))
    arithmetic = _arithmetic(plan, lines, row)
    return Explanation(steps, arithmetic, tuple(_sentences(plan, source, steps, arithmetic)))


def trace(plan: Plan, index: int, people: People, standings: Standings, seller: int) -> tuple[Step, ...]:
    """Follow one seller's upline as a bonus of the plan does, until its last level has found somebody or nobody."""
    bonus = plan.bonuses[index]
    assert isinstance(bonus, PerSale)
    rows = _path(people, seller)
    part, there = part_of(people, rows), standings.take(rows)
    walk = bonus.walk(seeing(plan, part, there), index, np.array([len(rows) - 1]))
    reasons = why_not(plan, index, part, there)
    steps = []
    ahead = len(rows) - 1 - bonus.first_level  # whom the walk meets next; the path goes up by falling places
    for place in range(len(walk.payee)):
        level = bonus.first_level + place
        payee, missed = int(walk.payee[place, 0]), int(walk.missed[place, 0])
        named = payee if missed == NONE else missed
        steps += [Step(int(rows[each]), Role.PASSED, level, Reason(reasons[each])) for each in range(ahead, named, -1)]
        if named == NONE:
            steps.append(Step(NONE, Role.NOBODY, level, Reason.NOBODY_ABOVE))
            break
        role = Role.PAID if missed == NONE else Role.LOSES
        steps.append(Step(int(rows[named]), role, level, Reason(walk.reason[place, 0])))
        if missed != NONE and payee != NONE:
            steps.append(Step(int(rows[payee]), Role.INHERITS, level, Reason.PAID))
        ahead = named - 1
    return tuple(steps)


def why_not_paid(plan: Plan, index: int, people: People, standings: Standings, seller: int, person: int) -> tuple[Sentence, ...]:
    """Say why a bonus pays a person nothing for what a seller sold; nothing is said if it pays."""
    if not person <= seller < person + people.size[person]:
        return (Sentence(Says.NOT_IN_UPLINE, {"person": person, "seller": seller}),)
    steps = trace(plan, index, people, standings, seller)
    own = [step for step in steps if step.person == person]
    if any(step.role in (Role.PAID, Role.INHERITS) for step in own):
        return ()
    values = {"person": person, "seller": seller}
    bonus = plan.bonuses[index]
    assert isinstance(bonus, PerSale)
    if not own and not bonus.first_level:
        return (Sentence(Says.FOR_THE_SELLER, values),)
    if not own and person == seller:
        return (Sentence(Says.OWN_SALE, values),)
    if not own:
        return (Sentence(Says.OUT_OF_REACH, values | {"levels": steps[-1].level}),)
    return (_said(own[0]), *_shortfall(plan, index, standings, person, own[0].reason))


def why_nothing(plan: Plan, held: Held, index: int, person: int) -> tuple[Sentence, ...]:
    """Say why a bonus has paid a person nothing at all so far; nothing is said if it has."""
    bonus, standings = plan.bonuses[index], held.standings
    if not isinstance(bonus, PerSale):
        return ()
    if held.totals[index, person]:
        return ()
    rows = _path(held.people, person)
    upline = standings.take(rows)
    if not bonus.qualifies(plan, index, upline)[-1]:
        reason = why_not(plan, index, part_of(held.people, rows), upline)[len(rows) - 1]
        return _shortfall(plan, index, standings, person, Reason(reason))
    below = np.arange(person, person + held.people.size[person])
    if bonus.first_level:
        below = below[1:]
    if not have_sales(held.batches, below).any():
        return (Sentence(Says.NOTHING_SOLD, {"person": person}),)
    lines, _ = lines_of(plan, held, person)
    if ((lines.bonus == index) & (lines.payee == person)).any():  # refunded, or too little to round up
        return (Sentence(Says.CAME_TO_NOTHING, {"person": person}),)
    missed = np.flatnonzero((lines.bonus == index) & (lines.missed == person))
    said = []
    for level in np.unique(lines.level[missed]).tolist():
        here = missed[lines.level[missed] == level]
        values = {
            "person": person,
            "level": level,
            "reason": Reason(lines.reason[here[0]]),
            "amount_minor": int(lines.amount_minor[here].sum()),
        }
        said.append(Sentence(Says.MISSED, values))
    return tuple(said) or (Sentence(Says.OUT_OF_REACH, {"person": person, "levels": bonus.levels}),)


def _shortfall(plan: Plan, index: int, standings: Standings, person: int, reason: Reason) -> tuple[Sentence, ...]:
    """Say what stands between a person and being paid."""
    if reason is Reason.NOT_ACTIVE:
        pv, need = int(standings.pv[person]), plan.activity.pv
        return (Sentence(Says.NOT_ACTIVE, {"person": person, "points": pv, "needed_points": need}),)
    if reason is Reason.RANK_TOO_LOW:
        bonus = plan.bonuses[index]
        assert isinstance(bonus, PerSale)
        levels = int(bonus.qualifies(plan, index, standings.take(np.array([person])))[0])
        rank = int(standings.rank[person])
        return (Sentence(Says.RANK_TOO_LOW, {"person": person, "rank": rank, "levels": levels}),)
    return (Sentence(Says.ACCOUNT_NOT_OPEN, {"person": person, "reason": reason}),)


def _sentences(plan: Plan, source: int, steps: tuple[Step, ...], arithmetic: Arithmetic) -> Iterator[Sentence]:
    sold = {"points": arithmetic.base} if arithmetic.currency is None else _amount(arithmetic.base, arithmetic.currency)
    if source == NONE:
        yield Sentence(Says.GATHERED, sold)
    elif arithmetic.currency is None:
        yield Sentence(Says.SOLD_POINTS, {"seller": source, **sold})
    else:
        yield Sentence(Says.SOLD_ABOVE_PRICE, {"seller": source, **sold})
    yield from map(_said, steps)
    if arithmetic.currency not in (None, plan.currency):
        yield Sentence(Says.WORTH, {"currency": arithmetic.currency, "of": plan.currency, "worth": arithmetic.worth})
    if arithmetic.rate_ppm not in (0, money.PPM):
        yield Sentence(Says.RATE, {"rate_ppm": arithmetic.rate_ppm, **sold})
    if arithmetic.exact is not None:
        amount = _amount(arithmetic.amount_minor, plan.currency)
        yield Sentence(Says.ROUNDED, {"exact_minor": arithmetic.exact, "rounding": arithmetic.rounding, **amount})


_SAID = {
    Role.PAID: Says.STEP_PAID,
    Role.INHERITS: Says.STEP_INHERITS,
    Role.LOSES: Says.STEP_LOSES,
    Role.PASSED: Says.STEP_PASSED,
    Role.NOBODY: Says.STEP_NOBODY,
}


def _said(step: Step) -> Sentence:
    return Sentence(_SAID[step.role], {"person": step.person, "level": step.level, "reason": step.reason})


def _arithmetic(plan: Plan, lines: Lines, row: int) -> Arithmetic:
    bonus = plan.bonuses[int(lines.bonus[row])]
    currency, rate_ppm, base = int(lines.currency[row]), int(lines.rate_ppm[row]), int(lines.base[row])
    code = None if currency == NONE else money.CURRENCIES[currency]
    worth = Fraction(*plan.value_of(currency))
    return Arithmetic(
        base=base,
        currency=code,
        rate_ppm=rate_ppm,
        worth=worth * Fraction(10 ** (2 if code is None else money.EXPONENTS[code]), 10 ** money.EXPONENTS[plan.currency]),
        exact=base * worth * Fraction(rate_ppm, money.PPM) if rate_ppm else None,
        rounding=bonus.rounding,
        amount_minor=int(lines.amount_minor[row]),
    )


def _amount(amount_minor: int, currency: str) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def _path(people: People, person: int) -> NDArray[np.int64]:
    """Return a person and the whole upline, from the root down."""
    path = [person]
    while people.parent[path[-1]] != NONE:
        path.append(int(people.parent[path[-1]]))
    return np.array(path[::-1])
