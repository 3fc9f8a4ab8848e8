"""Checks of what must always hold of orders and money; ``manage.py verify`` runs them, and every fault test ends with them.

Each returns ``(name, examined, faults)``; faults are sentences that name the row, the first hundred of them. The numbers
are those of the list of invariants that the checks stand for.
"""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from storefront.models import Order, OrderLine, Payment, Refund, RefundLine, TestIntent, WebhookEvent

MOST_FAULTS = 100
PATIENCE = timedelta(minutes=15)
ACTION_PATIENCE = timedelta(hours=2)

PAYMENTS = """
    SELECT o.number, o.status, count(p.id) FILTER (WHERE p.status = 'succeeded'),
        coalesce(sum(p.amount_minor) FILTER (WHERE p.status = 'succeeded'), 0), o.total_minor
    FROM storefront_order o LEFT JOIN storefront_payment p ON p.order_id = o.id
    GROUP BY o.id
    HAVING CASE WHEN o.status IN ('paid', 'refunded')
            THEN count(p.id) FILTER (WHERE p.status = 'succeeded') <> 1
                OR sum(p.amount_minor) FILTER (WHERE p.status = 'succeeded') <> o.total_minor
                OR min(p.currency) FILTER (WHERE p.status = 'succeeded') <> o.currency
            ELSE count(p.id) FILTER (WHERE p.status = 'succeeded') > 0 OR o.paid_at IS NOT NULL END
    ORDER BY o.id LIMIT 100
"""
SUMS = """
    SELECT o.number FROM storefront_order o LEFT JOIN storefront_orderline l ON l.order_id = o.id
    GROUP BY o.id
    HAVING count(l.id) = 0 OR sum(l.amount_minor) <> o.subtotal_minor
        OR (o.status = 'refunded') <> (sum(l.quantity) = sum(l.refunded_quantity))
    ORDER BY o.id LIMIT 100
"""
REFUNDED = """
    WITH given AS (
        SELECT r.order_id, sum(r.amount_minor) AS amount FROM storefront_refund r
        LEFT JOIN storefront_payment p ON p.id = r.payment_id WHERE p.status IS DISTINCT FROM 'surplus' GROUP BY r.order_id
    )
    SELECT o.number, o.refunded_minor, coalesce(g.amount, 0)
    FROM storefront_order o LEFT JOIN given g ON g.order_id = o.id
    WHERE (o.refunded_minor <> 0 OR g.amount IS NOT NULL)
        AND (o.refunded_minor <> coalesce(g.amount, 0) OR o.refunded_minor > o.total_minor)
    ORDER BY o.id LIMIT 100
"""
REFUND_PARTS = """
    SELECT r.id FROM storefront_refund r JOIN storefront_payment p ON p.id = r.payment_id
    LEFT JOIN storefront_refundline l ON l.refund_id = r.id
    GROUP BY r.id, p.id
    HAVING CASE WHEN p.status = 'surplus' THEN r.amount_minor <> p.amount_minor
        ELSE r.amount_minor <> r.delivery_minor + coalesce(sum(l.amount_minor), 0) END
    ORDER BY r.id LIMIT 100
"""
LINES_BACK = """
    SELECT o.number, l.number FROM storefront_orderline l JOIN storefront_order o ON o.id = l.order_id
    LEFT JOIN storefront_refundline r ON r.order_line_id = l.id
    WHERE l.refunded_quantity > 0 OR r.id IS NOT NULL
    GROUP BY o.id, l.id HAVING l.refunded_quantity <> coalesce(sum(r.quantity), 0)
    ORDER BY o.id, l.number LIMIT 100
"""
SURPLUS = """
    SELECT p.id FROM storefront_payment p LEFT JOIN storefront_refund r ON r.payment_id = p.id
    WHERE p.status = 'surplus' GROUP BY p.id HAVING count(r.id) <> 1 ORDER BY p.id LIMIT 100
"""
UNCREDITED = """
    SELECT o.number, l.number FROM storefront_orderline l JOIN storefront_order o ON o.id = l.order_id
    LEFT JOIN commissions_volumeentry v ON v.reference = 'order:' || o.id AND v.line = l.number
    WHERE o.status IN ('paid', 'refunded') AND (v.id IS NULL OR v.reverses_id IS NOT NULL OR v.distributor_id <> o.seller_id
        OR (v.quantity, v.pv, v.cv, v.paid_minor, v.retail_minor, v.seller_price_minor, v.currency, v.buyer_kind)
            <> (l.quantity, l.pv, l.cv, l.amount_minor, l.retail_minor, l.seller_price_minor, o.currency, o.buyer_kind))
    ORDER BY o.id, l.number LIMIT 100
"""
OVERCREDITED = """
    SELECT v.reference, v.line FROM commissions_volumeentry v
    LEFT JOIN (
        SELECT 'order:' || o.id AS reference, l.number FROM storefront_order o JOIN storefront_orderline l ON l.order_id = o.id
        WHERE o.status IN ('paid', 'refunded')
    ) sold ON sold.reference = v.reference AND sold.number = v.line
    WHERE v.reference LIKE 'order:%' AND sold.reference IS NULL ORDER BY v.id LIMIT 100
"""
UNREVERSED = """
    SELECT r.id, l.number FROM storefront_refundline r JOIN storefront_orderline l ON l.id = r.order_line_id
    LEFT JOIN commissions_volumeentry v ON v.reference = 'refund:' || r.refund_id AND v.line = l.number
    LEFT JOIN commissions_volumeentry sale ON sale.id = v.reverses_id
    WHERE v.id IS NULL OR sale.reference IS DISTINCT FROM 'order:' || l.order_id OR sale.line <> l.number
        OR (v.quantity, v.pv, v.cv, v.paid_minor) <> (-r.quantity, -r.pv, -r.cv, -r.amount_minor)
    ORDER BY r.id LIMIT 100
"""
OVERREVERSED = """
    SELECT v.reference, v.line FROM commissions_volumeentry v
    LEFT JOIN (
        SELECT 'refund:' || r.refund_id AS reference, l.number FROM storefront_refundline r
        JOIN storefront_orderline l ON l.id = r.order_line_id
    ) given ON given.reference = v.reference AND given.number = v.line
    WHERE v.reference LIKE 'refund:%' AND given.reference IS NULL ORDER BY v.id LIMIT 100
"""
LEFT_OVER = """
    SELECT o.number FROM storefront_order o JOIN commissions_volumeentry sale ON sale.reference = 'order:' || o.id
    LEFT JOIN commissions_volumeentry back ON back.reverses_id = sale.id
    WHERE o.status = 'refunded' GROUP BY o.id, sale.id
    HAVING sale.pv + coalesce(sum(back.pv), 0) <> 0 OR sale.cv + coalesce(sum(back.cv), 0) <> 0
        OR sale.paid_minor + coalesce(sum(back.paid_minor), 0) <> 0
    ORDER BY o.id LIMIT 100
"""
BANK = """
    SELECT i.reference, i.status, coalesce(p.status, 'missing') FROM storefront_testintent i
    LEFT JOIN storefront_payment p ON p.gateway = 'test' AND p.reference = i.reference
    WHERE CASE WHEN i.status = 'succeeded'
        THEN p.id IS NULL OR p.amount_minor <> i.amount_minor OR p.currency <> i.currency OR p.status = 'failed'
            OR i.refunded_minor <> (SELECT coalesce(sum(r.amount_minor), 0) FROM storefront_refund r
                WHERE r.payment_id = p.id AND r.status = 'succeeded')
        ELSE p.status IN ('succeeded', 'surplus') END
    ORDER BY i.id LIMIT 100
"""


