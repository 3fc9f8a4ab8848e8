"""The checks find nothing in a sound shop, and name what somebody broke behind its back."""

import pytest
from django.db import connection
from django.utils import timezone

from storefront import orders, payments, verify
from storefront.models import Order, OrderLine, Payment, Refund, RefundLine, TestIntent
from storefront.payments import test as testbank
from storefront.payments.test import AUTHENTICATES, DECLINES
from tests.storefront import cast as casting
from tests.storefront.cast import paid, placed

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def traded(keep):
    return keep(a_bit_of_everything)


@pytest.fixture
def trade(traded, db):
    return traded()


def a_bit_of_everything():
    """Paid, declined, cancelled with a late payment, refunded in part, refunded whole; return the one refunded in part."""
    cast = casting.build()
    paid({cast.oil: 2, cast.tea: 3}, key="1", site=cast.ana_site)
    payments.start(placed({cast.oil: 1}, key="2"), method=DECLINES)
    late = placed({cast.oil: 1}, key="3")
    payment = payments.start(late, method=AUTHENTICATES)
    orders.cancel(late, at=timezone.now())
    testbank.authenticate(testbank.waiting_for_payer(payment.reference), approve=True)
    payments.settle(payment)
    part = paid({cast.oil: 3}, key="4")
    orders.refund(part, {1: 1}, key="part", at=timezone.now())
    orders.refund(paid({cast.tea: 2}, key="5", site=cast.ana_site), key="whole", at=timezone.now())
    payments.settle_refunds()
    return part


def faults():
    return {name: found for name, _examined, found in (check() for check in verify.CHECKS) if found}


def test_a_shop_in_order_has_no_faults_and_everything_was_looked_at(trade):
    results = [check() for check in verify.CHECKS]
    assert [found for _name, _examined, found in results] == [[]] * len(verify.CHECKS)
    assert all(examined for _name, examined, _found in results)


def disarm():
    """Let a test break append-only tables, as somebody with the keys to the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")


@pytest.mark.parametrize(
    ("break_it", "check"),
    [
        (lambda: Payment.objects.filter(status="succeeded", refunds=None).delete(), "paid orders have one payment"),
        (lambda: Payment.objects.filter(status="succeeded").update(amount_minor=1), "paid orders have one payment"),
        (lambda: TestIntent.objects.filter(status="succeeded").update(amount_minor=99_999), "the test gateway's books"),
        (lambda: OrderLine.objects.update(refunded_quantity=1), "orders add up"),
        (lambda: Order.objects.filter(refunded_minor__gt=0).update(refunded_minor=1), "refunds add up"),
        (lambda: RefundLine.objects.update(quantity=2), "refunds add up"),
        (lambda: Refund.objects.filter(payment__status="surplus").delete(), "refunds add up"),
        (
            lambda: Payment.objects.filter(status="failed").update(
                status="unknown", created_at=timezone.now() - timezone.timedelta(hours=1)
            ),
            "nothing is left open",
        ),
        (lambda: execute("DELETE FROM commissions_volumeentry WHERE line = 2"), "paid lines are credited"),
        (lambda: execute("UPDATE commissions_volumeentry SET reference = 'order:9' || id"), "paid lines are credited"),
        (
            lambda: execute("DELETE FROM commissions_volumeentry WHERE reverses_id IS NOT NULL"),
            "refunded lines are taken back",
        ),
        (
            lambda: execute("UPDATE commissions_volumeentry SET pv = pv - 1 WHERE reverses_id IS NOT NULL"),
            "refunded orders keep no volume",
        ),
    ],
    ids=[
        "a payment is gone", "a payment has another amount", "the gateway knows another amount", "a line came back silently",
        "another sum was refunded", "another quantity came back", "a surplus was kept", "a payment is stuck",
        "a line is not credited", "volume without an order", "a refund kept its volume", "a point was lost",
    ],
)  # fmt: skip
def test_what_is_broken_behind_the_shop_s_back_is_named(trade, break_it, check):
    disarm()
    break_it()
    assert any(name.startswith(check) for name in faults()), faults()


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
