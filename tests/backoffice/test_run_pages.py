"""Head office calculates, reviews, approves and closes on pages; the distributor reads what was paid."""

import re

import pytest
from django.utils import timezone

from commissions import periods, settlements, statements, volume
from commissions.models import Adjustment, Hold, Period, Run
from commissions.runs import calculation, steps, work
from genealogy.models import Distributor
from tests.commissions.company import at
from tests.commissions.settling import calculated, closed, somebody

pytestmark = pytest.mark.django_db

SOLD = at(2026, 9, 10, 12)


@pytest.fixture(autouse=True)
def one_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def september(cast):
    """A September in which cy sold twice to customers, and ben bought."""
    Distributor.objects.update(enrolled_at=at(2026, 1, 2))
    for number, (person, kind) in enumerate(((cast.cy, "retail"), (cast.ben, "distributor"), (cast.cy, "retail")), 1):
        line = volume.VolumeLine(
            number=1,
            product="tea",
            quantity=2,
            pv=6_000,
            cv=6_000,
            paid_minor=9_000,
            retail_minor=9_000,
            seller_price_minor=7_000,
        )
        volume.credit(
            distributor_id=person.pk, lines=[line], at=SOLD, currency="USD", reference=f"order:9{number}", buyer_kind=kind,
            market_id=cast.market.pk,
        )  # fmt: skip
    return periods.containing(SOLD)


@pytest.fixture
def clerk(staff):
    return staff("finance")


@pytest.fixture
def second(staff):
    return staff("admin")


def shown(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


def finish(run):
    """Do what the worker does, in the test's own transaction."""
    Run.objects.filter(pk=run.pk, cut_at=None).update(cut_at=timezone.now())
    calculation.calculate(Run.objects.select_related("period__plan", "plan", "repeats", "follows__plan").get(pk=run.pk))


def test_a_period_goes_from_the_list_to_closed_by_two_people(cast, september, clerk, second):
    mine, theirs = cast.client(clerk), cast.client(second)
    assert "September 2026" in shown(mine, "/company/runs/")
    answer = mine.post("/company/runs/begin/", {"period": september.pk})
    run = Run.objects.get()
    assert answer.url == f"/company/runs/{run.pk}/"
    assert "Waiting for a worker" in shown(mine, answer.url)
    finish(run)
    assert mine.get(f"{answer.url}progress/").headers["HX-Refresh"] == "true"
    page = shown(mine, answer.url)
    assert "A second person approves" in page and 'value="approve"' not in page
    mine.post(f"{answer.url}step/", {"step": "approve"})
    assert Run.objects.get().status == "calculated"
    assert 'value="approve"' in shown(theirs, answer.url)
    theirs.post(f"{answer.url}step/", {"step": "approve"})
    assert "Close the period" in shown(theirs, answer.url)
    theirs.post(f"{answer.url}step/", {"step": "close"})
    assert Period.objects.get(pk=september.pk).status == "closed"
    listed = shown(mine, "/company/runs/")
    assert "Nothing waits" in listed and second.name in listed


def test_the_review_tells_ratio_ranks_and_what_nobody_earned(cast, september, clerk):
    run = calculated(september, clerk)
    page = shown(cast.client(clerk), f"/company/runs/{run.pk}/")
    assert "Payout ratio" in page and "Retail profit" in page and "nobody stands above" in page
    assert run.input_checksum[:16] in page


def test_list_and_review_cost_the_same_however_much_there_is(cast, september, clerk, second, django_assert_max_num_queries):
    run = closed(september, clerk, second)
    client = cast.client(clerk)
    for address in ("/company/runs/", f"/company/runs/{run.pk}/", f"/company/runs/{run.pk}/people/{cast.cy.pk}/"):
        with django_assert_max_num_queries(26):
            shown(client, address)


def test_a_run_that_fails_says_why_and_can_be_tried_again(cast, september, clerk):
    client = cast.client(clerk)
    client.post("/company/runs/begin/", {"period": september.pk})
    run = Run.objects.get()
    Run.objects.filter(pk=run.pk).update(status="failed", problem="NoRate: plan fernhollow has no exchange rate for CHF")
    page = shown(client, f"/company/runs/{run.pk}/")
    assert "no exchange rate for CHF" in page and "Try again" in page
    client.post(f"/company/runs/{run.pk}/step/", {"step": "retry"})
    assert Run.objects.get().status == "waiting"


def test_a_refused_step_is_said_and_changes_nothing(cast, september, clerk):
    client = cast.client(clerk)
    answer = client.post("/company/runs/begin/", {"period": periods.current().pk}, follow=True)
    assert "is not over yet" in answer.content.decode()
    assert not Run.objects.exists()


def test_two_runs_are_compared_on_a_page(cast, september, clerk):
    first = calculated(september, clerk)
    other = calculated(september, clerk, how=lambda period, by: steps.again(first, by=by))
    assert "The same, to the last byte" in shown(cast.client(clerk), f"/company/runs/{first.pk}/compare/{other.pk}/")
    settlements.approve(
        settlements.adjust(distributor=cast.cy, period=september, amount_minor=500, reason="A prize", by=clerk),
        by=somebody("third"),
    )
    third = calculated(september, clerk)
    page = shown(cast.client(clerk), f"/company/runs/{first.pk}/compare/{third.pk}/")
    assert "Calculated from different numbers" in page


def test_an_adjustment_is_asked_for_approved_by_another_and_read_by_the_payee(cast, september, clerk, second):
    mine, theirs = cast.client(clerk), cast.client(second)
    entered = {
        "kind": "adjustment", "adjustment-number": cast.cy.number, "adjustment-period": september.pk,
        "adjustment-amount": "-2.50", "adjustment-reason": "Paid in cash at the fair",
    }  # fmt: skip
    assert mine.post("/company/settlements/", entered).status_code == 302
    adjustment = Adjustment.objects.get()
    assert (adjustment.amount_minor, adjustment.currency) == (-250, "USD")
    assert 'value="approve"' not in shown(mine, "/company/settlements/")
    theirs.post(f"/company/settlements/adjustment/{adjustment.pk}/", {"step": "approve"})
    run = closed(september, clerk, second)
    page = shown(cast.client(cast.cy), "/office/earnings/2026-09/")
    assert "Paid in cash at the fair" in page and "Closed. Nothing changes it any more." in page
    assert statements.of_run(run, cast.cy.pk).adjustment_minor == -250


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"adjustment-number": "NOBODY"}, "Nobody has the number NOBODY"),
        ({"adjustment-amount": "0.001"}, "no smaller unit"),
        ({"adjustment-amount": "0"}, "not nothing"),
        ({"adjustment-reason": ""}, "required"),
    ],
)
def test_what_cannot_be_meant_is_said_in_the_form(cast, september, clerk, entered, said):
    whole = {
        "kind": "adjustment", "adjustment-number": cast.cy.number, "adjustment-period": september.pk, "adjustment-amount": "5",
        "adjustment-reason": "A prize",
    }  # fmt: skip
    answer = cast.client(clerk).post("/company/settlements/", {**whole, **entered})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Adjustment.objects.exists()