def _rows(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def check_payments():
    """5, 6, 8: a paid order has one succeeded payment of its total, and no other order has any."""
    faults = [
        f"order {number} is {status} and has {count} succeeded payments of {amount} in all, for {total}"
        for number, status, count, amount, total in _rows(PAYMENTS)
    ]
    return "paid orders have one payment of their total", Order.objects.count(), faults


def check_test_bank():
    """5: the test gateway's books and ours tell the same."""
    faults = [
        f"test payment {reference} is {theirs} at the gateway and {ours} with us, or its refunds differ"
        for reference, theirs, ours in _rows(BANK)
    ]
    return "the test gateway's books agree", TestIntent.objects.count(), faults


def check_sums():
    """8: an order is the sum of its lines, and refunded exactly when all of them went back."""
    faults = [f"order {number} does not add up to its lines, or is wrongly marked refunded" for (number,) in _rows(SUMS)]
    return "orders add up", OrderLine.objects.count(), faults


def check_refunds():
    """7: what was refunded is what the refunds say, never more than was paid; a surplus went back whole."""
    faults = [f"order {number} says {says} refunded, its refunds say {are}" for number, says, are in _rows(REFUNDED)]
    faults += [f"refund {pk} is not the sum of its parts" for (pk,) in _rows(REFUND_PARTS)]
    faults += [f"order {number} line {line}: other quantities came back" for number, line in _rows(LINES_BACK)]
    faults += [f"surplus payment {pk} was not given back once" for (pk,) in _rows(SURPLUS)]
    return "refunds add up", Refund.objects.count(), faults[:MOST_FAULTS]


def check_waiting():
    """9: no payment, refund or webhook has been left open."""
    before, long_before = timezone.now() - PATIENCE, timezone.now() - ACTION_PATIENCE
    unknown = (Payment.Status.CREATED, Payment.Status.UNKNOWN)
    stale = Payment.objects.filter(status__in=unknown, created_at__lt=before)
    stale |= Payment.objects.filter(status=Payment.Status.REQUIRES_ACTION, created_at__lt=long_before)
    faults = [f"payment {pk} is open for too long" for pk in stale.order_by("pk").values_list("pk", flat=True)[:MOST_FAULTS]]
    refunds = Refund.objects.filter(status__in=Refund.OPEN, created_at__lt=before)
    faults += [f"refund {pk} is open for too long" for pk in refunds.order_by("pk").values_list("pk", flat=True)[:MOST_FAULTS]]
    events = WebhookEvent.objects.filter(processed_at__isnull=True, received_at__lt=before)
    faults += [f"webhook event {pk} was not looked at" for pk in events.order_by("pk").values_list("pk", flat=True)[:MOST_FAULTS]]
    examined = Payment.objects.count() + Refund.objects.count() + WebhookEvent.objects.count()
    return "nothing is left open", examined, faults[:MOST_FAULTS]


def check_credited():
    """13: each line of a paid order is credited exactly once, and nothing else is."""
    faults = [f"order {number} line {line} is not credited as it was sold" for number, line in _rows(UNCREDITED)]
    faults += [f"{reference} line {line} is credited and was not sold" for reference, line in _rows(OVERCREDITED)]
    return "paid lines are credited once", OrderLine.objects.count(), faults[:MOST_FAULTS]


def check_reversed():
    """13: each refunded line is taken back exactly once, and nothing else is."""
    faults = [f"refund line {pk} (line {line}) is not taken back as it was given" for pk, line in _rows(UNREVERSED)]
    faults += [f"{reference} line {line} is taken back and was not refunded" for reference, line in _rows(OVERREVERSED)]
    return "refunded lines are taken back once", RefundLine.objects.count(), faults[:MOST_FAULTS]


def check_fully_refunded():
    """22: of a fully refunded order no volume is left."""
    faults = [f"order {number} was refunded and keeps volume" for (number,) in _rows(LEFT_OVER)]
    return "refunded orders keep no volume", Order.objects.filter(status=Order.Status.REFUNDED).count(), faults


CHECKS = [
    check_payments,
    check_test_bank,
    check_sums,
    check_refunds,
    check_waiting,
    check_credited,
    check_reversed,
    check_fully_refunded,
]
