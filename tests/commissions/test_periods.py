"""Which month an instant counts in, on the plan's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from commissions import periods, plan_versions
from commissions.engine import periods as calendar
from commissions.models import LivePending, Period
from tests.commissions.company import at, plan

ZONES = ["America/New_York", "America/Denver", "America/Sao_Paulo", "Europe/Paris", "Asia/Beirut", "Asia/Tokyo"]


def month_on(name):
    """Return a period type: months on some clock."""
    return calendar.Period(kind=calendar.PeriodKind.MONTH, time_zone=name)


@pytest.mark.parametrize("name", ZONES)
def test_every_instant_falls_in_the_month_that_its_own_clock_shows(name):
    instant = datetime(2018, 1, 1, tzinfo=UTC)
    while instant.year < 2021:
        month = periods.span_of(month_on(name), instant)
        assert month.start.astimezone(UTC) <= instant < month.end.astimezone(UTC)
        assert month.name == instant.astimezone(ZoneInfo(name)).strftime("%Y-%m")
        instant += timedelta(hours=7, minutes=13)


@pytest.mark.parametrize("name", ZONES)
def test_months_follow_each_other_without_gap_or_overlap(name):
    month = periods.span_of(month_on(name), datetime(2016, 1, 15, tzinfo=UTC))
    for _ in range(132):
        after = periods.span_of(month_on(name), month.end.astimezone(UTC))
        assert after.start.astimezone(UTC) == month.end.astimezone(UTC)
        assert periods.span_of(month_on(name), month.end.astimezone(UTC) - timedelta(microseconds=1)) == month
        month = after
    assert month.name == "2027-01"


def test_the_border_is_midnight_of_the_plans_clock_in_summer_and_in_winter(company):
    november = periods.containing(at(2026, 11, 15))
    assert (november.starts_at, november.ends_at) == (at(2026, 11, 1, 4), at(2026, 12, 1, 5))
    assert periods.containing(at(2026, 12, 1, 4, 59, 59, 999_999)) == november
    assert periods.containing(at(2026, 12, 1, 5)).name == "2026-12"


def test_a_period_is_made_once_however_often_it_is_asked_for(company):
    assert periods.containing(at(2026, 11, 2)) == periods.containing(at(2026, 11, 29))
    assert Period.objects.count() == 1


def test_late_volume_counts_in_the_next_open_period(company):
    october, november = periods.containing(at(2026, 10, 10)), periods.containing(at(2026, 11, 10))
    assert periods.counting(at(2026, 10, 10)) == (october, False)
    periods.shut(october)
    assert periods.counting(at(2026, 10, 10)) == (november, True)
    periods.shut(november)
    period, late = periods.counting(at(2026, 10, 10))
    assert (period.name, late) == ("2026-12", True)


def test_a_period_is_shut_once(company):
    october = periods.containing(at(2026, 10, 10))
    periods.shut(october)
    with pytest.raises(periods.AlreadyShut, match="2026-10"):
        periods.shut(Period.objects.get(pk=october.pk))


def test_an_instant_before_any_plan_is_refused_by_its_day(company):
    with pytest.raises(plan_versions.NoPlan, match="2025-06-01"):
        periods.containing(at(2025, 6, 1))


def test_the_plan_of_its_first_day_holds_for_the_whole_period(company):
    second = plan_versions.store(plan(version=2, effective_from="2026-11-15"))
    assert periods.containing(at(2026, 11, 20)).plan == company.plan
    assert periods.containing(at(2026, 12, 20)).plan == second


def test_a_companys_first_month_counts_by_the_plan_that_begins_in_it(company):
    Period.objects.all().delete()
    company.plan.delete()
    late = plan_versions.store(plan(version=3, effective_from="2026-11-15"))
    assert periods.containing(at(2026, 11, 20)).plan == late


def test_a_period_made_ahead_takes_a_plan_that_is_stored_before_it_begins(company):
    _now, december = periods.prepare(at=at(2026, 11, 29, 12))
    second = plan_versions.store(plan(version=2, effective_from="2026-12-01"))
    periods.prepare(at=at(2026, 11, 30))
    december.refresh_from_db()
    assert (december.name, december.plan) == ("2026-12", second)
    assert LivePending.objects.get(kind="reload").subject_id == december.pk
    periods.prepare(at=at(2026, 11, 30))
    assert LivePending.objects.count() == 1


def test_the_next_period_is_made_ahead(company):
    now, ahead = periods.prepare(at=at(2026, 11, 29, 12))
    assert (now.name, ahead.name) == ("2026-11", "2026-12")


def test_periods_with_live_figures_are_open_and_have_begun_or_are_about_to(company):
    october, november = periods.containing(at(2026, 10, 10)), periods.containing(at(2026, 11, 10))
    december = periods.containing(at(2026, 12, 10))
    assert periods.live(at=at(2026, 11, 30)) == [october, november]
    assert periods.live(at=december.starts_at - timedelta(minutes=30)) == [october, november, december]
    periods.shut(october)
    assert periods.live(at=at(2026, 11, 30)) == [november]


def test_the_database_refuses_overlapping_periods(company):
    november = periods.containing(at(2026, 11, 10))
    with pytest.raises(IntegrityError, match="period_of_a_kind_never_overlaps"), transaction.atomic():
        Period.objects.create(
            plan=company.plan, kind="month", name="again", time_zone="UTC",
            starts_at=november.ends_at - timedelta(seconds=1), ends_at=november.ends_at + timedelta(days=1),
        )  # fmt: skip
        connection.check_constraints()
