"""A period from the end of its books to the day after it is closed."""

from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from commissions import live, periods, runs, settlements
from commissions.models import EarningTotal, Period, Run, RunBonus, RunLine, RunStanding, RunTotal, Standing, VolumeEntry
from commissions.runs import compare, inputs, rows, work
from config.outbox.models import Event
from genealogy import trees
from genealogy.models import Distributor, Position
from tests.commissions.company import at, proven, settle
from tests.commissions.settling import calculated, closed, somebody

pytestmark = pytest.mark.django_db

OCTOBER = at(2026, 10, 10, 12)


@pytest.fixture
def clerk(db):
    return somebody("clerk")


@pytest.fixture
def second(db):
    return somebody("second")


@pytest.fixture
def october(company):
    """An October with sales along the line ana, ben, cy, and one beside it."""
    for name, points in (("cy", 300), ("ben", 200), ("ana", 150), ("dee", 120)):
        company.sell(name, points, when=OCTOBER, buyer="retail", paid=points * 130, own=points * 100)
    return periods.containing(OCTOBER)


def lines(run):
    """Return the lines of a run as plain rows."""
    return list(RunLine.objects.filter(run_id=run.pk).order_by("number").values())


def said(run):
    """Return what the lines of a run say: what is left out is as usual."""
    return [{**line, "run_id": 0, "level": line["level"] or 0, "reason": line["reason"] or 0} for line in lines(run)]


def move(company, name, above):
    """Put somebody under another sponsor, as an operator would who mends the tree."""
    here = Position.objects.get(distributor=company.id(above), tree=company.tree)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE genealogy_position SET parent_id = %s WHERE distributor_id = %s AND tree_id = %s",
            [here.pk, company.id(name), company.tree.pk],
        )
    trees.rebuild(company.tree)


def owned(run, company, name):
    """Return somebody's row of a run."""
    return RunStanding.objects.get(run_id=run.pk, distributor=company.id(name))


def test_a_run_writes_lines_that_add_up_to_the_totals_and_the_totals_to_the_balances(october, company, clerk):
    run = calculated(october, clerk)
    assert (run.status, run.people, run.entries, run.currency) == ("calculated", 6, 4, "USD")
    assert run.lines == len(lines(run)) > 6
    paid = sum(line["amount_minor"] for line in lines(run) if line["payee_id"])
    assert paid == run.earned_minor == run.payable_minor == sum(RunTotal.objects.values_list("amount_minor", flat=True))
    assert run.unearned_minor == sum(line["amount_minor"] for line in lines(run) if not line["payee_id"])
    assert sum(RunBonus.objects.values_list("earned_minor", flat=True)) == paid
    assert {row.earned_minor or 0 for row in RunStanding.objects.all()} >= {owned(run, company, "ana").earned_minor}


def test_a_line_names_its_payee_its_source_and_the_sale_that_it_is_paid_for(october, company, clerk):
    run = calculated(october, clerk)
    retail = RunBonus.objects.get(run=run, code="retail").place
    (line,) = [row for row in lines(run) if row["bonus"] == retail and row["payee_id"] == company.id("cy")]
    sold = VolumeEntry.objects.get(distributor=company.id("cy"))
    assert line["entry_id"] == sold.pk
    assert (line["base"], line["currency"], line["amount_minor"]) == (9000, "USD", 9000)
    assert (line["quantity"], line["cut_minor"], line["missed_id"], line["reverses_run"]) == (None, None, None, None)


def test_what_ends_above_everybody_is_one_line_for_each_level_and_what_somebody_missed_is_not(october, company, clerk):
    run = calculated(october, clerk)
    lost = [line for line in lines(run) if not line["payee_id"]]
    assert 0 < len(lost) <= 3
    assert len({line["level"] for line in lost}) == len(lost)
    assert sum(count for _bonus, _reason, count, _amount in run.review["unearned"]) > len(lost)
    assert sum(bonus.lines for bonus in run.bonuses.all()) == run.lines


