"""What the back office does on hearing of a fact: it tells people, in rows.

Every handler may run twice: keys are unique. None calls the outside world: mail is a row that a task sends, and open
pages are told after the commit.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice import mails, notifications
from backoffice.models import Notification
from commissions import formats, plan_versions
from commissions.models import Period
from genealogy import lineage
from genealogy.models import Distributor
from storefront import receipts
from storefront.models import Order, Payment, Refund

NEAREST_UPLINE = 5
Kind = Notification.Kind


def tell_of_sale(event):
    """On OrderPaid: the seller hears of the sale. Own purchases and orders of the house are nobody's sale."""
    order = Order.objects.select_related("seller__user", "seller__market").get(pk=event.order_id)
    if order.seller.is_house or order.buyer_id == order.seller_id:
        return
    key = f"order:{order.pk}:sale"
    notifications.tell([Notification(distributor=order.seller, kind=Kind.SALE, key=key, facts={"order": order.pk})])
    if order.seller.user_id:
        products = list(order.lines.values_list("name", "quantity"))
        mails.write(
            key=f"{key}:mail",
            kind="sale",
            to=order.seller.user.email,
            template="sale",
            language=order.seller.user.language,
            context={
                "seller": order.seller,
                "buyer": notifications.first_name(order.name),
                "what": notifications.what(products),
                "amount": formats.money(order.total_minor, order.currency),
                "link": absolute("office:sale", order.pk),
            },
        )


def language_of(order):
    """Return the language in which a buyer is written to: the one that the order was placed in, else the market's."""
    return order.language or order.market.language


def send_receipt(event):
    """On OrderPaid: the buyer gets the receipt."""
    order = Order.objects.select_related("market", "seller").get(pk=event.order_id)
    mails.write(
        key=f"order:{order.pk}:receipt",
        kind="receipt",
        to=order.email,
        template="order_paid",
        language=language_of(order),
        context=receipts.facts(order),
    )


def tell_of_refund(event):
    """On OrderRefunded: the seller hears that volume went back, the buyer that the money is on its way."""
    refund = Refund.objects.select_related("order__seller", "order__market").get(pk=event.refund_id)
    order = refund.order
    if not order.seller.is_house and order.buyer_id != order.seller_id:
        facts = {"order": order.pk, "amount_minor": refund.amount_minor}
        key = f"refund:{refund.pk}:seller"
        notifications.tell([Notification(distributor=order.seller, kind=Kind.REFUND, key=key, facts=facts)])
    amount = formats.money(refund.amount_minor, order.currency, language_of(order))
    mails.write(
        key=f"refund:{refund.pk}:buyer",
        kind="refund",
        to=order.email,
        template="order_refunded",
        language=language_of(order),
        context={"order": order, "amount": amount, "link": receipts.url(order)},
    )


def tell_of_failed_payment(event):
    """On PaymentFailed: the buyer learns that nothing was taken, and how to try again. A paid order needs no such mail."""
    payment = Payment.objects.select_related("order__market").get(pk=event.payment_id)
    order = payment.order
    if order.status != Order.Status.PLACED:
        return
    mails.write(
        key=f"payment:{payment.pk}:failed",
        kind="payment_failed",
        to=order.email,
        template="payment_failed",
        language=language_of(order),
        context={
            "order": order,
            "amount": formats.money(order.total_minor, order.currency, language_of(order)),
            "link": receipts.pay_url(order),
        },
    )


def tell_of_rank(event):
    """On RankReached: the person hears of it with a mail, the nearest of the upline in their feed."""
    person = Distributor.objects.select_related("user").get(pk=event.distributor_id)
    period = Period.objects.select_related("plan").get(pk=event.period_id)
    rank = plan_versions.load(period.plan).ranks[event.rank].name
    facts = {"rank": rank, "period": period.name}
    key = f"rank:{period.pk}:{person.pk}:{event.rank}"
    told = [] if person.is_house else [Notification(distributor=person, kind=Kind.RANK, key=key, facts=facts)]
    for upline_id in nearest_upline(person.pk):
        told.append(
            Notification(
                distributor_id=upline_id, kind=Kind.TEAM_RANK, key=f"{key}:{upline_id}", facts={**facts, "person": person.pk}
            )
        )
    notifications.tell(told)
    if person.user_id:
        mails.write(
            key=f"{key}:mail",
            kind="rank",
            to=person.user.email,
            template="rank_reached",
            language=person.user.language,
            context={"person": person, "rank": rank, "period": period.name, "link": absolute("office:home")},
        )


def tell_of_enrolment(event):
    """On DistributorEnrolled: the sponsor hears of the newcomer."""
    sponsor_id = next(iter(nearest_upline(event.distributor_id, 1)), None)
    if sponsor_id is not None:
        key = f"enrolment:{event.distributor_id}"
        facts = {"person": event.distributor_id}
        notifications.tell([Notification(distributor_id=sponsor_id, kind=Kind.ENROLMENT, key=key, facts=facts)])


def welcome(event):
    """On DistributorEnrolled: the newcomer gets the first mail, with the two things to do first."""
    person = Distributor.objects.select_related("user").get(pk=event.distributor_id)
    if not person.user_id:
        return
    with override(person.user.language):
        company = _("Welcome to %(company)s") % {"company": settings.COMPANY_NAME}
    mails.write(
        key=f"enrolment:{person.pk}:welcome",
        kind="welcome",
        to=person.user.email,
        template="welcome",
        language=person.user.language,
        context={"person": person, "title": company, "link": absolute("office:home"), "shop": absolute("office:shop")},
    )


def nearest_upline(distributor_id, count=NEAREST_UPLINE):
    """Return the ids of the nearest people above someone in the sponsor tree, nearest first, without the house."""
    above = lineage.upline(distributor_id, tree="sponsor", limit=count)
    house = set(Distributor.objects.filter(pk__in=above, is_house=True).values_list("pk", flat=True))
    return [pk for pk in above if pk not in house]


def absolute(name, *args):
    """Return an address that works in a mail."""
    return settings.PUBLIC_URL + reverse(name, args=args)
