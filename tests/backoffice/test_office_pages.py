"""The pages of the office: what they show, to whom, and at what cost."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.formats import date_format

from backoffice import access, notifications, sparks, team
from commissions import periods
from commissions.models import EarningTotal, Period, Standing, VolumeEntry
from storefront.models import Site

OPENED = 9


def page(cast, person, address, **options):
    response = cast.client(person).get(address, **options)
    assert response.status_code == 200, address
    return response.content.decode()


def stand(person, **figures):
    period = periods.current()
    Standing.objects.create(period=period, distributor=person, updated_at=period.starts_at, **figures)


def test_the_dashboard_shows_volume_earnings_rank_and_the_latest_sale(cast, heard):
    cast.sell(cast.ben, quantity=2)
    heard()
    stand(cast.ben, pv=4800, gv=4800, rank=0, team_size=1)
    EarningTotal.objects.create(
        period=periods.current(), distributor=cast.ben, bonus="retail_profit", amount_minor=2000, currency="USD"
    )
    shown = page(cast, cast.ben, "/office/")
    for words in ("Earned so far in", "$20.00", "48", "Mara", "2 × Linden Tea", "Associate", "Retail profit"):
        assert words in shown


@pytest.mark.parametrize(("rank", "told"), [(1, "$25.50 as Bronze"), (-1, "$25.50")])
def test_the_dashboard_of_a_new_month_still_shows_what_the_last_one_came_to(cast, rank, told):
    assert 'data-figure="before"' not in page(cast, cast.ben, "/office/")
    last = periods.containing(periods.current().starts_at - timedelta(days=3))
    Standing.objects.create(period=last, distributor=cast.ben, updated_at=last.starts_at, rank=rank)
    for bonus, amount in (("retail_profit", 2000), ("unilevel", 550)):
        EarningTotal.objects.create(period=last, distributor=cast.ben, bonus=bonus, amount_minor=amount, currency="USD")
    for address in ("/office/", "/office/figures/"):
        shown = page(cast, cast.ben, address).split('data-figure="before">')[1].split("</span>")[0]
        assert shown.endswith(f": {told}") and str(last.starts_at.year) in shown


def entries(person, *days, late=False):
    """Credit volume to somebody: (day of the period from 0, hundredths of a point)."""
    period = periods.current()
    for line, (day, pv) in enumerate(days, start=1):
        VolumeEntry.objects.create(
            reference="order:spark", line=line, distributor=person, period=period, market=person.market, currency="USD",
            credited_at=period.starts_at + timedelta(days=day, hours=12), is_late=late, buyer_kind="retail", pv=pv,
        )  # fmt: skip


def test_the_dashboard_draws_the_own_volume_by_day_and_says_it_in_words(cast):
    entries(cast.ben, (0, 1000), (0, 2050))
    first = date_format(periods.current().starts_at, "j F")
    for address in ("/office/", "/office/figures/"):
        shown = page(cast, cast.ben, address)
        drawn = shown.split('<svg class="spark"')[1].split("</svg>")[0]
        assert 'role="img"' in drawn and f"30.5 points from {first} to" in drawn and f"most on {first}: 30.5 points" in drawn
        assert "style=" not in drawn
        assert "Best day: 1 " in shown and ", 30.5 points" in shown


def test_who_has_no_volume_in_the_period_sees_no_chart(cast):
    entries(cast.ben, (0, 1000), (0, -1000))
    for person in (cast.ana, cast.ben):
        assert "spark" not in page(cast, person, "/office/").split('id="figures"')[1].split("stats")[0]


def test_the_chart_spans_its_box_and_goes_below_zero_with_a_refund():
    chart = sparks.Spark(date(2026, 11, 1), (0, 1000, -1000, 500))
    assert chart.line == "M0.0 28.0 L100.0 3.0 L200.0 53.0 L300.0 15.5"
    assert chart.area == f"{chart.line} L300 28.0 L0 28.0 Z"
    assert chart.best == "Best day: 2 Nov, 10 points"
    assert sparks.Spark(date(2026, 11, 1), (0, -700)).best == ""
    assert sparks.Spark(date(2026, 11, 1), (700,)).line == "M0.0 3.0 L300.0 3.0"


def test_the_chart_counts_days_on_the_periods_own_clock(cast, django_assert_num_queries):
    period = Period.objects.create(
        plan=periods.current().plan, name="2020-03", time_zone="America/New_York",
        starts_at=datetime(2020, 3, 1, 5, tzinfo=UTC), ends_at=datetime(2020, 4, 1, 4, tzinfo=UTC),
    )  # fmt: skip
    for line, at in enumerate(("03-02T04:59", "03-02T05:00", "03-09T03:59", "03-09T04:00", "04-01T03:59"), start=1):
        VolumeEntry.objects.create(
            reference="order:clock", line=line, distributor=cast.ben, period=period, market=cast.market, currency="USD",
            credited_at=datetime.fromisoformat(f"2020-{at}+00:00"), buyer_kind="retail", pv=10**line,
        )  # fmt: skip
    with django_assert_num_queries(1):
        chart = sparks.of(cast.ben.pk, period)
    assert (chart.first, len(chart.days)) == (date(2020, 3, 1), 31)
    assert {day: pv for day, pv in enumerate(chart.days) if pv} == {0: 10, 1: 100, 7: 1000, 8: 10_000, 30: 100_000}


def test_what_arrived_late_is_drawn_on_the_day_of_its_arrival(cast):
    period = periods.current()
    entries(cast.ben, (-40, 900), late=True)
    chart = sparks.of(cast.ben.pk, period)
    assert chart.days[-1] == sum(chart.days) == 900


def test_a_newcomer_reads_what_to_do_first_instead_of_empty_tables(cast):
    shown = page(cast, cast.dee, "/office/")
    assert "Your first sale is waiting" in shown and "Get my link" in shown
    assert "Your team starts with one person" in page(cast, cast.dee, "/office/team/")


def test_the_dashboard_works_before_there_is_any_plan(cast):
    from commissions.models import Period, PlanVersion  # noqa: PLC0415

    Period.objects.all().delete()
    PlanVersion.objects.all().delete()
    assert "No period has begun" in page(cast, cast.ana, "/office/")
    assert "Ben" in page(cast, cast.ana, "/office/team/")


def test_a_fresh_sale_is_said_aloud_once_on_the_open_page(cast, heard):
    heard()
    newest = notifications.newest_id(cast.ben)
    cast.sell(cast.ben)
    heard()
    client = cast.client(cast.ben)
    said = json.loads(client.get(f"/office/feed/?after={newest}")["HX-Trigger"])
    assert said == {"live:said": {"sentences": ["Mara bought Linden Tea"]}}
    assert "HX-Trigger" not in client.get(f"/office/feed/?after={notifications.newest_id(cast.ben)}").headers


def test_reading_the_news_marks_it_read(cast, heard):
    heard()
    assert notifications.unread(cast.ana) == 1
    assert "Ben joined your team" in page(cast, cast.ana, "/office/news/")
    assert notifications.unread(cast.ana) == 0


def test_a_sale_page_tells_the_trail_and_only_the_first_name(cast):
    order = cast.sell(cast.ben)
    shown = page(cast, cast.ben, f"/office/sales/{order.pk}/")
    assert "Mara’s order" in shown and "bought in the personal shop" in shown
    for secret in ("Lindqvist", "mara@example.com", "1 Main Street"):
        assert secret not in shown


def test_the_trail_does_not_name_other_sellers(cast):
    order = cast.sell(cast.ben)
    order.trail.insert(0, {"what": "site", "distributor": cast.dee.pk, "at": order.placed_at.isoformat(), "address": "dee"})
    order.save()
    assert "Dee" not in page(cast, cast.ben, f"/office/sales/{order.pk}/")


def test_a_sale_of_somebody_else_is_not_found_whoever_asks(cast):
    order = cast.sell(cast.ben)
    for person in (cast.ana, cast.cy, cast.dee):
        assert cast.client(person).get(f"/office/sales/{order.pk}/").status_code == 404


def test_a_member_page_shows_the_path_and_no_contact_details(cast):
    stand(cast.cy, pv=1234, gv=5678, rank=1)
    shown = page(cast, cast.ana, f"/office/people/{cast.cy.pk}/")
    for words in ("Cy", "Ben", "Level 2", "Bronze", "12.34", "56.78"):
        assert words in shown
    for secret in ("cy@example.com", "ben@example.com", "Dee"):
        assert secret not in shown


def test_a_long_path_shows_its_two_ends(cast):
    person = cast.cy
    for step in range(20):
        person = cast.enrol(f"Step{step}", person)
    shown = page(cast, cast.ana, f"/office/people/{person.pk}/")
    assert "15 people between" in shown


@pytest.mark.parametrize("address", ["/office/people/{}/", "/office/team/{}/"])
def test_a_person_outside_the_downline_is_not_found(cast, address):
    for viewer, other in ((cast.ana, cast.dee), (cast.ben, cast.ana), (cast.ana, cast.house)):
        assert cast.client(viewer).get(address.format(other.pk)).status_code == 404
    assert cast.client(cast.ana).get(address.format(999_999)).status_code == 404


def test_search_finds_by_name_and_number_in_the_own_downline_only(cast):
    assert "Cy" in page(cast, cast.ana, "/office/team/?q=cy")
    assert cast.cy.number in page(cast, cast.ana, f"/office/team/?q={cast.cy.number.lower()}")
    assert "Nobody found" in page(cast, cast.ana, "/office/team/?q=dee")
    assert "Nobody found" in page(cast, cast.ana, f"/office/team/?q={cast.dee.number}")
    assert "Write a little more" in page(cast, cast.ana, "/office/team/?q=c")


def test_filters_combine_activity_rank_and_level(cast):
    stand(cast.ben, is_active=True, rank=1)
    stand(cast.cy, is_active=True, rank=0)
    names = lambda query: [member.name for member in found(cast.ana, **query)]  # noqa: E731
    assert names({"active": True}) == ["Ben", "Cy"]
    assert names({"active": False}) == []
    assert names({"rank": 1}) == ["Ben"]
    assert names({"level": 2}) == ["Cy"]
    assert names({"active": True, "rank": 0, "level": 2}) == ["Cy"]


def found(viewer, **query):
    return team.found_by(viewer, team.Filters(**query), periods.current()).members


def test_the_first_level_is_paged_by_a_cursor_without_gaps_or_doubles(cast):
    for number in range(team.PAGE + 4):
        cast.enrol(f"Leaf{number:02d}", cast.cy)
    client = cast.client(cast.cy)
    first = client.get("/office/team/").content.decode()
    cursor = first.split("after=")[1].split('"')[0]
    rest = client.get(f"/office/team/?after={cursor}", headers={"HX-Request": "true"}).content.decode()
    names = [f"Leaf{number:02d}" for number in range(team.PAGE + 4)]
    assert [name for name in names if (name in first) == (name in rest)] == []
    assert "<html" not in rest


def first_level(viewer, after=None):
    own = access.position_of(viewer)
    found = team.children(own, own, periods.current(), after=after)
    return [member.name for member in found.members], found.after


def test_a_level_begins_with_the_largest_group_volume_and_ends_with_the_newcomers(cast):
    people = {name: cast.enrol(name, cast.cy) for name in ("Old", "Small", "Big", "Same", "New")}
    for name, gv in (("Small", 100), ("Big", 9000), ("Same", 9000)):
        stand(people[name], gv=gv)
    assert first_level(cast.cy) == (["Same", "Big", "Small", "New", "Old"], None)
    periods.prepare()
    Standing.objects.update(period=periods.containing(periods.current().ends_at))
    assert first_level(cast.cy)[0] == ["New", "Same", "Big", "Small", "Old"]


def test_a_sale_between_two_pages_of_a_level_neither_hides_nor_repeats_anybody_else(cast):
    people = [cast.enrol(f"Leaf{number:02d}", cast.cy) for number in range(2 * team.PAGE)]
    for number, person in enumerate(people):
        stand(person, gv=number // 3 * 100)
    first, cursor = first_level(cast.cy)
    Standing.objects.filter(distributor__name=first[-1]).update(gv=77_777)
    rest, end = first_level(cast.cy, cursor)
    assert first + rest == [person.name for person in people[::-1]]
    assert end is None


def test_an_opened_level_goes_by_volume_as_well_and_costs_the_same_on_every_page(cast, django_assert_num_queries):
    for number in range(team.PAGE + 4):
        stand(cast.enrol(f"Leaf{number:02d}", cast.cy), gv=number)
    client, address = cast.client(cast.ana), f"/office/team/{cast.cy.pk}/"
    first = client.get(address).content.decode()
    assert first.index("Leaf28") < first.index("Leaf27") < first.index("Leaf04") and "Leaf03" not in first
    cursor = first.split("after=")[1].split('"')[0]
    with django_assert_num_queries(OPENED):
        rest = client.get(f"{address}?after={cursor}").content.decode()
    assert rest.index("Leaf03") < rest.index("Leaf00") and "Leaf04" not in rest


@pytest.mark.parametrize(
    "address",
    [
        "/office/team/?after=abc",
        "/office/team/?after=1.x",
        "/office/team/?after=9.9",
        "/office/team/?rank=99&level=-1&active=maybe",
        "/office/team/?after=9" + "9" * 30,
    ],
)
def test_an_address_that_makes_no_sense_filters_nothing(cast, address):
    assert "Ben" in page(cast, cast.ana, address)


def test_a_shop_is_edited_and_a_bad_address_says_what_to_do(cast):
    client = cast.client(cast.ana)
    assert client.get("/office/shop/").status_code == 200
    answer = client.post("/office/shop/", {"name": "Ana's leaves", "slug": "Admin", "headline": "", "story": ""})
    assert answer.status_code == 422 and "is kept for the company" in answer.content.decode()
    assert client.post("/office/shop/", {"name": "Ana's leaves", "slug": "ana-leaves", "story": "Tea."}).status_code == 302
    site = Site.objects.get(distributor=cast.ana)
    assert (site.slug, site.name, site.story) == ("ana-leaves", "Ana's leaves", "Tea.")


def test_the_qr_code_is_a_picture_of_the_own_link(cast):
    answer = cast.client(cast.ana).get("/office/shop/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml" and b"<svg" in answer.content


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "queries"),
    [("/office/", 24), ("/office/figures/", 14), ("/office/feed/", 15), ("/office/team/", 14), ("/office/sales/", 12)],
)
def test_pages_cost_the_same_however_many_people_and_sales(cast, heard, django_assert_max_num_queries, address, queries):
    for number in range(6):
        cast.enrol(f"Leaf{number}", cast.ana)
        cast.sell(cast.ana, email=f"buyer{number}@example.com")
    heard()
    client = cast.client(cast.ana)
    client.get(address)
    with django_assert_max_num_queries(queries):
        client.get(address)


@pytest.mark.parametrize("digits", ["9" * 19, "9" * 5000, "٣" * 5000, "-1", "²"])
def test_numbers_in_an_address_that_no_id_could_be_are_passed_over(cast, digits):
    for address in ("/office/feed/?after=", "/office/news/?before=", "/office/sales/?after=", "/office/team/?rank=1&after="):
        page(cast, cast.ana, f"{address}{digits}")
