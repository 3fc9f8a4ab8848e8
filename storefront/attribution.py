"""Attribution: whose sale it is, and a trail of why that the seller can read.

A visit to a personal shop or by a personal link is kept for 30 days in a signed cookie, the last one wins. A signed-in
customer stays with the own seller; a distributor who buys is the own seller; what nobody referred belongs to the house.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from genealogy.models import Distributor
from storefront.models import Order

COOKIE = "visit"
SALT = "storefront.visit"
KEPT = timedelta(days=30)
REMEMBERED = 5

How = Order.Attribution


@dataclass(frozen=True)
class Visit:
    """One arrival in a personal shop (``site``) or by a personal link (``link``)."""

    how: str
    distributor_id: int
    address: str
    at: datetime


@dataclass(frozen=True)
class Attribution:
    """The distributor who is credited, why, and the steps that led there, oldest first."""

    seller_id: int
    how: str
    trail: tuple = ()


def visits(cookie, *, now=None):
    """Read the visits that a browser brings along, oldest first; what was tampered with or is too old counts for nothing."""
    now = now or timezone.now()
    if not cookie:
        return ()
    try:
        rows = signing.loads(cookie, salt=SALT)
    except signing.BadSignature:
        return ()
    found = (Visit(how, person, address, datetime.fromtimestamp(second, UTC)) for how, person, address, second in rows)
    return tuple(visit for visit in found if visit.at > now - KEPT)


def after(earlier, site, how, *, now=None):
    """Return the visits with one more at their end; coming again the same way only renews it."""
    now = now or timezone.now()
    visit = Visit(str(how), site.distributor_id, site.slug, now.replace(microsecond=0))
    others = [old for old in earlier if (old.how, old.distributor_id) != (visit.how, visit.distributor_id)]
    return (*others[-(REMEMBERED - 1) :], visit)


def seal(kept):
    """Write visits into the text of a signed cookie."""
    rows = [(visit.how, visit.distributor_id, visit.address, int(visit.at.timestamp())) for visit in kept]
    return signing.dumps(rows, salt=SALT, compress=True)


def house():
    """Return the root distributor, to whom belongs what nobody referred."""
    return Distributor.objects.get(is_house=True)


def decide(buyer, kept=(), *, known=None):
    """Say whose sale it is. ``known`` is the customer that a guest turns out to be by e-mail address."""
    trail = [_step(visit.how, visit.distributor_id, visit.at, address=visit.address) for visit in kept]
    if buyer.distributor:
        return _credit(buyer.distributor.pk, How.SELF, trail)
    customer = buyer.customer
    if customer and _may_sell(customer.referred_by):
        return _credit(customer.referred_by_id, How.CUSTOMER, trail)
    sellers = _active({visit.distributor_id for visit in kept})
    for visit in reversed(kept):
        if visit.distributor_id in sellers:
            return _credit(visit.distributor_id, visit.how, trail)
    if known and _may_sell(known.referred_by):
        return _credit(known.referred_by_id, How.CUSTOMER, trail)
    return _credit(house().pk, How.HOUSE, trail)


def _credit(distributor_id, how, trail):
    return Attribution(distributor_id, str(how), (*trail, _step("credited", distributor_id, timezone.now(), why=str(how))))


def _step(what, distributor_id, at, **more):
    return {"what": str(what), "distributor": distributor_id, "at": at.isoformat(timespec="seconds"), **more}


def _active(ids):
    if not ids:
        return set()
    return set(Distributor.objects.filter(pk__in=ids, status=Distributor.Status.ACTIVE).values_list("pk", flat=True))


def _may_sell(distributor):
    return distributor is not None and distributor.status == Distributor.Status.ACTIVE


def sentences(order):
    """Tell the trail of an order in sentences, oldest first."""
    people = {step["distributor"] for step in order.trail if step.get("distributor")}
    names = dict(Distributor.objects.filter(pk__in=people).values_list("pk", "name"))
    told = [_sentence(step, names.get(step.get("distributor"), _("the company"))) for step in order.trail]
    return told or [_credit_sentence(order.attribution, order.seller.name)]


def _sentence(step, name):
    day = date_format(parse_datetime(step["at"]), "DATE_FORMAT")
    if step["what"] == How.SITE:
        return _("%(day)s: visited %(name)s’s shop (@%(address)s).") % {"day": day, "name": name, "address": step["address"]}
    if step["what"] == How.LINK:
        return _("%(day)s: came by %(name)s’s link (@%(address)s).") % {"day": day, "name": name, "address": step["address"]}
    return _credit_sentence(step.get("why", ""), name)


def _credit_sentence(how, name):
    why = {
        How.SITE: _("Credited to %(name)s: bought in the personal shop."),
        How.LINK: _("Credited to %(name)s: came by the personal link, the last one within 30 days."),
        How.CUSTOMER: _("Credited to %(name)s: the buyer is this distributor’s customer."),
        How.SELF: _("Credited to %(name)s: bought for own use."),
        How.IMPORT: _("Credited to %(name)s: brought in from another system."),
    }.get(how, _("Credited to %(name)s: nobody referred this order."))
    return why % {"name": name}
