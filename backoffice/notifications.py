"""Notifications: telling distributors what has happened, and turning it into sentences.

A notification stores ids and plain facts, no personal data: names are looked up when it is read, so a person who is erased
or renamed is so here too.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import hints
from backoffice.models import Notification
from commissions import formats
from genealogy.models import Distributor
from storefront.models import Order, OrderLine

# Han, kana and hangul: names that are written in these put the family first.
FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LOOKED_AT = 200

Kind = Notification.Kind
ICONS = {
    Kind.SALE: "shopping-bag",
    Kind.REFUND: "rotate-ccw",
    Kind.RANK: "award",
    Kind.TEAM_RANK: "trending-up",
    Kind.ENROLMENT: "user-plus",
}


def tell(notifications):
    """Write notifications that are not written yet; the open pages of whom they are for hear of it after the commit."""
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    hints.open_pages({notification.distributor_id for notification in notifications})


@dataclass(frozen=True)
class Telling:
    """One notification as it is read: a sentence, more about it, an icon, where it leads."""

    id: int
    at: datetime
    kind: str
    icon: str
    sentence: str
    detail: str
    href: str
    is_new: bool


def latest(distributor, *, limit=8, before=None, after=None):
    """Return a distributor's notifications, newest first, as sentences. Three queries however many there are."""
    rows = Notification.objects.filter(distributor=distributor).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return tellings(list(rows[:limit]))


def latest_but_sales(distributor, *, limit):
    """Return the newest notifications besides sales, among the last couple of hundred."""
    newest = Notification.objects.filter(distributor=distributor).order_by("-id")[:LOOKED_AT]
    return tellings([row for row in newest if row.kind != Kind.SALE][:limit])


def tellings(rows):
    """Turn notifications into sentences, looking up orders and people once for all of them."""
    orders = _orders({row.facts["order"] for row in rows if "order" in row.facts})
    people = dict(
        Distributor.objects.filter(pk__in={row.facts["person"] for row in rows if "person" in row.facts}).values_list(
            "pk", "name"
        )
    )
    return [_telling(row, orders, people) for row in rows]


def _orders(ids):
    orders = Order.objects.filter(pk__in=ids).only("number", "name", "currency", "total_minor", "buyer_id").in_bulk()
    for order in orders.values():
        order.products = []
    lines = OrderLine.objects.filter(order__in=ids).order_by("order_id", "number")
    for order_id, name, quantity in lines.values_list("order_id", "name", "quantity") if ids else ():
        orders[order_id].products.append((name, quantity))
    return orders


def _telling(row, orders, people):
    order = orders.get(row.facts.get("order"))
    person = people.get(row.facts.get("person"), _("Somebody"))
    sentence, detail, href = WORDS[row.kind](row.facts, order, person)
    return Telling(row.pk, row.created_at, row.kind, ICONS[Kind(row.kind)], sentence, detail, href, row.read_at is None)


def first_name(name):
    """Return how a seller may call a customer: the given name, which comes last where the family's comes first.

    >>> first_name("Mara Lindqvist"), first_name("山田 花子"), first_name("")
    ('Mara', '花子', '')
    """
    words = name.split()
    if not words:
        return ""
    return words[-1] if FAMILY_FIRST.search(name) else words[0]


def what(products):
    """Say what was bought, in a few words: ``2 × Linden Tea and 1 more``.

    >>> what([("Linden Tea", 1)])
    'Linden Tea'
    """
    if not products:
        return ""
    name, quantity = products[0]
    said = f"{quantity} × {name}" if quantity > 1 else name
    more = len(products) - 1
    if not more:
        return said
    return ngettext("%(said)s and %(more)d more", "%(said)s and %(more)d more", more) % {"said": said, "more": more}


def _sale(facts, order, person):
    if order is None:
        return _("You have made a sale"), "", ""
    sentence = _("%(name)s bought %(what)s") % {"name": first_name(order.name), "what": what(order.products)}
    return sentence, formats.money(order.total_minor, order.currency), reverse("office:sale", args=[order.pk])


def _refund(facts, order, person):
    if order is None:
        return _("A sale was refunded"), "", ""
    amount = formats.money(facts["amount_minor"], order.currency)
    sentence = _("%(amount)s of %(name)s's order went back") % {"name": first_name(order.name), "amount": amount}
    return sentence, _("Its volume was taken back too."), reverse("office:sale", args=[order.pk])


def _rank(facts, order, person):
    return _("You are %(rank)s") % {"rank": facts["rank"]}, _("Reached in %(period)s.") % facts, reverse("office:home")


def _team_rank(facts, order, person):
    sentence = _("%(name)s is now %(rank)s") % {"name": person, "rank": facts["rank"]}
    return sentence, _("Say congratulations."), reverse("office:person", args=[facts["person"]])


def _enrolment(facts, order, person):
    return (
        _("%(name)s joined your team") % {"name": person},
        _("Say hello and help with the first sale."),
        reverse("office:person", args=[facts["person"]]),
    )


WORDS = {
    Kind.SALE: _sale,
    Kind.REFUND: _refund,
    Kind.RANK: _rank,
    Kind.TEAM_RANK: _team_rank,
    Kind.ENROLMENT: _enrolment,
}


def unread(distributor, *, most=99):
    """Count what the distributor has not read yet, up to so many."""
    rows = Notification.objects.filter(distributor=distributor, read_at=None)
    return len(rows.order_by().values_list("pk", flat=True)[: most + 1])


def mark_read(distributor, *, up_to):
    """Note that a distributor has seen what was told up to this notification."""
    Notification.objects.filter(distributor=distributor, read_at=None, id__lte=up_to).update(read_at=Now())


def newest_id(distributor):
    """Return the id of the newest notification, 0 when there is none."""
    return Notification.objects.filter(distributor=distributor).order_by(F("id").desc()).values_list("pk", flat=True).first() or 0
