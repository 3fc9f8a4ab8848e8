"""The live refresh: what it writes is what a whole calculation from the database says, to the cent, whatever happened."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from commissions import arrivals, facts, live, live_pending, live_worker, periods, plan_versions, standing_rows, verify, volume
from commissions.models import EarningTotal, LivePending, Standing
from config.outbox import delivery
from config.outbox.models import Event
from genealogy import people
from genealogy.models import Distributor
from tests.commissions.company import OUTLINE, Company, at, plan, proven, settle, standing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return Company(OUTLINE)


def test_a_credit_reaches_the_seller_and_the_whole_upline(company, refresher):
    company.sell("cy", 200)
    company.sell("cy", 400)
    company.sell("ben", 400, buyer="retail", paid=10_000, own=5_000)
    settle(refresher)
    assert [(name, standing(company, name).gv) for name in ("house", "ana", "ben", "cy", "eve")] == [
        ("house", 100_000), ("ana", 100_000), ("ben", 100_000), ("cy", 60_000), ("eve", 0),
    ]  # fmt: skip
    totals = EarningTotal.objects.filter(distributor=company.id("ben")).values_list("bonus", "amount_minor")
    assert dict(totals) == {"retail": 5_000, "unilevel": 3_000}
    assert (standing(company, "ben").rank, standing(company, "ben").is_active) == (1, True)
    assert proven()


def test_a_small_refresh_writes_only_the_rows_that_differ(company, refresher):
    company.sell("cy", 200)
    settle(refresher)
    before = dict(Standing.objects.values_list("distributor_id", "updated_at"))
    company.sell("dee", 300)
    done = refresher.step()
    after = dict(Standing.objects.values_list("distributor_id", "updated_at"))
    assert {pk for pk in after if after[pk] != before[pk]} == {company.id(name) for name in ("dee", "eve", "house")}
    assert done == live.Refreshed(taken=1, written={periods.containing(at(2026, 11, 10)).pk: 3})


def test_team_figures_count_everyone_below_and_the_active_ones(company, refresher):
    for name in ("cy", "bob", "ana"):
        company.sell(name, 100)
    settle(refresher)
    company.sell("dee", 100)
    company.enrol("fay", under="bob")
    live_pending.note(LivePending.Kind.ENROLMENT, [company.id("fay")])
    settle(refresher)
    teams = {name: (standing(company, name).team_size, standing(company, name).team_active) for name in company.people}
    assert teams == {
        "house": (7, 4), "ana": (4, 2), "ben": (1, 1), "cy": (0, 0), "bob": (1, 0), "fay": (0, 0), "eve": (1, 1), "dee": (0, 0),
    }  # fmt: skip
    assert proven()


def test_volume_of_a_newcomer_whose_enrolment_was_not_heard_of_yet_counts(company, refresher):
    company.sell("cy", 100)
    settle(refresher)
    company.enrol("fay", under="cy")
    company.enrol("gus", under="fay")
    company.sell("gus", 250)
    settle(refresher)
    assert standing(company, "cy").gv == 35_000
    assert proven()


def test_many_newcomers_at_once_are_read_anew(company, refresher, monkeypatch):
    monkeypatch.setattr(arrivals, "MOST_NEWCOMERS", 1)
    company.sell("cy", 100)
    settle(refresher)
    for number in range(4):
        company.enrol(f"new{number}", under="eve")
        company.sell(f"new{number}", 100)
    settle(refresher)
    assert standing(company, "eve").gv == 40_000
    assert proven()


def test_a_suspended_distributor_is_no_longer_active(company, refresher):
    company.sell("ben", 600)
    settle(refresher)
    people.change_status(company.id("ben"), status=Distributor.Status.SUSPENDED)
    delivery.deliver_due()
    settle(refresher)
    assert (standing(company, "ben").is_active, standing(company, "ben").rank) == (False, -1)
    assert proven()


def test_facts_reach_the_arrays(company, refresher):
    company.sell("cy", 100)
    settle(refresher)
    facts.record(distributor_id=company.id("cy"), kind="agreement", at=at(2026, 11, 3), reference="agreement:1", value=7)
    settle(refresher)
    (book,) = [book for book in refresher.books.values() if book.period.name == "2026-11"]
    assert book.held.people.facts["agreement"].tolist().count(7) == 1


def test_a_rank_is_announced_once_however_often_it_is_reached(company, refresher):
    settle(refresher)
    company.sell("cy", 500, reference="order:big")
    settle(refresher)
    volume.reverse(reference="refund:1", of_reference="order:big", at=at(2026, 11, 11))
    settle(refresher)
    assert standing(company, "cy").rank == 0
    company.sell("cy", 600)
    settle(refresher)
    reached = Event.objects.filter(kind="commissions.RankReached", facts__distributor_id=company.id("cy"))
    assert [(event.facts["rank"], event.facts["rank_code"]) for event in reached] == [(1, "bronze")]


def test_a_rank_that_nobody_has_to_earn_is_no_news(company, refresher):
    company.sell("cy", 1)
    settle(refresher)
    company.enrol("fay", under="cy")
    live_pending.note(LivePending.Kind.ENROLMENT, [company.id("fay")])
    settle(refresher)
    assert standing(company, "fay").rank == 0
    assert not Event.objects.filter(kind="commissions.RankReached").exists()


def test_history_that_was_brought_in_announces_nothing(company, refresher, monkeypatch):
    monkeypatch.setattr(live, "RELOAD_SETTLES_SECONDS", 0)
    company.sell("cy", 900)
    live_pending.tell_history([periods.containing(at(2026, 11, 10)).pk])
    settle(refresher)
    assert standing(company, "cy").rank == 1
    assert not Event.objects.filter(kind="commissions.RankReached").exists()


def test_history_in_one_period_silences_no_other(company, refresher, monkeypatch):
    monkeypatch.setattr(live, "RELOAD_SETTLES_SECONDS", 0)
    company.sell("cy", 900)
    live_pending.tell_history([periods.containing(at(2026, 10, 10)).pk])
    settle(refresher)
    reached = Event.objects.filter(kind="commissions.RankReached", facts__distributor_id=company.id("cy"))
    assert [event.facts["period_id"] for event in reached] == [periods.containing(at(2026, 11, 10)).pk]


def test_a_rank_that_is_reached_while_a_period_is_computed_anew_is_news(company, refresher, monkeypatch):
    monkeypatch.setattr(live, "RELOAD_SETTLES_SECONDS", 0)
    settle(refresher)
    company.sell("cy", 900)
    live_pending.ask_reload()
    settle(refresher)
    reached = Event.objects.filter(kind="commissions.RankReached", facts__distributor_id=company.id("cy"))
    assert [event.facts["rank_code"] for event in reached] == ["bronze"]


def test_a_reload_waits_until_an_import_has_come_to_rest(company, refresher):
    settle(refresher)
    live_pending.ask_reload()
    assert refresher.step().taken == 0
    assert LivePending.objects.filter(kind="reload").exists()


def test_the_message_to_open_pages_says_up_to_when_everything_is_in_the_figures(company, refresher, monkeypatch):
    told = []
    monkeypatch.setattr(live.wake, "publish", lambda channel, message: told.append(json.loads(message)))
    settle(refresher)
    monkeypatch.setattr(live, "BATCH", 1)
    company.sell("cy", 100)
    company.sell("dee", 100)
    waiting = LivePending.objects.order_by("id").last().created_at
    told.clear()
    assert refresher.step().taken == 1
    assert [message["at"] for message in told] == [waiting.isoformat()]


def test_the_lock_is_taken_over_a_connection_like_every_other(company, refresher, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "sslmode", "disable")
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c geqo_threshold=13")
    assert live.lock_parameters()["sslmode"] == "disable"
    assert not live.lock_parameters().keys() & {"context", "cursor_factory", "pool"}
    assert refresher.hold()
    assert refresher.lock.execute("SHOW geqo_threshold").fetchone() == ("13",)


def test_after_a_failure_the_worker_tries_again_within_seconds(company, monkeypatch):
    worker, pauses = live_worker.LiveWorker(), []

    def wait(pause):
        pauses.append(pause)
        worker.ending.set() if len(pauses) == 6 else None

    monkeypatch.setattr(worker.ending, "wait", wait)
    monkeypatch.setattr(worker.woken, "wait", lambda pause: pauses.append("a second wait"))
    monkeypatch.setattr(worker, "drain", lambda refresher: 1 / 0)
    monkeypatch.setattr(live_worker.connection, "close", lambda: None)
    worker.run()
    assert pauses == [2.0, 4.0, 5.0, 5.0, 5.0, 5.0]


def test_a_commit_that_comes_late_with_a_smaller_number_is_taken_in(company, refresher):
    settle(refresher)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:  # takes the smaller id, and stays open
            cursor.execute("INSERT INTO commissions_livepending (kind, subject_id) VALUES ('enrolment', %s)", [company.id("cy")])
        company.sell("cy", 100)
        assert refresher.step().taken == 1
        other.commit()
    finally:
        other.close()
    assert refresher.step().taken == 1
    assert not LivePending.objects.exists()


def test_only_one_process_refreshes(company, refresher):
    settle(refresher)
    second = live.Refresher()
    company.sell("cy", 100)
    assert second.step() is None
    assert LivePending.objects.exists()
    refresher.drop()
    settle(second)
    second.drop()
    assert proven()


def test_a_lost_lock_is_noticed_before_anything_is_written(company, refresher):
    settle(refresher)
    company.sell("cy", 100)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [refresher.lock.info.backend_pid])
    with pytest.raises(live.LockLost):
        refresher._refresh()
    assert LivePending.objects.exists()
    settle(refresher)
    assert proven()


def test_a_refresh_that_fails_loses_nothing(company, refresher, monkeypatch):
    settle(refresher)
    company.sell("cy", 700)
    with monkeypatch.context() as broken:
        broken.setattr(live, "announce_all", lambda events: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            refresher.step()
    assert LivePending.objects.count() == 1
    assert standing(company, "cy").pv == 0
    settle(refresher)
    assert standing(company, "cy").pv == 70_000
    assert proven()


def test_everything_can_be_computed_at_once_without_a_worker(company):
    company.sell("cy", 300, when=at(2026, 10, 20))
    company.sell("dee", 200)
    live.refresh_everything()
    assert not LivePending.objects.exists()
    assert proven()


@pytest.mark.parametrize("rows_by_copy", [1, 10_000], ids=["by COPY", "by arrays"])
def test_rows_travel_either_way_first_and_again(company, refresher, monkeypatch, rows_by_copy):
    monkeypatch.setattr(standing_rows, "ROWS_BY_COPY", rows_by_copy)
    company.sell("cy", 600)
    company.sell("ben", 100, buyer="retail", paid=10_000, own=5_000)
    settle(refresher)
    company.sell("bob", 700)
    settle(refresher)
    assert EarningTotal.objects.get(distributor=company.id("ben"), bonus="retail").currency == "USD"
    assert proven()


def test_where_a_worker_runs_it_is_the_worker_that_computes_everything(company, refresher, monkeypatch):
    monkeypatch.setattr(live, "RELOAD_SETTLES_SECONDS", 0)
    company.sell("cy", 300)
    refresher.hold()
    monkeypatch.setattr(live.time, "sleep", lambda seconds: settle(refresher))
    live.refresh_everything()
    assert standing(company, "ana").gv == 30_000


def test_a_company_without_a_plan_or_a_tree_has_nothing_to_refresh(transactional_db, refresher):
    assert refresher.step() == live.Refreshed()
    plan_versions.store(plan())
    refresher.forget()
    assert refresher.step() == live.Refreshed()


def test_as_of_is_the_oldest_pending_row(company, refresher):
    entry = company.sell("cy", 100)
    oldest = LivePending.objects.get(subject_id=entry.pk).created_at
    company.sell("cy", 100)
    assert live_pending.as_of() == oldest
    settle(refresher)
    before = timezone.now()
    assert before <= live_pending.as_of() <= timezone.now()


def test_a_broken_tree_is_named_by_the_checks_and_stops_none_of_them(company, refresher):
    company.sell("cy", 100)
    settle(refresher)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genealogy_position SET parent_id = id WHERE distributor_id = %s", [company.id("cy")])
    faults = [faults for _name, _examined, faults in (check() for check in verify.CHECKS[:5])]
    assert ["the sponsor tree is broken" in " ".join(found) for found in faults] == [False, False, True, True, True]
