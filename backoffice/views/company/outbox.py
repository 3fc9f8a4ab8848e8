"""How events reach those who listen: lag, what waits, what failed, and delivering it again."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from backoffice import numbers
from backoffice.access import head_office_required
from config.outbox import delivery
from config.outbox.models import Delivery

SHOWN = 100


@require_GET
@head_office_required("backoffice.view_outbox")
def outbox(request):
    """Show the state of the outbox and the failures, newest first."""
    failed = Delivery.objects.filter(status=Delivery.Status.FAILED).select_related("event").order_by("-id")
    figures = delivery.figures()
    context = {
        "figures": figures,
        "lag_seconds": int(figures.lag.total_seconds()),
        "by_subscriber": delivery.figures_by_subscriber(),
        "failed": list(failed[:SHOWN]),
        "may_replay": request.user.has_perm("backoffice.replay_outbox"),
    }
    return render(request, "backoffice/company/outbox.html", context)


@require_POST
@head_office_required("backoffice.replay_outbox")
def replay(request):
    """Deliver one failed delivery again, or all failures of one subscriber."""
    one, subscriber = numbers.whole(request.POST.get("delivery")), request.POST.get("subscriber", "")
    if one is not None:
        count = delivery.replay([one])
    elif subscriber:
        count = delivery.replay_subscriber(subscriber)
    else:
        messages.error(request, _("Nothing was chosen: say which delivery or which subscriber is to be delivered again."))
        return redirect("company:outbox")
    said = ngettext("%(count)d delivery is due again.", "%(count)d deliveries are due again.", count)
    messages.success(request, said % {"count": count})
    return redirect("company:outbox")
