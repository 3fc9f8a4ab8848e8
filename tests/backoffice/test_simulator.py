"""Head office's simulator: asking, watching, reading, by whom, and what it costs in queries."""

import re

import pytest

from commissions import simulations, volume
from commissions.models import Period, PlanVersion, Simulation, VolumeEntry
from commissions.simulations import Question
from genealogy.models import Distributor
from tests.commissions.company import at

pytestmark = pytest.mark.django_db
RATES = "bonuses[2].rates"


@pytest.fixture(autouse=True)
def one_factor(settings):
    """Staff without a second factor come in: what keeps them out is proved elsewhere."""
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def months(cast):
    """Two months in which everybody buys for themselves and Ben sells to a customer."""
    Distributor.objects.update(enrolled_at=at(2026, 1, 2))
    for month in (9, 10):
        for number, person in enumerate((cast.ana, cast.ben, cast.cy, cast.dee)):
            for kind, paid in (("distributor", 0), ("retail", 3_000)):
                line = volume.VolumeLine(
                    number=1, product="tea", quantity=1, pv=20_000, cv=20_000, paid_minor=paid, retail_minor=paid,
                    seller_price_minor=2_000,
                )  # fmt: skip
                volume.credit(
                    distributor_id=person.pk, lines=[line], at=at(2026, month, 10, 12), currency="USD",
                    reference=f"old:{month}:{number}:{kind}", buyer_kind=VolumeEntry.BuyerKind(kind), market_id=cast.market.pk,
                )  # fmt: skip
    return [Period.objects.get(name=name) for name in ("2026-09", "2026-10")]


@pytest.fixture
def done(months):
    """A simulation that is done: the first level pays 12 % instead of 10 %."""
    document = months[0].plan.document.replace('"10%"', '"12%"')
    simulation = simulations.ask(Question(document, *months), wake=False)
    assert simulations.work_off(simulation)
    simulation.refresh_from_db()
    return simulation


def form_of(client, address="/company/simulator/new/"):
    """Return every field of the form as the page shows it."""
    shown = client.get(address)
    assert shown.status_code == 200
    form = shown.context["form"]
    return {name: form[name].value() for name in form.fields if name != "file"}


def asked(client, **changes):
    facts = {name: value.pk if hasattr(value, "pk") else value for name, value in form_of(client).items()}
    return client.post("/company/simulator/new/", {k: v for k, v in (facts | changes).items() if v is not None})


def test_without_a_period_the_pages_say_what_to_do_first(cast, staff):
    Period.objects.all().delete()
    client = cast.client(staff("finance"))
    for page in ("/company/simulator/", "/company/simulator/new/"):
        shown = client.get(page)
        assert shown.status_code == 200 and "There is no period to simulate yet" in shown.content.decode()


def test_the_empty_list_leads_to_the_first_one(cast, months, staff):
    shown = cast.client(staff("finance")).get("/company/simulator/").content.decode()
    assert "Nothing has been simulated yet" in shown and 'href="/company/simulator/new/"' in shown


def test_every_number_of_the_plan_is_a_field_under_its_own_name(cast, months, staff):
    shown = cast.client(staff("finance")).get("/company/simulator/new/")
    groups = {group["name"]: [field.label for field in group["fields"]] for group in shown.context["form"].groups()}
    assert {"Activity", "Exchange", "Silver", "Diamond", "Retail profit", "Team bonus"} <= groups.keys()
    assert {"Rates", "Depth: Gold", "Compression"} <= set(groups["Team bonus"])
    assert {"PV", "GV"} <= set(groups["Silver"])


def test_a_changed_number_becomes_a_simulation_that_shows_what_changed(cast, months, staff, django_capture_on_commit_callbacks):
    finance = staff("finance")
    client = cast.client(finance)
    answer = asked(client, **{RATES: "12, 8%, 6%, 5%, 4%, 3%, 2%", "first": months[0].pk, "last": months[1].pk})
    simulation = Simulation.objects.get()
    assert answer["Location"] == f"/company/simulator/{simulation.pk}/"
    assert simulation.owner == finance and simulation.state == "waiting"
    assert [change[0] for change in simulation.changes] == ["bonuses.team_bonus.rates"]
    waiting = client.get(answer["Location"]).content.decode()
    assert "Waiting for a worker" in waiting and 'http-equiv="refresh"' in waiting and "12%, 8%" in waiting
    simulations.run_waiting()
    assert client.get(f"/company/simulator/{simulation.pk}/progress/")["HX-Refresh"] == "true"
    assert "Payout ratio" in client.get(answer["Location"]).content.decode()


