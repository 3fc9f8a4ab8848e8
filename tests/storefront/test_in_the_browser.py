"""The cart's drawer and the till in a real browser, on a phone: what script adds, and that nothing breaks the policy."""

import copy

import pytest
from django.core.cache import caches
from django.urls import reverse

from storefront.models import CartLine, Order, Payment
from storefront.payments import gateway as gateways
from tests.storefront import cast as casting
from tests.storefront import fake_stripe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    caches["template_fragments"].clear()
    return casting.build()


@pytest.fixture
def phone(context, live_server, cast):
    """A page on a phone that notes every complaint of the browser."""
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.at = lambda path: page.goto(live_server.url + path)
    return page


def test_the_drawer_takes_changes_gives_back_and_leads_to_a_paid_order(phone, cast):
    phone.at("/@ana/shop/")
    phone.get_by_role("button", name="Add Evening Fern Tea to the cart").click()
    drawer = phone.locator("#cart-drawer")
    drawer.get_by_text("Evening Fern Tea").wait_for()
    drawer.get_by_role("button", name="One more").click()
    drawer.get_by_text("$32.00").first.wait_for()
    assert CartLine.objects.get().quantity == 2
    drawer.get_by_role("button", name="Take Evening Fern Tea out").click()
    drawer.get_by_role("button", name="Put it back").click()
    drawer.get_by_text("$32.00").first.wait_for()
    assert phone.locator("#cart-count").get_attribute("data-count") == "2"
    drawer.get_by_role("link", name="Check out").click()
    pay_as_a_guest(phone)
    phone.get_by_role("heading", name="Thank you, Mia Lind").wait_for()
    order = Order.objects.get()
    assert (order.status, order.seller, order.total_minor) == ("paid", cast.ana, 3200 + 590)
    assert phone.complaints == []


def pay_as_a_guest(phone):
    """Fill the checkout in and pay with the card that succeeds."""
    phone.get_by_label("E-mail").fill("mia@gmial.com")
    phone.get_by_label("Full name").click()
    phone.get_by_role("button", name="mia@gmail.com").click()
    assert phone.get_by_label("E-mail").input_value() == "mia@gmail.com"
    phone.get_by_label("Full name").fill("Mia Lind")
    phone.get_by_label("Street address").fill("1 Elm Street")
    phone.get_by_label("City").fill("Portland")
    phone.get_by_label("State").select_option("OR")
    phone.get_by_label("ZIP code").fill("97205")
    phone.get_by_role("button", name="Continue to payment").click()
    phone.get_by_role("button", name="4242 4242 4242 4242").click()
    phone.get_by_role("button", name="Pay $37.90").click()


def test_the_cart_s_page_changes_a_quantity_in_place_and_the_bag_counts_along(phone, cast):
    phone.at("/p/night-oil/")
    phone.get_by_role("button", name="Add to cart").click()
    phone.locator("#cart-drawer").get_by_text("See the whole cart").click()
    phone.get_by_role("button", name="One more").click()
    phone.locator(".cart").get_by_text("$96.00").first.wait_for()
    assert phone.locator("#cart-count").get_attribute("data-count") == "2"
    assert phone.complaints == []


@pytest.fixture
def stripe(settings):
    """A fake Stripe, script and all, for which the policy opens as it does for the real one."""
    with fake_stripe.running() as fake:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = fake_stripe.SECRET_KEY, fake.url
        settings.STRIPE_PUBLISHABLE_KEY, settings.STRIPE_JS_URL = "pk_test_canopy", f"{fake.url}/v3/"
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["script-src"] = [*policy["DIRECTIVES"]["script-src"], fake.url]
        settings.CONTENT_SECURITY_POLICY = policy
        gateways.gateway.cache_clear()
        yield fake
        gateways.gateway.cache_clear()


def pay_with(phone, card):
    """Type a card into the element and press the button."""
    phone.get_by_label("Card", exact=True).fill(card)
    phone.get_by_role("button", name="Pay $53.90").click()


def test_cards_go_to_stripe_s_own_element_and_never_through_the_shop(stripe, phone, cast):
    order = casting.placed({cast.oil: 1})
    phone.at(reverse("storefront:pay", args=[order.token]))
    pay_with(phone, "")
    phone.get_by_text("Your card number is incomplete.").wait_for()
    pay_with(phone, "declines")
    phone.get_by_text("Your card was declined.").wait_for()
    pay_with(phone, "authenticates")
    phone.get_by_role("heading", name="Thank you, Mia Lind").wait_for()
    assert list(Payment.objects.order_by("pk").values_list("status", "method")) == [
        ("failed", "ctoken_declines"),
        ("succeeded", "ctoken_authenticates"),
    ]
    assert stripe.books.charges == 1
    assert [text for text in phone.complaints if "422" not in text] == []
