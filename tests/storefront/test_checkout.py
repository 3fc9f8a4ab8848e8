"""The way from a product to a paid order through the real pages, as a guest, without script."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from commissions.models import VolumeEntry
from genealogy.models import User
from storefront import receipts
from storefront.models import Customer, Order, Payment, TestIntent
from tests.storefront.cast import customer

pytestmark = pytest.mark.django_db

ADDRESS = {
    "email": "mia@example.com", "name": "Mia Lind", "street": "1 Elm Street", "city": "Portland", "region": "OR",
    "postal_code": "97205",
}  # fmt: skip
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


def hidden(html, name):
    """Return the value of a hidden field."""
    return re.search(rf'name="{name}" value="([^"]+)"', html)[1]


def fill_in(client, **changes):
    """Send the checkout's form as it stands on the page."""
    html = client.get("/checkout/").content.decode()
    fields = {**ADDRESS, "key": hidden(html, "key"), "shown_total": hidden(html, "shown_total"), **changes}
    return client.post("/checkout/", fields)


def order_in(client, cast, **changes):
    """Walk from the cart to the payment page and return the order."""
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    answer = fill_in(client, **changes)
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.latest("pk")


def pay(client, order, number=CARD["number"]):
    return client.post(reverse("storefront:pay", args=[order.token]), {**CARD, "number": number})


def test_a_guest_buys_in_a_personal_shop_and_its_owner_is_credited(client, cast):
    page = client.get("/@ana/p/night-oil/")
    assert "Ana" in page.content.decode()
    order = order_in(client, cast)
    assert pay(client, order).headers["Location"] == receipts.path(order)
    order.refresh_from_db()
    assert (order.status, order.seller, order.attribution) == ("paid", cast.ana, "site")
    assert VolumeEntry.objects.get().distributor == cast.ana
    receipt = client.get(receipts.path(order)).content.decode()
    assert order.number in receipt and "Rosehip Night Oil" in receipt
    assert client.get("/cart/").content.decode().count("is empty") == 1


def test_the_page_of_a_cart_offers_the_whole_price_before_anything_is_asked(client, cast):
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    html = client.get("/checkout/").content.decode()
    assert "$53.90" in html and "$5.90" in html


def test_a_double_click_is_one_order(client, cast):
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    html = client.get("/checkout/").content.decode()
    fields = {**ADDRESS, "key": hidden(html, "key"), "shown_total": hidden(html, "shown_total")}
    assert client.post("/checkout/", fields).headers["Location"] == client.post("/checkout/", fields).headers["Location"]
    assert Order.objects.count() == 1


def test_each_wrong_field_is_named_beside_it_and_in_a_summary(client, cast):
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    answer = fill_in(client, email="mia@", postal_code="9720", name="")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count("Enter a valid email address.") == 2
    assert "“9720” is not a postal code of this country. It looks like 97205." in html
    assert 'aria-invalid="true"' in html
    assert "Elm Street" in html, "what was right stays"
    assert not Order.objects.exists()


def test_a_total_that_changed_meanwhile_is_told_and_confirmed_anew(client, cast):
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    html = client.get("/checkout/").content.decode()
    cast.oil.prices.filter(market=cast.us).update(amount_minor=5000)
    fields = {**ADDRESS, "key": hidden(html, "key"), "shown_total": hidden(html, "shown_total")}
    answer = client.post("/checkout/", fields)
    assert answer.status_code == 422
    assert "from $53.90 to $55.90" in answer.content.decode()
    fields["shown_total"] = hidden(answer.content.decode(), "shown_total")
    assert client.post("/checkout/", fields).status_code == 302
    assert Order.objects.get().total_minor == 5590


def test_a_declined_card_says_so_and_keeps_the_order(client, cast):
    order = order_in(client, cast)
    answer = pay(client, order, "4000 0000 0000 0002")
    assert answer.status_code == 422
    assert "The card was declined." in answer.content.decode()
    assert pay(client, order).status_code == 302
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_card_that_asks_for_authentication_leads_to_the_bank_and_back(client, cast):
    order = order_in(client, cast)
    bank = pay(client, order, "4000 0025 0000 3155").headers["Location"]
    assert "no money moves" in client.get(bank).content.decode()
    back = client.post(bank, {"answer": "approve"}).headers["Location"]
    assert client.get(back).headers["Location"] == receipts.path(order)
    order.refresh_from_db()
    assert order.status == "paid"
    assert client.get(bank).status_code == 302, "the bank asks once"


def test_an_authentication_that_is_refused_charges_nothing(client, cast):
    order = order_in(client, cast)
    bank = pay(client, order, "4000 0025 0000 3155").headers["Location"]
    back = client.post(bank, {"answer": "refuse"}).headers["Location"]
    assert "The authentication was refused." in client.get(back).content.decode()
    order.refresh_from_db()
    assert order.status == "placed"


def test_one_who_never_returns_from_the_bank_can_pay_anew(client, cast):
    order = order_in(client, cast)
    pay(client, order, "4000 0025 0000 3155")
    assert pay(client, order).status_code == 302
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["failed", "succeeded"]
    assert sorted(TestIntent.objects.values_list("status", flat=True)) == ["canceled", "succeeded"]


