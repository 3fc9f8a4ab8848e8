"""A run is killed wherever it may be, the database is stopped under it, and two people close at once: never anything half."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, connections

from commissions import periods, runs, verify, volume
from commissions.models import Period, Run, RunArray, RunBonus, RunLine, RunStanding, RunTotal, VolumeEntry
from commissions.runs import calculation, work
from config.outbox.models import Event
from config.processes import BASE_DIR
from tests.commissions.company import Company, at
from tests.commissions.settling import somebody

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

WORK = "import django; django.setup(); from commissions.runs import work; work.work_all()"
CLOSE = """
import django; django.setup()
from commissions import runs
from commissions.models import Run
from genealogy.models import User
runs.close(Run.objects.get(pk={run}), by=User.objects.get(pk={by}))
"""
OCTOBER = at(2026, 10, 10, 12)
PARTS = ("run.begun", "run.read", "run.calculated", "run.copying", "run.copied", "run.attached", "run.stored", "run.committed")
CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'canopy run lock' AND datname = current_database()
"""
TABLES = "SELECT count(*) FROM pg_class WHERE relname ~ ('^commissions_run(line|standing|total)_' || %s || '$') AND relkind = 'r'"


@pytest.fixture
def company(transactional_db):
    company = Company("house\n" + "\n".join(" " * depth + f"p{depth}" for depth in range(1, 12)))
    for number, name in enumerate(name for name in company.people if name != "house"):
        company.sell(name, 100 + number * 30, when=OCTOBER, buyer="retail", paid=15_000, own=11_000)
    yield company
    with connection.cursor() as cursor:
        for run in Run.objects.values_list("pk", flat=True):
            for table in ("runline", "runstanding", "runtotal"):
                cursor.execute(f"DROP TABLE IF EXISTS commissions_{table}_{run}")


@pytest.fixture
def clerk(company):
    return somebody("clerk")


@pytest.fixture
def second(company):
    return somebody("second")


def process(program, kill_at=""):
    """Run a program on the test's database, and return how it ended."""
    told = {"CANOPY_DATABASE": connection.settings_dict["NAME"], "DJANGO_SETTINGS_MODULE": "config.settings", "KILL_AT": kill_at}
    return subprocess.run([sys.executable, "-c", program], cwd=BASE_DIR, env={**os.environ, **told}, check=False).returncode


def waiting_run(clerk):
    return runs.calculate(periods.containing(OCTOBER), by=clerk)


def everything(run):
    """Return all that a run wrote, without its number."""
    tables = (
        RunLine.objects.order_by("number"),
        RunStanding.objects.order_by("distributor_id"),
        RunTotal.objects.order_by("distributor_id", "bonus"),
        RunBonus.objects.order_by("place"),
    )
    written = [row for table in tables for row in table.filter(run_id=run.pk).values()]
    return [{name: value for name, value in row.items() if name not in ("run_id", "id", "pk")} for row in written]


def sound(company):
    found = {name: faults for name, _examined, faults in (check() for check in verify.CHECKS if "run" in check.__name__)}
    assert found and not any(found.values()), found


@pytest.mark.parametrize("place", PARTS)
def test_a_run_killed_anywhere_starts_over_and_comes_to_the_same(company, clerk, second, place):
    run = waiting_run(clerk)
    assert process(WORK, kill_at=place) == -signal.SIGKILL
    run.refresh_from_db()
    finished = place == "run.committed"
    assert run.status == ("calculated" if finished else "waiting")
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [run.pk])
        assert cursor.fetchone()[0] == (3 if finished else 0)
    kept, lines = RunArray.objects.filter(run_id=run.pk), RunLine.objects.filter(run_id=run.pk)
    assert kept.exists() == lines.exists() == finished
    work.work_all()
    run.refresh_from_db()
    assert run.status == "calculated" and run.attempts == (1 if finished else 2)
    repeated = runs.again(run, by=clerk)
    assert work.work(repeated.pk)
    repeated.refresh_from_db()
    assert repeated.result_checksum == run.result_checksum
    assert everything(repeated) == everything(run)
    runs.close(runs.approve(run, by=second), by=second)
    sound(company)


@pytest.mark.parametrize("place", ["run.closing", "run.closed", "run.close_committed"])
def test_a_close_that_is_killed_is_whole_or_never_was(company, clerk, second, place):
    run = waiting_run(clerk)
    assert work.work(run.pk)
    runs.approve(Run.objects.get(pk=run.pk), by=second)
    assert process(CLOSE.format(run=run.pk, by=second.pk), kill_at=place) == -signal.SIGKILL
    run.refresh_from_db()
    period = Period.objects.get(pk=run.period_id)
    done = place == "run.close_committed"
    assert (run.status, period.status) == (("closed", "closed") if done else ("approved", "shut"))
    assert Event.objects.filter(kind="commissions.PeriodClosed").count() == done
    runs.close(Run.objects.get(pk=run.pk), by=second)
    assert Period.objects.get(pk=run.period_id).status == "closed"
    assert Event.objects.filter(kind="commissions.PeriodClosed").count() == 1
    sound(company)