def test_every_column_of_the_engines_lines_is_stored(db):
    stored = {field.column for field in RunLine._meta.concrete_fields}
    assert set(rows.COLUMN_OF.values()) <= stored


def test_the_run_pays_what_the_live_figures_say(october, company, clerk):
    settle(live.Refresher())
    earned = dict(Standing.objects.filter(period=october).values_list("distributor", "earned_minor"))
    totals = {(row.distributor_id, row.bonus): row.amount_minor for row in EarningTotal.objects.filter(period=october)}
    run = calculated(october, clerk)
    assert {row.distributor_id: row.earned_minor or 0 for row in RunStanding.objects.all()} == earned
    codes = dict(RunBonus.objects.filter(run=run).values_list("place", "code"))
    assert {(row.distributor_id, codes[row.bonus]): row.amount_minor for row in RunTotal.objects.all()} == {
        key: amount for key, amount in totals.items() if amount
    }
    assert proven()


def test_a_period_that_is_not_over_is_previewed_and_never_closed(company, clerk, second):
    present = datetime.now(UTC)  # a run asks the database what time it is
    company.sell("cy", 300, when=present, buyer="retail", paid=5000, own=4000)
    now = periods.containing(present)
    with pytest.raises(runs.Refused, match="not over yet"):
        runs.calculate(now, by=clerk)
    run = calculated(now, clerk, how=runs.preview)
    assert run.earned_minor > 0
    assert Period.objects.get(pk=now.pk).status == "open"
    with pytest.raises(runs.Refused, match="only to be looked at"):
        runs.approve(run, by=second)


def test_whoever_calculated_cannot_approve_not_even_in_the_database(october, clerk, second):
    run = calculated(october, clerk)
    with pytest.raises(runs.Refused, match="second person"):
        runs.approve(run, by=clerk)
    with pytest.raises(IntegrityError, match="run_approved_by_a_second_person"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="approved", approved_by=clerk, approved_at=run.calculated_at)
    with pytest.raises(runs.Refused, match="approved before"):
        runs.close(run, by=second)
    assert runs.approve(run, by=second).status == "approved"


def test_each_step_takes_its_right(october, clerk):
    nobody = somebody("nobody", "view_run")
    run = calculated(october, clerk)
    for step in (
        lambda: runs.calculate(october, by=nobody),
        lambda: runs.preview(october, by=nobody),
        lambda: runs.approve(run, by=nobody),
        lambda: runs.close(run, by=nobody),
        lambda: runs.discard(run, by=nobody),
        lambda: runs.again(run, by=nobody),
    ):
        with pytest.raises(runs.Refused, match="may not do that"):
            step()


def test_closing_is_announced_once_and_safe_to_repeat(october, clerk, second):
    run = closed(october, clerk, second)
    assert runs.close(run, by=second).closed_at == run.closed_at
    assert Period.objects.get(pk=october.pk).status == "closed"
    assert Event.objects.filter(kind="commissions.PeriodClosed").count() == 1


def test_periods_are_closed_one_after_the_other(october, company, clerk, second):
    company.sell("cy", 100, when=at(2026, 9, 10))
    september = periods.containing(at(2026, 9, 10))
    with pytest.raises(runs.Refused, match="Close 2026-09 first"):
        runs.calculate(october, by=clerk)
    first = closed(september, clerk, second)
    assert closed(october, clerk, second).follows == first


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE commissions_period SET status = 'open' WHERE id = {period}",
        "UPDATE commissions_period SET ends_at = ends_at + interval '1 day' WHERE id = {period}",
        "DELETE FROM commissions_period WHERE id = {period}",
        "UPDATE commissions_run SET payable_minor = 1 WHERE id = {run}",
        "UPDATE commissions_run SET status = 'discarded' WHERE id = {run}",
        "DELETE FROM commissions_run WHERE id = {run}",
        "UPDATE commissions_runline SET amount_minor = 1 WHERE run_id = {run}",
        "UPDATE commissions_runline_{run} SET amount_minor = 1",
        "DELETE FROM commissions_runline_{run}",
        "INSERT INTO commissions_runline_{run} SELECT * FROM commissions_runline_{run} LIMIT 1",
        "UPDATE commissions_runstanding_{run} SET payable_minor = 1",
        "DELETE FROM commissions_runtotal_{run}",
        "UPDATE commissions_runbonus SET earned_minor = 1 WHERE run_id = {run}",
        "DELETE FROM commissions_runarray WHERE run_id = {run}",
    ],
)
def test_nothing_changes_a_closed_period(october, clerk, second, change):
    run = closed(october, clerk, second)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(period=october.pk, run=run.pk))


