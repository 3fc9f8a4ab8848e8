"""The dashboard, and the two pieces of it that follow the live stream."""

import json

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import notifications, numbers, reports, sales
from backoffice.access import distributor_required
from backoffice.models import Notification

SAID_AT_ONCE = 3
NEWS_PAGE = 30


@require_GET
@distributor_required
def home(request):
    """Show the day at a glance: figures, the way to the next rank, earnings, latest sales, what happened."""
    site = getattr(request.distributor, "site", None)
    return render(
        request,
        "backoffice/office/home.html",
        {
            "greeting": greeting(request.distributor.name),
            "figures": reports.figures(request.distributor),
            "site": site,
            "shop_url": f"{settings.PUBLIC_URL}/@{site.slug}/" if site else "",
            **_latest(request.distributor),
        },
    )


@require_GET
@distributor_required
def figures(request):
    """Bring the figures anew, after the live stream has said that they moved."""
    return render(request, "backoffice/office/figures.html", {"figures": reports.figures(request.distributor), "oob": True})


@require_GET
@distributor_required
def feed(request):
    """Bring what happened and the latest sales anew, and have the page say aloud what is newest."""
    shown = numbers.whole(request.GET.get("after"))
    context = {**_latest(request.distributor), "unread": notifications.unread(request.distributor), "oob": True}
    response = render(request, "backoffice/office/feed.html", context)
    if shown is not None:
        fresh = notifications.latest(request.distributor, after=shown, limit=SAID_AT_ONCE)
        said = [told.sentence for told in fresh if told.kind in (Notification.Kind.SALE, Notification.Kind.RANK)]
        if said:
            response["HX-Trigger"] = json.dumps({"live:said": {"sentences": said[::-1]}})
    return response


def _latest(distributor):
    return {
        "feed": notifications.latest_but_sales(distributor, limit=6),
        "newest": notifications.newest_id(distributor),
        "sales": sales.latest(distributor),
    }


def greeting(name):
    """Greet by the hour of the distributor's own clock."""
    hour = timezone.localtime().hour
    if hour < 5 or hour >= 18:
        said = _("Good evening, %(name)s")
    else:
        said = _("Good morning, %(name)s") if hour < 12 else _("Good afternoon, %(name)s")
    return said % {"name": notifications.first_name(name)}


@require_GET
@distributor_required
def news(request):
    """List everything that happened, newest first, and note that it has been read."""
    before = numbers.whole(request.GET.get("before"))
    told = notifications.latest(request.distributor, limit=NEWS_PAGE, before=before)
    if told:
        notifications.mark_read(request.distributor, up_to=told[0].id)
    return render(
        request,
        "backoffice/office/news.html",
        {"told": told, "before": told[-1].id if len(told) == NEWS_PAGE else None},
    )
