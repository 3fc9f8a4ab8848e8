"""Head office's pages of people and trees."""

import random

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.urls import reverse

from config.outbox.models import Event
from genealogy import people, second_factor
from genealogy.models import Distributor, Market, Position, User


@pytest.fixture
def boss(db, settings):
    settings.STAFF_SECOND_FACTOR = False
    return User.objects.create_superuser("boss@example.com", "a fine long password", name="Boss")


@pytest.fixture(scope="module")
def built(keep):
    return keep(thirty)


@pytest.fixture
def house(built, db):
    built()
    return Distributor.objects.get(is_house=True)


@pytest.fixture
def company(house):
    """The newest of thirty people in a line and beside it."""
    return Distributor.objects.order_by("-pk").first()


def thirty():
    market = Market.objects.create(code="us", name="United States", country="US", currency="USD", time_zone="America/New_York")
    house = people.found(name="The house", market=market)
    rng, numbers = random.Random(2), [house.number]
    for n in range(30):
        wish = {"name": f"Person {n}", "email": f"p{n}@example.com"}
        numbers.append(people.enrol(sponsor_number=rng.choice(numbers[-3:]), market=market, **wish).number)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "queries"), [("user", 7), ("distributor", 7), ("market", 6), ("tree", 6), ("position", 7)])
def test_lists_cost_the_same_however_many_rows(client, boss, company, model, queries, django_assert_max_num_queries):
    client.force_login(boss)
    address = reverse(f"admin:genealogy_{model}_changelist")
    client.get(address)
    with django_assert_max_num_queries(queries):
        assert client.get(address).status_code == 200


def test_a_distributors_page_shows_the_line_upwards_and_the_team_as_links(client, boss, company, house):
    client.force_login(boss)
    sponsor = Position.objects.get(distributor=company, tree__code="sponsor").parent.distributor
    page = client.get(reverse("admin:genealogy_distributor_change", args=[sponsor.pk])).content.decode()
    for distributor in (house, company):
        assert reverse("admin:genealogy_distributor_change", args=[distributor.pk]) in page


@pytest.mark.parametrize("model", ["user", "distributor", "position", "market"])
def test_each_page_of_one_record_opens(client, boss, company, model):
    client.force_login(boss)
    record = {"user": company.user, "distributor": company, "market": company.market}.get(
        model, Position.objects.filter(distributor=company).first()
    )
    assert client.get(reverse(f"admin:genealogy_{model}_change", args=[record.pk])).status_code == 200


