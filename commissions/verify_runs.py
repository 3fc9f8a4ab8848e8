"""Checks of what must always hold of runs: closed once, adding up, reversing no more than was paid, and the same again."""

from django.db import connection

from commissions.models import Period, Run
from commissions.runs import calculation, inputs

MOST_FAULTS = 100
AGAIN = 3
"""How many of the newest closed runs are calculated again."""


def _rows(question, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall()


HALF_CLOSED = """
    SELECT p.kind, p.name, p.status, count(r.id) FROM commissions_period p
    LEFT JOIN commissions_run r ON r.period_id = p.id AND r.status = 'closed'
    GROUP BY p.id HAVING (p.status = 'closed') <> (count(r.id) = 1) ORDER BY p.starts_at LIMIT 100
"""
ALONE = """
    SELECT r.id FROM commissions_run r
    WHERE r.status = 'closed' AND (r.approved_by_id IS NULL OR r.approved_by_id = r.calculated_by_id) ORDER BY 1 LIMIT 100
"""


def check_closed_runs():
    """A closed period has one closed run, an open one none, and each was approved by a second person."""
    faults = [f"period {kind} {name} is {status} and has {count} closed runs" for kind, name, status, count in _rows(HALF_CLOSED)]
    faults += [f"run {pk} is closed without a second person" for (pk,) in _rows(ALONE)]
    return "a closed period has one closed run, approved by a second person", Period.objects.count(), faults


LINES = """
    SELECT count(*), coalesce(max(number), 0),
           coalesce(sum(amount_minor - coalesce(cut_minor, 0)) FILTER (WHERE payee_id <> 0), 0)
    FROM commissions_runline WHERE run_id = %s
"""
TOTALS = "SELECT coalesce(sum(amount_minor), 0) FROM commissions_runtotal WHERE run_id = %s"
STANDINGS = """
    SELECT coalesce(sum(earned_minor), 0), coalesce(sum(clawback_minor), 0), coalesce(sum(adjustment_minor), 0),
           coalesce(sum(brought_minor), 0), coalesce(sum(payable_minor), 0), coalesce(sum(carried_minor), 0)
    FROM commissions_runstanding WHERE run_id = %s
"""
UNBALANCED = """
    SELECT distributor_id FROM commissions_runstanding WHERE run_id = %s AND (
        coalesce(earned_minor, 0) + coalesce(clawback_minor, 0) + coalesce(adjustment_minor, 0) + coalesce(brought_minor, 0)
        <> coalesce(payable_minor, 0) + coalesce(carried_minor, 0) OR coalesce(payable_minor, 0) < 0)
    ORDER BY 1 LIMIT 10
"""
TWICE = """
    SELECT min(number), count(*) FROM commissions_runline WHERE run_id = %s AND coalesce(entry_id, 0) <> 0
    GROUP BY bonus, entry_id, level, payee_id, source_id, missed_id, currency, reverses_run, reverses_number
    HAVING count(*) > 1 ORDER BY 1 LIMIT 10
"""


def check_run_sums():
    """In a closed run the lines add up to the totals, these to the standings, and every balance is paid or carried."""
    faults, examined = [], 0
    for run in Run.objects.filter(status=Run.Status.CLOSED).order_by("-pk"):
        ((count, last, paid),) = _rows(LINES, run.pk)
        ((totals,),) = _rows(TOTALS, run.pk)
        (sums,) = _rows(STANDINGS, run.pk)
        told = (
            run.earned_minor,
            run.clawback_minor,
            run.adjustment_minor,
            run.brought_minor,
            run.payable_minor,
            run.carried_minor,
        )
        examined += count
        if not count == last == run.lines:
            faults.append(f"run {run.pk} has {count} lines up to number {last}, and says {run.lines}")
        if not paid == totals == run.earned_minor + run.clawback_minor:
            faults.append(f"run {run.pk}: lines {paid}, totals {totals}, told {run.earned_minor + run.clawback_minor}")
        if tuple(map(int, sums)) != told or sum(told[:4]) != sum(told[4:]):
            faults.append(f"run {run.pk}: its standings add up to {tuple(map(int, sums))}, it says {told}")
        faults += [
            f"run {run.pk}: the balance of distributor {pk} is neither paid nor carried" for (pk,) in _rows(UNBALANCED, run.pk)
        ]
        faults += [f"run {run.pk}: line {number} is there {times} times" for number, times in _rows(TWICE, run.pk)]
    return "lines, totals and balances of closed runs add up", examined, faults[:MOST_FAULTS]


REVERSED = """
    SELECT l.reverses_run, l.reverses_number, -sum(l.amount_minor), max(o.amount_minor - coalesce(o.cut_minor, 0)),
           bool_and(l.payee_id = o.payee_id)
    FROM commissions_run r JOIN commissions_runline l ON l.run_id = r.id AND l.reverses_run IS NOT NULL
    LEFT JOIN commissions_runline o ON o.run_id = l.reverses_run AND o.number = l.reverses_number
    WHERE r.status = 'closed' GROUP BY 1, 2
"""


def check_run_reversals():
    """What takes back names a line that was paid, goes to the same person, and takes no more than that."""
    faults, examined = [], 0
    for run, number, taken, paid, same in _rows(REVERSED):
        examined += 1
        if paid is None or not same or not (0 <= taken <= paid if paid >= 0 else paid <= taken <= 0):
            faults.append(f"{taken} is taken back of line {number} of run {run}, which paid {paid}")
    return "no line is reversed by more than it paid", examined, faults[:MOST_FAULTS]


def check_runs_again():
    """The newest closed runs, calculated again from their kept input, come to the same to the last byte."""
    faults, examined = [], 0
    closed = Run.objects.filter(status=Run.Status.CLOSED).select_related("period__plan", "plan", "follows__plan", "repeats")
    for run in closed.order_by("-period__ends_at")[:AGAIN]:
        run.repeats = run
        given = calculation.read(run)
        examined += run.lines
        if given.checksum != run.input_checksum:
            faults.append(f"run {run.pk} is not calculated from what it says: its input has changed")
        elif run.code_version == inputs.code_version() and _come_to(run, given) != run.result_checksum:
            faults.append(f"run {run.pk} comes to something else when it is calculated again")
    return "closed runs come to the same again", examined, faults


def _come_to(run, given):
    """Return the checksum that a run comes to, without writing anything."""
    outcome = calculation.compute(run, given)
    return calculation.checksum(outcome)


RUN_CHECKS = [check_closed_runs, check_run_sums, check_run_reversals, check_runs_again]
