"""One run from beginning to end: read, calculate, write everything in one transaction. ``work`` says when and by whom.

Nothing of a run is seen before it is all there: whatever ends the process on the way, the run starts over.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from commissions import killpoints, settlements
from commissions.engine import calculate as engine
from commissions.engine import money
from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE, Index
from commissions.models import Run, RunBonus
from commissions.runs import balances, clawbacks, inputs, review, rows

Stage = Run.Stage


class Overtaken(RuntimeError):
    """The run was calculated or discarded by somebody else meanwhile."""


@dataclass(frozen=True, eq=False)
class Given:
    """All that goes into a run, and its checksum."""

    inputs: inputs.Inputs
    clawed: clawbacks.Clawbacks
    settled: settlements.Settled
    brought: balances.Brought

    @property
    def checksum(self):
        """Identify the input: the same for the same numbers, wherever they came from."""
        named = inputs.arrays(self.inputs.snapshot)
        return inputs.checksum({**named, **self.clawed.named(), **self.settled.named(), **self.brought.named()})


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a run comes to, before it is written."""

    given: Given
    result: object
    balances: balances.Balances
    review: dict
    figures: dict


def calculate(run, *, tell=lambda stage, percent: None, require_alone=lambda: None):
    """Calculate a waiting run and store all of it. ``tell`` hears how far it is. Raises Overtaken.

    ``require_alone`` is called first in the transaction that writes: it raises unless this process may still write.
    """
    tell(Stage.READING, 2)
    given = read(run)
    killpoints.reach("run.read")
    tell(Stage.CALCULATING, 15)
    outcome = compute(run, given)
    killpoints.reach("run.calculated")
    with transaction.atomic():
        require_alone()
        store(run, outcome, tell)
        killpoints.reach("run.stored")
    killpoints.reach("run.committed")
    rows.analyze(run.pk)


def read(run):
    """Read what a run is calculated from: the company as it stands now, or, of a run that repeats another, as it stood."""
    period = run.period
    if run.repeats_id is None:
        taken, settled = inputs.read(period), settlements.of_period(period, at=run.cut_at)
    else:
        taken, settled = inputs.read_again(run.repeats), settlements.of_run(run.repeats)
    return Given(taken, clawbacks.find(period), settled, balances.brought(run.follows_id))


def compute(run, given):
    """Calculate, and settle everybody's balance."""
    plan, snapshot = given.inputs.plan, given.inputs.snapshot
    result = engine.calculate(plan, snapshot)
    settled = balances.balance(snapshot.people, result, given.clawed, given.settled, given.brought)
    gained = (settled.earned_minor + settled.clawback_minor)[: len(snapshot.people)]
    past = review.before(run, Index(snapshot.people.id), snapshot.people, plan)
    shown = review.review(plan, snapshot, result, gained, past) | {"settled": given.settled.ids()}
    return Outcome(given, result, settled, shown, _figures(given, result, settled))


def _figures(given, result, settled):
    sales = given.inputs.snapshot.sales
    return {
        "currency": given.inputs.plan.currency,
        "people": len(given.inputs.snapshot.people),
        "entries": len(sales),
        "cv": int(sales.cv.sum()),
        "sold_minor": _sold(given.inputs.plan, sales),
        "earned_minor": settled.total("earned_minor"),
        "unearned_minor": int(given.inputs.plan.still_unearned(result.unearned).sum()),
        "clawback_minor": settled.total("clawback_minor"),
        "adjustment_minor": settled.total("adjustment_minor"),
        "brought_minor": settled.total("brought_minor"),
        "payable_minor": settled.total("payable_minor"),
        "carried_minor": settled.total("carried_minor"),
    }


def _sold(plan, sales):
    """Add up what buyers paid, in the plan's currency at the plan's rates."""
    paid = np.zeros(len(money.CURRENCIES), dtype=np.int64)
    np.add.at(paid, sales.currency, sales.paid_minor)
    return sum(
        int(money.share([int(paid[code])], *plan.value_of(code), money.Rounding.HALF_EVEN)[0]) for code in np.flatnonzero(paid)
    )


