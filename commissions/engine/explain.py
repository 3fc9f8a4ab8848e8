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
from commissions.engine.bonuses.walking import PerSale, Walking
from commissions.engine.calculation import Calculation
from commissions.engine.held import Held, have_sales
from commissions.engine.money import Rounding
from commissions.engine.plan import Plan
from commissions.engine.reach import part_of, seeing
from commissions.engine.result import Lines, Reason, Standings
from commissions.engine.slices import lines_of
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
    AMOUNT_EACH = "amount_each"
    EARNED_BY = "earned_by"
    TIMES = "times"
    SHARES = "shares"
    BROUGHT = "brought"
    PERSON_CAP = "person_cap"
    CUT = "cut"
    FIGURE = "figure"
    GATE_SHUT = "gate_shut"
    NOTHING_DUE = "nothing_due"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that is said, with the values that go into it."""

    says: Says
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the amount of a line came about: ``base * rate * worth * quantity / of``, which is ``exact``, rounded once.

    ``base`` is hundredths of a point where ``currency`` is None, else minor units of it; ``worth`` is what one unit of
    the base is worth in the plan's currency. A line that gathers several rates has no one rate, and ``exact`` is None.
    ``paid_minor`` is what caps left of the amount.
    """

    base: int
    currency: str | None
    rate_ppm: int
    worth: Fraction
    exact: Fraction | None
    rounding: Rounding
    amount_minor: int
    quantity: int
    of: int
    person_cut_minor: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line explained: the way up from the sale as far as the payee, the arithmetic, and both in sentences."""

    steps: tuple[Step, ...]
    arithmetic: Arithmetic
    sentences: tuple[Sentence, ...]


def explain(
    plan: Plan, people: People, standings: Standings, lines: Lines, row: int, *, whole: Calculation | None = None
) -> Explanation:
    """Explain one line of a calculation, or of ``slices.lines_of`` with the people and standings that are held.

    The way up is only told of bonuses that are paid sale by sale, unless the ``whole`` calculation is there: other walks
    ask more than the standings of an upline.
    """
    index, payee, source = int(lines.bonus[row]), int(lines.payee[row]), int(lines.source[row])
    bonus = plan.bonuses[index]
    steps: tuple[Step, ...] = ()
    if source != NONE and bonus.per_sale:
        steps = _as_far_as(trace(plan, index, people, standings, source), int(lines.level[row]), payee)
    elif source != NONE and whole is not None and isinstance(bonus, Walking):
        start = bonus.walks_from(source, payee if lines.missed[row] == NONE else int(lines.missed[row]))
        steps = _as_far_as(trace_whole(whole, index, start), int(lines.level[row]), payee) if start != NONE else ()
    arithmetic = _arithmetic(plan, lines, row)
    figures = bonus.figures(whole, index, payee) if whole is not None and payee != NONE else {}
    sentences = [*_sentences(plan, source, steps, arithmetic, Reason(lines.reason[row]), is_match=bonus.is_match)]
    sentences += [Sentence(Says.FIGURE, {"name": name, "value": value}) for name, value in figures.items()]
    return Explanation(steps, arithmetic, tuple(sentences))


def _as_far_as(steps: tuple[Step, ...], level: int, payee: int) -> tuple[Step, ...]:
    """Return the steps up to the one that a line pays."""
    told = []
    for step in steps:
        if step.level > level:
            break
        told.append(step)
        if step.level == level and payee != NONE and step.person == payee:
            break
    return tuple(told)


def trace(plan: Plan, index: int, people: People, standings: Standings, seller: int) -> tuple[Step, ...]:
    """Follow one seller's upline as a bonus of the plan does, until its last level has found somebody or nobody."""
    rows = _path(people.parent, seller)
    part, there = part_of(people, rows), standings.take(rows)
    return _trace(seeing(plan, part, there), index, len(rows) - 1, part.parent, rows)