def test_a_search_finds_by_part_of_a_name_in_any_script(client, boss, company):
    Distributor.objects.filter(pk=company.pk).update(name="佐藤 花 Müller")
    client.force_login(boss)
    for words in ("佐藤", "müll", company.number.lower()):
        page = client.get(reverse("admin:genealogy_distributor_changelist"), {"q": words}).content.decode()
        assert "佐藤 花 Müller" in page and "1 distributor" in page


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("genealogy_distributor", "name", "genealogy_dist_name_search"),
        ("genealogy_distributor", "number", "genealogy_dist_number_search"),
        ("genealogy_user", "email", "genealogy_user_email_search"),
        ("genealogy_user", "name", "genealogy_user_name_search"),
    ],
)
def test_the_searches_of_the_admin_can_use_their_index(company, table, column, index):
    """Written as Django writes icontains; with so few rows the planner must be told not to read them all."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM {table} WHERE UPPER({column}::text) LIKE UPPER('%%erson%%')")
        assert index in "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("model", ["position", "tree"])
def test_positions_and_trees_are_only_read(client, boss, company, model):
    client.force_login(boss)
    record = Position.objects.first() if model == "position" else Position.objects.first().tree
    assert client.get(reverse(f"admin:genealogy_{model}_add")).status_code == 403
    assert client.post(reverse(f"admin:genealogy_{model}_change", args=[record.pk]), {"level": 4}).status_code == 403
    assert client.post(reverse(f"admin:genealogy_{model}_delete", args=[record.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:genealogy_distributor_add")).status_code == 403


@pytest.fixture
def clerk(db, settings):
    """Somebody at head office who may do everything with people and second factors, but is no superuser."""
    settings.STAFF_SECOND_FACTOR = False
    somebody = User.objects.create_user("clerk@example.com", "a fine long password", name="Clerk", is_staff=True)
    somebody.user_permissions.set(Permission.objects.filter(content_type__app_label__in=["genealogy", "mfa"]))
    return somebody


RIGHTS = {"name": "Changed", "language": "en", "is_active": "on", "is_staff": "on", "is_superuser": "on"}


def test_staff_who_may_change_users_cannot_hand_out_rights(client, clerk, company):
    client.force_login(clerk)
    address = reverse("admin:genealogy_user_change", args=[company.user_id])
    assert client.post(address, {"email": company.user.email, **RIGHTS}).status_code == 302
    company.user.refresh_from_db()
    assert (company.user.name, company.user.is_staff, company.user.is_superuser) == ("Changed", False, False)


@pytest.mark.parametrize("whose", ["boss", "clerk"])
def test_nobody_but_a_superuser_changes_a_login_of_head_office_or_its_password(client, boss, clerk, whose):
    owner = {"boss": boss, "clerk": clerk}[whose]
    client.force_login(clerk)
    assert (
        client.post(reverse("admin:genealogy_user_change", args=[owner.pk]), {"email": owner.email, **RIGHTS}).status_code == 403
    )
    new = {"usable_password": "true", "password1": "another fine password", "password2": "another fine password"}
    assert client.post(f"/admin/genealogy/user/{owner.pk}/password/", new).status_code == 403
    owner.refresh_from_db()
    assert owner.check_password("a fine long password") and owner.name == whose.title()
    client.force_login(boss)
    assert client.post(f"/admin/genealogy/user/{owner.pk}/password/", new).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("another fine password")


def test_nobody_but_a_superuser_takes_away_a_second_factor_of_head_office(client, boss, clerk, company):
    theirs = [Authenticator.objects.create(user=user, type="totp", data={"secret": "x"}) for user in (boss, company.user)]
    client.force_login(clerk)
    many = {"action": "delete_selected", "_selected_action": [key.pk for key in theirs], "post": "yes"}
    client.post(reverse("admin:mfa_authenticator_changelist"), many)
    assert Authenticator.objects.count() == 2
    gone = [client.post(reverse("admin:mfa_authenticator_delete", args=[key.pk]), {"post": "yes"}).status_code for key in theirs]
    assert gone == [403, 302]
    assert list(Authenticator.objects.all()) == theirs[:1]


def test_a_distributor_is_never_given_another_login(client, boss, company):
    client.force_login(boss)
    before = company.user_id
    form = {"name": company.name, "status": "active", "market": company.market_id, "phone": "", "user": boss.pk}
    assert client.post(reverse("admin:genealogy_distributor_change", args=[company.pk]), form).status_code == 302
    company.refresh_from_db()
    assert company.user_id == before


@pytest.fixture
def guarded_site():
    """An admin site as any, and then closed to staff without a second factor."""
    site = AdminSite()
    second_factor.require(site)
    return site


@pytest.fixture
def ask(rf):
    """Make a request of somebody that can carry messages."""

    def make(user):
        request = rf.get("/admin/")
        request.user, request.session = user, {}
        request._messages = FallbackStorage(request)
        return request

    return make


def test_staff_without_a_second_factor_are_led_to_set_one_up(boss, guarded_site, ask, settings):
    settings.STAFF_SECOND_FACTOR = True
    assert not guarded_site.has_permission(ask(boss))
    assert guarded_site.login(ask(boss)).url == reverse("mfa_index")
    Authenticator.objects.create(user=boss, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert not guarded_site.has_permission(ask(boss)), "recovery codes alone are no second factor"
    Authenticator.objects.create(user=boss, type=Authenticator.Type.WEBAUTHN, data={})
    assert guarded_site.has_permission(ask(boss))


def test_the_second_factor_changes_nothing_for_others_or_when_it_is_switched_off(boss, guarded_site, ask, settings):
    assert guarded_site.has_permission(ask(boss))
    settings.STAFF_SECOND_FACTOR = True
    customer = User.objects.create_user("cy@example.com")
    assert not second_factor.lacking(customer) and not second_factor.lacking(AnonymousUser())
    assert not guarded_site.has_permission(ask(customer))


def test_a_lost_second_factor_is_taken_away_and_its_secret_never_shown(client, boss):
    key = Authenticator.objects.create(user=boss, type=Authenticator.Type.TOTP, data={"secret": "hidden-from-all"})
    client.force_login(boss)
    page = client.get(reverse("admin:mfa_authenticator_change", args=[key.pk]))
    assert page.status_code == 200 and "hidden-from-all" not in page.content.decode()
    client.post(reverse("admin:mfa_authenticator_delete", args=[key.pk]), {"post": "yes"})
    assert not Authenticator.objects.exists()


def test_suspending_somebody_by_hand_is_announced_with_the_rest_of_the_form(client, boss, company):
    client.force_login(boss)
    form = {"name": "New name", "status": "suspended", "market": company.market_id, "phone": "", "user": company.user_id}
    response = client.post(reverse("admin:genealogy_distributor_change", args=[company.pk]), form)
    company.refresh_from_db()
    assert (response.status_code, company.name, company.status) == (302, "New name", "suspended")
    assert Event.objects.get(kind="genealogy.DistributorStatusChanged").facts["distributor_id"] == company.pk