def test_a_hold_is_said_to_the_payee_and_ends_when_it_is_released(cast, september, clerk, second):
    asked = {"kind": "hold", "hold-number": cast.cy.number, "hold-reason": "Tax form is missing", "hold-until": ""}
    cast.client(clerk).post("/company/settlements/", asked)
    hold = Hold.objects.get()
    cast.client(second).post(f"/company/settlements/hold/{hold.pk}/", {"step": "approve"})
    assert "Tax form is missing" in shown(cast.client(cast.cy), "/office/earnings/")
    cast.client(second).post(f"/company/settlements/hold/{hold.pk}/", {"step": "end"})
    assert "Tax form is missing" not in shown(cast.client(cast.cy), "/office/earnings/")


def test_every_line_of_a_closed_period_opens(cast, september, clerk, second):
    closed(september, clerk, second)
    client = cast.client(cast.cy)
    page = shown(client, "/office/earnings/2026-09/retail_profit/")
    links = sorted(set(re.findall(r"/office/earnings/2026-09/retail_profit/line-\d+/", page)))
    assert len(links) == 2
    for link in links:
        assert "How the amount came about" in shown(client, link)
    assert client.get(links[0].replace("line-", "line-99")).status_code == 404
    assert cast.client(cast.dee).get(links[0]).status_code == 404


def test_the_way_of_a_line_names_people_as_they_stood(cast, september, clerk, second):
    run = closed(september, clerk, second)
    (line,) = [each for each in statements.lines(run, cast.ben.pk)[0] if each.bonus == "team_bonus"][:1]
    steps_up = statements.way(run, line, cast.ben.pk)
    assert [step.distributor_id for step in steps_up] == [cast.cy.pk, cast.ben.pk]
    assert (steps_up[-1].level, steps_up[-1].is_active) == (1, True)
    page = shown(cast.client(cast.ben), f"/office/earnings/2026-09/team_bonus/line-{line.number}/")
    assert "as everybody stood then" in page and "level 1" in page


def test_a_line_that_takes_back_leads_to_the_one_it_reverses(cast, september, clerk, second):
    closed(september, clerk, second)
    volume.reverse(reference="refund:91", of_reference="order:91", at=at(2026, 10, 3))
    closed(periods.containing(at(2026, 10, 3)), clerk, second)
    client = cast.client(cast.cy)
    page = shown(client, "/office/earnings/2026-10/retail_profit/")
    (link,) = set(re.findall(r"/office/earnings/2026-10/retail_profit/line-\d+/", page))
    told = shown(client, link)
    assert "Paid in September 2026" in told and "-$20.00" in told
    (reversed_link,) = set(re.findall(r"/office/earnings/2026-09/retail_profit/line-\d+/", told))
    assert "$20.00" in shown(client, reversed_link)


def test_the_worker_looks_only_at_runs_that_wait(september, clerk):
    calculated(september, clerk)
    work.work_all()
    assert Run.objects.get().status == "calculated"
