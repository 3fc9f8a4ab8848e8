"""Caps on what is earned: what the document says about them, and what they take away.

The order of the persons' caps, the matches and the company's cap is a setting of the plan, because it changes cents.
docs/plans/caps.md states the rules with worked examples.
"""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import money
from commissions.engine.arrays import running
from commissions.engine.bonuses import BONUSES
from commissions.engine.bonuses.lines import block as lines_of
from commissions.engine.bonuses.rows import RANKED_AMOUNTS, RankedAmounts
from commissions.engine.bonuses.sources import SalesFilter, sum_of_volume
from commissions.engine.bonuses.stated import check_cap, most_of
from commissions.engine.document import ListOf, Table, setting
from commissions.engine.kinds import Code, Percent, Report, choice
from commissions.engine.names import Names
from commissions.engine.requirements import requirements_in
from commissions.engine.result import Lines, Reason
from commissions.engine.snapshot import NONE

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Step(StrEnum):
    """What happens after the bonuses that name no others: the persons' caps, the matches, the company's cap."""

    PERSON = "person"
    MATCH = "match"
    COMPANY = "company"


class Excess(StrEnum):
    """What becomes of the money above a person's cap: it is lost, or it is paid later, under that period's cap."""

    FORFEITED = "forfeited"
    CARRIED = "carried"


@dataclass(frozen=True, kw_only=True)
class PersonCap:
    """Nobody is paid more than ``most`` for the named ``bonuses`` together in one period; a rank left out has no cap.

    Who has no rank is held to what the lowest rank is. ``most`` may go by what is required instead of rank.
    """

    bonuses: tuple[str, ...] = setting(ListOf(Code()))
    most: RankedAmounts = setting(RANKED_AMOUNTS)
    excess: Excess = setting(choice(Excess))


@dataclass(frozen=True, kw_only=True)
class CompanyCap:
    """All that is paid for the named ``bonuses`` is at most ``share`` of the company's ``volume`` in the period.

    Every payment shrinks by one factor; the ``protected`` bonuses only if the others have shrunk to nothing.
    """

    bonuses: tuple[str, ...] = setting(ListOf(Code()))
    protected: tuple[str, ...] = setting(ListOf(Code(), least=0), default=())
    share: int = setting(Percent())
    volume: str = setting(Code())
    sales: SalesFilter | None = setting(Table(SalesFilter), default=None)


@dataclass(frozen=True, kw_only=True)
class Caps:
    """``order`` says in which order the three steps are taken; each is named once."""

    order: tuple[Step, ...] = setting(ListOf(choice(Step), least=3, most=3))
    person: tuple[PersonCap, ...] = setting(ListOf(Table(PersonCap), least=0, most=50), default=())
    company: tuple[CompanyCap, ...] = setting(ListOf(Table(CompanyCap), least=0, most=50), default=())

    @property
    def bounds(self) -> "dict[tuple[str, ...], Fraction]":
        """What all the bonuses of each of the company's caps on CV can pay of a unit of it at most."""
        return {cap.bonuses: Fraction(cap.share, money.PPM) for cap in self.company if cap.volume == "cv"}

    @property
    def takes(self) -> bool:
        """Whether there is any cap at all."""
        return bool(self.person or self.company)


NO_CAPS = Caps(order=(Step.PERSON, Step.MATCH, Step.COMPANY))


def check(caps: Caps, names: Names, report: Report) -> None:
    """Report steps and bonuses that are named twice, and names that nothing has."""
    if len(set(caps.order)) < len(caps.order):
        report.wrong("caps.order", ", ".join(caps.order), "person, match and company, each once")
    carried: list[str] = []
    for place, person in enumerate(caps.person, 1):
        path = f"caps.person[{place}]"
        _check_bonuses(f"{path}.bonuses", person.bonuses, names, report)
        _check_matches(f"{path}.bonuses", person.bonuses, caps, Step.PERSON, names, report)
        check_cap(f"{path}.most", person.most, names, report)
        for key, required in requirements_in(person, path):
            required.check(key, names, report)
        if person.excess is Excess.CARRIED:
            for code in sorted({*person.bonuses} & {*carried}):
                report.wrong(f"{path}.bonuses", code, "bonuses whose excess no other cap carries")
            carried += person.bonuses
    for place, company in enumerate(caps.company, 1):
        path = f"caps.company[{place}]"
        _check_bonuses(f"{path}.bonuses", company.bonuses, names, report)
        _check_matches(f"{path}.bonuses", company.bonuses, caps, Step.COMPANY, names, report)
        _check_bonuses(f"{path}.protected", company.protected, names, report)
        for code in company.protected:
            names.require(f"{path}.protected", code, company.bonuses, "one of the cap's bonuses", report)
        names.require_volume(f"{path}.volume", company.volume, report)
        if company.sales is not None:
            company.sales.check(f"{path}.sales", report)


