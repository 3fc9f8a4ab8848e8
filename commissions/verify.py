"""Checks of what must always hold of volume and live figures; ``manage.py verify`` runs them after every fault.

Each returns ``(name, examined, faults)``; faults are sentences, the first hundred of them.
"""

import time

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from commissions import plan_versions, snapshots, standing_rows
from commissions.books import Book
from commissions.engine import calculate as engine
from commissions.engine.snapshot import NONE, Unsound
from commissions.engine.tree import BrokenTree, require_preorder
from commissions.models import LivePending, Period, Standing, VolumeEntry
from commissions.verify_runs import RUN_CHECKS

MOST_FAULTS = 100
INSTANTS, BETWEEN_INSTANTS = 100, 0.1
"""How often, and after how many seconds again, an instant is sought at which the live refresh has taken in everything."""

OUTSIDE_PERIOD = """
    SELECT v.id, p.name FROM commissions_volumeentry v JOIN commissions_period p ON p.id = v.period_id
    WHERE (NOT v.is_late AND (v.credited_at < p.starts_at OR v.credited_at >= p.ends_at))
       OR (v.is_late AND v.credited_at >= p.starts_at) ORDER BY v.id LIMIT 100
"""
OVERDRAWN = """
    SELECT v.reference, v.line FROM commissions_volumeentry v JOIN commissions_volumeentry r ON r.reverses_id = v.id
    GROUP BY v.id
    HAVING v.quantity + sum(r.quantity) < 0 OR abs(v.pv) < abs(sum(r.pv)) OR abs(v.cv) < abs(sum(r.cv))
        OR abs(v.paid_minor) < abs(sum(r.paid_minor)) OR bool_or(r.distributor_id <> v.distributor_id)
        OR bool_or(r.currency <> v.currency) OR bool_or(r.reverses_id = r.id)
    ORDER BY 1, 2 LIMIT 100
"""


