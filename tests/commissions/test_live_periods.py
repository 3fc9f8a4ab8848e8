"""The live refresh of several periods: each has its figures, shut ones keep theirs, coming ones are made in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from commissions import live, live_pending, periods, volume
from commissions.models import LivePending, Period, Standing
from config.outbox import delivery
from genealogy import people
from genealogy.models import Distributor
from tests.commissions.company import OUTLINE, Company, at, proven, settle, standing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    return Company(OUTLINE)


def test_several_open_periods_are_kept_and_a_return_reaches_the_older_one(company, refresher):
    company.sell("cy", 300, when=at(2026, 10, 20), reference="order:old")
    company.sell("cy", 200)
    settle(refresher)
    assert Standing.objects.get(period__name="2026-10", distributor=company.id("ana")).gv == 30_000
    refresher.forget()
    volume.reverse(reference="refund:1", of_reference="order:old", at=at(2026, 11, 12))
    settle(refresher)
    assert Standing.objects.get(period__name="2026-10", distributor=company.id("ana")).gv == 0
    assert proven()


def test_who_joined_after_a_period_has_no_part_in_it(company, refresher):
    company.sell("cy", 300, when=at(2026, 10, 20))
    settle(refresher)
    company.enrol("fay", under="cy", enrolled_at=at(2026, 11, 5))
    live_pending.note(LivePending.Kind.ENROLMENT, [company.id("fay")])
    company.sell("fay", 100)
    settle(refresher)
    assert not Standing.objects.filter(period__name="2026-10", distributor=company.id("fay")).exists()
    assert Standing.objects.get(period__name="2026-10", distributor=company.id("cy")).team_size == 0
    assert proven()


def test_a_shut_period_keeps_its_figures_when_late_volume_comes(company, refresher):
    company.sell("cy", 300, when=at(2026, 10, 20))
    settle(refresher)
    periods.shut(periods.containing(at(2026, 10, 20)))
    company.sell("cy", 100, when=at(2026, 10, 21))
    settle(refresher)
    assert Standing.objects.get(period__name="2026-10", distributor=company.id("cy")).pv == 30_000
    assert standing(company, "cy").pv == 10_000
    assert proven()


def test_a_shut_period_whose_book_is_held_moves_no_more(company, refresher):
    company.sell("cy", 300, when=at(2026, 10, 20))
    company.sell("cy", 300)
    settle(refresher)
    october = periods.containing(at(2026, 10, 20))
    assert october.pk in refresher.books
    periods.shut(october)
    people.change_status(company.id("cy"), status=Distributor.Status.SUSPENDED)
    delivery.deliver_due()
    settle(refresher)
    assert october.pk not in refresher.books
    assert Standing.objects.get(period=october, distributor=company.id("cy")).is_active
    assert not standing(company, "cy").is_active


def test_volume_that_was_credited_before_a_period_was_shut_still_counts_there(company, refresher):
    company.sell("cy", 300, when=at(2026, 10, 20))
    settle(refresher)
    company.sell("dee", 200, when=at(2026, 10, 21))
    periods.shut(periods.containing(at(2026, 10, 20)))
    settle(refresher)
    assert Standing.objects.get(period__name="2026-10", distributor=company.id("eve")).gv == 20_000


def test_a_shut_period_is_not_computed_anew(company, refresher, monkeypatch):
    monkeypatch.setattr(live, "RELOAD_SETTLES_SECONDS", 0)
    company.sell("cy", 300, when=at(2026, 10, 20))
    settle(refresher)
    october = periods.containing(at(2026, 10, 20))
    periods.shut(october)
    Standing.objects.filter(period=october).update(gv=7)
    live_pending.ask_reload(october.pk)
    settle(refresher)
    assert set(Standing.objects.filter(period=october).values_list("gv", flat=True)) == {7}


def test_the_next_period_is_opened_before_it_begins(company, refresher, monkeypatch):
    november = periods.containing(at(2026, 11, 10))
    company.sell("cy", 300)
    settle(refresher)
    monkeypatch.setattr(live.timezone, "now", lambda: november.ends_at - timedelta(minutes=10))
    refresher.look_again_at = 0.0
    refresher.step()
    december = Period.objects.get(name="2026-12")
    assert set(refresher.books) == {november.pk, december.pk}
    assert Standing.objects.filter(period=december).count() == len(company.people)


def test_a_period_made_for_later_is_looked_at_once_it_has_volume(company, refresher):
    settle(refresher)
    later = periods.containing(timezone.now() + timedelta(days=62))
    assert not Standing.objects.filter(period=later).exists()
    assert proven()
    company.sell("cy", 100, when=later.starts_at + timedelta(days=1))
    LivePending.objects.all().delete()  # as a refresh would that forgot the period
    with pytest.raises(AssertionError, match=f"{later.name}: distributor {company.id('cy')} has GV 0"):
        proven()


def test_a_period_made_for_later_is_looked_at_once_it_has_figures(company, refresher):
    later = periods.containing(timezone.now() + timedelta(days=62))
    refresher.step()
    refresher.read({later.pk})
    assert proven()
    assert Standing.objects.filter(period=later, distributor=company.id("ana")).update(gv=1)
    with pytest.raises(AssertionError, match=f"{later.name}: distributor {company.id('ana')} has GV 1"):
        proven()
