# ruff: noqa: E501  (a bad row and its answer stand in one line)
"""``verify`` names what somebody broke behind the product's back, whichever app it belongs to, and ends with an error."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from backoffice import invariants
from commissions import live
from tests.imports import company

DISARM = "SET session_replication_role = replica"

# what somebody does to the tables, and what verify calls it
BREAKS = [
    ("UPDATE genealogy_position SET lft = 2, rght = 3 WHERE level = 3", "tree is sound"),
    ("UPDATE genealogy_position SET parent_id = id WHERE level = 3 AND leg IS NULL", "tree is sound"),
    ("DELETE FROM genealogy_position p USING genealogy_distributor d WHERE d.id = p.distributor_id AND d.number = 'D1' AND p.leg IS NULL", "everybody stands"),
    ("DELETE FROM commissions_volumeentry WHERE reverses_id IS NULL AND pv = 500", "paid lines are credited once"),
    ("DELETE FROM commissions_volumeentry WHERE reverses_id IS NOT NULL", "refunded lines are taken back once"),
    ("UPDATE commissions_volumeentry SET credited_at = '2026-07-01T12:00Z' WHERE pv = 500", "volume counts in its period"),
    ("UPDATE commissions_volumeentry SET pv = pv * 3 WHERE reverses_id IS NOT NULL", "returns take back what was sold"),
    ("UPDATE commissions_standing SET gv = gv + 1 WHERE pv > 0", "group volume is the sum of the downline"),
    ("UPDATE commissions_standing SET rank = 4 WHERE rank = 0", "standings are what the plan says"),
    ("UPDATE commissions_earningtotal SET amount_minor = amount_minor + 1", "totals are the sum of their lines"),
    ("UPDATE storefront_payment SET amount_minor = amount_minor + 1", "paid orders have one payment of their total"),
    ("UPDATE storefront_orderline SET retail_minor = retail_minor + 1, pv = pv + 1", "paid lines are credited once"),
    ("UPDATE storefront_refund SET amount_minor = amount_minor + 1", "refunds add up"),
]  # fmt: skip


@pytest.fixture(scope="module")
def brought_in(django_db_setup, django_db_blocker, tmp_path_factory):
    """A small company, brought in once; each test runs in a savepoint on top of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        company.bring_in(company.write(tmp_path_factory.mktemp("verify") / "company"))
        live.refresh_everything()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def sound(brought_in, db):
    """A small company in which everything holds."""


def run(*arguments, **options):
    said = io.StringIO()
    code = 0
    try:
        call_command("verify", *arguments, stdout=said, no_color=True, **options)
    except SystemExit as ended:
        code = ended.code
    return code, said.getvalue()


def test_a_sound_company_passes_and_every_invariant_says_how_much_it_looked_at(sound):
    code, said = run()
    assert code == 0
    lines = said.splitlines()
    assert lines[-1] == f"All {len(lines) - 1} invariants hold."
    assert all(line.startswith("ok") for line in lines[:-1])
    assert {line.split()[1] for line in lines[:-1]} >= {"genealogy", "commissions", "storefront", "backoffice"}


@pytest.mark.slow
@pytest.mark.parametrize(("sql", "named"), BREAKS)
def test_what_is_broken_behind_its_back_is_named(sound, sql, named):
    with connection.cursor() as cursor:
        cursor.execute(DISARM)
        cursor.execute(sql)
        assert cursor.rowcount > 0
    code, said = run("--only", "genealogy") if "genealogy_" in sql else run()
    assert code == 1
    assert [line for line in said.splitlines() if line.startswith("FAULT") and named in line], said
    assert "do not hold." in said.splitlines()[-1]


def test_only_runs_what_is_asked_for_and_json_is_one_object_a_line(sound):
    code, said = run("--only", "genealogy", "--json")
    found = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert {one["app"] for one in found} == {"genealogy"}
    assert all(one["faults"] == [] and one["examined"] >= 0 for one in found)


def test_a_check_that_cannot_be_made_is_a_fault_and_hides_no_other(sound, monkeypatch):
    def check_nothing():
        """Nothing is what it seems."""
        raise LookupError("no such thing")

    monkeypatch.setattr("genealogy.verify.CHECKS", [check_nothing])
    code, said = run()
    assert code == 1
    assert "Nothing is what it seems" in said and "LookupError: no such thing" in said
    assert "1 of" in said.splitlines()[-1]


def test_asking_for_what_does_not_exist_is_an_error(sound):
    code, said = run("--only", "gravity")
    assert (code, said) == (1, "No check matches.\n")


def test_every_app_of_ours_that_stores_anything_proves_something():
    proving = {app for app, _function in invariants.checks()}
    assert {"genealogy", "commissions", "storefront", "backoffice"} <= proving