def test_a_card_of_one_s_own_is_refused_and_nothing_of_it_is_kept(client, cast):
    order = order_in(client, cast)
    answer = pay(client, order, "5555 5555 5555 4444")
    assert answer.status_code == 422
    assert "never a card of your own" in answer.content.decode()
    assert not Payment.objects.exists()


def test_the_payment_page_says_that_it_is_a_test(client, cast):
    html = client.get(reverse("storefront:pay", args=[order_in(client, cast).token])).content.decode()
    assert "This is a test. No money moves." in html


def test_card_numbers_are_stored_nowhere(client, cast):
    order = order_in(client, cast)
    pay(client, order)
    for model in (Order, Payment, TestIntent):
        for row in model.objects.values():
            assert "4242424242424242" not in str(row).replace(" ", "")


def test_an_old_tab_leads_to_the_order_that_replaced_its_own(client, cast):
    first = order_in(client, cast)
    second = order_in(client, cast)
    assert second != first
    answer = client.get(reverse("storefront:pay", args=[first.token]))
    assert answer.headers["Location"] == reverse("storefront:pay", args=[second.token])


def test_an_empty_cart_has_nothing_to_check_out(client, cast):
    assert client.get("/checkout/").headers["Location"] == "/cart/"


def test_germans_write_the_postal_code_before_the_city_and_need_no_state(client, cast):
    client.post("/market/", {"market": "de", "next": "/"})
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    html = client.get("/checkout/").content.decode()
    assert html.index('name="postal_code"') < html.index('name="city"')
    assert 'name="region"' not in html
    answer = fill_in(client, postal_code="10115", city="Berlin")
    assert answer.status_code == 302
    assert Order.objects.get().country == "DE"


def test_a_japanese_postal_code_is_written_with_its_hyphen(client, cast):
    client.post("/market/", {"market": "jp", "next": "/"})
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    assert fill_in(client, postal_code="1500001", region="東京都", city="渋谷区").status_code == 302
    order = Order.objects.get()
    assert (order.postal_code, order.currency) == ("150-0001", "JPY")


def test_a_slip_in_the_e_mail_s_domain_is_noticed_and_never_forced(client, cast):
    hint = client.get("/checkout/email-hint/", {"email": "mia@gmial.com"}).content.decode()
    assert "mia@gmail.com" in hint
    assert order_in(client, cast, email="mia@gmial.com").email == "mia@gmial.com"


def test_nobody_learns_from_the_checkout_who_has_bought_before(client, cast):
    order_in(client, cast)
    known = order_in(client, cast)
    assert known.customer is None, "a guest is matched when the order is paid, and nothing on the page tells"


def test_a_forged_receipt_link_opens_nothing(client, cast):
    order = order_in(client, cast)
    forged = receipts.path(order).replace(str(order.pk), str(order.pk + 1), 1)
    answer = client.get(forged)
    assert answer.status_code == 404
    assert "does not open an order" in answer.content.decode()


def sign_in(client, email, *, verified=True):
    """Sign somebody in who has never bought."""
    user = User.objects.create_user(email, name="Zoe Ray")
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize("typed", ["mia@example.com", "nobody.yet@example.com"], ids=["of another customer", "of nobody"])
def test_one_who_is_signed_in_has_the_order_whatever_address_was_typed(client, cast, typed):
    mia = customer("mia@example.com", referred_by=cast.ben)
    user = sign_in(client, "zoe@example.com")
    client.get("/@ana/")
    order = order_in(client, cast, email=typed)
    pay(client, order)
    order.refresh_from_db()
    own = Customer.objects.get(user=user)
    assert (order.customer, order.seller, order.email) == (own, cast.ana, typed)
    assert (own.email, own.referred_by) == ("zoe@example.com", cast.ana)
    assert order.number in client.get("/my/orders/").content.decode()
    assert not mia.orders.exists() and Customer.objects.count() == 2


def test_one_who_is_signed_in_and_never_pays_is_nobody_s_customer_yet(client, cast):
    user = sign_in(client, "zoe@example.com")
    client.get("/@ana/")
    order_in(client, cast)
    assert Customer.objects.get(user=user).referred_by is None
    client.get("/@ben/")
    order = order_in(client, cast)
    pay(client, order)
    assert Customer.objects.get(user=user).referred_by == cast.ben


def test_a_customer_of_the_house_stays_with_the_house(client, cast):
    user = sign_in(client, "zoe@example.com")
    pay(client, order_in(client, cast))
    client.get("/@ana/")
    order = order_in(client, cast)
    pay(client, order)
    order.refresh_from_db()
    assert order.seller == cast.ana
    assert Customer.objects.get(user=user).referred_by is None


def test_an_address_that_is_not_verified_makes_nobody_a_customer_by_its_login(client, cast):
    customer("zoe@example.com", referred_by=cast.ben)
    user = sign_in(client, "zoe@example.com", verified=False)
    order = order_in(client, cast)
    pay(client, order)
    assert not Customer.objects.filter(user=user).exists()
    assert order.number not in client.get("/my/orders/").content.decode()


def test_an_order_that_is_refused_makes_nobody_a_customer(client, cast):
    sign_in(client, "zoe@example.com")
    client.post("/cart/add/", {"product": cast.oil.pk, "quantity": 1})
    assert fill_in(client, shown_total="1").status_code == 422
    assert not Customer.objects.exists()
