"""Customers: recognising by e-mail address who has bought before, without telling anybody that they have."""

from allauth.account.models import EmailAddress
from django.db.models.functions import Upper

from genealogy.models import Distributor
from storefront.models import Customer


def by_email(email):
    """Find the customer with this address, in whatever letters it was typed."""
    return Customer.objects.select_related("referred_by").filter(email__iexact=email.strip()).first()


def of(user):
    """Return the customer that this user is; a purchase made before signing up is kept once the address is verified."""
    customer = Customer.objects.select_related("referred_by", "market").filter(user=user).first()
    return customer or _claim(user)


def _claim(user):
    """Join the user to the customer of one of the user's verified addresses, if nobody is joined to it yet."""
    verified = EmailAddress.objects.filter(user=user, verified=True).annotate(upper=Upper("email")).values("upper")
    unclaimed = Customer.objects.annotate(upper=Upper("email")).filter(upper__in=verified, user__isnull=True)
    first = unclaimed.order_by("id").values_list("pk", flat=True).first()
    if first is None or not Customer.objects.filter(pk=first, user__isnull=True).update(user=user):
        return None
    return Customer.objects.select_related("referred_by", "market").get(pk=first)


def made_of(user, *, market, name, phone):
    """Return the customer that this user is, made of the verified address if there is none yet; None without such an address.

    The address that is typed for one order says nothing about who is signed in. Whose customer it is, the first paid order
    decides.
    """
    verified = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "id").first()
    if verified is not None:
        made = Customer(user=user, email=verified.email, name=name, phone=phone, market=market)
        Customer.objects.bulk_create([made], ignore_conflicts=True)
    return of(user)


def of_order(order):
    """Return the customer who bought this order, made on the first purchase; the first seller keeps the customer.

    Two orders of a new address may be paid at once: the unique address lets one row in, and both find it.
    """
    if order.customer_id:
        _keep_first_seller(order)
        return order.customer
    found = by_email(order.email)
    if found is None:
        Customer.objects.bulk_create(
            [
                Customer(
                    email=order.email, name=order.name, phone=order.phone, market_id=order.market_id,
                    referred_by=_first_seller(order),
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        found = by_email(order.email)
    return found


def _keep_first_seller(order):
    """Give a customer who signed in before the first purchase to the seller of it; a customer of somebody stays that."""
    seller = _first_seller(order)
    bought = order.customer.orders.filter(paid_at__isnull=False).exclude(pk=order.pk)
    if seller is not None and order.customer.referred_by_id is None and not bought.exists():
        Customer.objects.filter(pk=order.customer_id, referred_by=None).update(referred_by=seller)


def _first_seller(order):
    return Distributor.objects.filter(pk=order.seller_id, is_house=False).first()
