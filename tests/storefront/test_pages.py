"""The shop's pages: what they show to whom, in which market, and what they cost."""

import re
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from genealogy.models import Market, User
from storefront import receipts
from storefront.models import Category, Customer, Order, Price, Product
from tests.storefront.cast import customer, paid, placed, price_list

pytestmark = pytest.mark.django_db

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "storefront"


@pytest.fixture(autouse=True)
def nothing_drawn_yet():
    caches["template_fragments"].clear()


def fill_shelves(cast, count):
    """Have so many products on sale in all."""
    category = Category.objects.get(slug="tea")
    for number in range(Product.objects.count(), count):
        product = Product.objects.create(
            sku=f"T-{number}", slug=f"tea-{number}", name=f"Tea {number}", category=category, position=number
        )
        price_list(product, (cast.us,), 1000, 700)


def queries_of(client, path):
    """Count the queries of a page that is drawn anew."""
    caches["template_fragments"].clear()
    client.get(path)
    caches["template_fragments"].clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/", 5),
        ("/shop/?size=96", 5),
        ("/shop/?size=96&category=tea", 6),
        ("/shop/?q=tea&size=96", 5),
        ("/p/night-oil/", 7),
        ("/@ana/", 7),
        ("/cart/", 2),
    ],
)
def test_a_page_costs_the_same_for_24_and_for_96_products(cast, client, path, cost):
    fill_shelves(cast, 24)
    assert queries_of(client, path) == cost
    fill_shelves(cast, 96)
    assert queries_of(client, path) == cost


def test_a_list_that_was_drawn_before_costs_three_queries_until_the_catalogue_changes(cast, client, django_assert_num_queries):
    client.get("/shop/")
    with django_assert_num_queries(3):
        client.get("/shop/")
    Price.objects.filter(product=cast.oil, market=cast.us, buyer_kind="retail").update(amount_minor=4950)
    assert "$49.50" in client.get("/shop/").content.decode()


def test_a_cart_of_many_lines_costs_as_much_as_one_of_few(cast, client, django_assert_num_queries):
    fill_shelves(cast, 24)
    for product in Product.objects.all()[:3]:
        client.post("/cart/add/", {"product": product.pk})
    with django_assert_num_queries(6):
        client.get("/cart/")
    for product in Product.objects.all()[3:20]:
        client.post("/cart/add/", {"product": product.pk})
    with django_assert_num_queries(6):
        client.get("/cart/")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_each_buyer_sees_the_own_price_and_points_are_for_distributors_only(cast, client):
    fan = customer("fan@example.com", kind=Customer.Kind.PREFERRED, login=True)
    guest = client.get("/p/night-oil/").content.decode()
    preferred = signed_in(fan.user).get("/p/night-oil/").content.decode()
    distributor = signed_in(cast.ben.user).get("/p/night-oil/").content.decode()
    assert "$48.00" in guest and "PV" not in guest
    assert "$43.20" in preferred and "PV" not in preferred
    assert "$36.00" in distributor and "36 PV" in distributor.replace("36.0 PV", "36 PV").replace("36.00 PV", "36 PV")


