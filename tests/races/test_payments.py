"""One payment reported from everywhere at once: exactly one of them pays the order, and its volume counts once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commissions.models import VolumeEntry
from config.outbox.models import Event
from storefront import carts, orders, payments, receipts, tasks
from storefront.attribution import Attribution
from storefront.buyers import GUEST
from storefront.models import Customer, Order, Payment, Refund, TestIntent, WebhookEvent
from storefront.payments import gateway as gateways
from storefront.payments import test as testbank
from storefront.payments.test import AUTHENTICATES, SUCCEEDS
from storefront.refusal import Refusal
from tests.storefront import cast as casting
from tests.storefront import fake_stripe
from tests.storefront.cast import DETAILS, paid, placed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def cast(transactional_db):
    return casting.build()


def at_once(times, act):
    """Do the same thing on so many connections at the same instant and return what each came to."""
    gate = threading.Barrier(times)

    def one(number):
        try:
            gate.wait(timeout=30)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def assert_paid_once(order):
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert Payment.objects.filter(order=order, status=Payment.Status.SUCCEEDED).count() == 1
    assert VolumeEntry.objects.filter(reference=f"order:{order.pk}").count() == order.lines.count()
    assert Event.objects.filter(kind="storefront.OrderPaid").count() == 1
    assert not Refund.objects.exists()


def test_the_same_payment_reported_fifty_times_at_once_pays_once(cast):
    order = placed({cast.oil: 1, cast.tea: 2}, site=cast.ana_site)
    payment = payments.start(order, method=AUTHENTICATES)
    testbank.authenticate(testbank.waiting_for_payer(payment.reference), approve=True)
    at_once(50, lambda _number: payments.settle(Payment.objects.get(pk=payment.pk)).status)
    assert_paid_once(order)


def test_fifty_webhooks_eight_tasks_and_the_browser_at_once_pay_once(cast, settings):
    with fake_stripe.running() as stripe:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = fake_stripe.SECRET_KEY, stripe.url
        settings.STRIPE_WEBHOOK_SECRET = fake_stripe.WEBHOOK_SECRET
        gateways.gateway.cache_clear()
        order = placed({cast.oil: 1}, site=cast.ana_site)
        payment = payments.start(order, method="ctoken_authenticates")
        stripe.authenticate(payment.reference)

        def hear(number):
            if number % 5 == 4:
                return Client().get(reverse("storefront:pay_return", args=[order.token])).headers["Location"]
            if number % 5 == 3:
                return tasks.settle_waiting()
            body, signature = stripe.event("payment_intent.succeeded", payment.reference, "evt_one")
            return (
                Client()
                .post("/webhooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature})
                .status_code
            )

        heard = at_once(50, hear)
        tasks.settle_waiting()
        gateways.gateway.cache_clear()
        assert {answer for number, answer in enumerate(heard) if number % 5 < 3} == {200}
        assert {answer for number, answer in enumerate(heard) if number % 5 == 4} == {receipts.path(order)}
        assert WebhookEvent.objects.get().outcome == "succeeded"
        assert stripe.books.charges == 1
        assert_paid_once(order)


def test_the_pay_button_pressed_eight_times_at_once_charges_once(cast):
    order = placed({cast.oil: 1})

    def press(_number):
        try:
            return payments.start(Order.objects.get(pk=order.pk), method=SUCCEEDS).status
        except Refusal as refusal:
            return refusal.code

    told = at_once(8, press)
    assert told.count("succeeded") == 1
    assert set(told) <= {"succeeded", "under_way", "paid"}
    assert TestIntent.objects.filter(status=TestIntent.Status.SUCCEEDED).count() == 1
    assert_paid_once(order)


def test_the_checkout_sent_eight_times_at_once_is_one_order(cast):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    terms = {"buyer": GUEST, "details": DETAILS, "attribution": Attribution(cast.house.pk, "house")}
    found = at_once(8, lambda _number: orders.place(cart, key="the same form", **terms).pk)
    assert len(set(found)) == 1


def test_two_tabs_of_one_cart_leave_one_order_to_pay(cast):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    terms = {"buyer": GUEST, "details": DETAILS, "attribution": Attribution(cast.house.pk, "house")}
    at_once(4, lambda number: orders.place(cart, key=f"tab {number}", **terms))
    assert Order.objects.filter(status=Order.Status.PLACED).count() == 1


def test_a_product_laid_into_the_cart_from_eight_tabs_at_once_is_counted_eight_times(cast):
    cart = carts.open_cart(cast.us)
    at_once(8, lambda _number: carts.add(cart, cast.oil.pk, 1, "retail"))
    assert cart.lines.get().quantity == 8


def test_first_orders_of_one_new_address_at_once_make_one_customer(cast):
    made = [placed({cast.tea: 1}, key=f"order {number}", site=cast.ana_site) for number in range(8)]
    at_once(8, lambda number: payments.start(made[number], method=SUCCEEDS))
    customer = Customer.objects.get()
    assert customer.orders.filter(status=Order.Status.PAID).count() == 8


def test_refunds_from_eight_desks_at_once_give_back_what_was_bought_and_no_more(cast):
    order = paid({cast.oil: 3})

    def give(number):
        try:
            return orders.refund(order, {1: 1}, key=f"desk {number}", at=timezone.now()).pk
        except Refusal as refusal:
            return refusal.code

    told = at_once(8, give)
    assert told.count("refunded") + told.count("too_many") == 5
    order.refresh_from_db()
    assert order.refunded_minor == 3 * 4800
    assert sum(VolumeEntry.objects.values_list("pv", flat=True)) == 0


def test_cancelling_and_paying_at_once_ends_in_one_of_the_two(cast):
    for number in range(6):
        order = placed({cast.tea: 1}, key=f"order {number}")
        payment = payments.start(order, method=AUTHENTICATES)
        testbank.authenticate(testbank.waiting_for_payer(payment.reference), approve=True)
        at_once(
            2,
            lambda side, order=order, payment=payment: (
                orders.cancel(order, at=timezone.now()) if side else payments.settle(payment)
            ),
        )
        order.refresh_from_db()
        payment.refresh_from_db()
        volume = VolumeEntry.objects.filter(reference=f"order:{order.pk}").count()
        ends = (order.status, payment.status, volume, Refund.objects.filter(order=order).count())
        assert ends in {("paid", "succeeded", 1, 0), ("cancelled", "surplus", 0, 1)}
