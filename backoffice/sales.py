"""A seller's own sales: the orders credited to them, what was in them, why they are theirs.

What a seller learns of a buyer is the first name. Orders of the downline are not here: they are nobody's but their seller's.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, Sum
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.notifications import first_name, what
from storefront import attribution
from storefront.models import Order, OrderLine

PAGE = 20
CREDITED = (Order.Status.PAID, Order.Status.REFUNDED)
LINES = Prefetch("lines", OrderLine.objects.order_by("number"), to_attr="all_lines")


@dataclass(frozen=True)
class Sale:
    """One order in a list: who, what, how much, and what became of it."""

    id: int
    number: str
    buyer: str
    what: str
    paid_at: datetime
    amount_minor: int
    refunded_minor: int
    currency: str
    pv: int
    is_own: bool
    attribution: str

    @property
    def is_refunded(self):
        """All of it went back."""
        return self.refunded_minor >= self.amount_minor > 0


def _credited_to(seller):
    return Order.objects.filter(seller=seller, status__in=CREDITED, paid_at__isnull=False)


def latest(seller, *, limit=5):
    """Return the newest sales. Two queries."""
    return [_sale(order) for order in _credited_to(seller).order_by("-paid_at", "-id").prefetch_related(LINES)[:limit]]


def page(seller, *, after=None):
    """Return a page of sales, the newest first, and the cursor behind it: the id of the last, when there are more."""
    orders = _credited_to(seller).order_by("-paid_at", "-id")
    if after is not None:
        last = _credited_to(seller).filter(pk=after).only("paid_at").first()
        if last is None:
            raise Http404("No such sale.")
        orders = orders.filter(Q(paid_at__lt=last.paid_at) | Q(paid_at=last.paid_at, pk__lt=last.pk))
    found = list(orders.prefetch_related(LINES)[: PAGE + 1])
    return [_sale(order) for order in found[:PAGE]], found[PAGE - 1].pk if len(found) > PAGE else None


def order_or_404(seller, order_id):
    """Return one order that is credited to this seller, with its lines and refunds."""
    order = _credited_to(seller).filter(pk=order_id).select_related("market", "seller").prefetch_related(LINES, "refunds").first()
    if order is None:
        raise Http404("No such sale.")
    return order


def trail(order):
    """Tell why an order is its seller's. Whose other shops the buyer had been to is not for the seller to know."""
    order.trail = [step for step in order.trail if step.get("distributor") == order.seller_id]
    return attribution.sentences(order)


def today(seller):
    """Return how many sales the seller made since midnight, in the time zone that is active, and their volume."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    orders = _credited_to(seller).filter(paid_at__gte=midnight)
    return {"count": orders.count(), "pv": OrderLine.objects.filter(order__in=orders).aggregate(sum=Sum("pv"))["sum"] or 0}


def of(order):
    """Return an order as a sale in a list."""
    return _sale(order)


def _sale(order):
    return Sale(
        id=order.pk,
        number=order.number,
        buyer=_("You") if order.buyer_id == order.seller_id else first_name(order.name),
        what=what([(line.name, line.quantity) for line in order.all_lines]),
        paid_at=order.paid_at,
        amount_minor=order.total_minor,
        refunded_minor=order.refunded_minor,
        currency=order.currency,
        pv=sum(line.pv for line in order.all_lines),
        is_own=order.buyer_id == order.seller_id,
        attribution=order.get_attribution_display(),
    )
