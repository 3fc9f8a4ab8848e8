"""Head office: its roles, its first page, the board and the outbox."""

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice import company, roles, verify
from backoffice.models import Notification
from commissions import periods
from commissions.models import Standing
from config.outbox.models import Delivery
from genealogy.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_factor(settings):
    """Staff without a second factor come in: what keeps them out is proved elsewhere."""
    settings.STAFF_SECOND_FACTOR = False


def test_roles_are_written_once_and_take_nothing_away(staff):
    support = Group.objects.get(name="support")
    extra = Group.objects.get(name="admin").permissions.get(codename="replay_outbox")
    support.permissions.add(extra)
    roles.write()
    assert Group.objects.count() == len(roles.ROLES)
    assert extra in support.permissions.all()


def test_a_role_that_names_an_unknown_permission_says_which(monkeypatch):
    monkeypatch.setitem(roles.ROLES, "support", {"shop.view_thing"})
    with pytest.raises(LookupError, match=r"'support'.*shop\.view_thing"):
        roles.write()
    assert not Group.objects.exists()


def test_nobody_but_admin_may_replay_and_only_money_people_may_refund():
    assert [name for name, may in roles.ROLES.items() if "backoffice.replay_outbox" in may] == ["admin"]
    assert [name for name, may in roles.ROLES.items() if "storefront.refund_order" in may] == ["admin", "finance"]
    for may in roles.ROLES.values():
        assert not {p for p in may if p.split(".")[1].startswith(("add_", "change_", "delete_")) and "volumeentry" in p}


def test_no_role_hands_out_rights_not_even_one_that_was_written_before(cast, staff):
    admin = Group.objects.get(name="admin")
    admin.permissions.add(*Permission.objects.filter(codename__in=["add_group", "change_group"]))
    roles.write()
    client = cast.client(staff("admin"))
    for may in roles.ROLES.values():
        assert not may & roles.HANDS_OUT_RIGHTS
    everything = {"name": "admin", "permissions": list(Permission.objects.values_list("pk", flat=True))}
    assert client.get(f"/admin/auth/group/{admin.pk}/change/").status_code == 200
    assert client.post(f"/admin/auth/group/{admin.pk}/change/", everything).status_code == 403
    assert client.post("/admin/auth/group/add/", {**everything, "name": "all"}).status_code == 403
    assert not admin.permissions.filter(codename="change_group").exists()


def test_an_admin_who_is_no_superuser_cannot_become_one(cast, staff):
    boss = User.objects.create_superuser("boss@example.com", "a fine long password", name="Boss")
    me = staff("admin")
    client, new = cast.client(me), {"password1": "another fine password", "password2": "another fine password"}
    for user in (boss, me):
        form = {"email": user.email, "name": user.name, "language": "en", "is_active": "on", "is_staff": "on"}
        assert client.post(f"/admin/genealogy/user/{user.pk}/change/", {**form, "is_superuser": "on"}).status_code == 403
        assert client.post(f"/admin/genealogy/user/{user.pk}/password/", new).status_code == 403
    boss.refresh_from_db()
    assert boss.check_password("a fine long password") and User.objects.filter(is_superuser=True).count() == 1


def test_the_admin_begins_with_what_needs_somebody(cast, staff):
    shown = cast.client(staff("admin")).get("/admin/").content.decode()
    for words in ("Events", "Mails", "Live figures", "Period", "Open the outbox"):
        assert words in shown


def test_the_board_adds_up_today_by_market_and_rank(cast, staff, heard):
    cast.sell(cast.ben, quantity=2)
    Standing.objects.create(
        period=periods.current(), distributor=cast.ben, rank=1, is_active=True, earned_minor=1500, updated_at=cast.ben.enrolled_at
    )
    board = company.compute()
    assert (board.orders, board.value_minor, board.active, board.sold_minor) == (1, 6000, 1, 6000)
    assert [(market.name, market.orders, market.amount_minor) for market in board.markets] == [("United States", 1, 6000)]
    assert ("Bronze", 1, 1) in board.ranks
    assert board.payout_ppm == 250_000
    assert sum(board.hours) == 1
    shown = cast.client(staff("finance")).get("/company/")
    assert shown.status_code == 200


def test_failures_are_shown_and_one_or_all_of_a_subscriber_are_delivered_again(cast, staff, heard):
    cast.sell(cast.ben)
    Delivery.objects.update(status="failed", attempts=8, last_error="ValueError: no")
    client = cast.client(staff("admin"))
    shown = client.get("/company/outbox/").content.decode()
    assert "ValueError: no" in shown and "backoffice.tell_of_sale" in shown
    one = Delivery.objects.get(subscriber="backoffice.tell_of_sale")
    client.post("/company/outbox/replay/", {"delivery": one.pk})
    heard()
    assert Delivery.objects.get(pk=one.pk).status == "done"
    assert Notification.objects.filter(distributor=cast.ben, kind="sale").count() == 1
    client.post("/company/outbox/replay/", {"subscriber": "backoffice.welcome"})
    assert not Delivery.objects.filter(subscriber="backoffice.welcome", status="failed").exists()


def test_a_replay_of_nothing_says_what_to_choose(cast, staff):
    answer = cast.client(staff("admin")).post("/company/outbox/replay/", follow=True)
    assert "Nothing was chosen" in answer.content.decode()


def test_a_replay_of_what_no_delivery_could_be_says_what_to_choose(cast, staff):
    answer = cast.client(staff("admin")).post("/company/outbox/replay/", {"delivery": "9" * 5000}, follow=True)
    assert "Nothing was chosen" in answer.content.decode()


def test_support_sees_the_outbox_but_delivers_nothing_again(cast, staff):
    client = cast.client(staff("support"))
    assert client.get("/company/outbox/").status_code == 200
    assert client.post("/company/outbox/replay/", {"subscriber": "backoffice.welcome"}).status_code == 403


def faults():
    return [fault for check in verify.CHECKS for fault in check()[2]]


def test_verify_is_clean_after_sales_and_names_what_is_lost(cast, heard):
    heard()
    order = cast.sell(cast.ben)
    heard()
    assert faults() == []
    Notification.objects.filter(kind="sale").delete()
    Delivery.objects.filter(subscriber="backoffice.send_receipt").delete()
    found = " / ".join(faults())
    assert f"the seller of order {order.pk} was not told" in found


def test_verify_names_an_event_that_nobody_got(cast, heard):
    heard()
    Delivery.objects.filter(subscriber__startswith="backoffice.welcome").order_by("-pk").first().delete()
    assert any("has no delivery for backoffice.welcome" in fault for fault in faults())
