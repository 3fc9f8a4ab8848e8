"""The Stripe gateway, driven by Stripe's own client against a Stripe of our own over HTTP."""

import time

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from commissions.models import VolumeEntry
from config.outbox.models import Event
from storefront import orders, payments, receipts, tasks
from storefront.models import Order, Payment, Refund, WebhookEvent
from storefront.payments import attempts
from storefront.payments import gateway as gateways
from storefront.payments import stripe as stripe_gateway
from storefront.payments.gateway import Declined
from storefront.refusal import Refusal
from tests.storefront import fake_stripe
from tests.storefront.cast import paid, placed

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.timedelta(hours=2)


@pytest.fixture
def stripe(settings):
    """A fake Stripe that the shop takes for the real one."""
    with fake_stripe.running() as fake:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_SECRET_KEY = fake_stripe.SECRET_KEY
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_canopy"
        settings.STRIPE_WEBHOOK_SECRET = fake_stripe.WEBHOOK_SECRET
        settings.STRIPE_API_BASE = fake.url
        gateways.gateway.cache_clear()
        yield fake
        gateways.gateway.cache_clear()


@pytest.fixture
def order(cast):
    """An order that waits to be paid."""
    return placed({cast.oil: 1}, site=cast.ana_site)


def report(client, stripe, payment, kind="payment_intent.succeeded", event_id=None):
    """Send a webhook about a payment."""
    body, signature = stripe.event(kind, payment.reference, event_id)
    return client.post("/webhooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature})


def age(payment, by=LONG_AGO):
    Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - by)


def test_a_card_that_succeeds_pays_the_order_with_one_charge(stripe, order):
    payment = payments.start(order, method="ctoken_succeeds", return_url="http://localhost/back")
    order.refresh_from_db()
    assert (payment.status, order.status) == (Payment.Status.SUCCEEDED, Order.Status.PAID)
    assert stripe.books.charges == 1
    intent = stripe.books.intents[payment.reference]
    assert (intent["amount"], intent["currency"]) == (5390, "usd")
    assert intent["metadata"] == {"order": order.number, "payment": str(payment.pk)}


def test_a_declined_card_says_why_in_stripe_s_words_and_charges_nothing(stripe, order):
    payment = payments.start(order, method="ctoken_declines")
    assert (payment.status, payment.failure) == (Payment.Status.FAILED, "Your card was declined.")
    assert stripe.books.charges == 0
    assert payments.start(order, method="ctoken_succeeds").status == Payment.Status.SUCCEEDED


def test_a_payment_that_needs_authentication_waits_and_succeeds_after_it(stripe, order):
    payment = payments.start(order, method="ctoken_authenticates")
    assert payment.status == Payment.Status.REQUIRES_ACTION
    stripe.authenticate(payment.reference)
    assert payments.settle(payment).status == Payment.Status.SUCCEEDED
    assert VolumeEntry.objects.count() == 1


def test_a_bank_that_wants_its_own_page_is_redirected_to(stripe, order, client):
    answer = client.post(reverse("storefront:pay", args=[order.token]), {"confirmation_token": "ctoken_redirects"})
    assert answer.headers["Location"].startswith(f"{stripe.url}/bank/pi_")


def test_a_script_that_shows_the_bank_gets_the_intent_s_secret(stripe, order, client):
    answer = client.post(reverse("storefront:pay", args=[order.token]), {"confirmation_token": "ctoken_authenticates"})
    reference = Payment.objects.get().reference
    assert f'data-secret="{reference}_secret"' in answer.content.decode()
    stripe.authenticate(reference)
    back = client.get(reverse("storefront:pay_return", args=[order.token]))
    assert back.headers["Location"] == receipts.path(order)


def test_an_answer_that_was_lost_after_the_charge_is_found_by_asking_again(stripe, order):
    for _attempt in range(3):
        stripe.spoil("/confirm", "cut")
    payment = payments.start(order, method="ctoken_succeeds")
    assert payment.status == Payment.Status.UNKNOWN
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert payments.settle(payment).status == Payment.Status.SUCCEEDED
    assert stripe.books.charges == 1


