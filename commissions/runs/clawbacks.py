"""Late returns: what was paid for an order of a closed period is taken back, line by line, from whom it was paid to.

A return of a sale that counts in the same period is simply netted. Of a sale of a closed period the recorded lines are
reversed, pro rata for a partial return, and the parts of several returns add up to the whole: what is due by now, less what
earlier runs took back. docs/runs.md states the rule for lines that gather more than one order.
"""

from dataclasses import dataclass, fields

import numpy as np
from django.db import connection

from commissions import periods, plan_versions, sale_columns, snapshots
from commissions.engine.bonuses.bonus import Unit
from commissions.engine.calculation import Calculation
from commissions.engine.money import CURRENCIES, Rounding, share
from commissions.engine.result import Standings
from commissions.engine.snapshot import NONE, SPONSOR, Index, Snapshot
from commissions.models import Period, Run
from commissions.runs import inputs
from commissions.runs.rows import NO_CURRENCY, NOBODY

NO_AGE = 10**9
"""Days within which a return takes back, where the plan does not say."""

DAY = 86_400_000_000

COUNTED = ("quantity", "pv", "cv", "paid_minor", "seller_minor")
"""What of a sale comes back in part when some pieces do."""


@dataclass(frozen=True, eq=False)
class Clawbacks:
    """Lines that take back, a row each; ``bonus`` is the code. Amounts are negative where something was paid."""

    bonus: np.ndarray
    payee_id: np.ndarray
    source_id: np.ndarray
    entry_id: np.ndarray
    level: np.ndarray
    base: np.ndarray
    currency: np.ndarray
    amount_minor: np.ndarray
    reverses_run: np.ndarray
    reverses_number: np.ndarray

    def __len__(self):
        return len(self.payee_id)

    def named(self):
        """Return the columns by name, for a checksum."""
        return {f"clawbacks.{field.name}": getattr(self, field.name) for field in fields(self)}


_TYPES = {
    "bonus": "U40", "currency": "S3", "level": np.int16, "reverses_number": np.int32,
}  # fmt: skip


def of(rows):
    """Put rows, each a dictionary of the columns, together."""
    return Clawbacks(
        **{
            field.name: np.array([row[field.name] for row in rows], dtype=_TYPES.get(field.name, np.int64))
            for field in fields(Clawbacks)
        }
    )


def find(period):
    """Return the lines that take back, in this period, what was paid in closed ones, by run and line."""
    found = []
    for run in _closed_before(period):
        returned = _returned(period, run)
        if len(returned.entry):
            found += _reversing(run, returned)
    return of(found)


def _closed_before(period):
    """Return the closed runs of earlier periods of this type, the oldest first."""
    earlier = Run.objects.filter(
        status=Run.Status.CLOSED,
        period__kind=period.kind,
        period__plan__code=period.plan.code,
        period__ends_at__lte=period.starts_at,
    )
    return earlier.select_related("period__plan", "plan").order_by("period__starts_at")


# -- which sales of a closed period came back by now


@dataclass(frozen=True, eq=False)
class Returned:
    """Returns, up to and in the period at hand, of sales that counted in one closed period; in no particular order."""

    entry: np.ndarray
    original: np.ndarray


RETURNS = """
    SELECT r.id AS entry, v.id AS original,
           (CASE WHEN r.credited_at > v.credited_at THEN r.credited_at ELSE r.recorded_at END) AS at, v.credited_at AS sold_at
    FROM commissions_volumeentry r JOIN commissions_volumeentry v ON v.id = r.reverses_id
    WHERE r.reverses_id IS NOT NULL AND {original} AND {late}
    ORDER BY r.id
"""


def _returned(period, run):
    original, parameters = periods.counted(run.period, "v")
    late, more = _late(period, run.period)
    names = ("entry", "original", "at", "sold_at")
    query = RETURNS.format(original=original, late=late)
    entry, sale, at, sold_at = snapshots.columns(query, names, [*parameters, *more], instants=("at", "sold_at"))
    returns = plan_versions.load(period.plan).returns
    within = at - sold_at <= (returns.within_days if returns else NO_AGE) * DAY
    return Returned(entry[within], sale[within])


