"""Goals: what is missing for a rank, the ways there and their cost, what if, and the report card of the present rank."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from backoffice import goals, reports
from backoffice.access import distributor_required
from commissions.goals import NotInTree

ENTERED = ("own", "who", "more")


@require_GET
@distributor_required
def overview(request):
    """Show the goals of the distributor for a chosen rank, the next one unless said otherwise."""
    office = reports.ladder()
    context = {"office": office}
    if office.period:
        codes = {rank.code: index for index, rank in enumerate(office.ranks)}
        asked = request.GET if any(name in request.GET for name in ENTERED) else None
        target = codes.get(request.GET.get("rank"))
        try:
            context["page"] = goals.page(request.distributor, office.period, target=target, asked=asked)
        except NotInTree as nowhere:
            raise Http404("Not in the sponsor tree.") from nowhere
    return render(request, "backoffice/office/goals.html", context)
