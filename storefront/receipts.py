"""Receipts: the facts that a mail or a page tells about an order, and the signed link by which a guest comes back to it."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from storefront import addresses
from storefront.models import Order

SALT = "storefront.receipt"


def token(order):
    """Return the signed token of an order: it proves that its bearer was sent the receipt."""
    return signing.Signer(salt=SALT).sign(order.pk).replace(":", "~")


def order_of(signed):
    """Return the order of a signed token, or None when it was forged, mistyped or cut off."""
    try:
        pk = signing.Signer(salt=SALT).unsign(signed.replace("~", ":"))
    except signing.BadSignature:
        return None
    return Order.objects.select_related("market", "seller").filter(pk=pk).first()


def path(order):
    """Return the address of the order's page for a guest."""
    return reverse("storefront:order", args=[token(order)])


def url(order):
    """Return the full address of the order's page, for a mail."""
    return f"{settings.PUBLIC_URL}{path(order)}"


def pay_url(order):
    """Return the full address at which an unpaid order can be paid."""
    return settings.PUBLIC_URL + reverse("storefront:pay", args=[order.token])


def facts(order):
    """Return what the mail about an order tells: lines, totals, address and the signed link."""
    return {
        "order": order,
        "lines": list(order.lines.all()),
        "address": addresses.lines(order),
        "receipt_url": url(order),
        "pay_url": pay_url(order),
        "refunded": order.refunded_minor,
    }
