"""Simulations with real workers: one is worked off, one loses its worker in the middle, one is cancelled."""

import time

import psycopg
import pytest

pytestmark = pytest.mark.slow
PATIENCE = 180.0


@pytest.fixture(scope="module")
def company(companies):
    return companies(people=300, names=("worker", "beat"), environment={"KILL_AT": ""})


def asked(company):
    """Ask for a simulation as the command line does, but leave it to the workers."""
    told = company.manage(
        "shell",
        "-c",
        "from commissions import simulations; from commissions.models import Period\n"
        "own = list(Period.objects.order_by('starts_at'))[-3:]\n"
        "text = own[-1].plan.document.replace('\"10%\"', '\"11%\"')\n"
        "print('number', simulations.ask(simulations.Question(text, own[0], own[-1])).pk)",
    )
    return int(told.split("number")[1].split()[0])


def row(company, number):
    with company.database() as connection:
        query = "SELECT state, step, steps, figures, (SELECT count(*) FROM commissions_simulatedperiod p"
        query += " WHERE p.simulation_id = s.id) FROM commissions_simulation s WHERE id = %s"
        return connection.execute(query, [number]).fetchone()


def wait_for(company, number, *states):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = row(company, number)
        if found[0] in states:
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {row(company, number)[:3]}: {company.log('worker')[-2000:]}")


def test_a_worker_works_off_what_is_asked(company):
    state, step, steps, figures, periods = wait_for(company, asked(company), "done", "failed")
    assert state == "done" and step == steps and figures["after"]["total"] > figures["before"]["total"] and periods == 3


def test_a_simulation_whose_process_is_killed_is_finished_by_the_next_worker(company):
    whole = wait_for(company, asked(company), "done")[3]
    company.kill("worker")
    number = asked(company)
    company.environment["KILL_AT"] = "simulation.period:2"
    with pytest.raises(RuntimeError, match="ended with -9"):
        company.manage("shell", "-c", "from commissions import simulations; simulations.run_waiting()")
    company.environment["KILL_AT"] = ""
    state, _step, _steps, _figures, periods = row(company, number)
    assert (state, periods) == ("running", 2)
    company.restart("worker")
    state, _step, _steps, figures, periods = wait_for(company, number, "done", "failed")
    assert (state, periods, figures) == ("done", 3, whole)


def test_a_simulation_is_cancelled_by_a_word_in_the_database(company):
    company.kill("worker")
    number = asked(company)
    with company.database() as connection:
        connection.execute("UPDATE commissions_simulation SET state = 'running', cancel_asked_at = now() WHERE id = %s", [number])
    company.restart("worker")
    state, _step, _steps, figures, periods = wait_for(company, number, "cancelled", "done")
    assert (state, figures, periods) == ("cancelled", None, 0)


def test_what_is_asked_at_once_is_all_done_and_never_changes_again(company):
    company.restart("worker")
    numbers = [asked(company), asked(company)]
    for number in numbers:
        assert wait_for(company, number, "done", "failed")[0] == "done"
    with company.database() as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("UPDATE commissions_simulation SET name = 'other' WHERE id = %s", [numbers[0]])