def test_a_number_that_cannot_be_is_marked_where_it_stands(cast, months, staff):
    answer = asked(cast.client(staff("finance")), **{RATES: "120%"})
    assert answer.status_code == 422 and not Simulation.objects.exists()
    (error,) = answer.context["form"].errors[RATES]
    assert error.startswith('bonuses[2].rates[1] is "120%". Expected: a percentage')
    shown = answer.content.decode()
    assert "Mend this" in shown and 'aria-invalid="true"' in shown


def test_periods_the_wrong_way_round_are_said_at_the_top(cast, months, staff):
    answer = asked(cast.client(staff("finance")), first=months[1].pk, last=months[0].pk)
    assert answer.status_code == 422 and "2026-09 is before 2026-10" in answer.content.decode()


def test_a_whole_document_is_written_or_uploaded(cast, months, staff, tmp_path):
    client, text = cast.client(staff("admin")), months[0].plan.document.replace("pv = 50", "pv = 80", 1)
    facts = {"first": months[0].pk, "last": months[1].pk}
    address = "/company/simulator/new/?mode=document"
    assert client.post(address, {**facts, "document": text}).status_code == 302
    (tmp_path / "plan.toml").write_text(text)
    with (tmp_path / "plan.toml").open("rb") as file:
        assert client.post(address, {**facts, "document": "", "file": file}).status_code == 302
    assert [each.changes for each in Simulation.objects.all()] == [[["activity.pv", "50", "80"]]] * 2
    assert all(each.document == text for each in Simulation.objects.all())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "Write a plan document here, or choose a file."),
        ("[plan", "is not TOML"),
        ("colour = 3", "colour is not a known key"),
    ],
)
def test_a_document_that_is_none_is_refused_with_the_key(cast, months, staff, document, said):
    facts = {"first": months[0].pk, "last": months[1].pk, "document": document}
    answer = cast.client(staff("admin")).post("/company/simulator/new/?mode=document", facts)
    assert answer.status_code == 422 and said in answer.content.decode().replace("&#x27;", "'")


def test_a_file_that_is_no_text_or_too_long_is_refused(cast, months, staff, tmp_path):
    client = cast.client(staff("admin"))
    for content, said in ((b"\xff\xfe\x00", "The file is no text"), (b"#" * 500_001, "500001 bytes")):
        (tmp_path / "plan.toml").write_bytes(content)
        with (tmp_path / "plan.toml").open("rb") as file:
            facts = {"first": months[0].pk, "last": months[1].pk, "document": "", "file": file}
            answer = client.post("/company/simulator/new/?mode=document", facts)
        assert answer.status_code == 422 and said in answer.content.decode()