def trace_whole(calculation: Calculation, index: int, start: int) -> tuple[Step, ...]:
    """Follow the way up from one person as any walking bonus does, along the line that it walks."""
    bonus = calculation.plan.bonuses[index]
    assert isinstance(bonus, Walking)
    return _trace(calculation, index, start, bonus.line_up(calculation), np.arange(len(calculation.people)))


def _trace(
    calculation: Calculation, index: int, start: int, parent: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[Step, ...]:
    """Set what a walk found beside the way up: who is paid, who is passed and why. ``rows`` names people as the caller does."""
    bonus = calculation.plan.bonuses[index]
    assert isinstance(bonus, Walking)
    walk = bonus.walk(calculation, index, np.array([start]))
    reasons = why_not(calculation.plan, index, calculation.people, calculation.standings)
    way = _path(parent, start)[::-1].tolist()
    if bonus.first_level:
        way = way[1:]
    steps: list[Step] = []
    for place in range(len(walk.payee)):
        level = int(np.broadcast_to(walk.level[place], 1)[0])
        payee, missed = int(walk.payee[place, 0]), int(walk.missed[place, 0])
        named = payee if missed == NONE else missed
        if not np.broadcast_to(walk.rate_ppm[place], 1)[0]:
            continue
        if named == NONE:
            steps += [Step(int(rows[each]), Role.PASSED, level, Reason(reasons[each])) for each in way]
            steps.append(Step(NONE, Role.NOBODY, level, Reason.NOBODY_ABOVE))
            break
        if named in way:
            ahead = way.index(named)
            steps += [Step(int(rows[each]), Role.PASSED, level, Reason(reasons[each])) for each in way[:ahead]]
            way = way[ahead + 1 :]
        role = Role.PAID if missed == NONE else Role.LOSES
        steps.append(Step(int(rows[named]), role, level, Reason(walk.reason[place, 0])))
        if missed != NONE and payee != NONE:
            steps.append(Step(int(rows[payee]), Role.INHERITS, level, Reason.PAID))
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
    rows = _path(held.people.parent, person)
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
    said = _missed(lines, index, person)
    return tuple(said) or (Sentence(Says.OUT_OF_REACH, {"person": person, "levels": bonus.levels}),)


def why_nothing_whole(calculation: Calculation, lines: Lines, index: int, person: int) -> tuple[Sentence, ...]:
    """Say why any bonus pays a person nothing, from the whole calculation and its lines; nothing is said if it pays."""
    plan, standings, bonus = calculation.plan, calculation.standings, calculation.plan.bonuses[index]
    mine = np.flatnonzero((lines.bonus == index) & (lines.payee == person))
    if int((lines.amount_minor[mine] - lines.cut_minor[mine]).sum()):
        return ()
    said: list[Sentence] = []
    if not standings.payable[person]:
        reason = Reason(why_not(plan, index, calculation.people, standings)[person])
        said.append(Sentence(Says.ACCOUNT_NOT_OPEN, {"person": person, "reason": reason}))
    for gate in plan.gates_of(index):
        if standings.gated[gate, person]:
            said.append(Sentence(Says.GATE_SHUT, {"person": person, "gate": plan.gates[gate].name}))
    said += _missed(lines, index, person)
    if mine.size and int(lines.amount_minor[mine].sum()):
        said.append(Sentence(Says.CUT, _amount(0, plan.currency)))
    if not said and not standings.active[person]:
        said += _shortfall(plan, index, standings, person, Reason.NOT_ACTIVE)
    if not said:
        said.append(Sentence(Says.CAME_TO_NOTHING if mine.size else Says.NOTHING_DUE, {"person": person}))
    figures = bonus.figures(calculation, index, person)
    return (*said, *(Sentence(Says.FIGURE, {"name": name, "value": value}) for name, value in figures.items()))


def _missed(lines: Lines, index: int, person: int) -> Iterator[Sentence]:
    """Say, level by level, what a person would have been paid, and why it was not."""
    missed = np.flatnonzero((lines.bonus == index) & (lines.missed == person))
    for level in np.unique(lines.level[missed]).tolist():
        here = missed[lines.level[missed] == level]
        values = {
            "person": person,
            "level": level,
            "reason": Reason(lines.reason[here[0]]),
            "amount_minor": int(lines.amount_minor[here].sum()),
        }
        yield Sentence(Says.MISSED, values)


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


def _sentences(
    plan: Plan, source: int, steps: tuple[Step, ...], arithmetic: Arithmetic, reason: Reason, *, is_match: bool
) -> Iterator[Sentence]:
    sold = {"points": arithmetic.base} if arithmetic.currency is None else _amount(arithmetic.base, arithmetic.currency)
    if reason is Reason.FIXED:
        yield Sentence(Says.BROUGHT, sold)
        return
    if arithmetic.rate_ppm == money.PPM and arithmetic.currency == plan.currency and source == NONE:
        yield Sentence(Says.AMOUNT_EACH, sold)
    elif source == NONE:
        yield Sentence(Says.GATHERED, sold)
    elif is_match:
        yield Sentence(Says.EARNED_BY, {"seller": source, **sold})
    elif arithmetic.currency is None:
        yield Sentence(Says.SOLD_POINTS, {"seller": source, **sold})
    else:
        yield Sentence(Says.SOLD_ABOVE_PRICE, {"seller": source, **sold})
    yield from map(_said, steps)
    if arithmetic.currency not in (None, plan.currency):
        yield Sentence(Says.WORTH, {"currency": arithmetic.currency, "of": plan.currency, "worth": arithmetic.worth})
    if arithmetic.rate_ppm not in (0, money.PPM):
        yield Sentence(Says.RATE, {"rate_ppm": arithmetic.rate_ppm, **sold})
    if arithmetic.of != 1:
        yield Sentence(Says.SHARES, {"shares": arithmetic.quantity, "of": arithmetic.of})
    elif arithmetic.quantity != 1:
        yield Sentence(Says.TIMES, {"times": arithmetic.quantity})
    if arithmetic.exact is not None:
        amount = _amount(arithmetic.amount_minor, plan.currency)
        yield Sentence(Says.ROUNDED, {"exact_minor": arithmetic.exact, "rounding": arithmetic.rounding, **amount})

    left = arithmetic.amount_minor - arithmetic.person_cut_minor
    if arithmetic.person_cut_minor:
        yield Sentence(Says.PERSON_CAP, _amount(left, plan.currency))
    if arithmetic.paid_minor != left:
        yield Sentence(Says.CUT, _amount(arithmetic.paid_minor, plan.currency))


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
    quantity, of = int(lines.quantity[row]), int(lines.of[row])
    code = None if currency == NONE else money.CURRENCIES[currency]
    worth = Fraction(*plan.value_of(currency))
    return Arithmetic(
        base=base,
        currency=code,
        rate_ppm=rate_ppm,
        worth=worth * Fraction(10 ** (2 if code is None else money.EXPONENTS[code]), 10 ** money.EXPONENTS[plan.currency]),
        exact=base * worth * Fraction(rate_ppm, money.PPM) * Fraction(quantity, of) if rate_ppm else None,
        rounding=bonus.rounding,
        amount_minor=int(lines.amount_minor[row]),
        quantity=quantity,
        of=of,
        person_cut_minor=int(lines.person_cut_minor[row]),
        paid_minor=int(lines.amount_minor[row] - lines.cut_minor[row]),
    )


def _amount(amount_minor: int, currency: str) -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def _path(parent: NDArray[np.int64], person: int) -> NDArray[np.int64]:
    """Return a person and the whole upline, from the root down."""
    path = [person]
    while parent[path[-1]] != NONE:
        path.append(int(parent[path[-1]]))
    return np.array(path[::-1])
