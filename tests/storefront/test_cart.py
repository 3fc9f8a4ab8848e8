"""The cart: laid in, changed, taken out and put back, told when a price changed; with script and without."""

import pytest
from django.utils import timezone

from storefront import carts
from storefront.models import Cart, CartLine, Price
from storefront.refusal import Refusal

pytestmark = pytest.mark.django_db

SCRIPT = {"HX-Request": "true", "HX-Target": "drawer"}


@pytest.fixture
def cart(cast):
    return carts.open_cart(cast.us)


@pytest.mark.parametrize("quantity", ["-1", "0", "100", "1e9", "99999999999999999999", "two", "1.5"])
def test_a_quantity_that_cannot_be_is_refused_and_named(cast, cart, quantity):
    with pytest.raises(Refusal, match=f"{quantity[:20]}"):
        carts.add(cart, cast.oil.pk, quantity, "retail")
    assert not CartLine.objects.exists()


def test_adding_the_same_again_adds_up_and_stops_at_ninety_nine(cast, cart):
    carts.add(cart, cast.oil.pk, 60, "retail")
    with pytest.raises(Refusal, match="120"):
        carts.add(cart, cast.oil.pk, 60, "retail")
    assert cart.lines.get().quantity == 60


@pytest.mark.parametrize("product", ["999999", "x", "-1", "", "9" * 30])
def test_an_unknown_product_is_refused_by_its_number(cast, cart, product):
    with pytest.raises(Refusal, match="no product number"):
        carts.add(cart, product, 1, "retail")


def test_what_is_not_sold_in_the_market_is_refused_by_name(cast, cart):
    Price.objects.filter(product=cast.oil, market=cast.us).delete()
    with pytest.raises(Refusal, match="Rosehip Night Oil is not sold in United States"):
        carts.add(cart, cast.oil.pk, 1, "retail")


def test_a_guest_lays_in_changes_takes_out_and_puts_back_without_script(cast, client):
    assert client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 2}).headers["Location"] == "/cart/"
    assert "$96.00" in client.get("/cart/").content.decode()
    client.post("/cart/change/", {"product": cast.oil.pk, "quantity": 3})
    assert CartLine.objects.get().quantity == 3
    client.post("/cart/remove/", {"product": cast.oil.pk})
    html = client.get("/cart/").content.decode()
    assert "Rosehip Night Oil was taken out." in html and "is empty" in html


def test_a_refused_quantity_changes_nothing_and_says_so_on_the_page(cast, client):
    client.post("/cart/add/", {"product": cast.oil.pk})
    client.post("/cart/change/", {"product": cast.oil.pk, "quantity": "-4"})
    assert "A quantity of -4 is not possible" in client.get("/cart/").content.decode()
    assert CartLine.objects.get().quantity == 1


def test_the_drawer_shows_what_was_laid_in_and_the_number_on_the_bag(cast, client):
    html = client.post("/cart/add/", {"product": cast.tea.pk, "quantity": 2}, headers=SCRIPT).content.decode()
    assert "<html" not in html
    assert 'id="cart-count" data-count="2" hx-swap-oob="true"' in html
    assert "$32.00" in html


def test_a_refusal_in_the_drawer_is_an_answer_that_htmx_shows(cast, client):
    answer = client.post("/cart/add/", {"product": cast.tea.pk, "quantity": "500"}, headers=SCRIPT)
    assert answer.status_code == 422
    assert "500" in answer.content.decode()


def test_taking_out_in_the_drawer_offers_to_put_back_as_many(cast, client):
    client.post("/cart/add/", {"product": cast.tea.pk, "quantity": 4})
    html = client.post("/cart/remove/", {"product": cast.tea.pk}, headers=SCRIPT).content.decode()
    assert "Put it back" in html and 'name="quantity" value="4"' in html


def test_a_price_that_changed_is_told_once(cast, client):
    client.post("/cart/add/", {"product": cast.oil.pk})
    client.get("/cart/")
    Price.objects.filter(product=cast.oil).update(amount_minor=5000)
    assert "costs $50.00 now; it was $48.00" in client.get("/cart/").content.decode()
    assert "it was" not in client.get("/cart/").content.decode()


def test_what_is_gone_is_marked_and_can_be_taken_out(cast, client):
    client.post("/cart/add/", {"product": cast.oil.pk})
    Price.objects.filter(product=cast.oil).delete()
    html = client.get("/cart/").content.decode()
    assert "not sold here any more" in html
    client.post("/cart/remove/", {"product": cast.oil.pk})
    assert "is empty" in client.get("/cart/").content.decode()


def test_changing_the_market_takes_the_cart_along_and_tells_what_stays_behind(cast, client):
    client.post("/cart/add/", {"product": cast.oil.pk})
    client.post("/cart/add/", {"product": cast.tea.pk})
    Price.objects.filter(product=cast.tea, market=cast.jp).delete()
    client.post("/market/", {"market": "jp", "next": "/cart/"})
    html = client.get("/cart/").content.decode()
    assert "Not sold in Japan and taken out of your cart: Evening Fern Tea." in html
    assert "¥4,800" in html.replace("￥", "¥")


def test_one_browser_never_sees_another_s_cart(cast, client):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    client.cookies["cart"] = cart.token[:-1]
    assert "is empty" in client.get("/cart/").content.decode()


def test_looking_around_opens_no_cart(cast, client):
    client.get("/")
    client.get("/cart/")
    assert not Cart.objects.exists()
    assert "cart" not in client.cookies


def test_forgotten_carts_are_dropped_and_younger_ones_kept(cast, cart):
    carts.open_cart(cast.us)
    Cart.objects.filter(pk=cart.pk).update(updated_at=timezone.now() - timezone.timedelta(days=90))
    carts.drop_forgotten()
    assert Cart.objects.count() == 1
