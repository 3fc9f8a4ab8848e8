"""The demo company as visitors meet it: made once, entered with one tap, its mails to read, and nowhere outside the demo."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from backoffice import invariants
from backoffice.demo import logins, making
from backoffice.demo.simulator import Simulator
from backoffice.models import Mail
from commissions.models import Standing, VolumeEntry
from genealogy.models import Distributor, User
from storefront.models import Order

PAGES = ["/demo/", "/demo/mail/", "/demo/mail/1/", "/demo/mail/1/body/"]


def test_the_demo_has_live_figures_and_nothing_to_fault_at_first_sight(demo):
    leader = Distributor.objects.get(user__email=logins.LEADER)
    assert Standing.objects.filter(distributor=leader, gv__gt=0).count() == 3
    assert leader.sales.count() > 10
    newcomer = Distributor.objects.get(user__email=logins.NEWCOMER)
    assert not newcomer.sales.exists()
    assert [(finding.name, finding.faults) for finding in invariants.check() if finding.faults] == []


def test_making_it_again_does_nothing(demo, settings):
    before = (Order.objects.count(), User.objects.count(), VolumeEntry.objects.count())
    said = io.StringIO()
    call_command("demo", people=500, stdout=said)
    assert "A company is here already" in said.getvalue()
    assert (Order.objects.count(), User.objects.count(), VolumeEntry.objects.count()) == before


def test_what_was_cut_off_before_the_cast_came_in_is_finished(demo, demo_files):
    User.objects.filter(email="marketing@example.com").delete()
    orders = Order.objects.count()
    call_command("demo", people=150, seed=3, end=None, dir=demo_files, stdout=io.StringIO())
    assert logins.exist()
    assert Order.objects.count() == orders


def test_it_is_not_made_outside_the_demo_nor_too_small(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="Set DEMO=1"):
        call_command("demo")
    with pytest.raises(making.Refused, match="too small"):
        making.make(people=3, seed=1, end=None, folder=None, say=print)


@pytest.mark.parametrize("who", list(logins.BY_KEY))
def test_one_tap_signs_in_and_opens_the_page_it_promises(demo, client, who):
    answer = client.post(reverse("demo:sign_in", args=[who]), follow=True)
    assert answer.redirect_chain[0][0] == logins.BY_KEY[who].begins_at
    assert answer.status_code == 200
    assert answer.wsgi_request.user.email == logins.BY_KEY[who].email


def test_the_password_works_as_well(demo, client):
    answer = client.post("/accounts/login/", {"login": logins.LEADER, "password": logins.PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/office/")


def test_the_roles_see_their_part_of_head_office_only(demo):
    finance = User.objects.get(email="finance@example.com")
    assert finance.has_perm("storefront.view_payment") and not finance.has_perm("storefront.change_product")
    assert User.objects.get(email="office@example.com").is_superuser
    assert not User.objects.get(email=logins.LEADER).is_staff


def test_the_sign_in_page_offers_the_cast(demo, client):
    page = client.get("/accounts/login/").content.decode()
    for key in logins.BY_KEY:
        assert reverse("demo:sign_in", args=[key]) in page


def test_signing_in_takes_a_post_and_somebody_of_the_cast(demo, client):
    assert client.get(reverse("demo:sign_in", args=["leader"])).status_code == 405
    assert client.post(reverse("demo:sign_in", args=["stranger"])).status_code == 404


def test_one_tap_is_refused_to_a_page_of_another_site(demo):
    assert Client(enforce_csrf_checks=True).post(reverse("demo:sign_in", args=["office"])).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_outside_the_demo_its_pages_do_not_exist(db, client, settings, path):
    settings.DEMO = False
    Mail.objects.create(pk=1, key="k", kind="k", to="a@example.com", subject="s", text="t")
    assert client.get(path).status_code == 404


def test_outside_the_demo_nobody_signs_in_with_one_tap(demo, client, settings):
    settings.DEMO = False
    assert client.post(reverse("demo:sign_in", args=["office"])).status_code == 404
    assert "demo/sign-in" not in client.get("/accounts/login/").content.decode()


def test_mails_are_listed_found_by_address_and_shown_in_a_closed_frame(db, client, settings):
    settings.DEMO = True
    Mail.objects.create(key="1", kind="welcome", to="a@example.com", subject="Come in", text="x", html="<p>Hello</p>")
    own = Mail.objects.create(key="2", kind="receipt", to="b@example.com", subject="Your order", text="Look: <b>")
    assert b"Come in" in client.get("/demo/mail/").content
    found = client.get("/demo/mail/", {"to": "B@example.com"}).content
    assert b"Your order" in found and b"Come in" not in found
    assert "frame-src 'self'" in client.get(f"/demo/mail/{own.pk}/").headers["Content-Security-Policy"]
    body = client.get(f"/demo/mail/{own.pk}/body/")
    assert b"&lt;b&gt;" in body.content
    assert "script-src 'none'" in body.headers["Content-Security-Policy"] and "sandbox" in body.headers["Content-Security-Policy"]
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_list_of_mails_takes_the_same_queries_however_many_there_are(db, client, settings, django_assert_num_queries):
    settings.DEMO = True
    Mail.objects.bulk_create(Mail(key=str(n), kind="k", to="a@example.com", subject="s", text="t") for n in range(80))
    with django_assert_num_queries(2):
        client.get("/demo/mail/")


def test_the_simulator_shops_joins_and_sends_back_through_the_real_parts(demo):
    orders, people = Order.objects.count(), Distributor.objects.count()
    simulator = Simulator(rate=100, over=lambda: True, seed=1)
    done = [doing() for doing in (simulator.shop_as_guest, simulator.shop_for_oneself, simulator.join, simulator.send_back) * 3]
    assert {"bought", "joined", "sent back"} <= set(done)
    assert Order.objects.count() == orders + 6
    assert Distributor.objects.count() == people + 3


def test_the_simulator_stops_when_it_is_over_and_counts_what_was_done(demo):
    left = iter(range(8))
    done = Simulator(rate=100, over=lambda: next(left, None) is None, seed=2).run()
    assert 1 <= sum(done.values()) <= 8


def test_the_simulator_runs_in_the_demo_only(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="in the demo only"):
        call_command("simulate", seconds=1)
