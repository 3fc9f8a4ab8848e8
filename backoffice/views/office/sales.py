"""The distributor's own sales."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import earned, numbers, reports, sales
from backoffice.access import distributor_required


@require_GET
@distributor_required
def sale_list(request):
    """List the orders credited to the distributor, newest first."""
    after = numbers.whole(request.GET.get("after"))
    found, cursor = sales.page(request.distributor, after=after)
    return render(request, "backoffice/office/sales.html", {"sales": found, "after": cursor, "first": after is None})


@require_GET
@distributor_required
def sale(request, order_id):
    """Show one of them: what was bought, its volume, why it is theirs, what went back, what it earned."""
    order = sales.order_or_404(request.distributor, order_id)
    return render(
        request,
        "backoffice/office/sale.html",
        {
            "crumbs": [(_("Sales"), reverse("office:sales")), (order.number, "")],
            "order": order,
            "sale": sales.of(order),
            "plan_currency": reports.ladder().currency,
            "trail": sales.trail(order),
            "earned": earned.of_order(request.distributor, order),
        },
    )
