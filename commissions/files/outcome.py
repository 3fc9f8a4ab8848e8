"""earnings.csv, unearned.csv, standings.csv, state.csv and summary.json: what a calculation came to, printed exactly."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from commissions.engine import lacks, money
from commissions.engine.kinds import percent
from commissions.engine.plan import Plan
from commissions.engine.result import Lines, Reason, Result, Standings
from commissions.engine.snapshot import NO_RANK, NONE
from commissions.files.company import Company
from commissions.files.state import rows_of, unread

EARNINGS = (
    "payee", "bonus", "source", "order", "level", "rate", "base", "base_unit", "quantity", "of",
    "amount", "after_person_caps", "paid", "currency", "missed", "reason",
)  # fmt: skip
UNEARNED = ("bonus", "source", "order", "level", "rate", "base", "base_unit", "amount", "currency", "missed", "reason")
POINTS = "points"
_STRETCH = 100_000


def write(plan: Plan, company: Company, result: Result, folder: Path) -> dict[str, Any]:
    """Write all files into ``folder`` (made if it is not there), and return the summary.

    A result without lines has neither ``earnings.csv`` nor ``unearned.csv``; those of an earlier calculation are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in (("earnings.csv", EARNINGS, earnings), ("unearned.csv", UNEARNED, unearned)):
        if result.lines is None:
            (folder / name).unlink(missing_ok=True)
        else:
            _write(folder / name, header, rows(plan, company, result))
    _write(folder / "standings.csv", *standings(plan, company, result))
    _write(folder / "state.csv", ("person", "name", "value"), rows_of(result.state, company.snapshot.people, company.names))
    told = summary(plan, company, result)
    (folder / "summary.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return told


def earnings(plan: Plan, company: Company, result: Result) -> Iterator[tuple[str, ...]]:
    """Yield a row for every line that somebody is paid by."""
    assert result.lines is not None
    for lines in _stretches(result.lines, result.lines.payee != NONE):
        columns = _columns(plan, company, lines)
        yield from zip(*(columns[name] for name in EARNINGS), strict=True)


def unearned(plan: Plan, company: Company, result: Result) -> Iterator[tuple[str, ...]]:
    """Yield a row for every line that nobody earned."""
    assert result.lines is not None
    for lines in _stretches(result.lines, result.lines.payee == NONE):
        columns = _columns(plan, company, lines)
        yield from zip(*(columns[name] for name in UNEARNED), strict=True)


def _stretches(lines: Lines, which: NDArray[np.bool_]) -> Iterator[Lines]:
    rows = np.flatnonzero(which)
    for start in range(0, len(rows), _STRETCH):
        yield lines.take(rows[start : start + _STRETCH])


def _columns(plan: Plan, company: Company, lines: Lines) -> dict[str, list[str]]:
    """Return the columns of some lines as texts."""
    codes = [bonus.code for bonus in plan.bonuses]
    entry = company.snapshot.sales.id
    units = {NONE: POINTS} | dict(enumerate(money.CURRENCIES))
    currency = lines.currency.tolist()
    return {
        "payee": _people(company, lines.payee),
        "quantity": list(map(str, lines.quantity.tolist())),
        "of": list(map(str, lines.of.tolist())),
        "after_person_caps": _amounts(lines.amount_minor - lines.person_cut_minor, plan.currency),
        "paid": _amounts(lines.amount_minor - lines.cut_minor, plan.currency),
        "bonus": [codes[index] for index in lines.bonus.tolist()],
        "source": _people(company, lines.source),
        "order": ["" if sale == NONE else company.order_name(int(entry[sale])) for sale in lines.sale.tolist()],
        "level": [str(level) for level in lines.level.tolist()],
        "rate": ["" if rate == 0 else percent(rate) for rate in lines.rate_ppm.tolist()],
        "base": [
            _decimal(base, 2 if code == NONE else money.EXPONENTS[units[code]])
            for base, code in zip(lines.base.tolist(), currency, strict=True)
        ],
        "base_unit": [units[code] for code in currency],
        "amount": _amounts(lines.amount_minor, plan.currency),
        "currency": [plan.currency] * len(lines),
        "missed": _people(company, lines.missed),
        "reason": ["" if reason == Reason.PAID else Reason(reason).name.lower() for reason in lines.reason.tolist()],
    }


def standings(plan: Plan, company: Company, result: Result) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
    """Return the header and the rows of standings.csv: one for each person, in tree order."""
    starts = range(0, len(company.snapshot.people), _STRETCH)
    stretches = (_standing_columns(plan, company, result, slice(start, start + _STRETCH)) for start in starts)
    first = next(stretches)
    rows = (row for columns in chain([first], stretches) for row in zip(*columns.values(), strict=True))
    return list(first), rows


def _standing_columns(plan: Plan, company: Company, result: Result, who: slice) -> dict[str, list[str]]:
    """Return the columns of standings.csv for some of the people, as texts."""
    stood = result.standings.take(who)
    codes = [*(rank.code for rank in plan.ranks), ""]
    ids = company.snapshot.people.id[who].tolist()
    title = result.state.people["rank.title"][who].tolist() if "rank.title" in result.state.people else [0] * len(ids)
    columns: dict[str, list[str]] = {
        "id": list(map(company.names.name, ids)),
        "active": ["yes" if active else "no" for active in stood.active.tolist()],
        "paid_as": [codes[rank] for rank in stood.rank.tolist()],
        "title": [codes[number - 1] for number in title],
        "best_below": [codes[rank] for rank in stood.best.tolist()],
        "pv": _points(stood.pv),
        "gv": _points(stood.gv),
    }
    for place, test in enumerate(plan.leg_tests):
        columns[f"legs.{codes[test.rank]}.{test.where}"] = [str(count) for count in stood.legs[place].tolist()]
    for place, index in enumerate(plan.capped_ranks):
        columns[f"counted_gv.{codes[index]}"] = _points(stood.counted_gv[place])
    for place, required in enumerate(plan.requirements):
        columns[_free(columns, f"measured.{required.measure}")] = _measured(required, stood.measured[place])
    for place, gate in enumerate(plan.gates):
        columns[f"gate.{gate.code}"] = ["shut" if shut else "open" for shut in stood.gated[place].tolist()]
    top = len(plan.ranks) - 1
    targets = [rank + 1 if rank < top else NO_RANK for rank in stood.rank.tolist()]
    columns["next_rank"] = ["" if target == NO_RANK else codes[target] for target in targets]
    columns["missing"] = [
        "" if target == NO_RANK else missing(plan, stood, person, target) for person, target in enumerate(targets)
    ]
    totals = result.totals[:, who]
    for place, bonus in enumerate(plan.bonuses):
        columns[f"paid.{bonus.code}"] = _amounts(totals[place], plan.currency)
    columns["paid"] = _amounts(totals.sum(axis=0), plan.currency)
    return columns


def missing(plan: Plan, stood: Standings, person: int, target: int) -> str:
    """Say in a few words what somebody lacks for a rank."""
    said = []
    for required in lacks.of_person(plan, stood, person, target):
        if required.missing:
            said.append(_lack(plan, required))
    return "; ".join(said)


def _lack(plan: Plan, required: lacks.Requirement) -> str:
    if required.alternatives:
        ways = [[_lack(plan, part) for part in way if part.missing] for way in required.alternatives]
        said = " or ".join(" and ".join(way) for way in ways if way)
        return said if required.missing == 1 else f"{required.missing} of: {said}"
    if required.leg_rank != NO_RANK:
        return f"{required.missing} legs with {plan.ranks[required.leg_rank].code}"
    amount = _decimal(required.missing, 2) if required.is_points else str(required.missing)
    return f"{amount} {required.required.measure if required.required else required.measure}"


def summary(plan: Plan, company: Company, result: Result) -> dict[str, Any]:
    """Return the totals of the calculation, and what share of the volume is paid out."""
    sales = company.snapshot.sales
    paid = result.totals.sum(axis=1)
    volume = int(sales.cv.sum())
    worth_num, worth_den = plan.value_of(NONE)
    worth = Decimal(volume * worth_num) / Decimal(worth_den)
    total, still = int(paid.sum()), int(plan.still_unearned(result.unearned).sum())
    codes = [rank.code for rank in plan.ranks]
    held = np.bincount(result.standings.rank[result.standings.rank >= 0], minlength=len(codes))
    return {
        "plan": plan.plan.code,
        "version": plan.plan.version,
        "plan_checksum": plan.checksum,
        "period": company.span.name,
        "start": company.span.start.isoformat(),
        "end": company.span.end.isoformat(),
        "currency": plan.currency,
        "people": len(company.snapshot.people),
        "active": int(result.standings.active.sum()),
        "order_lines": len(sales),
        "order_lines_outside_the_period": company.outside,
        "state_that_nothing_reads": unread(plan, company.snapshot.state),
        "commissionable_volume": _decimal(volume, 2),
        "paid": _amount(total, plan.currency),
        "unearned": _amount(still, plan.currency),
        "re_pooled": _amount(int(result.unearned.sum()) - still, plan.currency),
        "cut_by_caps": _amount(int(result.before_caps.sum()) - total, plan.currency),
        "payout_ratio": None if not volume else f"{Decimal(total) / worth:.6f}",
        "bonuses": {
            bonus.code: {
                "paid": _amount(int(paid[place]), plan.currency),
                "unearned": _amount(int(result.unearned[place]), plan.currency),
            }
            for place, bonus in enumerate(plan.bonuses)
        },
        "ranks": {code: int(count) for code, count in zip(codes, held.tolist(), strict=True)},
    }


def _write(path: Path, header: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _people(company: Company, places: NDArray[np.int32]) -> list[str]:
    numbers = np.append(company.snapshot.people.id, 0)[places].tolist()
    name: Callable[[int], str] = company.names.name
    return ["" if number == 0 else name(number) for number in numbers]


def _points(values: NDArray[np.int64]) -> list[str]:
    return [_decimal(value, 2) for value in values.tolist()]


def _measured(required: Any, values: NDArray[np.int64]) -> list[str]:
    return _points(values) if required.is_points else [str(value) for value in values.tolist()]


def _free(columns: dict[str, list[str]], name: str) -> str:
    number = 2
    free = name
    while free in columns:
        free, number = f"{name}.{number}", number + 1
    return free


def _amounts(values: NDArray[np.int64], currency: str) -> list[str]:
    exponent = money.EXPONENTS[currency]
    return [_decimal(value, exponent) for value in values.tolist()]


def _amount(value: int, currency: str) -> str:
    return _decimal(value, money.EXPONENTS[currency])


def _decimal(value: int, places: int) -> str:
    if not places:
        return str(value)
    units, rest = divmod(abs(value), 10**places)
    return f"{'-' if value < 0 else ''}{units}.{rest:0{places}d}"
