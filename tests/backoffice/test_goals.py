"""The goals page: what is missing for a rank, the cheapest ways there with their cost, and what keeping a rank takes."""

from datetime import timedelta

import pytest

from commissions import facts, goals, parts, periods, plan_versions
from commissions.models import Period, PlanVersion, Standing, VolumeEntry
from tests.backoffice.conftest import PLAN

OPENED = 12


@pytest.fixture
def sold(cast):
    """Credit own volume to people in the present period: ``sold(ana=40)``, in points."""

    def credit(**points):
        period = periods.current()
        for name, volume in points.items():
            person = getattr(cast, name)
            VolumeEntry.objects.create(
                reference=f"order:{name}", distributor=person, period=period, market=cast.market, currency="USD",
                credited_at=period.starts_at + timedelta(hours=1), buyer_kind="retail",
                buyer_reference="customer:1", pv=volume * 100, cv=volume * 100,
            )  # fmt: skip

    return credit


def page(cast, person, query=""):
    response = cast.client(person).get(f"/office/goals/{query}")
    assert response.status_code == 200
    return plain(response.content.decode())


def plain(shown):
    """The text of a page without the marks that keep a name's direction of writing."""
    return shown.replace("\u2068", "").replace("\u2069", "")


def stood(person, rank, months_ago=1):
    """Note the rank of an earlier period."""
    period = periods.current()
    for _ in range(months_ago):
        period = periods.containing(period.starts_at - timedelta(days=2))
    Standing.objects.create(period=period, distributor=person, rank=rank, updated_at=period.starts_at)


def test_the_next_rank_shows_what_is_missing_and_the_cheapest_way_with_its_cost(cast, sold):
    sold(ana=40, ben=60)
    shown = page(cast, cast.ana)
    assert "What Bronze asks for" in shown and "40 of 50" in shown and "100 of 500" in shown
    assert "Sell 400 more points, to your customers or by your own orders." in shown
    # A tea costs a distributor $20.00 and carries 20 points: $1.00 a point is the least that anybody pays.
    assert "400 points" in shown and "from $400.00" in shown and "$1.00 for you and your team (Linden Tea)" in shown


def test_who_has_to_be_helped_is_named_and_in_which_leg(cast, sold):
    sold(ana=3000, ben=0, cy=480)
    cast.dora = cast.enrol("Dora", cast.ana)
    sold(dora=600)
    shown = page(cast, cast.ana)
    assert "What Silver asks for" in shown
    assert "Cy needs 20 more points, from customers or by own orders." in shown and "In the leg of <bdi>Ben</bdi>" in shown


def test_what_a_newcomer_would_sell_is_not_the_sponsors_own_cost(cast, sold):
    sold(dee=0)
    shown = page(cast, cast.dee)
    assert "Bring in 1 person who sells 450 points." in shown
    assert "Through you 50 points (from $50.00), through others 450 points (from $450.00)." in shown


def test_what_the_plan_requires_beside_volume_and_legs_is_tried_and_said_too(cast, sold):
    wants = """requires = [
        { measure = "customers", buyers = ["retail"], volume = "pv", each = 20, count = 3 },
        { measure = "fact", name = "trained", least = 1 },
    ]
    """
    text = PLAN.read_text().replace('code = "bronze"\n', f'code = "bronze"\n{wants}\n', 1)
    text = text.replace("version = 1", "version = 2").replace("2026-01-01", "2026-01-02")
    Period.objects.filter(pk=periods.current().pk).update(plan=plan_versions.store(text))
    sold(ana=600)
    shown = page(cast, cast.ana)
    assert "Customers with at least 20 points" in shown and "2 more" in shown
    assert "Trained: 0 of 1, even if everybody" in shown
    facts.record(distributor_id=cast.ana.pk, kind="trained", at=periods.current().starts_at, reference="training:1")
    assert "Win 2 customers who order 20 points each." in page(cast, cast.ana)


def test_another_rank_can_be_aimed_at_and_nonsense_aims_at_the_next(cast, sold):
    sold(ana=40)
    assert "What Gold asks for" in page(cast, cast.ana, "?rank=gold")
    for query in ("?rank=platinum", "?rank=associate", "?rank="):
        assert "What Bronze asks for" in page(cast, cast.ana, query)


