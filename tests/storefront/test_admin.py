"""Head office in the shop: who may do what, and that a long list costs a fixed handful of queries."""

import re

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from genealogy.models import User
from storefront.models import Order, Payment, Price, Product, Refund, Site, WebhookEvent
from tests.storefront.cast import paid, placed

pytestmark = pytest.mark.django_db

LISTS = ("order", "payment", "refund", "webhookevent", "customer", "site", "product", "category", "delivery")


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def staff(*permissions, boss=False):
    """Sign somebody of head office in, with these rights only."""
    user = User.objects.create_user(f"office{User.objects.count()}@example.com", is_staff=True, is_superuser=boss)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
def test_each_list_opens_and_costs_the_same_for_more_rows(cast, name, django_assert_max_num_queries):
    paid({cast.oil: 1}, key="1", site=cast.ana_site)
    client = staff(boss=True)
    url = reverse(f"admin:storefront_{name}_changelist")
    client.get(url)
    for number in range(5):
        paid({cast.oil: 1, cast.tea: 1}, key=f"more {number}")
    with django_assert_max_num_queries(14):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("words", ["mia@exam", "MIA@example.com"])
def test_an_order_is_found_by_the_beginning_of_the_address_or_the_number(cast, words):
    order = paid({cast.oil: 1})
    client = staff("view_order")
    url = reverse("admin:storefront_order_changelist")
    assert order.number in client.get(url, {"q": words}).content.decode()
    assert order.number in client.get(url, {"q": order.number[:4]}).content.decode()
    assert order.number not in client.get(url, {"q": "nobody@"}).content.decode()


def test_the_searches_use_their_indexes(cast):
    paid({cast.oil: 1})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM storefront_order WHERE upper(email) LIKE 'MIA@%'")
        assert "order_by_email" in str(cursor.fetchall())
        cursor.execute("EXPLAIN SELECT * FROM storefront_customer WHERE upper(name) LIKE upper('%lind%')")
        assert "customer_name_search" in str(cursor.fetchall())


@pytest.mark.parametrize("listed", [Payment, WebhookEvent], ids=["payments", "webhook events"])
def test_a_gateway_s_reference_is_searched_by_its_index(cast, listed):
    paid({cast.oil: 1})
    index = {Payment: "payment_reference_unique", WebhookEvent: "webhook_event_unique"}[listed]
    found, _double = site._registry[listed].get_search_results(None, listed.objects.order_by(), " evt_1 ")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        sql, values = found.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert index in plan and re.search(r"Index Cond: .*gateway.*evt_1", plan), plan


def test_a_webhook_event_is_found_by_its_whole_name(cast):
    for name in ("evt_1", "evt_12"):
        WebhookEvent.objects.create(gateway="stripe", event_id=name, kind="payment_intent.succeeded")
    client = staff("view_webhookevent")
    html = client.get(reverse("admin:storefront_webhookevent_changelist"), {"q": " evt_1 "}).content.decode()
    assert ">evt_1<" in html and ">evt_12<" not in html


def refund_form(client, order):
    html = client.get(reverse("admin:storefront_order_refund", args=[order.pk])).content.decode()
    return {"key": re.search(r'name="key" value="([^"]+)"', html)[1], "reason": "Broken"}


def test_finance_gives_back_a_part_once_however_often_the_button_is_pressed(cast):
    order = paid({cast.oil: 2})
    client = staff("view_order", "refund_order")
    url = reverse("admin:storefront_order_refund", args=[order.pk])
    form = {**refund_form(client, order), "line_1": "1", "part": "yes"}
    for _press in range(2):
        assert client.post(url, form).status_code == 302
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.status, refund.reason) == (4800, Refund.Status.SUCCEEDED, "Broken")


def test_everything_is_given_back_by_one_button(cast):
    order = paid({cast.oil: 1, cast.tea: 1})
    client = staff("view_order", "refund_order")
    client.post(reverse("admin:storefront_order_refund", args=[order.pk]), {**refund_form(client, order), "whole": "yes"})
    order.refresh_from_db()
    assert (order.status, order.refunded_minor) == (Order.Status.REFUNDED, order.total_minor)


def test_more_than_was_bought_is_refused_beside_the_field(cast):
    order = paid({cast.oil: 2})
    client = staff("view_order", "refund_order")
    answer = client.post(
        reverse("admin:storefront_order_refund", args=[order.pk]),
        {**refund_form(client, order), "line_1": "3", "part": "yes"},
    )
    assert "less than or equal to 2" in answer.content.decode()
    assert not Refund.objects.exists()


