"""Orders: placed, paid, cancelled, refunded; each once."""

import pytest
from django.utils import timezone

from commissions.models import Period, PlanVersion, VolumeEntry
from config.outbox.models import Event
from storefront import carts, orders, payments
from storefront.attribution import Attribution
from storefront.buyers import GUEST, Buyer
from storefront.models import BuyerKind, Customer, Order, Payment, Price, Product, Refund
from storefront.payments import test as testbank
from storefront.payments.test import AUTHENTICATES, DECLINES, SUCCEEDS
from storefront.refusal import Refusal
from tests.storefront.cast import DETAILS, paid, placed

pytestmark = pytest.mark.django_db


def test_a_paid_order_credits_each_line_once_to_the_seller(cast):
    order = paid({cast.oil: 2, cast.tea: 1}, site=cast.ana_site)
    assert order.status == Order.Status.PAID
    entries = VolumeEntry.objects.filter(reference=f"order:{order.pk}").order_by("line")
    assert [(entry.distributor, entry.line, entry.quantity, entry.pv) for entry in entries] == [
        (cast.ana, 1, 2, 7200), (cast.ana, 2, 1, 1100),
    ]  # fmt: skip
    assert entries[0].paid_minor == 9600 and entries[0].seller_price_minor == 7200
    assert Event.objects.filter(kind="storefront.OrderPaid", facts={"order_id": order.pk}).count() == 1


def test_marking_an_order_paid_again_changes_nothing(cast):
    order = paid({cast.oil: 1})
    before = order.paid_at
    assert orders.mark_paid(order, at=timezone.now()) is False
    order.refresh_from_db()
    assert order.paid_at == before
    assert VolumeEntry.objects.count() == 1
    assert Event.objects.filter(kind="storefront.OrderPaid").count() == 1


def test_the_same_form_sent_twice_is_one_order(cast):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    terms = {"buyer": GUEST, "details": DETAILS, "attribution": Attribution(cast.house.pk, "house"), "key": "one"}
    assert orders.place(cart, **terms) == orders.place(cart, **terms)
    assert Order.objects.count() == 1


def test_a_second_order_from_the_same_cart_replaces_the_unpaid_first(cast):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    terms = {"buyer": GUEST, "details": DETAILS, "attribution": Attribution(cast.house.pk, "house")}
    first = orders.place(cart, key="tab 1", **terms)
    second = orders.place(cart, key="tab 2", **terms)
    first.refresh_from_db()
    assert (first.status, second.status) == (Order.Status.CANCELLED, Order.Status.PLACED)


def test_paying_empties_the_cart_of_what_was_bought_and_keeps_what_came_later(cast):
    order = placed({cast.oil: 1, cast.tea: 2})
    carts.add(order.cart, cast.cream.pk, 1, "retail")
    carts.add(order.cart, cast.tea.pk, 1, "retail")
    payments.start(order, method=SUCCEEDS)
    assert dict(order.cart.lines.values_list("product__slug", "quantity")) == {"day-cream": 1, "fern-tea": 1}


def test_a_first_purchase_makes_a_customer_of_the_seller_and_later_ones_keep_it(cast):
    first = paid({cast.tea: 1}, site=cast.ana_site, key="1")
    second = paid({cast.tea: 1}, site=cast.ben_site, key="2")
    assert first.customer == second.customer == Customer.objects.get()
    assert first.customer.referred_by == cast.ana
    assert second.seller == cast.ben, "a guest who came through ben's shop last credits ben, and stays ana's customer"


def test_what_nobody_referred_belongs_to_the_house(cast):
    order = paid({cast.tea: 1})
    assert (order.seller, order.attribution) == (cast.house, Order.Attribution.HOUSE)
    assert order.customer.referred_by is None


def test_a_distributor_buys_at_the_own_price_for_the_own_credit(cast):
    order = paid({cast.oil: 1}, buyer=Buyer(BuyerKind.DISTRIBUTOR, distributor=cast.ben), site=cast.ana_site)
    assert (order.seller, order.buyer, order.customer) == (cast.ben, cast.ben, None)
    assert order.total_minor == 3600 + 590
    assert VolumeEntry.objects.get().buyer_reference == f"distributor:{cast.ben.pk}"


def test_delivery_is_free_from_the_market_s_subtotal_on(cast):
    assert placed({cast.oil: 1}, key="a").delivery_minor == 590
    assert placed({cast.oil: 2}, key="b").delivery_minor == 0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda cast: Price.objects.all().delete(), "Rosehip Night Oil"),
        (lambda cast: Product.objects.update(is_active=False), "Rosehip Night Oil"),
        (lambda cast: type(cast.us).objects.update(is_open=False), "United States"),
        (lambda cast: type(cast.us).objects.update(currency="XQX"), "XQX"),
        (lambda cast: type(cast.us).objects.update(currency="GBP"), r"United States \(GBP\)"),
        (lambda cast: PlanVersion.objects.all().delete(), r"United States \(USD\)"),
        (lambda cast: Price.objects.update(amount_minor=5000), "$53.90"),
    ],
    ids=["price gone", "off sale", "market closed", "unknown currency", "currency without a rate", "no plan", "price changed"],
)
def test_what_cannot_be_ordered_is_refused_by_name_and_nothing_is_written(cast, spoil, says):
    cart = carts.open_cart(cast.us)
    carts.add(cart, cast.oil.pk, 1, "retail")
    spoil(cast)
    with pytest.raises(Refusal, match=says.replace("$", r"\$")):
        orders.place(
            cart, buyer=GUEST, details=DETAILS, attribution=Attribution(cast.house.pk, "house"), key="k", shown_total=5390
        )
    assert not Order.objects.exists()
    assert not Period.objects.exists()