def _late(period, closed):
    """Return the condition under which a return counts after a closed period, up to another one."""
    if periods.is_leading(period):
        between = Period.objects.filter(kind=period.kind, starts_at__gt=closed.starts_at, starts_at__lte=period.starts_at)
        return "r.period_id = ANY(%s)", [list(between.values_list("pk", flat=True))]
    last = period.last_entry if period.last_entry is not None else 2**62
    return "(r.id > %s OR r.credited_at >= %s) AND r.id <= %s AND r.credited_at < %s", [
        closed.last_entry, closed.ends_at, last, period.ends_at,
    ]  # fmt: skip


# -- which lines these paid, and how much of each is to go back

LINES = """
    SELECT number, bonus, payee_id, coalesce(source_id, 0) AS source_id, coalesce(entry_id, 0) AS entry_id,
           coalesce(level, 0) AS level, base, currency, amount_minor - coalesce(cut_minor, 0) AS paid
    FROM commissions_runline WHERE run_id = %s AND payee_id <> 0 AND reverses_run IS NULL AND {which} ORDER BY number
"""
TAKEN = """
    SELECT l.reverses_number, sum(l.amount_minor), sum(l.base)
    FROM commissions_runline l JOIN commissions_run r ON r.id = l.run_id
    WHERE l.reverses_run = %s AND r.status = 'closed' GROUP BY 1
"""
ORDERED = """
    SELECT coalesce(sum(cv), 0), coalesce(sum(quantity), 0) FROM commissions_volumeentry
    WHERE reference = (SELECT reference FROM commissions_volumeentry WHERE id = %s)
"""
FAMILY = """
    SELECT v.id, o.first FROM commissions_volumeentry v JOIN (
        SELECT reference, min(id) AS first FROM commissions_volumeentry WHERE id = ANY(%s) GROUP BY reference
    ) o ON o.reference = v.reference
"""


@dataclass(frozen=True)
class Line:
    """A recorded line of a closed run."""

    number: int
    bonus: int
    payee_id: int
    source_id: int
    entry_id: int
    level: int
    base: int
    currency: str
    paid: int