def test_reading_orders_is_not_the_right_to_spend_money(cast):
    order = paid({cast.oil: 1})
    client = staff("view_order", "change_order", "view_payment")
    page = client.get(reverse("admin:storefront_order_change", args=[order.pk])).content.decode()
    assert "/refund/" not in page
    assert client.get(reverse("admin:storefront_order_refund", args=[order.pk])).status_code == 403
    assert client.post(reverse("admin:storefront_order_cancel", args=[order.pk])).status_code == 403


def test_an_unpaid_order_can_be_cancelled_and_a_paid_one_cannot(cast):
    unpaid, bought = placed({cast.oil: 1}, key="1"), paid({cast.oil: 1}, key="2")
    client = staff("view_order", "refund_order")
    for order in (unpaid, bought):
        client.post(reverse("admin:storefront_order_cancel", args=[order.pk]))
        order.refresh_from_db()
    assert (unpaid.status, bought.status) == (Order.Status.CANCELLED, Order.Status.PAID)


def test_an_order_s_page_tells_whose_sale_it_is_and_why_and_no_figure_can_be_typed(cast):
    order = paid({cast.oil: 1}, site=cast.ana_site)
    html = staff(boss=True).get(reverse("admin:storefront_order_change", args=[order.pk])).content.decode()
    assert "bought in the personal shop" in html
    assert 'name="total_minor"' not in html
    assert "$53.90" in html


def test_payments_cannot_be_added_changed_or_deleted(cast):
    payment = Payment.objects.get(order=paid({cast.oil: 1}))
    client = staff(boss=True)
    assert client.get(reverse("admin:storefront_payment_add")).status_code == 403
    assert client.post(reverse("admin:storefront_payment_delete", args=[payment.pk]), {"post": "yes"}).status_code == 403
    html = client.get(reverse("admin:storefront_payment_change", args=[payment.pk])).content.decode()
    assert "test_card_succeeds" not in html


def product_form(client, product, **changes):
    """Return the product's form as it stands on its page, with changes."""
    html = client.get(reverse("admin:storefront_product_change", args=[product.pk])).content.decode()
    fields = {}
    for tag in re.findall(r"<input [^>]+>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag and 'type="file"' not in tag:
            fields[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea name="([^"]+)".*?>\n?(.*?)</textarea>', html, re.S):
        fields[name] = text
    return {**fields, "is_active": "on", **changes}


def test_prices_are_written_in_the_market_s_currency_and_points(cast):
    client = staff(boss=True)
    fields = product_form(client, cast.oil)
    assert "48.00" in fields.values() and "4800" in fields.values() and "36" in "".join(fields.values())
    row = next(name for name, value in fields.items() if value == "48.00").rsplit("-", 1)[0]
    answer = client.post(
        reverse("admin:storefront_product_change", args=[cast.oil.pk]),
        {**fields, f"{row}-amount": "51.25", f"{row}-points": "40.5"},
    )
    assert answer.status_code == 302, re.findall(r"errorlist.*", answer.content.decode())
    price = Price.objects.get(pk=fields[f"{row}-id"])
    assert (price.amount_minor, price.pv) == (5125, 4050)


def test_a_price_with_too_many_decimals_is_refused_beside_its_field(cast):
    client = staff(boss=True)
    fields = product_form(client, cast.oil)
    yen = next(name for name, value in fields.items() if name.endswith("-amount") and value == "4800").rsplit("-", 1)[0]
    answer = client.post(reverse("admin:storefront_product_change", args=[cast.oil.pk]), {**fields, f"{yen}-amount": "51.5"})
    assert "JPY has 0 decimals." in answer.content.decode()


def test_a_shop_renamed_by_head_office_keeps_its_old_address_too(cast, client):
    office = staff(boss=True)
    url = reverse("admin:storefront_site_change", args=[cast.ana_site.pk])
    words = {"name": "Ana", "headline": "", "story": ""}
    assert "is taken" in office.post(url, {**words, "slug": "ben"}).content.decode()
    assert office.post(url, {**words, "slug": "ana-ruiz"}).status_code == 302
    assert Site.objects.get(pk=cast.ana_site.pk).slug == "ana-ruiz"
    assert client.get("/@ana/").headers["Location"] == "/@ana-ruiz/"


def test_a_product_taken_off_sale_is_gone_from_the_shop_at_once(cast, client):
    assert "Rosehip Night Oil" in client.get("/shop/").content.decode()
    Product.objects.filter(pk=cast.oil.pk).update(is_active=False)
    assert "Rosehip Night Oil" not in client.get("/shop/").content.decode()