def test_where_no_sale_leads_it_says_what_is_still_missing(cast, sold):
    sold(ana=40)
    shown = page(cast, cast.ana, "?rank=diamond")
    assert "No sales of this period alone lead to Diamond." in shown and "Legs with Gold: 0 of 3" in shown
    assert "Aim at a lower rank first" in shown


def test_what_if_tells_the_rank_that_so_many_points_would_bring(cast, sold):
    sold(ana=40)
    shown = page(cast, cast.ana, f"?rank=bronze&own=60&who={cast.ben.pk}&more=400")
    assert "With 460 more points you would be paid as <strong>Bronze</strong>." in shown
    shown = page(cast, cast.ana, f"?rank=bronze&own=60&who={cast.ben.pk}&more=399")
    assert "With 459 more points you would be paid as <strong>Associate</strong>." in shown and "1 more points" in shown


def test_what_if_takes_nobody_from_outside_the_team_and_no_nonsense(cast, sold):
    sold(ana=40)
    for query in (f"?who={cast.dee.pk}&more=10", "?own=-1", "?own=many", "?own=99999999999"):
        shown = page(cast, cast.ana, query)
        assert "you would be paid as" not in shown and "errorlist" in shown
        assert "Dee" not in shown


def test_the_report_card_says_what_keeping_last_periods_rank_takes(cast, sold):
    sold(ana=40)
    stood(cast.ana, 1)
    stood(cast.ana, 2, months_ago=2)
    shown = page(cast, cast.ana, "?rank=silver")
    assert "Keeping Bronze" in shown and "Not yet" in shown and "The highest rank you ever held is Silver." in shown
    assert "What it takes" in shown and "Sell 460 more points" in shown


def test_the_report_card_says_when_the_rank_is_kept(cast, sold):
    sold(ana=600)
    stood(cast.ana, 1)
    shown = page(cast, cast.ana)
    assert "Keeping Bronze" in shown and "Nothing is missing" in shown


def test_who_had_no_rank_has_nothing_to_keep(cast, sold):
    stood(cast.ana, 2, months_ago=2)
    shown = page(cast, cast.ana)
    assert "You had no rank in the last period" in shown and "The highest rank you ever held is Silver." in shown


def test_at_the_top_of_the_ladder_there_is_only_keeping_it(cast, sold, monkeypatch):
    sold(ana=40)
    ground = goals.read(cast.ana.pk, periods.current())
    top = len(ground.plan.ranks) - 1
    ground.standings.rank[0] = top
    monkeypatch.setattr("backoffice.goals.goals.read", lambda *_: ground)
    stood(cast.ana, top)
    shown = page(cast, cast.ana)
    assert "You hold the highest rank" in shown and "Keeping Diamond" in shown


def test_a_team_too_large_to_be_read_whole_is_tried_on_the_stored_figures(cast, sold, monkeypatch):
    sold(ana=40, ben=60)
    period = periods.current()
    for person, pv, gv in ((cast.ana, 4000, 10000), (cast.ben, 6000, 6000)):
        Standing.objects.create(period=period, distributor=person, pv=pv, gv=gv, team_size=9, updated_at=period.starts_at)
    whole = goals.read(cast.ana.pk, period).seek(1, lambda ids: {})
    monkeypatch.setattr(parts, "READ_WHOLE", 0)
    assert goals.read(cast.ana.pk, period).seek(1, lambda ids: {}) == whole


def test_the_page_works_before_there_is_a_plan(cast):
    Period.objects.all().delete()
    PlanVersion.objects.all().delete()
    assert "No period has begun" in page(cast, cast.ana)


def test_where_the_shop_has_no_prices_the_cost_is_in_points_alone(cast, sold):
    sold(ana=40)
    cast.tea.prices.all().delete()
    shown = page(cast, cast.ana)
    assert "Sell 460 more points" in shown and "from $" not in shown and "lowest price per point" not in shown


def test_a_page_costs_the_same_number_of_queries_whoever_is_in_the_team(cast, sold, django_assert_num_queries):
    sold(ana=3000, ben=0, cy=480)
    stood(cast.ana, 2)
    for number in range(4):
        cast.enrol(f"Fay{number}", cast.ana)
    client = cast.client(cast.ana)
    client.get("/office/goals/")
    with django_assert_num_queries(OPENED):
        client.get("/office/goals/")


def test_the_dashboard_leads_to_the_goals(cast):
    shown = cast.client(cast.ana).get("/office/").content.decode()
    assert 'href="/office/goals/"' in shown and "See the cheapest ways there" in shown
