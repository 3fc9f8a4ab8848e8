"""``manage.py run``: the same steps without a browser."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from commissions import periods
from commissions.models import Run
from tests.commissions.company import Company, at
from tests.commissions.settling import somebody

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(transactional_db):
    company = Company("house\n  ana\n    ben")
    company.sell("ana", 150, when=at(2026, 9, 10))
    company.sell("ben", 300, when=at(2026, 9, 10), buyer="retail", paid=40_000, own=30_000)
    periods.containing(at(2026, 9, 10))
    somebody("clerk")
    somebody("second")
    return company


def run(*arguments):
    told = StringIO()
    call_command("run", *arguments, stdout=told)
    return told.getvalue()


def test_a_period_is_calculated_approved_closed_and_run_again(company):
    assert "month:2026-09  Open" in run()
    told = run("--period", "month:2026-09", "--by", "clerk@example.com")
    assert "2026-09 #1" in told and "$115.00" in told and Run.objects.get().result_checksum in told
    assert "is approved" in run("--period", "2026-09", "--approve", "second@example.com")
    assert "nothing changes it" in run("--period", "2026-09", "--close", "second@example.com")
    assert "The same, to the last byte." in run("--period", "2026-09", "--by", "clerk@example.com", "--again")
    assert "are the same" in run("--period", "2026-09", "--compare", "1", "2")
    assert "No period waits" in run()


def test_two_runs_that_differ_are_told_line_by_line(company):
    run("--period", "2026-09", "--by", "clerk@example.com", "--preview")
    company.sell("ben", 100, when=at(2026, 9, 11), buyer="retail", paid=5_000, own=4_000)
    with pytest.raises(CommandError, match="no finished run 7"):
        run("--period", "2026-09", "--compare", "1", "7")
    first = Run.objects.get()
    run("--period", "2026-09", "--by", "clerk@example.com")
    assert first.number == 1
    told = run("--period", "2026-09", "--compare", "1", "2")
    assert "They differ for" in told and "retail" in told and "10000 ->" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--period", "month:1999-01"], "No period month:1999-01"),
        (["--period", "2026-09", "--by", "nobody@example.com"], "Nobody signs in as"),
        (["--period", "2026-09", "--approve", "second@example.com"], "calculate it first"),
    ],
)
def test_what_cannot_be_done_is_said(company, arguments, said):
    with pytest.raises(CommandError, match=said):
        run(*arguments)


def test_the_clerk_cannot_approve_the_own_run(company):
    run("--period", "2026-09", "--by", "clerk@example.com")
    with pytest.raises(CommandError, match="second person"):
        run("--period", "2026-09", "--approve", "clerk@example.com")