class Reversal:
    """What returns take back of one closed run: whose sales came back, by order and by seller, and what that leaves due."""

    def __init__(self, run, returned):
        self.run, self.returned = run, returned
        self.plan = plan_versions.load(run.plan)
        self.people = inputs.people_of(run)
        self.index = Index(self.people.id)
        self.order_of = _order_of(returned.original)
        self.sales = _as_sold(self.index, run, returned, self.order_of)
        self.calculation = Calculation.begin(self.plan, Snapshot(self.people, self.sales, **_words(run)), _standings(self))
        self.of_orders = _lines(run, "entry_id = ANY(%s)", [list(self.order_of)])
        self.newest = _newest(returned, self.order_of)
        self.due = {}

    def compute(self):
        """Say of each line that is concerned how much of it is due by now: ``{number: (line, amount, base, entry)}``."""
        for index in _in_order(self.plan, self.run.period.kind):
            bonus = self.plan.bonuses[index]
            if hasattr(bonus, "sources"):
                self._of_walk(index, bonus)
            else:
                self._of_downline(index, bonus)
            for line, amount, _base, _entry in self.due.values():
                if line.bonus == index:
                    place = self.index.of(np.array([line.payee_id]), "payee")
                    self.calculation.earned[index, place] += amount
                    self.calculation.paid[index, place] += amount
        return self.due

    def _of_walk(self, index, bonus):
        """The bonus itself says on what of the returned sales it had paid: the share is that of the line's own base."""
        sources = bonus.sources(self.calculation)
        by_order, by_seller = {}, {}
        for place, (sale, currency, base) in enumerate(
            zip(sources.sale.tolist(), sources.currency.tolist(), sources.base.tolist(), strict=True)
        ):
            of_order = sale != NONE
            key = int(self.sales.order[sale]) if of_order else int(self.people.id[sources.seller[place]])
            kept = by_order if of_order else by_seller
            kept[key, _code(currency)] = kept.get((key, _code(currency)), 0) + base
        for line in self.of_orders:
            if line.bonus == index:
                order = self.order_of[line.entry_id]
                self._owe(line, by_order.get((order, line.currency), 0), line.base, self.newest[order])
        sellers = sorted({seller for seller, _currency in by_seller})
        if sellers:
            which = "bonus = %s AND coalesce(entry_id, 0) = 0 AND source_id = ANY(%s)"
            for line in _lines(self.run, which, [index, sellers]):
                self._owe(line, by_seller.get((line.source_id, line.currency), 0), line.base, self.newest[None])
        if bonus.line is Unit.PAYEE:
            self._of_downline(index, bonus)

    def _of_downline(self, index, bonus):
        """What names an order goes back as the order did; what names a seller, as that seller's volume did; and what gathers
        a payee's period, as the volume of the payee's whole downline did. All by commissionable volume.
        """
        for line in self.of_orders:
            if line.bonus == index:
                order = self.order_of[line.entry_id]
                self._owe(line, *self._of_order(order), self.newest[order])
        lines = _lines(self.run, "bonus = %s AND coalesce(entry_id, 0) = 0", [index])
        if not lines:
            return
        back = np.zeros(len(self.people), dtype=np.int64)
        np.add.at(back, self.sales.person, self.sales.cv)
        whole = _sold(self.index, len(self.people), self.run.period)
        forest = self.people.forest(getattr(bonus, "tree", SPONSOR))
        back_below, whole_below = forest.downline_sum(back), forest.downline_sum(whole)
        for line in lines:
            own = line.source_id not in (NOBODY, line.payee_id)
            person = line.source_id if own else line.payee_id
            place = int(self.index.of(np.array([person]), "person")[0])
            part, of = (back, whole) if own else (back_below, whole_below)
            self._owe(line, int(part[place]), int(of[place]), self.newest[None])

    def _of_order(self, order):
        """Return how much of an order came back, and of how much: commissionable volume, or pieces where it has none."""
        rows = self.sales.order == order
        with connection.cursor() as cursor:
            cursor.execute(ORDERED, [order])
            cv, quantity = (int(value) for value in cursor.fetchone())
        return (int(self.sales.cv[rows].sum()), cv) if cv else (int(self.sales.quantity[rows].sum()), quantity)

    def _owe(self, line, part, whole, entry):
        """Note that ``part`` of ``whole`` of a line is to go back."""
        if not part or not whole or (part < 0) != (whole < 0):
            return
        part, whole = min(abs(part), abs(whole)), abs(whole)
        amount, base = share([line.paid, line.base], part, whole, Rounding.HALF_EVEN).tolist()
        self.due[line.number] = (line, amount, base, entry)


def _reversing(run, returned):
    """Return the rows that bring what was taken back of a run's lines up to what is due."""
    reversal = Reversal(run, returned)
    due = reversal.compute()
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [run.pk])
        taken = {number: (-int(amount), -int(base)) for number, amount, base in cursor.fetchall()}
    rows = []
    for number in sorted(due):
        line, amount, base, entry = due[number]
        before, base_before = taken.get(number, (0, 0))
        if amount != before:
            rows.append(
                {
                    "bonus": reversal.plan.bonuses[line.bonus].code, "payee_id": line.payee_id, "source_id": line.source_id,
                    "entry_id": entry, "level": line.level, "base": base_before - base, "currency": line.currency.encode(),
                    "amount_minor": before - amount, "reverses_run": run.pk, "reverses_number": number,
                }
            )  # fmt: skip
    return rows


