"""Orders: placed from a cart, paid once, cancelled or refunded. Every function here is safe to repeat.

The only ways an order goes: placed -> paid -> refunded, and placed -> cancelled. A paid order and its volume are
committed together; what others do on hearing of it comes by the outbox.
"""

import logging
import secrets
from dataclasses import dataclass, fields
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions import formats, periods, plan_versions, volume
from commissions.engine.money import EXPONENTS
from config.outbox import announce
from storefront import carts, customers
from storefront.bell import SETTLEMENT
from storefront.events import OrderPaid, OrderRefunded
from storefront.models import Cart, Order, OrderLine, Payment, Refund, RefundLine
from storefront.refusal import Refusal

ABANDONED_AFTER = timedelta(days=7)
NEXT_NUMBER = """
    SELECT drawn.number, EXISTS (SELECT FROM storefront_order WHERE storefront_order.number = drawn.number)
    FROM (SELECT nextval('storefront_order_number')::text AS number) AS drawn
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Details:
    """Who gets the parcel, and where. The country is the market's."""

    email: str
    name: str
    street: str
    city: str
    phone: str = ""
    street_more: str = ""
    postal_code: str = ""
    region: str = ""
    language: str = "en"


@transaction.atomic
def place(cart, *, buyer, details, attribution, key, shown_total=None, at=None):
    """Turn a cart into an order that waits to be paid. The same ``key`` sent again gives the same order.

    The cart's row is locked, so of two clicks at once the second one finds the order of the first. Other unpaid orders
    of the cart are cancelled: one cart becomes one order. ``shown_total`` is what the buyer saw last; another total is
    refused and told.
    """
    market = Cart.objects.select_for_update(of=("self",)).select_related("market").get(pk=cart.pk).market
    again = Order.objects.filter(checkout_key=key).first()
    if again is not None:
        return again
    basket = carts.basket(cart, market, buyer.kind)
    _require_sellable(basket, shown_total)
    at = at or timezone.now()
    require_countable(market, market.currency, attribution.seller_id, at)
    for other in Order.objects.filter(cart=cart, status=Order.Status.PLACED):
        cancel(other, at=at)
    order = Order.objects.create(
        number=_next_number(),
        token=secrets.token_urlsafe(32),
        checkout_key=key,
        cart=cart,
        market=market,
        currency=market.currency,
        buyer_kind=buyer.kind,
        customer=buyer.customer,
        buyer=buyer.distributor,
        seller_id=attribution.seller_id,
        attribution=attribution.how,
        trail=list(attribution.trail),
        country=market.country,
        subtotal_minor=basket.totals.subtotal,
        delivery_minor=basket.totals.delivery,
        total_minor=basket.totals.total,
        placed_at=at,
        **{field.name: getattr(details, field.name) for field in fields(details)},
    )
    OrderLine.objects.bulk_create(_line(order, number, line) for number, line in enumerate(basket.lines, start=1))
    return order


def _require_sellable(basket, shown_total):
    """Refuse, by name, what cannot be ordered as it stands."""
    market = basket.market
    if not market.is_open:
        raise Refusal(_("Our shop in %(market)s is closed at the moment.") % {"market": market.name}, code="closed")
    if market.currency not in EXPONENTS:
        words = _("%(market)s is set up with “%(currency)s”, which is no currency we know. Nothing was ordered.")
        raise Refusal(words % {"market": market.name, "currency": market.currency}, code="currency")
    if not basket.lines:
        raise Refusal(_("Your cart is empty."), code="empty")
    if basket.gone:
        names = ", ".join(line.product.name for line in basket.gone)
        words = _("Not sold in %(market)s any more: %(names)s. Please take it out of your cart.")
        raise Refusal(words % {"market": market.name, "names": names}, code="gone")
    if not basket.totals.total:
        raise Refusal(_("There is nothing to pay for in this cart, so it cannot be ordered here."), code="nothing")
    if shown_total is not None and shown_total != basket.totals.total:
        words = _("The total has changed from %(before)s to %(now)s. Please look at it again and confirm.")
        before, now = formats.money(shown_total, market.currency), formats.money(basket.totals.total, market.currency)
        raise Refusal(words % {"before": before, "now": now}, code="total")


def require_countable(market, currency, seller_id, at):
    """Refuse a sale whose volume the plan in force could not count: asked before anybody is charged for it."""
    try:
        period, _late = periods.counting(at)
        volume.require_countable(period, {seller_id}, {currency})
    except (volume.Refused, plan_versions.NoPlan) as error:
        log.error("a sale in market %s cannot be counted: %s", market.code, error)
        words = _("We cannot take orders in %(market)s (%(currency)s) at the moment. Nothing was charged; please try later.")
        raise Refusal(words % {"market": market.name, "currency": currency}, code="uncounted") from error


def _line(order, number, line):
    """Freeze one line with the figures of this moment; all are for the whole line but the unit price."""
    whole = line.price.times(line.quantity)
    return OrderLine(
        order=order, number=number, product=line.product, sku=line.product.sku, name=line.product.name,
        quantity=line.quantity, unit_minor=line.price.unit, amount_minor=whole.unit, retail_minor=whole.retail,
        seller_price_minor=whole.seller, pv=whole.pv, cv=whole.cv,
    )  # fmt: skip


def _next_number():
    """Draw the next free order number; numbers that came from elsewhere are stepped over."""
    with connection.cursor() as cursor:
        taken = True
        while taken:
            cursor.execute(NEXT_NUMBER)
            number, taken = cursor.fetchone()
    return number


