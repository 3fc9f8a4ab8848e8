"""Who is told of what, in the feed and by mail, once."""

import pytest
from django.utils import timezone

from backoffice import handlers, notifications
from backoffice.models import Mail, Notification
from commissions import periods
from commissions.events import RankReached
from config.outbox import announce
from storefront import orders, payments
from storefront.events import OrderPaid

pytestmark = pytest.mark.django_db


def sentences(person):
    return [told.sentence for told in notifications.latest(person)]


def test_a_sale_is_told_to_its_seller_by_the_first_name_of_the_buyer(cast, heard):
    heard()
    cast.sell(cast.ben, quantity=2)
    heard()
    assert sentences(cast.ben) == ["Mara bought 2 × Linden Tea", "Cy joined your team"]
    assert "Mara bought 2 × Linden Tea" not in sentences(cast.ana)
    assert notifications.unread(cast.ben) == 2


def test_a_sale_brings_a_receipt_to_the_buyer_and_a_mail_to_the_seller(cast, heard):
    order = cast.sell(cast.ben)
    heard()
    receipt = Mail.objects.get(key=f"order:{order.pk}:receipt")
    assert receipt.to == "mara@example.com" and order.number in receipt.text and order.number in receipt.html
    told = Mail.objects.get(kind="sale")
    assert told.to == "ben@example.com"
    assert told.subject == "You have made a sale: Linden Tea"
    assert "Lindqvist" not in told.text and "mara@example.com" not in told.text
    assert "$30.00" in told.text


def test_hearing_twice_tells_once(cast, heard):
    order = cast.sell(cast.ben)
    heard()
    count = Mail.objects.count(), Notification.objects.count()
    announce(OrderPaid(order_id=order.pk))
    heard()
    assert (Mail.objects.count(), Notification.objects.count()) == count


def test_an_order_nobody_referred_is_told_to_nobody(cast, heard):
    order = cast.sell(cast.house)
    heard()
    assert not Notification.objects.filter(facts__order=order.pk).exists()


def test_a_refund_is_told_to_the_seller_and_mailed_to_the_buyer(cast, heard):
    order = cast.sell(cast.ben)
    refund = orders.refund(order, None, reason="changed mind", key="r1", at=timezone.now())
    payments.settle_refund(refund)
    heard()
    assert "$30.00 of Mara's order went back" in sentences(cast.ben)
    assert Mail.objects.get(kind="refund").to == "mara@example.com"


def test_a_declined_payment_is_mailed_with_the_way_to_try_again(cast, heard):
    order = cast.sell(cast.ben, pay=False)
    payments.start(order, method="test_card_declines")
    heard()
    mail = Mail.objects.get(kind="payment_failed")
    assert mail.to == "mara@example.com" and order.token in mail.text
    assert not Notification.objects.filter(kind="sale").exists()


def test_enrolling_tells_the_sponsor_and_welcomes_the_newcomer(cast, heard):
    heard()
    eli = cast.enrol("Eli", cast.ben)
    heard()
    assert sentences(cast.ben)[0] == "Eli joined your team"
    assert "Eli joined your team" not in sentences(cast.ana)
    assert Mail.objects.get(key=f"enrolment:{eli.pk}:welcome").to == "eli@example.com"


def test_a_rank_is_told_to_the_person_and_the_nearest_upline_but_not_to_the_house(cast, heard):
    period = periods.current()
    announce(RankReached(period_id=period.pk, distributor_id=cast.cy.pk, rank=1, rank_code="bronze"))
    heard()
    assert sentences(cast.cy)[0] == "You are Bronze"
    assert sentences(cast.ben)[0] == "Cy is now Bronze"
    assert sentences(cast.ana)[0] == "Cy is now Bronze"
    assert not Notification.objects.filter(distributor=cast.house).exists()
    assert not Notification.objects.filter(distributor=cast.dee, kind="team_rank").exists()
    assert Mail.objects.get(kind="rank").subject == "You are Bronze"


def test_the_upline_that_is_told_is_bounded(cast):
    person = cast.cy
    for step in range(8):
        person = cast.enrol(f"Step{step}", person)
    assert len(handlers.nearest_upline(person.pk)) == handlers.NEAREST_UPLINE


def test_the_feed_costs_three_queries_however_long(cast, heard, django_assert_num_queries):
    for number in range(6):
        cast.sell(cast.ben, email=f"buyer{number}@example.com")
    heard()
    with django_assert_num_queries(4):
        assert len(notifications.latest(cast.ben, limit=30)) == 7