@pytest.mark.parametrize("path", ["/", "/shop/", "/p/night-oil/", "/@ana/"])
def test_what_was_drawn_in_one_language_is_never_shown_in_another(cast, client, path, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    client.cookies["market"] = "us"
    with override("en"):
        english = client.get(path, headers={"Accept-Language": "en"}).content.decode()
        german = client.get(path, headers={"Accept-Language": "de"}).content.decode()
    assert "$39.00" in english
    assert "39,00\xa0$" in german and "$39.00" not in german


def test_what_was_drawn_for_one_kind_of_buyer_is_never_shown_to_another(cast, client):
    signed_in(cast.ben.user).get("/shop/")
    assert "$36.00" not in client.get("/shop/").content.decode()


@pytest.mark.parametrize(
    ("language", "currency"),
    [("de-DE,de;q=0.9", "€"), ("de", "€"), ("ja,en;q=0.5", "¥"), ("en-US,en", "$"), ("fr", "$"), ("", "$"), ("x" * 600, "$")],
)
def test_a_newcomer_s_market_is_the_one_that_the_browser_speaks_of(cast, client, language, currency):
    html = client.get("/p/night-oil/", headers={"Accept-Language": language}).content.decode().replace("￥", "¥")
    assert currency in re.search(r'class="price price--large">.*?</span></span>', html, re.S)[0]


def test_a_market_that_was_chosen_is_remembered(cast, client):
    assert client.post("/market/", {"market": "de", "next": "/shop/"}).headers["Location"] == "/shop/"
    assert "€" in client.get("/p/night-oil/", headers={"Accept-Language": "en-US"}).content.decode()


def test_a_closed_or_unknown_market_is_refused_and_the_way_back_stays_in_the_shop(cast, client):
    Market.objects.filter(code="de").update(is_open=False)
    assert client.post("/market/", {"market": "de"}).status_code == 404
    assert client.post("/market/", {"market": "zz"}).status_code == 404
    assert client.post("/market/", {"market": "jp", "next": "//evil"}).headers["Location"] == "/"


def test_a_company_without_an_open_market_says_that_it_is_closed(cast, client):
    Market.objects.update(is_open=False)
    for path in ("/", "/shop/", "/p/night-oil/", "/cart/", "/checkout/"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "closed" in answer.content.decode()


@pytest.mark.parametrize("words", ["lavendr", "LAVENDER", "lavender tea", "vender"])
def test_the_search_forgives_a_slip_of_the_keys(cast, client, words):
    html = client.get("/shop/", {"q": words}).content.decode()
    assert "Lavender Tea" in html
    assert "Rosehip Night Oil" not in html


@pytest.mark.parametrize("words", ["%", "_", "\0", "'; drop", "zzzzqqq", "x" * 500])
def test_a_search_for_nothing_we_have_says_so(cast, client, words):
    answer = client.get("/shop/", {"q": words})
    assert answer.status_code == 200


def test_an_unknown_product_and_one_not_sold_here_are_told_apart(cast, client):
    assert "no product at the address “magic”" in client.get("/p/magic/").content.decode()
    Price.objects.filter(product=cast.oil, market=cast.us).delete()
    answer = client.get("/p/night-oil/")
    assert answer.status_code == 404
    assert "Rosehip Night Oil is not sold in United States" in answer.content.decode()


def test_an_unknown_category_is_not_found_and_an_odd_page_is_the_nearest(cast, client):
    assert client.get("/shop/?category=magic").status_code == 404
    for odd in ("page=x", "page=-3", "page=999999", "size=1000000", "sort=drop", "page=1e9"):
        assert client.get(f"/shop/?{odd}").status_code == 200


def test_nobody_sees_somebody_else_s_orders(cast):
    mia = customer("mia@example.com", login=True)
    order = paid({cast.oil: 1})
    other = customer("other@example.com", login=True)
    url = reverse("storefront:my_order", args=[order.number])
    assert signed_in(mia.user).get(url).status_code == 200
    assert signed_in(other.user).get(url).status_code == 404
    assert signed_in(cast.ana.user).get(url).status_code == 404
    assert Client().get(url).status_code == 302
    assert order.number not in signed_in(other.user).get("/my/orders/").content.decode()


def test_the_pay_page_of_a_guessed_token_is_not_found(cast, client):
    placed({cast.oil: 1})
    assert client.get("/checkout/guessed/pay/").status_code == 404
    assert client.get("/checkout/guessed/return/").status_code == 404
    assert client.get("/test-bank/guessed/").status_code == 404


def test_an_account_made_after_the_purchase_has_the_order_once_the_address_is_verified(cast):
    order = paid({cast.oil: 1})
    user = User.objects.create_user("MIA@example.com")
    address = EmailAddress.objects.create(user=user, email="mia@example.com", verified=False, primary=True)
    client = signed_in(user)
    assert order.number not in client.get("/my/orders/").content.decode(), "anybody may type an address"
    address.verified = True
    address.save()
    assert order.number in client.get("/my/orders/").content.decode()
    assert Customer.objects.get().user == user


def test_one_s_orders_cost_the_same_however_many_there_are(cast, django_assert_num_queries):
    mia = customer("mia@example.com", login=True)
    client = signed_in(mia.user)
    paid({cast.oil: 1}, key="one")
    client.get("/my/orders/")
    counted = queries_of(client, "/my/orders/")
    for number in range(4):
        paid({cast.tea: 1, cast.oil: 1}, key=f"more {number}")
    assert queries_of(client, "/my/orders/") == counted


def test_every_page_keeps_to_the_strict_content_security_policy(cast, client):
    client.post("/cart/add/", {"product": cast.oil.pk})
    order = paid({cast.oil: 1})
    for path in ("/", "/shop/", "/p/night-oil/", "/@ana/", "/cart/", "/checkout/", receipts.path(order), "/r/nobody/"):
        html = client.get(path).content.decode()
        assert not re.search(r"<[^>]+\sstyle=", html), path
        assert not re.search(r"<[^>]+\son[a-z]+=", html), path
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", html), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!testserver)', html), path


def test_no_template_of_the_shop_carries_a_style_a_handler_or_a_script_of_its_own():
    for template in TEMPLATES.rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|hx-on|javascript:", text), template.name
        assert not re.search(r"<script(?![^>]*src=)", text), template.name


def test_search_engines_are_kept_out_of_carts_and_orders(cast, client):
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /orders/" in text and "Disallow: /checkout/" in text


def test_an_unpaid_order_of_one_s_own_offers_to_pay(cast):
    mia = customer("mia@example.com", login=True)
    order = placed({cast.oil: 1})
    Order.objects.filter(pk=order.pk).update(customer=mia)
    html = signed_in(mia.user).get(reverse("storefront:my_order", args=[order.number])).content.decode()
    assert f"/checkout/{order.token}/pay/" in html