def store(run, outcome, tell):
    """Write lines, standings, totals, bonuses, kept arrays and the run itself, in the caller's transaction."""
    given, result = outcome.given, outcome.result
    snapshot = given.inputs.snapshot
    places = _places(given.inputs.plan, given.clawed)
    tables = _tables(outcome, places)
    with connection.cursor() as cursor:
        writer = rows.LineWriter(cursor, run.pk, people=snapshot.people.id, entries=snapshot.sales.id)
        tell(Stage.WRITING, 25)
        writer.write(result.lines, tell=lambda part: tell(Stage.WRITING, 25 + int(part * 40)))
        writer.end()
        _write_clawbacks(writer, given.clawed, places)
        tell(Stage.INDEXING, 65)
        writer.attach()
        tell(Stage.FINISHING, 85)
        for table, columns in tables.items():
            rows.write_table(cursor, table, run.pk, columns, usual=dict.fromkeys(balances.COLUMNS, 0))
    run.state = {"in": given.inputs.state_from}
    run.state["out"] = inputs.keep_state(run, snapshot, result.state)
    if run.repeats_id is None:
        inputs.keep(run, snapshot)
    RunBonus.objects.bulk_create(_bonuses(run, outcome, places, writer.by_bonus))
    told = {
        **outcome.figures,
        "lines": writer.count,
        "review": outcome.review,
        "state": run.state,
        "code_version": inputs.code_version(),
        "input_checksum": given.checksum,
        "result_checksum": _checksum(writer.digest, tables, result.state),
        "calculated_at": timezone.now(),
        "status": Run.Status.CALCULATED,
        "stage": Stage.DONE,
        "progress": 100,
        "problem": "",
    }
    if not Run.objects.filter(pk=run.pk, status=Run.Status.WAITING).update(**told):
        raise Overtaken(f"run {run.pk} is no longer waiting to be calculated")


def _tables(outcome, places):
    """Return the rows beside the lines, by table."""
    return {
        rows.STANDINGS: balances.standing_rows(outcome.balances, outcome.result.standings),
        rows.TOTALS: balances.total_rows(outcome.balances, outcome.result.totals, outcome.given.clawed, places),
    }


def checksum(outcome):
    """Return the checksum of what a run comes to: the same whether it was written or not."""
    given, snapshot = outcome.given, outcome.given.inputs.snapshot
    places = _places(given.inputs.plan, given.clawed)
    lines = rows.Summed(people=snapshot.people.id, entries=snapshot.sales.id)
    lines.write(outcome.result.lines)
    lines.end()
    _write_clawbacks(lines, given.clawed, places)
    return _checksum(lines.digest, _tables(outcome, places), outcome.result.state)


def _checksum(lines, tables, state):
    parts = [lines.hexdigest(), *(inputs.checksum(columns) for columns in tables.values())]
    parts.append(inputs.checksum(inputs.state_arrays(state)))
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _places(plan, clawed):
    """Number the bonuses of a run: the plan's own, then those of older plans that are taken back."""
    codes = [bonus.code for bonus in plan.bonuses]
    codes += sorted(set(clawed.bonus.tolist()) - set(codes))
    return {code: place for place, code in enumerate(codes)}


def _write_clawbacks(writer, clawed, places):
    """Write the lines that take back, after all others."""
    if not len(clawed):
        return
    nothing = {
        column: np.full(len(clawed), rows.USUAL.get(column, 0), dtype=dtype)
        for column, dtype in rows.dtypes().items()
        if column not in ("bonus", "payee_id", "source_id", "entry_id", "level", "base", "currency", "amount_minor")
    }
    writer.write_columns(
        {
            **nothing,
            "bonus": np.array([places[code] for code in clawed.bonus.tolist()], dtype=np.int16),
            "payee_id": clawed.payee_id,
            "source_id": clawed.source_id,
            "entry_id": clawed.entry_id,
            "level": clawed.level,
            "base": clawed.base,
            "currency": clawed.currency,
            "amount_minor": clawed.amount_minor,
            "reason": np.full(len(clawed), Reason.FIXED, dtype=np.int8),
            "reverses_run": clawed.reverses_run,
            "reverses_number": clawed.reverses_number,
        }
    )


def _bonuses(run, outcome, places, count):
    """Return what each bonus came to."""
    plan, result, clawed = outcome.given.inputs.plan, outcome.result, outcome.given.clawed
    names = _names(plan, places, clawed)
    earned = np.zeros(len(places), dtype=np.int64)
    earned[: len(plan.bonuses)] = result.totals.sum(axis=1)
    unearned, cut, back = np.zeros((3, len(places)), dtype=np.int64)
    lost = result.lines.payee == NONE
    np.add.at(unearned, result.lines.bonus[lost], result.lines.amount_minor[lost])
    np.add.at(cut, result.lines.bonus, result.lines.cut_minor)
    paid = clawed.payee_id != rows.NOBODY
    for code, amount in zip(clawed.bonus[paid].tolist(), clawed.amount_minor[paid].tolist(), strict=True):
        back[places[code]] += amount
    return [
        RunBonus(
            run=run, place=place, code=code, name=names[code], lines=count[place], earned_minor=int(earned[place]),
            unearned_minor=int(unearned[place]), cut_minor=int(cut[place]), clawback_minor=int(back[place]),
        )
        for code, place in places.items()
    ]  # fmt: skip


def _names(plan, places, clawed):
    """Return the names of bonuses by code: of those that the plan no longer has, as the runs that paid them had them."""
    names = {bonus.code: bonus.name for bonus in plan.bonuses}
    if places.keys() - names.keys():
        old = RunBonus.objects.filter(run__in=np.unique(clawed.reverses_run).tolist(), code__in=places.keys() - names.keys())
        names |= dict(old.order_by("run_id").values_list("code", "name"))
    return names