def test_a_period_is_closed_by_its_run_and_by_nothing_else(october, clerk, second):
    run = runs.approve(calculated(october, clerk), by=second)
    with pytest.raises(DatabaseError, match="no closed run"), transaction.atomic():
        Period.objects.filter(pk=october.pk).update(status="closed")
    with pytest.raises(DatabaseError, match="its period is not"), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(status="closed", closed_by=second, closed_at=run.approved_at)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_order_that_arrives_for_a_shut_period_counts_in_the_open_one_marked_late(october, company, clerk, second):
    run = calculated(october, clerk)
    late = company.sell("cy", 500, when=OCTOBER)
    assert (late.is_late, late.period.name) == (True, "2026-11")
    with pytest.raises(DatabaseError, match="books of period"), transaction.atomic():
        VolumeEntry.objects.create(
            reference="order:sneaked", distributor_id=company.id("cy"), period=october, credited_at=OCTOBER,
            market=company.market, currency="USD", buyer_kind="retail",
        )  # fmt: skip
    runs.close(runs.approve(run, by=second), by=second)
    assert calculated(october, clerk, how=lambda period, by: runs.again(run, by=by)).result_checksum == run.result_checksum


def test_a_closed_period_run_again_after_moves_and_terminations_comes_to_the_same(october, company, clerk, second):
    run = closed(october, clerk, second)
    company.enrol("zoe", "ana")
    move(company, "cy", "eve")
    Distributor.objects.filter(pk=company.id("ben")).update(status="terminated")
    company.sell("cy", 900, when=OCTOBER)
    repeated = calculated(october, clerk, how=lambda period, by: runs.again(run, by=by))
    assert repeated.input_checksum == run.input_checksum
    assert repeated.result_checksum == run.result_checksum
    assert repeated.code_version == run.code_version == inputs.code_version()
    assert compare.compare(run, repeated).is_same


def test_two_runs_are_compared_by_bonus_by_person_and_line_by_line(october, company, clerk):
    first = calculated(october, clerk, how=runs.preview)
    company.sell("cy", 100, when=OCTOBER, buyer="retail", paid=13000, own=10000)
    Run.objects.filter(pk=first.pk).update(problem="")
    shown = calculated(october, clerk)
    found = compare.compare(first, shown)
    assert not found.is_same and not found.had_same_input
    retail = next(each for each in found.bonuses if each.bonus == "retail")
    assert retail.change == 3000
    mine = next(each for each in found.people if each.bonus == "retail")
    assert (mine.distributor_id, mine.before, mine.after, mine.name) == (company.id("cy"), 9000, 12000, "Cy")
    new = next(each for each in found.lines if each.bonus == "retail")
    assert (new.before, new.after, new.distributor_id) == (0, 3000, company.id("cy"))
    assert found.lines_count >= found.people_count >= 1


def test_a_discarded_run_leaves_no_rows_and_the_period_is_calculated_anew(october, clerk, second):
    first = calculated(october, clerk)
    runs.discard(first, by=clerk)
    work.sweep()
    assert not RunLine.objects.exists() and not RunStanding.objects.exists()
    run = closed(october, clerk, second)
    assert (run.number, run.result_checksum) == (2, first.result_checksum)