def _rows(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def check_periods():
    """Each entry counts in exactly one period, the one of the plan's clock, or a later one if it came late."""
    faults = [f"volume entry {pk} counts in {name}, outside of it" for pk, name in _rows(OUTSIDE_PERIOD)]
    return "volume counts in its period", VolumeEntry.objects.count(), faults


def check_reversals():
    """No return takes back more than was sold, or from somebody else."""
    faults = [f"more is taken back of {reference} line {line} than was sold" for reference, line in _rows(OVERDRAWN)]
    return "returns take back what was sold", VolumeEntry.objects.filter(reverses__isnull=False).count(), faults


def check_group_volume():
    """A stored group volume is the sum of the entries credited to that person and everyone below."""
    return _each_period("group volume is the sum of the downline", _group_volume_faults)


def check_standings():
    """Stored standings and totals are what a whole calculation says."""
    return _each_period("standings are what the plan says", _standing_faults)


def check_totals():
    """A total is the sum of its lines, and what was earned is the sum of the totals."""
    return _each_period("totals are the sum of their lines", _total_faults)


CHECKS = [check_periods, check_reversals, check_group_volume, check_standings, check_totals, *RUN_CHECKS]


def _each_period(name, faults_of):
    """Check every open period as it stands at one instant, preferably one at which nothing waits for the refresh."""
    for patience in reversed(range(INSTANTS)):
        with snapshots.one_instant():
            waiting = LivePending.objects.count()
            if not waiting or not patience:
                return _at_this_instant(name, faults_of, waiting)
        time.sleep(BETWEEN_INSTANTS)


def _at_this_instant(name, faults_of, waiting):
    examined, faults = 0, []
    if waiting:
        faults.append(f"{waiting} pending rows are not in the live figures yet")
    try:
        company = snapshots.read_company()
        require_preorder(company.people.parent, company.people.size)
    except snapshots.NoTree:
        return name, 0, faults
    except BrokenTree as broken:
        return name, 0, [*faults, f"the sponsor tree is broken: {broken}"]
    for period in _with_figures():
        try:
            count, found = faults_of(period, company)
        except Unsound as broken:
            count, found = 0, [str(broken)]
        examined += count
        faults += [f"{period.name}: {fault}" for fault in found]
    return name, examined, faults[:MOST_FAULTS]


def _with_figures():
    """Return the open periods that must have live figures: one that is only made for later has none before it begins."""
    volume = VolumeEntry.objects.order_by().filter(period=OuterRef("pk"))
    begun_or_told = Q(starts_at__lte=timezone.now()) | Exists(volume) | Exists(Standing.objects.filter(period=OuterRef("pk")))
    return Period.objects.select_related("plan").filter(begun_or_told, status=Period.Status.OPEN).order_by("starts_at")


STORED_GV = """
    SELECT distributor_id, gv FROM commissions_standing WHERE period_id = %s
"""
SUMMED_PV = """
    SELECT distributor_id, sum(pv)::bigint AS pv FROM commissions_volumeentry WHERE period_id = %s GROUP BY distributor_id
"""


def _group_volume_faults(period, company):
    """Add up by plain running sums, apart from the engine."""
    count = len(company.people)
    gv, pv = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    ids, stored = snapshots.columns(STORED_GV, ("distributor_id", "gv"), [period.pk])
    gv[company.index.of(ids, "distributor")] = stored
    ids, summed = snapshots.columns(SUMMED_PV, ("distributor_id", "pv"), [period.pk])
    pv[company.index.of(ids, "distributor")] = summed
    running = np.concatenate(([0], np.cumsum(pv)))
    below = running[np.arange(count) + company.people.size] - running[:-1]
    wrong = np.flatnonzero(gv != below)
    faults = [
        f"distributor {int(company.people.id[place])} has GV {int(gv[place])}, the entries say {int(below[place])}"
        for place in wrong[:MOST_FAULTS]
    ]
    roots = company.people.parent == NONE
    if int(gv[roots].sum()) != int(pv.sum()):
        faults.append(f"the roots have GV {int(gv[roots].sum())}, all entries together {int(pv.sum())}")
    return count, faults


def _standing_faults(period, company):
    book = Book.read(period, company)
    entry = book.whole(quiet=True)
    before = book.stored.at(entry.people)
    faults = []
    for row, place in enumerate(entry.people[:MOST_FAULTS].tolist()):
        names = [
            f"{name} {getattr(before, name)[row]} instead of {getattr(entry.figures, name)[row]}"
            for name in standing_rows.COLUMNS
            if getattr(before, name)[row] != getattr(entry.figures, name)[row]
        ]
        names += [
            f"{bonus.code} {before.totals[number, row]} instead of {entry.figures.totals[number, row]}"
            for number, bonus in enumerate(book.plan.bonuses)
            if before.totals[number, row] != entry.figures.totals[number, row]
        ]
        faults.append(f"distributor {int(book.ids[place])} has {', '.join(names)}")
    return len(company.people), faults


def _total_faults(period, company):
    plan = plan_versions.load(period.plan)
    stored = standing_rows.read(period.pk, company.index, len(company.people), [bonus.code for bonus in plan.bonuses])
    summed = np.zeros_like(stored.totals)
    lines = engine.calculate(plan, snapshots.of_company(company, period)).lines
    paid = lines.payee != NONE
    np.add.at(summed, (lines.bonus[paid], lines.payee[paid]), (lines.amount_minor - lines.cut_minor)[paid])
    faults = [
        f"distributor {int(company.people.id[place])} has {int(stored.totals[row, place])} of {plan.bonuses[row].code}, "
        f"the lines say {int(summed[row, place])}"
        for row, place in np.argwhere(stored.totals != summed)[:MOST_FAULTS].tolist()
    ]
    wrong = np.flatnonzero(stored.totals.sum(axis=0) != stored.earned_minor)
    faults += [
        f"distributor {int(company.people.id[place])} has earned {int(stored.earned_minor[place])}, "
        f"the totals say {int(stored.totals[:, place].sum())}"
        for place in wrong[:MOST_FAULTS].tolist()
    ]
    return len(lines), faults
