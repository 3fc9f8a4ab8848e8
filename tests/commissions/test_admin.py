"""Head office reads volume and figures, and writes plans that are refused by the key that is wrong."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commissions import periods, plan_warnings
from commissions.engine.lint import Warns
from commissions.models import EarningTotal, LivePending, PlanVersion, Standing
from genealogy.models import User
from tests.commissions.company import at, plan


@pytest.fixture
def office(client, settings, db):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("office@example.com", "a long enough phrase", name="Office"))
    return client


LISTS = ["planversion", "period", "volumeentry", "standing", "earningtotal", "fact", "livepending"]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens(office, company, name):
    entry = company.sell("cy", 100)
    Standing.objects.create(period=entry.period, distributor=company.people["cy"], pv=10_000, rank=1, updated_at=at(2026, 11, 10))
    EarningTotal.objects.create(
        period=entry.period, distributor=company.people["cy"], bonus="unilevel", amount_minor=5, currency="USD"
    )
    assert office.get(reverse(f"admin:commissions_{name}_changelist")).status_code == 200


def test_volume_is_found_by_its_reference_or_its_sellers_number(office, company):
    company.sell("cy", 100, reference="order:wanted")
    company.sell("dee", 100, reference="order:other")
    found = reverse("admin:commissions_volumeentry_changelist")
    for term in ("order:wanted", company.people["cy"].number):
        page = office.get(found, {"q": term}).content.decode()
        assert "order:wanted" in page and "order:other" not in page


def test_the_list_of_volume_costs_the_same_for_few_and_for_many(office, company):
    counts = []
    office.get(reverse("admin:commissions_volumeentry_changelist"))  # what a process looks up once
    for _times in range(2):
        for _number in range(15):
            company.sell("cy", 100)
        with CaptureQueriesContext(connection) as queries:
            office.get(reverse("admin:commissions_volumeentry_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_a_plan_is_stored_as_its_document_says(office, db):
    office.post(reverse("admin:commissions_planversion_add"), {"document": plan(version=7)})
    stored = PlanVersion.objects.get()
    assert (stored.code, stored.version, stored.name, str(stored.effective_from)) == ("testing", 7, "Testing", "2026-01-01")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (plan().replace("[activity]\npv = 100", "[activity]\npv = 100\ncolour = 1"), "activity.colour"),
        (plan().replace('rank = "bronze", count', 'rank = "platinum", count'), "ranks[3].legs[1].rank"),
        (plan().replace('"5%"', '"120%"'), "bonuses[2].rates[1]"),
        (plan().replace('time_zone = "America/New_York"', 'time_zone = "Mars/Olympus"'), "periods.month.time_zone"),
        ("not a plan at all", "the document"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_key(office, db, wrong, named):
    page = office.post(reverse("admin:commissions_planversion_add"), {"document": wrong}).content.decode()
    assert named in page
    assert not PlanVersion.objects.exists()


def test_a_version_number_is_used_once(office, company):
    page = office.post(reverse("admin:commissions_planversion_add"), {"document": plan().replace("count = 2", "count = 3")})
    assert "next version number" in page.content.decode()


def test_a_plan_in_use_cannot_be_changed(office, company):
    url = reverse("admin:commissions_planversion_change", args=[company.plan.pk])
    assert office.post(url, {"document": plan().replace("count = 2", "count = 3")}).status_code == 302
    company.plan.refresh_from_db()
    periods.containing(at(2026, 11, 10))
    assert office.post(url, {"document": plan()}).status_code == 403


def test_head_office_may_have_an_open_period_computed_anew(office, company):
    november = periods.containing(at(2026, 11, 10))
    office.post(
        reverse("admin:commissions_period_changelist"), {"action": "compute_anew", "_selected_action": [str(november.pk)]}
    )
    assert LivePending.objects.get(kind="reload").subject_id == november.pk


def test_whoever_stores_a_plan_is_warned_of_what_it_promises(office, db):
    generous = plan(version=8).replace('rates = ["5%"', 'rates = ["70%"')
    answer = office.post(reverse("admin:commissions_planversion_add"), {"document": generous}, follow=True)
    assert any("of the volume" in str(message) for message in answer.context["messages"])


def test_every_warning_of_the_engine_has_words():
    assert all(plan_warnings._words(warns) for warns in Warns)