def _lines(run, which, parameters):
    with connection.cursor() as cursor:
        cursor.execute(LINES.format(which=which), [run.pk, *parameters])
        return [Line(*row) for row in cursor.fetchall()]


def _in_order(plan, kind):
    """Return the bonuses of a period type so that each comes after those that it is computed from."""
    return [step for step in plan.steps(kind) if isinstance(step, int | np.integer) and not isinstance(step, str)]


def _order_of(originals):
    """Return the order of every entry of the orders of some entries: the smallest id of its entries that came back."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILY, [originals.tolist()])
        return dict(cursor.fetchall())


def _newest(returned, order_of):
    """Return the newest return of each order; of None, that of all."""
    newest = {None: int(returned.entry.max())}
    for entry, original in zip(returned.entry.tolist(), returned.original.tolist(), strict=True):
        order = order_of[original]
        newest[order] = max(newest.get(order, 0), entry)
    return newest


def _as_sold(index, run, returned, order_of):
    """Return what came back as if just that had been sold: the entries of the period, with the figures of their returns."""
    sold = snapshots.read_chosen(index, run.period, np.unique(returned.original).tolist()).having(np.copy)
    back = snapshots.read_chosen(index, run.period, returned.entry.tolist())
    original = dict(zip(returned.entry.tolist(), returned.original.tolist(), strict=True))
    place = Index(sold.id).of(np.array([original[entry] for entry in back.id.tolist()], dtype=np.int64), "entry")
    counted = [(getattr(sold, name), getattr(back, name)) for name in COUNTED]
    counted += [(sold.more[name], back.column(name)) for name in sold.more if name.startswith(("volume.", "amount."))]
    for values, less in counted:
        values[:] = 0
        np.subtract.at(values, place, less)
    sold.order[:] = [order_of[entry] for entry in sold.id.tolist()]
    return sold.take(np.lexsort((sold.id, sold.order, sold.person)))


def _words(run):
    return {"period": run.period.kind, "words": sale_columns.read_words()[0]}


STOOD = """
    SELECT distributor_id, pv, gv, is_active::int AS active, rank, best_rank AS best
    FROM commissions_runstanding WHERE run_id = %s
"""


def _standings(reversal):
    """Return where people stood in the run, as far as a bonus asks when it says on what it pays."""
    count = len(reversal.people)
    ids, *columns = snapshots.columns(STOOD, ("distributor_id", "pv", "gv", "active", "rank", "best"), [reversal.run.pk])
    known = np.isin(ids, reversal.people.id)
    place = reversal.index.of(ids[known], "person who stood")
    stood = {}
    for name, values in zip(("pv", "gv", "active", "rank", "best"), columns, strict=True):
        stood[name] = np.zeros(count, dtype={"active": bool, "rank": np.int8, "best": np.int8}.get(name, np.int64))
        stood[name][place] = values[known]
    plan = reversal.plan
    rows = {
        "legs": len(plan.leg_tests), "counted_gv": len(plan.capped_ranks), "measured": len(plan.requirements),
        "gated": len(plan.gates),
    }  # fmt: skip
    nothing = {
        field.name: np.zeros((rows[field.name], count) if field.name in rows else count, dtype=np.int64)
        for field in fields(Standings)
    }
    nothing["gated"] = nothing["gated"].astype(bool)
    return Standings(**{**nothing, "payable": reversal.people.status == 0, **stood})


SOLD = "SELECT v.distributor_id, sum(v.cv)::bigint AS cv FROM commissions_volumeentry v WHERE {} GROUP BY v.distributor_id"


def _sold(index, count, period):
    """Return the commissionable volume of each person in a period, what was returned in it taken off."""
    where, parameters = periods.counted(period)
    ids, cv = snapshots.columns(SOLD.format(where), ("distributor_id", "cv"), parameters)
    sold = np.zeros(count, dtype=np.int64)
    sold[index.of(ids, "seller")] = cv
    return sold


def _code(currency):
    return NO_CURRENCY.decode() if currency == NONE else CURRENCIES[currency]