@transaction.atomic
def mark_paid(order, *, at):
    """Turn a placed order into a paid one and credit its volume; true for the one call that did it.

    A gateway may report one payment many times, and two workers may hear it at once: the conditional UPDATE lets
    exactly one of them through.
    """
    placed = Order.objects.filter(pk=order.pk, status=Order.Status.PLACED)
    if not placed.update(status=Order.Status.PAID, paid_at=at):
        return False
    order.refresh_from_db()
    lines = list(order.lines.all())
    if order.buyer_id is None:
        order.customer = customers.of_order(order)
        order.save(update_fields=["customer"])
    volume.credit(
        distributor_id=order.seller_id,
        lines=volume_lines(lines),
        at=at,
        reference=reference(order),
        buyer_kind=order.buyer_kind,
        buyer_reference=f"distributor:{order.buyer_id}" if order.buyer_id else f"customer:{order.customer_id}",
        market_id=order.market_id,
        currency=order.currency,
    )
    carts.take_out_bought(order.cart_id, lines)
    announce(OrderPaid(order_id=order.pk))
    return True


def reference(order):
    """Return the name under which the order's volume is credited."""
    return f"order:{order.pk}"


def volume_lines(lines):
    """Return the lines of an order as volume to credit."""
    return [
        volume.VolumeLine(
            number=line.number, product=line.sku, quantity=line.quantity, pv=line.pv, cv=line.cv,
            paid_minor=line.amount_minor, retail_minor=line.retail_minor, seller_price_minor=line.seller_price_minor,
        )
        for line in lines
    ]  # fmt: skip


def cancel(order, *, at):
    """Cancel an order that was never paid; true for the one call that did it. Money that still arrives is given back."""
    placed = Order.objects.filter(pk=order.pk, status=Order.Status.PLACED)
    return bool(placed.update(status=Order.Status.CANCELLED, cancelled_at=at))


def cancel_abandoned(now=None):
    """Cancel orders that nobody has paid for a week, unless a payment is still under way. Returns how many."""
    now = now or timezone.now()
    old = Order.objects.filter(status=Order.Status.PLACED, placed_at__lt=now - ABANDONED_AFTER)
    idle = old.exclude(payments__status__in=Payment.OPEN)
    return sum(cancel(order, at=now) for order in idle.iterator())


@transaction.atomic
def refund(order, quantities=None, *, reason="", key, at):
    """Give back the money and take back the volume of an order, whole or by ``{line number: quantity}``.

    Whole means everything that is left, delivery included; delivery stays paid when lines go back. The gateway is asked
    after the commit, from the row written here. The same ``key`` again gives the same refund.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    again = Refund.objects.filter(idempotency_key=key).first()
    if again is not None:
        return again
    lines = {line.number: line for line in order.lines.all()}
    wanted = _wanted(order, lines, quantities)
    delivery = order.total_minor - order.refunded_minor - _left(lines.values()) if quantities is None else 0
    amount = delivery + sum(lines[number].unit_minor * quantity for number, quantity in wanted.items())
    paid = order.payments.filter(status=Payment.Status.SUCCEEDED).first()
    given = Refund.objects.create(
        order=order, payment=paid, idempotency_key=key, amount_minor=amount, delivery_minor=delivery, reason=reason,
        created_at=at,
    )  # fmt: skip
    for number, quantity in wanted.items():
        lines[number].refunded_quantity += quantity
        lines[number].save(update_fields=["refunded_quantity"])
    order.refunded_minor += amount
    if all(line.refunded_quantity == line.quantity for line in lines.values()):
        order.status = Order.Status.REFUNDED
    order.save(update_fields=["refunded_minor", "status"])
    _take_back_volume(order, given, lines, wanted, at)
    announce(OrderRefunded(order_id=order.pk, refund_id=given.pk))
    SETTLEMENT.ring_after_commit()
    return given


def _wanted(order, lines, quantities):
    """Return {line number: quantity} to give back, refused where that is not there to be given."""
    if order.status not in (Order.Status.PAID, Order.Status.REFUNDED):
        words = _("Order %(number)s is not paid, so there is nothing to give back.")
        raise Refusal(words % {"number": order.number}, code="not_paid")
    if quantities is None:
        left = {number: line.quantity - line.refunded_quantity for number, line in lines.items()}
        quantities = {number: quantity for number, quantity in left.items() if quantity}
        if not quantities and order.refunded_minor == order.total_minor:
            raise Refusal(_("Order %(number)s is refunded already.") % {"number": order.number}, code="refunded")
        return quantities
    if not quantities:
        raise Refusal(_("Please say which lines go back, and how many of each."), code="nothing")
    for number, quantity in quantities.items():
        line = lines.get(number)
        if line is None:
            words = _("Order %(number)s has no line %(line)s.")
            raise Refusal(words % {"number": order.number, "line": number}, code="unknown_line")
        left = line.quantity - line.refunded_quantity
        if not 0 < quantity <= left:
            words = _("%(product)s: %(asked)s cannot go back, %(left)s of %(bought)s are left.")
            facts = {"product": line.name, "asked": quantity, "left": left, "bought": line.quantity}
            raise Refusal(words % facts, code="too_many", field=f"line_{number}")
    return dict(quantities)


def _left(lines):
    """Return what the lines still hold that was not given back."""
    return sum(line.unit_minor * (line.quantity - line.refunded_quantity) for line in lines)


def _take_back_volume(order, given, lines, wanted, at):
    """Reverse the volume of what goes back and keep on the refund what that came to."""
    if not wanted:
        return
    entries = volume.reverse(reference=f"refund:{given.pk}", of_reference=reference(order), at=at, quantities=wanted)
    by_line = {entry.line: entry for entry in entries}
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=given, order_line=lines[number], quantity=quantity,
            amount_minor=lines[number].unit_minor * quantity, pv=-by_line[number].pv, cv=-by_line[number].cv,
        )
        for number, quantity in wanted.items()
    )  # fmt: skip