def test_the_client_s_own_retry_under_the_same_key_charges_once(stripe, order):
    stripe.spoil("/confirm", "500")
    payment = payments.start(order, method="ctoken_succeeds")
    assert payment.status == Payment.Status.SUCCEEDED
    assert stripe.books.charges == 1
    assert [path for _method, path in stripe.books.calls if path.endswith("/confirm")] == [
        f"/v1/payment_intents/{payment.reference}/confirm"
    ] * 2


def test_one_who_tries_again_while_the_first_answer_is_unknown_is_not_charged_twice(stripe, order):
    for _attempt in range(3):
        stripe.spoil("/confirm", "cut")
    payments.start(order, method="ctoken_succeeds")
    with pytest.raises(Refusal, match="paid already"):
        payments.start(order, method="ctoken_succeeds")
    order.refresh_from_db()
    assert (order.status, stripe.books.charges) == (Order.Status.PAID, 1)


def test_when_stripe_is_away_nothing_is_charged_and_the_order_waits(stripe, order):
    for _attempt in range(3):
        stripe.spoil("/payment_intents", "down")
    payment = payments.start(order, method="ctoken_succeeds")
    assert payment.status == Payment.Status.FAILED
    assert "Nothing was charged" in payment.failure
    assert stripe.books.charges == 0


def test_the_poller_finds_what_no_webhook_and_no_browser_ever_told(stripe, order):
    payment = payments.start(order, method="ctoken_authenticates")
    stripe.authenticate(payment.reference)
    age(payment, timezone.timedelta(minutes=2))
    tasks.settle_open()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_the_poller_closes_what_its_payer_never_came_back_for(stripe, order):
    payment = payments.start(order, method="ctoken_authenticates")
    age(payment)
    tasks.settle_open()
    payment.refresh_from_db()
    assert payment.status == Payment.Status.FAILED
    assert stripe.books.intents[payment.reference]["status"] == "canceled"


def test_a_payment_that_takes_days_stays_open_until_stripe_knows(stripe, order):
    payment = payments.start(order, method="ctoken_takes_days")
    assert payment.status == Payment.Status.UNKNOWN
    with pytest.raises(Refusal, match="being processed"):
        payments.start(order, method="ctoken_succeeds")
    stripe._charge(stripe.books.intents[payment.reference])
    assert payments.settle(payment).status == Payment.Status.SUCCEEDED
    assert stripe.books.charges == 1


@pytest.mark.parametrize("sent", [{}, {"confirmation_token": ""}, {"confirmation_token": "  "}], ids=["none", "empty", "blank"])
def test_a_form_without_a_card_asks_for_one_and_tries_nothing(stripe, order, client, sent):
    answer = client.post(reverse("storefront:pay", args=[order.token]), sent)
    assert answer.status_code == 422
    assert "Please enter your card" in answer.content.decode()
    assert not Payment.objects.exists() and not stripe.books.intents
    assert not Event.objects.filter(kind="storefront.PaymentFailed").exists()


def forget(stripe, payment):
    """Let Stripe know nothing of a payment any more, as after its account was exchanged for another."""
    return stripe.books.intents.pop(payment.reference)


def test_a_payment_that_stripe_says_it_does_not_know_stays_unknown_until_it_does(stripe, order):
    payment = payments.start(order, method="ctoken_authenticates")
    intent = forget(stripe, payment)
    assert payments.settle(payment).status == Payment.Status.UNKNOWN
    stripe.books.intents[payment.reference] = intent
    stripe.authenticate(payment.reference)
    assert payments.settle(payment).status == Payment.Status.SUCCEEDED


def test_a_payment_that_stripe_does_not_know_is_no_broken_page_for_its_buyer(stripe, order, client):
    payment = payments.start(order, method="ctoken_authenticates")
    forget(stripe, payment)
    pay, back = (reverse(f"storefront:{name}", args=[order.token]) for name in ("pay", "pay_return"))
    assert client.post(pay, {"confirmation_token": "ctoken_succeeds"}).headers["Location"] == back
    assert client.get(back).status_code == 200
    assert stripe.books.charges == 0