def _check_bonuses(path: str, codes: tuple[str, ...], names: Names, report: Report) -> None:
    if len(set(codes)) < len(codes):
        report.wrong(path, ", ".join(codes), "each bonus once")
    for number, code in enumerate(codes, 1):
        names.require_bonus(f"{path}[{number}]", code, report)


def _check_matches(path: str, codes: tuple[str, ...], caps: Caps, step: Step, names: Names, report: Report) -> None:
    """Report matches that are computed only after the cap that names them."""
    if step in caps.order and caps.order.index(step) < (caps.order.index(Step.MATCH) if Step.MATCH in caps.order else 0):
        for number, code in enumerate(codes, 1):
            if code in names.bonuses and BONUSES[names.bonuses[code]].is_match:
                report.wrong(f"{path}[{number}]", code, f"no match, as caps.order has match after {step}")


def cut_person(calculation: "Calculation") -> None:
    """Hold every person to the persons' caps, what earlier periods left to be paid included."""
    plan = calculation.plan
    calculation.paid[:] += _carried(calculation)
    for cap in plan.caps.person:
        rows = _rows(calculation, cap.bonuses)
        if not rows:
            continue
        before = calculation.paid[rows]
        money.require_summable(before, "what persons' caps are taken of")
        total = before.sum(axis=0)
        most = most_of(plan, calculation.standings, cap.most)
        over = np.flatnonzero(total > most)
        running = np.cumsum(before[:, over], axis=0)
        after = before.copy()
        after[:, over] = np.diff(
            np.stack([money.scaled(sums, most[over], total[over]) for sums in running]), axis=0, prepend=np.int64(0)
        )
        calculation.paid[rows] = after
        calculation.person_cut[rows] += before - after
        if cap.excess is Excess.CARRIED:
            for row, taken in zip(rows, before - after, strict=True):
                waiting = calculation.state(_carries(calculation, row)) - _carried_in(calculation, row)
                calculation.leave(_carries(calculation, row), taken + waiting)


def cut_company(calculation: "Calculation") -> None:
    """Hold the company to its caps: all payments shrink by one factor, protected bonuses last."""
    plan = calculation.plan
    for cap in plan.caps.company:
        rows = _rows(calculation, cap.bonuses)
        if not rows:
            continue
        budget = _budget(calculation, cap)
        firm = [row for row in rows if plan.bonuses[row].code in cap.protected]
        loose = [row for row in rows if row not in firm]
        money.require_summable(calculation.paid[rows], "what the company's cap is taken of")
        of_firm, of_loose = int(calculation.paid[firm].sum()), int(calculation.paid[loose].sum())
        if of_firm + of_loose <= budget:
            continue
        left = max(budget - of_firm, 0) if of_loose > 0 else of_loose
        _shrink(calculation, loose, of_loose, left)
        _shrink(calculation, firm, of_firm, min(budget - left, of_firm))