def test_the_review_names_changes_new_ranks_and_people_with_volume_and_no_pay(october, company, clerk, second):
    closed(october, clerk, second)
    for name, points in (("cy", 600), ("ben", 200), ("ana", 150)):
        company.sell(name, points, when=at(2026, 11, 10, 12))
    november = periods.containing(at(2026, 11, 10))
    review = calculated(november, clerk, how=runs.preview).review
    changes = {who: (before, after) for who, before, after in (*review["up"], *review["down"])}
    assert changes[company.id("dee")][1] == 0
    assert {row[0] for row in review["unpaid"]} == {company.id("cy")}
    assert review["ranks"][0][0] == "Associate"
    risen = {who: (before, after) for who, before, after in review["risen"]}
    assert all(after > before for before, after in risen.values())
    reasons = {(bonus, reason) for bonus, reason, _lines, _amount in review["unearned"]}
    assert reasons and all(bonus == "unilevel" for bonus, _reason in reasons)


def test_adjustments_and_holds_take_two_people_and_show_in_the_balance(october, company, clerk, second):
    cy, ben = company.people["cy"], company.people["ben"]
    adjustment = settlements.adjust(distributor=cy, period=october, amount_minor=-500, reason="Paid twice by hand", by=clerk)
    hold = settlements.hold(distributor=ben, reason="Tax form is missing", by=clerk)
    for asked in (adjustment, hold):
        with pytest.raises(settlements.Refused, match="second person"):
            settlements.approve(asked, by=clerk)
        with pytest.raises(IntegrityError), transaction.atomic():
            type(asked).objects.filter(pk=asked.pk).update(approved_by=clerk, approved_at=asked.asked_at)
    run = calculated(october, clerk)
    assert run.adjustment_minor == 0
    settlements.approve(adjustment, by=second)
    settlements.approve(hold, by=second)
    assert "calculate the period again" in runs.stale(run)
    with pytest.raises(runs.Refused, match="calculate the period again"):
        runs.approve(run, by=second)
    run = closed(october, clerk, second)
    mine, held = owned(run, company, "cy"), owned(run, company, "ben")
    assert (mine.adjustment_minor, mine.payable_minor) == (-500, mine.earned_minor - 500)
    assert (held.payable_minor or 0, held.carried_minor) == (0, held.earned_minor)
    with pytest.raises(settlements.Refused, match="closed"):
        settlements.end(adjustment, by=second)
    settlements.end(hold, by=second)
    november = calculated(periods.containing(at(2026, 11, 10)), clerk, how=runs.preview)
    assert november.brought_minor == held.carried_minor == owned(november, company, "ben").payable_minor


def test_a_settlement_is_never_edited(october, company, clerk, second):
    asked = settlements.adjust(distributor=company.people["cy"], period=october, amount_minor=700, reason="Prize", by=clerk)
    for change in ("amount_minor = 800", "reason = 'other'", "distributor_id = 1"):
        with pytest.raises(DatabaseError, match="asked for anew"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE commissions_adjustment SET {change} WHERE id = {asked.pk}")
    settlements.approve(asked, by=second)
    settlements.end(asked, by=second)
    with pytest.raises(settlements.Refused, match="before"):
        settlements.end(asked, by=clerk)


def test_the_writer_does_not_mind_how_the_lines_are_cut(october, clerk, monkeypatch):
    whole = calculated(october, clerk)
    monkeypatch.setattr(rows, "CHUNK", 3)
    cut = calculated(october, clerk, how=lambda period, by: runs.again(whole, by=by))
    assert cut.result_checksum == whole.result_checksum
    assert [{**line, "missed_id": line["missed_id"] or 0} for line in said(cut)] == [
        {**line, "missed_id": line["missed_id"] or 0} for line in said(whole)
    ]


def test_a_digest_is_the_same_however_its_rows_come():
    values = {"b": np.arange(10), "a": np.arange(10, dtype=np.int16)}
    one, many = rows.Digest(), rows.Digest()
    one.take(values)
    for start in range(0, 10, 3):
        many.take({name: each[start : start + 3] for name, each in reversed(values.items())})
    assert one.hexdigest() == many.hexdigest() != rows.Digest().hexdigest()
