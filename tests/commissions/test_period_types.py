"""Weeks and months side by side: each on its own clock, each closed by itself, and nothing counted twice or lost."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from commissions import periods, snapshots, volume
from commissions.models import Period, RunLine, VolumeEntry
from commissions.runs import steps
from tests.commissions import company as companies
from tests.commissions.company import Company, at
from tests.commissions.settling import calculated, closed, somebody

pytestmark = pytest.mark.django_db

WEEKLY = """
[periods.week]
kind = "week"
time_zone = "Asia/Tokyo"
starts_on = 2026-01-05

[returns]
within_days = 90
lowers_qualifying = true

[[bonuses]]
kind = "unilevel"
code = "weekly"
name = "Weekly bonus"
period = "week"
line = "order"
rounding = "half_even"
unearned = "breakage"
tree = "sponsor"
rates = ["2%"]
compression = "full"
depth = { associate = 1, bronze = 1, silver = 1 }
"""
OUTLINE = """
    house
      ana
        ben
"""
MONDAY = at(2026, 9, 7, 12)


@pytest.fixture
def clerk(db):
    return somebody("clerk")


@pytest.fixture
def second(db):
    return somebody("second")


@pytest.fixture
def company(db):
    text = companies.plan().replace('elsewhere = "last"', 'elsewhere = "tested"')
    return Company(OUTLINE, document=text + WEEKLY)


def week(instant):
    return periods.containing(instant, kind="week")


def counted(period):
    """Return the references that count in a period, as it is read for a calculation."""
    ids = snapshots.take(period).sales.id.tolist()
    return sorted(VolumeEntry.objects.filter(pk__in=ids).values_list("reference", flat=True))


def test_each_type_has_its_own_clock(company):
    here = week(MONDAY)
    assert (here.starts_at, here.ends_at) == (at(2026, 9, 6, 15), at(2026, 9, 13, 15))
    assert here.name == date(2026, 9, 7).isoformat()
    assert periods.containing(MONDAY).starts_at == at(2026, 9, 1, 4)


def test_an_entry_counts_in_one_period_of_each_type(company):
    for number, instant in enumerate(
        (at(2026, 9, 6, 14, 59, 59), at(2026, 9, 6, 15), at(2026, 9, 13, 14, 59, 59), at(2026, 9, 13, 15))
    ):
        company.sell("ben", 100, when=instant, reference=f"order:{number}")
    assert counted(week(MONDAY)) == ["order:1", "order:2"]
    assert counted(week(at(2026, 9, 5))) == ["order:0"]
    assert counted(week(at(2026, 9, 14))) == ["order:3"]
    assert len(counted(periods.containing(MONDAY))) == 4


def test_overlapping_periods_of_a_type_are_refused_and_of_two_types_are_not(company):
    first, month = week(MONDAY), periods.containing(MONDAY)
    assert first.starts_at < month.ends_at and month.starts_at < first.ends_at
    with pytest.raises(IntegrityError, match="overlaps"), transaction.atomic():
        Period.objects.create(
            plan=first.plan, kind="week", name="odd", time_zone="Asia/Tokyo", starts_at=at(2026, 9, 10), ends_at=at(2026, 9, 20)
        )


def test_an_order_late_for_its_week_counts_in_the_next_week_and_on_time_in_its_month(company, clerk, second):
    company.sell("ben", 200, when=MONDAY, reference="order:1")
    closed(week(MONDAY), clerk, second)
    late = company.sell("ben", 300, when=MONDAY, reference="order:2")
    assert (late.period.kind, late.is_late) == ("month", False)
    assert counted(week(MONDAY)) == ["order:1"]
    assert counted(week(at(2026, 9, 14))) == ["order:2"]
    assert counted(periods.containing(MONDAY)) == ["order:1", "order:2"]
    closed(week(at(2026, 9, 14)), clerk, second)
    company.sell("ben", 300, when=MONDAY, reference="order:3")
    assert counted(week(at(2026, 9, 21))) == ["order:3"]


def test_a_return_is_netted_in_the_open_month_and_taken_back_of_the_closed_week(company, clerk, second):
    company.sell("ana", 150, when=MONDAY, reference="order:1")
    company.sell("ben", 300, when=MONDAY, reference="order:2")
    first = closed(week(MONDAY), clerk, second)
    assert first.earned_minor == 600
    volume.reverse(reference="refund:2", of_reference="order:2", at=at(2026, 9, 16))
    following = calculated(week(at(2026, 9, 14)), clerk)
    assert (following.clawback_minor, following.earned_minor, following.cv) == (-600, 0, 0)
    (back,) = RunLine.objects.filter(run_id=following.pk)
    assert (back.reverses_run, back.amount_minor) == (first.pk, -600)
    september = calculated(periods.containing(MONDAY), clerk, how=steps.preview)
    assert (september.clawback_minor, september.cv) == (0, 15_000)


def test_each_type_pays_its_own_bonuses(company, clerk):
    company.sell("ana", 150, when=MONDAY)
    company.sell("ben", 300, when=MONDAY, buyer="retail", paid=40_000, own=30_000)
    weekly, monthly = (calculated(period, clerk, how=steps.preview) for period in (week(MONDAY), periods.containing(MONDAY)))
    assert {bonus.code for bonus in weekly.bonuses.all() if bonus.lines} == {"weekly"}
    assert {bonus.code for bonus in monthly.bonuses.all() if bonus.lines} == {"retail", "unilevel"}


def test_the_periods_of_every_type_are_made_before_they_are_needed(company):
    periods.prepare(at=at(2026, 9, 12))
    assert sorted(Period.objects.values_list("kind", "name")) == [
        ("month", "2026-09"), ("week", "2026-09-07"), ("week", "2026-09-14"),
    ]  # fmt: skip
    assert [period.kind for period in periods.live(at=at(2026, 9, 12))] == ["month"]
    assert {period.kind for period in periods.begun(at=at(2026, 9, 12))} == {"month", "week"}


def test_a_type_that_the_plan_does_not_have_is_refused_by_name(company):
    with pytest.raises(periods.NoSuchType, match="no period type fortnight; it has month, week"):
        periods.containing(MONDAY, kind="fortnight")


def test_the_books_are_cut_between_two_entries_whatever_their_order(company, clerk):
    for number in range(3):
        company.sell("ben", 100, when=MONDAY, reference=f"order:{number}")
    here = week(MONDAY)
    calculated(here, clerk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_entry, (SELECT max(id) FROM commissions_volumeentry) FROM commissions_period WHERE id = %s", [here.pk]
        )
        assert len(set(cursor.fetchone())) == 1


def test_the_ranks_of_the_last_closed_month_hold_in_a_week_that_asks_for_them(db, clerk, second):
    company = Company(OUTLINE, document=companies.plan() + WEEKLY)
    company.sell("ana", 150, when=at(2026, 8, 10))
    company.sell("ana", 150, when=MONDAY)
    company.sell("ben", 300, when=MONDAY)
    assert calculated(week(MONDAY), clerk, how=steps.preview).earned_minor == 0
    august = closed(periods.containing(at(2026, 8, 10)), clerk, second)
    first = closed(week(MONDAY), clerk, second)
    assert first.earned_minor == 600
    assert august.pk in set(first.state["in"].values())
    company.sell("ben", 100, when=at(2026, 9, 15))
    company.sell("ana", 150, when=at(2026, 9, 15))
    assert calculated(week(at(2026, 9, 15)), clerk).earned_minor == 200