def _budget(calculation: "Calculation", cap: CompanyCap) -> int:
    """Return what may be paid, in minor units, rounded down."""
    num, den = calculation.plan.value_of(NONE)
    volume = sum_of_volume(calculation, cap.volume, cap.sales)
    return max(volume * num * cap.share // (den * money.PPM), 0)


def _shrink(calculation: "Calculation", rows: list[int], total: int, target: int) -> None:
    """Bring what is paid for some bonuses from ``total`` down to ``target``, by one factor."""
    if total <= target:
        return
    before = calculation.paid[rows].ravel()
    running = np.cumsum(before)
    num, den = np.full(len(running), target, dtype=np.int64), np.full(len(running), total, dtype=np.int64)
    after = np.diff(money.scaled(running, num, den), prepend=np.int64(0))
    calculation.paid[rows] = after.reshape(len(rows), -1)


def cut_lines(calculation: "Calculation", lines: Lines) -> Lines:
    """Spread over the lines what caps and choices took of each person and bonus, and add what earlier periods left.

    The parts add up to the whole exactly: of lines that come to B of which A is left, a line keeps what its running
    sum * A/B, rounded down, is more than the line's before it. The period's own lines come to what was left of them
    when the persons' caps were taken; then, together with what earlier periods left, to what is paid.
    """
    lines, is_own = _with_carried(calculation, lines)
    carried = _carried(calculation)
    cut = (calculation.earned + carried != calculation.paid) | (calculation.set_aside != 0) | (calculation.person_cut != 0)
    rows = np.flatnonzero((lines.payee != NONE) & cut[lines.bonus, lines.payee])
    if not len(rows):
        return lines
    group = lines.bonus[rows].astype(np.int64) * cut.shape[1] + lines.payee[rows]
    order = np.argsort(group, kind="stable")
    rows, group = rows[order], group[order]
    amount, is_own = lines.amount_minor[rows], is_own[rows]
    earned, paid, taken, aside, brought = (
        sums.ravel()[group]
        for sums in (calculation.earned, calculation.paid, calculation.person_cut, calculation.set_aside, carried)
    )
    is_person_first = calculation.plan.caps.order.index(Step.PERSON) < calculation.plan.caps.order.index(Step.COMPANY)
    before = earned - aside + brought if is_person_first else paid + taken
    left = np.where(is_own, _spread(np.where(is_own, amount, 0), group, earned, before - brought), amount)
    paid_each = _spread(left, group, before, paid)
    person_cut = left - _spread(left, group, before, before - taken)
    why = np.where(aside != 0, np.int8(Reason.SMALLER), np.int8(Reason.ABOVE_CAP))
    reason = np.where((paid_each == 0) & (amount != 0) & (lines.reason[rows] == Reason.PAID), why, lines.reason[rows])
    return dataclasses.replace(
        lines,
        cut_minor=_with(lines.cut_minor, rows, amount - paid_each),
        person_cut_minor=_with(lines.person_cut_minor, rows, person_cut),
        reason=_with(lines.reason, rows, reason),
    )


def _spread(
    amount: NDArray[np.int64], group: NDArray[np.int64], whole: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return each line's share of its group's ``part``, where the amounts make up ``whole``, each of one sign.

    What makes up nothing stays as it is. The lines of a group stand together.
    """
    sums = running(amount, group)
    num, den = np.abs(part), np.maximum(np.abs(whole), 1)
    share = money.scaled(sums, num, den) - money.scaled(sums - amount, num, den)
    spread: NDArray[np.int64] = np.where(whole == 0, amount, share)
    return spread


def _with(values: NDArray[Any], rows: NDArray[np.int64], new: NDArray[Any]) -> NDArray[Any]:
    changed = np.array(values)
    changed[rows] = new
    return changed


def _rows(calculation: "Calculation", codes: tuple[str, ...]) -> list[int]:
    """Return the places of those of some bonuses that are computed for this type of period."""
    steps = calculation.plan.steps(calculation.period)
    rows = {calculation.plan.bonus_index(code) for code in codes}
    return sorted(rows & {step for step in steps if not isinstance(step, Step)})


def _carried_rows(calculation: "Calculation") -> list[int]:
    caps = [cap for cap in calculation.plan.caps.person if cap.excess is Excess.CARRIED]
    return sorted(row for cap in caps for row in _rows(calculation, cap.bonuses))


def _carries(calculation: "Calculation", row: int) -> str:
    """The state that keeps what is still to be paid of a bonus."""
    return f"{calculation.plan.bonuses[row].code}.above_cap"


def _carried_in(calculation: "Calculation", row: int) -> NDArray[np.int64]:
    """What earlier periods left to be paid, to those who may be paid."""
    return np.where(calculation.standings.payable, calculation.state(_carries(calculation, row)), 0)


def _carried(calculation: "Calculation") -> NDArray[np.int64]:
    """The same of every bonus, ``[bonus, person]``."""
    carried = np.zeros_like(calculation.paid)
    for row in _carried_rows(calculation):
        carried[row] = _carried_in(calculation, row)
    return carried


def _fixed(calculation: "Calculation", row: int) -> Lines:
    """Lines of what earlier periods left of a bonus."""
    amount = _carried_in(calculation, row)
    payee = np.flatnonzero(amount)
    currency = money.INDEX[calculation.plan.currency]
    return lines_of(calculation.plan, row, payee=payee, base=amount[payee], currency=currency, source=payee, reason=Reason.FIXED)


def _with_carried(calculation: "Calculation", lines: Lines) -> tuple[Lines, NDArray[np.bool_]]:
    """Add lines of what earlier periods left, each before its bonus's own, and say which lines are the period's own."""
    carried = [_fixed(calculation, row) for row in _carried_rows(calculation)]
    count = sum(map(len, carried))
    if not count:
        return lines, np.ones(len(lines), dtype=np.bool_)
    lines = Lines.join([*carried, lines])
    order = np.argsort(lines.bonus, kind="stable")
    return lines.take(order), order >= count