def together(*steps):
    """Take steps at once, each on a connection of its own; return what each came to."""
    results, gate = [None] * len(steps), threading.Barrier(len(steps))

    def take(place, step):
        gate.wait()
        try:
            results[place] = step()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=each) for each in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_who_close_at_once_one_closes_and_all_find_it_closed(company, clerk, second):
    run = waiting_run(clerk)
    assert work.work(run.pk)
    runs.approve(Run.objects.get(pk=run.pk), by=second)
    results = together(*[lambda: runs.close(Run.objects.get(pk=run.pk), by=second)] * 6)
    assert {result.status for result in results} == {"closed"} and len({result.closed_at for result in results}) == 1
    assert Event.objects.filter(kind="commissions.PeriodClosed").count() == 1
    sound(company)


def test_of_two_runs_of_a_period_only_one_is_closed(company, clerk, second):
    first = waiting_run(clerk)
    assert work.work(first.pk)
    other = waiting_run(clerk)
    assert work.work(other.pk)
    for run in (first, other):
        runs.approve(Run.objects.get(pk=run.pk), by=second)
    results = together(*[lambda run=run: runs.close(Run.objects.get(pk=run.pk), by=second) for run in (first, other)])
    assert sorted(type(result).__name__ for result in results) == ["Refused", "Run"]
    assert Run.objects.filter(status="closed").count() == 1
    work.sweep()
    assert set(RunLine.objects.values_list("run_id", flat=True)) == {Run.objects.get(status="closed").pk}
    sound(company)


def test_two_workers_and_an_impatient_clerk_make_one_run(company, clerk):
    results = together(*[lambda: waiting_run(clerk)] * 4)
    assert len({getattr(result, "pk", result) for result in results}) == 1
    worked = together(*[lambda: work.work(results[0].pk)] * 3)
    assert worked.count(True) == 1
    assert Run.objects.get().status == "calculated"


def test_orders_that_arrive_while_the_books_are_shut_are_in_the_run_or_late_and_never_lost(company, clerk, second):
    names, faults, enough = [name for name in company.people if name != "house"], [], threading.Event()

    def write(number):
        credited = 0
        try:
            while not enough.is_set():
                company_sell(company, names[credited % len(names)], f"order:w{number}.{credited}")
                credited += 1
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(0.4)
    run = waiting_run(clerk)
    time.sleep(0.2)
    assert work.work(run.pk)
    runs.close(runs.approve(Run.objects.get(pk=run.pk), by=second), by=second)
    enough.set()
    for writer in writers:
        writer.join()
    assert faults == []
    run.refresh_from_db()
    october = Period.objects.get(name="2026-10")
    assert run.entries == VolumeEntry.objects.filter(period=october).count() > len(names)
    assert VolumeEntry.objects.exclude(period=october).exists()
    assert not VolumeEntry.objects.exclude(period=october).filter(is_late=False).exists()
    assert not VolumeEntry.objects.filter(period=october, pk__gt=october.last_entry).exists()
    assert not VolumeEntry.objects.exclude(period=october).filter(pk__lte=october.last_entry).exists()
    sound(company)


def company_sell(company, name, reference):
    line = volume.VolumeLine(number=1, product="tea", quantity=1, pv=20_000, cv=20_000, paid_minor=900, seller_price_minor=700)
    volume.credit(
        distributor_id=company.id(name), lines=[line], at=OCTOBER, currency="USD", reference=reference, buyer_kind="retail",
        market_id=company.market.pk,
    )  # fmt: skip


def test_a_worker_whose_lock_is_cut_notices_it_before_it_writes(company, clerk):
    run = waiting_run(clerk)
    with work.session(run.pk) as held:
        held.begin()
        with connection.cursor() as cursor:
            cursor.execute(CUT)
            assert cursor.fetchone()[0] == 1
        with pytest.raises(work.LockLost):
            calculation.calculate(Run.objects.get(pk=run.pk), require_alone=held.require_alone)
    assert Run.objects.get(pk=run.pk).status == "waiting" and not RunLine.objects.exists()
    assert work.work(run.pk)
    assert Run.objects.get(pk=run.pk).status == "calculated"


def test_a_run_that_keeps_ending_its_process_is_given_up_and_can_be_asked_for_again(company, clerk):
    run = waiting_run(clerk)
    for _attempt in range(work.MOST_ATTEMPTS):
        assert process(WORK, kill_at="run.begun") == -signal.SIGKILL
    work.work_all()
    run.refresh_from_db()
    assert run.status == "failed" and "without a result" in run.problem
    runs.retry(run, by=clerk)
    assert work.work(run.pk)
    assert Run.objects.get(pk=run.pk).status == "calculated"
