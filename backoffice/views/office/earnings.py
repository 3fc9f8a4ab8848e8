"""What the distributor earned: by period and bonus, line by line, and why each amount is what it is."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from backoffice import reports
from backoffice.access import distributor_required
from commissions.models import Period


@require_GET
@distributor_required
def overview(request, period=None):
    """Show the earnings of a period by bonus, and the periods before it."""
    office = reports.ladder(_period(period) if period else None)
    context = {
        "office": office,
        "totals": reports.totals(request.distributor.pk, office),
        "standing": reports.standing_of(request.distributor.pk, office.period),
        "periods": reports.earned_by_period(request.distributor.pk),
    }
    context["earned_minor"] = sum(total.amount_minor for total in context["totals"])
    return render(request, "backoffice/office/earnings.html", context)


@require_GET
@distributor_required
def bonus(request, period, bonus):
    """Show what one bonus paid in a period, line by line."""
    office = reports.ladder(_period(period))
    rule = _bonus(office, bonus)
    total = next(total for total in reports.totals(request.distributor.pk, office) if total.code == rule.code)
    return render(request, "backoffice/office/bonus.html", {"office": office, "bonus": rule, "total": total})


def _period(name):
    return get_object_or_404(Period.objects.select_related("plan"), name=name)


def _bonus(office, code):
    for bonus in office.plan.bonuses:
        if bonus.code == code:
            return bonus
    raise Http404("No such bonus in this period's plan.")