def test_one_payment_that_cannot_be_settled_keeps_no_other_payment_or_refund_waiting(stripe, cast, caplog):
    first, second, third = (placed({cast.oil: 1}, key=name) for name in ("first", "second", "third"))
    payments.start(third, method="ctoken_succeeds")
    refund = orders.refund(third, key="r", at=timezone.now())
    broken, sound = (payments.start(order, method="ctoken_authenticates") for order in (first, second))
    stripe.books.intents[broken.reference]["currency"] = None
    stripe.authenticate(sound.reference)
    age(broken, 2 * LONG_AGO)
    age(sound)
    tasks.settle_open()
    for row in (second, refund):
        row.refresh_from_db()
    assert (second.status, refund.status) == (Order.Status.PAID, Refund.Status.SUCCEEDED)
    assert f"payment {broken.pk} was not settled: AttributeError" in caplog.text
    assert "Traceback" not in caplog.text


def test_one_event_that_cannot_be_looked_at_keeps_no_other_waiting(stripe, cast, client, caplog):
    first, second = (placed({cast.oil: 1}, key=name) for name in ("first", "second"))
    broken, sound = (payments.start(order, method="ctoken_authenticates") for order in (first, second))
    stripe.books.intents[broken.reference]["currency"] = None
    stripe.authenticate(sound.reference)
    for payment in (broken, sound):
        report(client, stripe, payment)
    tasks.settle_waiting()
    second.refresh_from_db()
    assert second.status == Order.Status.PAID
    waiting = WebhookEvent.objects.get(processed_at__isnull=True)
    assert waiting.payment_reference == broken.reference
    assert f"event {waiting.pk} was not settled: AttributeError" in caplog.text


def test_payments_that_cannot_be_settled_go_to_the_end_of_the_line(stripe, cast, monkeypatch):
    monkeypatch.setattr(attempts, "BATCH", 1)
    first, second = (placed({cast.oil: 1}, key=name) for name in ("first", "second"))
    broken, sound = (payments.start(order, method="ctoken_authenticates") for order in (first, second))
    stripe.books.intents[broken.reference]["currency"] = None
    stripe.authenticate(sound.reference)
    age(broken, 2 * LONG_AGO)
    age(sound)
    tasks.settle_open()
    second.refresh_from_db()
    assert second.status == Order.Status.PLACED
    tasks.settle_open()
    second.refresh_from_db()
    assert second.status == Order.Status.PAID


def test_one_refund_that_cannot_be_given_keeps_no_other_waiting(stripe, cast):
    first, second = (placed({cast.oil: 1}, key=name) for name in ("first", "second"))
    for order in (first, second):
        payments.start(order, method="ctoken_succeeds")
    broken, sound = (orders.refund(order, key=f"r{order.pk}", at=timezone.now()) for order in (first, second))
    Payment.objects.filter(pk=broken.payment_id).update(gateway="gone")
    tasks.settle_waiting()
    for row in (broken, sound):
        row.refresh_from_db()
    assert (broken.status, sound.status) == (Refund.Status.CREATED, Refund.Status.SUCCEEDED)


def test_a_bank_s_page_that_stripe_does_not_tell_of_is_waited_for(stripe, order, client):
    for _attempt in range(3):
        stripe.spoil("pi_1", "down")
    answer = client.post(reverse("storefront:pay", args=[order.token]), {"confirmation_token": "ctoken_redirects"})
    assert answer.headers["Location"] == reverse("storefront:pay_return", args=[order.token])


def test_an_amount_that_stripe_does_not_confirm_pays_nothing(stripe, order):
    payment = payments.start(order, method="ctoken_authenticates")
    stripe.books.intents[payment.reference]["amount"] = 1
    stripe.authenticate(payment.reference)
    assert payments.settle(payment).status == Payment.Status.UNKNOWN
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_a_refund_goes_out_once_however_often_it_is_asked_for(stripe, cast):
    order = placed({cast.oil: 2})
    payments.start(order, method="ctoken_succeeds")
    refund = orders.refund(order, {1: 1}, key="r", at=timezone.now())
    for _attempt in range(3):
        stripe.spoil("/refunds", "cut")
    assert payments.settle_refund(refund).status == Refund.Status.UNKNOWN
    assert payments.settle_refund(refund).status == Refund.Status.SUCCEEDED
    assert [(given["amount"], given["id"]) for given in stripe.books.refunds.values()] == [(4800, refund.reference)]