def test_the_result_adds_up_on_the_page(cast, staff, done):
    shown = cast.client(staff("finance")).get(f"/company/simulator/{done.pk}/")
    page = shown.content.decode()
    figures = {name: re.search(rf'data-figure="{name}">([^<]+)', page)[1].strip() for name in ("after", "unearned", "people")}
    assert figures["after"] == f"${done.figures['after']['total'] / 100:,.2f}"
    assert figures["people"] == "2"  # Ana above Ben, and Ben above Cy: dee stands alone
    assert page.count('role="img"') == 2
    assert [each["paid"].change for each in shown.context["periods"]] == [done.figures["gained_minor"] // 2] * 2
    assert "style=" not in page.split("<main")[1]


def test_bonuses_and_ranks_are_shown_of_one_period_too(cast, staff, done):
    client = cast.client(staff("finance"))

    def paid(address):
        return sum(row["paid"].after for row in client.get(f"/company/simulator/{done.pk}/{address}").context["bonuses"])

    months = [row.figures["after"]["total"] for row in done.periods.all()]
    assert [paid("?period=2026-09"), paid("?period=2026-10")] == months
    assert paid("") == paid("?period=never") == sum(months)


def test_a_person_is_found_and_shown(cast, staff, done):
    client = cast.client(staff("finance"))
    found = client.get(f"/company/simulator/{done.pk}/?who=An").content.decode()
    assert f"/company/simulator/{done.pk}/people/{cast.ana.pk}/" in found
    nobody = client.get(f"/company/simulator/{done.pk}/?who=Zoltan").content.decode()
    assert "Nobody is called Zoltan" in nobody
    page = client.get(f"/company/simulator/{done.pk}/people/{cast.ana.pk}/")
    assert page.context["paid"].change == done.figures["gained_minor"] // 2 > 0
    assert client.get(f"/company/simulator/{done.pk}/people/999999/").status_code == 404


def test_the_files_stream(cast, staff, done):
    client = cast.client(staff("finance"))
    for rows, first in (("people", "number,name"), ("lines", "period,number")):
        answer = client.get(f"/company/simulator/{done.pk}/{rows}.csv")
        text = b"".join(answer.streaming_content).decode()
        assert answer["Content-Disposition"].endswith(f'simulation-{done.pk}-{rows}.csv"')
        assert text.startswith(first) and "Ana" in text
    assert client.get(f"/company/simulator/{done.pk}/other.csv").status_code == 404


def test_only_who_asked_or_may_delete_any_cancels_and_deletes(cast, months, staff):
    finance, admin, document = staff("finance"), staff("admin"), months[0].plan.document
    theirs = simulations.ask(Question(document, *months), owner=admin, wake=False)
    own = simulations.ask(Question(document, *months), owner=finance, wake=False)
    client = cast.client(finance)
    for verb in ("cancel", "remove"):
        assert client.post(f"/company/simulator/{theirs.pk}/{verb}/").status_code == 404
    client.post(f"/company/simulator/{own.pk}/cancel/")
    own.refresh_from_db()
    assert own.state == "cancelled" and "It was cancelled" in client.get(f"/company/simulator/{own.pk}/").content.decode()
    client.post(f"/company/simulator/{own.pk}/remove/")
    cast.client(admin).post(f"/company/simulator/{theirs.pk}/remove/")
    assert not Simulation.objects.exists()


def test_a_failed_one_says_why_and_leads_on(cast, months, staff):
    simulation = simulations.ask(Question(months[0].plan.document, *months), wake=False)
    Simulation.objects.filter(pk=simulation.pk).update(state="failed", error="plan x has no exchange rate for JPY")
    shown = cast.client(staff("finance")).get(f"/company/simulator/{simulation.pk}/").content.decode()
    assert "no exchange rate for JPY" in shown and f"?again={simulation.pk}" in shown


def test_again_starts_from_the_earlier_plan_and_periods(cast, staff, done):
    facts = form_of(cast.client(staff("finance")), f"/company/simulator/new/?again={done.pk}")
    assert facts[RATES].startswith("12%") and (facts["first"], facts["last"]) == (done.first_id, done.last_id)


def test_a_good_plan_is_kept_as_a_draft_by_who_may_add_plans(cast, staff, done):
    address = f"/company/simulator/{done.pk}/draft/"
    assert cast.client(staff("finance")).post(address).status_code == 403
    answer = cast.client(staff("admin")).post(address)
    version = PlanVersion.objects.get(is_draft=True)
    assert answer["Location"] == f"/admin/commissions/planversion/{version.pk}/change/"
    assert version.version == done.first.plan.version + 1 and '"12%"' in version.document


@pytest.mark.parametrize("role", ["support", "marketing"])
def test_other_staff_have_no_simulator(cast, staff, done, role):
    client = cast.client(staff(role))
    for address in (
        "",
        "new/",
        f"{done.pk}/",
        f"{done.pk}/people.csv",
        f"{done.pk}/people/{cast.ana.pk}/",
        f"{done.pk}/progress/",
    ):
        assert client.get(f"/company/simulator/{address}").status_code == 403


def test_pages_ask_the_database_a_fixed_number_of_times(cast, staff, done, django_assert_num_queries):
    client = cast.client(staff("finance"))
    client.get("/company/simulator/")
    for _more in range(3):
        simulations.ask(Question(done.document, done.first, done.last), wake=False)
    with django_assert_num_queries(6):
        client.get("/company/simulator/")
    with django_assert_num_queries(7):
        client.get(f"/company/simulator/{done.pk}/")
    with django_assert_num_queries(8):
        client.get(f"/company/simulator/{done.pk}/people/{cast.ana.pk}/")