def test_an_order_whose_plan_was_taken_away_meanwhile_is_refused_before_the_card_is_asked(cast):
    order = placed({cast.oil: 1})
    Period.objects.all().delete()
    PlanVersion.objects.all().delete()
    with pytest.raises(Refusal, match=r"United States \(USD\)"):
        payments.start(order, method=SUCCEEDS)
    assert not Payment.objects.exists()
    assert not testbank.TestIntent.objects.exists()


def test_a_whole_refund_gives_everything_back_and_takes_all_volume_back(cast):
    order = paid({cast.oil: 1, cast.tea: 1}, site=cast.ana_site)
    refund = orders.refund(order, reason="Did not like it", key="r", at=timezone.now())
    order.refresh_from_db()
    assert (refund.amount_minor, refund.delivery_minor) == (order.total_minor, 590)
    assert (order.status, order.refunded_minor) == (Order.Status.REFUNDED, order.total_minor)
    assert [sum(entry.pv for entry in VolumeEntry.objects.all()), VolumeEntry.objects.count()] == [0, 4]
    assert orders.refund(order, key="r", at=timezone.now()) == refund
    with pytest.raises(Refusal, match=order.number):
        orders.refund(order, key="another", at=timezone.now())


def test_parts_given_back_one_by_one_sum_to_the_whole(cast):
    Price.objects.update(pv=3333, cv=1001)
    order = paid({cast.oil: 3}, site=cast.ana_site)
    for number in range(3):
        refund = orders.refund(order, {1: 1}, key=f"r{number}", at=timezone.now())
        assert refund.delivery_minor == 0
    order.refresh_from_db()
    assert order.status == Order.Status.REFUNDED
    assert sum(entry.pv for entry in VolumeEntry.objects.all()) == 0
    assert sum(line.pv for refund in Refund.objects.all() for line in refund.lines.all()) == 3 * 3333
    rest = orders.refund(order, key="delivery", at=timezone.now()) if order.delivery_minor else None
    assert rest is None, "three oils are delivered free"


def test_delivery_can_be_given_back_after_all_lines_went_back(cast):
    order = paid({cast.tea: 1})
    orders.refund(order, {1: 1}, key="line", at=timezone.now())
    rest = orders.refund(order, key="delivery", at=timezone.now())
    order.refresh_from_db()
    assert (rest.amount_minor, order.refunded_minor) == (590, order.total_minor)


@pytest.mark.parametrize(
    ("asked", "says"),
    [({1: 3}, "2 of 2 are left"), ({1: 0}, "2 of 2"), ({1: -1}, "2 of 2"), ({9: 1}, "no line 9"), ({}, "which lines")],
)
def test_more_than_was_bought_cannot_go_back(cast, asked, says):
    order = paid({cast.oil: 2})
    with pytest.raises(Refusal, match=says):
        orders.refund(order, asked, key="r", at=timezone.now())
    assert not Refund.objects.exists()
    assert VolumeEntry.objects.count() == 1


def test_an_unpaid_order_has_nothing_to_give_back(cast):
    order = placed({cast.oil: 1})
    with pytest.raises(Refusal, match="not paid"):
        orders.refund(order, key="r", at=timezone.now())


def test_a_declined_card_charges_nothing_and_another_one_pays(cast):
    order = placed({cast.oil: 1})
    declined = payments.start(order, method=DECLINES)
    assert (declined.status, declined.failure) == (Payment.Status.FAILED, "The card was declined.")
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    assert Event.objects.filter(kind="storefront.PaymentFailed").count() == 1
    assert payments.start(order, method=SUCCEEDS).status == Payment.Status.SUCCEEDED


def test_money_for_a_cancelled_order_goes_back(cast):
    order = placed({cast.oil: 1})
    payment = payments.start(order, method=AUTHENTICATES)
    orders.cancel(order, at=timezone.now())
    testbank.authenticate(testbank.waiting_for_payer(payment.reference), approve=True)
    payment = payments.settle(payment)
    assert payment.status == Payment.Status.SURPLUS
    refund = payments.settle_refund(Refund.objects.get())
    assert (refund.status, refund.amount_minor) == (Refund.Status.SUCCEEDED, order.total_minor)
    assert not VolumeEntry.objects.exists()


def test_abandoned_orders_are_cancelled_and_younger_ones_kept(cast):
    old, young = placed({cast.oil: 1}, key="old"), placed({cast.oil: 1}, key="young")
    Order.objects.filter(pk=old.pk).update(placed_at=timezone.now() - timezone.timedelta(days=8))
    assert orders.cancel_abandoned() == 1
    young.refresh_from_db()
    assert young.status == Order.Status.PLACED