def test_a_refund_that_stripe_declines_says_why_and_can_be_tried_again(stripe, cast):
    order = placed({cast.oil: 1})
    payment = payments.start(order, method="ctoken_succeeds")
    stripe.books.intents[payment.reference]["amount_refunded"] = 5000
    refund = payments.settle_refund(orders.refund(order, key="r", at=timezone.now()))
    assert (refund.status, refund.failure) == (Refund.Status.FAILED, "More than was charged.")
    stripe.books.intents[payment.reference]["amount_refunded"] = 0
    refund.payment.refresh_from_db()
    assert payments.try_again(refund).status == Refund.Status.SUCCEEDED


def test_a_webhook_is_a_hint_that_makes_the_shop_ask(stripe, order, client):
    payment = payments.start(order, method="ctoken_authenticates")
    assert report(client, stripe, payment).status_code == 200
    tasks.settle_waiting()
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED, "the webhook claims success, Stripe says that it waits: Stripe is asked"
    stripe.authenticate(payment.reference)
    report(client, stripe, payment)
    tasks.settle_waiting()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert not WebhookEvent.objects.filter(processed_at__isnull=True).exists()


def test_an_event_that_comes_again_is_stored_and_counted_once(stripe, order, client):
    payment = payments.start(order, method="ctoken_succeeds")
    for _time in range(3):
        assert report(client, stripe, payment, event_id="evt_same").status_code == 200
    tasks.settle_waiting()
    tasks.settle_waiting()
    assert WebhookEvent.objects.count() == 1
    assert VolumeEntry.objects.count() == 1


def test_events_in_any_order_end_in_what_stripe_knows(stripe, order, client):
    payment = payments.start(order, method="ctoken_authenticates")
    stripe.authenticate(payment.reference)
    for kind in ("charge.refunded", "payment_intent.succeeded", "payment_intent.created", "charge.succeeded"):
        report(client, stripe, payment, kind)
    tasks.settle_waiting()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert VolumeEntry.objects.count() == 1


@pytest.mark.parametrize(
    "signature",
    [
        lambda body: "",
        lambda body: fake_stripe.sign(body, secret="whsec_other"),
        lambda body: fake_stripe.sign(body, at=time.time() - 400),
        lambda body: fake_stripe.sign(body + b" "),
    ],
    ids=["missing", "of somebody else", "too old", "of another body"],
)
def test_a_webhook_that_stripe_did_not_sign_is_refused_and_leaves_no_row(stripe, order, client, signature):
    body, _right = stripe.event("payment_intent.succeeded", "pi_1")
    answer = client.post(
        "/webhooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature(body)}
    )
    assert answer.status_code == 400
    assert not WebhookEvent.objects.exists()


def test_a_webhook_about_a_payment_of_somebody_else_is_noted_and_left(stripe, cast, client):
    body, signature = stripe.event("payment_intent.succeeded", "pi_unknown")
    client.post("/webhooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature})
    tasks.settle_waiting()
    assert WebhookEvent.objects.get().outcome == "no payment of ours"


def test_without_a_webhook_secret_there_is_no_such_address(client, cast):
    assert settings.STRIPE_WEBHOOK_SECRET == ""
    assert client.post("/webhooks/stripe/", b"{}", content_type="application/json").status_code == 404


def test_yen_have_no_decimals_and_krona_are_counted_as_stripe_counts_them():
    assert stripe_gateway.to_stripe(6800, "JPY") == 6800
    assert stripe_gateway.to_stripe(6800, "ISK") == 680000
    assert stripe_gateway.from_stripe(680000, "ISK") == 6800
    assert stripe_gateway.to_stripe(12300, "MGA") == 123
    with pytest.raises(Declined):
        stripe_gateway.to_stripe(12345, "MGA")


def test_a_payment_of_the_test_gateway_is_still_known_after_stripe_was_switched_on(cast, request):
    order = paid({cast.oil: 1})
    request.getfixturevalue("stripe")
    refund = payments.settle_refund(orders.refund(order, key="r", at=timezone.now()))
    assert refund.status == Refund.Status.SUCCEEDED
