"""What the distributor earned: by period and bonus, line by line, and why each amount is what it is."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import earned, numbers, reports
from backoffice.access import distributor_required
from backoffice.templatetags.office import month
from commissions import standings
from commissions.models import Period


@require_GET
@distributor_required
def overview(request, period=None):
    """Show the earnings of a period by bonus, and the periods before it."""
    office = reports.ladder(_period(period) if period else None)
    context = {
        "office": office,
        "totals": standings.totals(request.distributor.pk, office.period) if office.period else [],
        "periods": reports.earned_by_period(request.distributor.pk),
    }
    context["earned_minor"] = sum(total.amount_minor for total in context["totals"])
    return render(request, "backoffice/office/earnings.html", context)


@require_GET
@distributor_required
def bonus(request, period, bonus):
    """Show what one bonus paid in a period, line by line, or the lines that passed the distributor by."""
    office = reports.ladder(_period(period))
    rule = _bonus(office, bonus)
    missed, before = "missed" in request.GET, numbers.whole(request.GET.get("before"))
    lines, older = earned.page(request.distributor, office.period, rule.code, before=before, missed=missed)
    totals = standings.totals(request.distributor.pk, office.period)
    context = {
        "office": office,
        "bonus": rule,
        "total": next(total for total in totals if total.code == rule.code),
        "lines": lines,
        "before": older,
        "missed": missed,
        "why": [] if lines or missed else earned.why_nothing(request.distributor, office.period, rule.code),
        "crumbs": [*_crumbs(office.period), (rule.name, "")],
    }
    return render(request, "backoffice/office/bonus.html", context)


@require_GET
@distributor_required
def explanation(request, period, bonus, line):
    """Explain one line: the order, the way up from the sale with the reason for each skip, rate, base, rounding."""
    office = reports.ladder(_period(period))
    rule = _bonus(office, bonus)
    told = earned.explain_or_404(request.distributor, office.period, rule.code, line)
    address = reverse("office:bonus", args=[office.period.name, rule.code])
    context = {
        "office": office,
        "bonus": rule,
        "told": told,
        "crumbs": [*_crumbs(office.period), (rule.name, address), (told.title, "")],
    }
    return render(request, "backoffice/office/explanation.html", context)


def _crumbs(period):
    return [(_("Earnings"), reverse("office:earnings")), (month(period), reverse("office:period", args=[period.name]))]


def _period(name):
    return get_object_or_404(Period.objects.select_related("plan"), name=name)


def _bonus(office, code):
    for bonus in office.plan.bonuses:
        if bonus.code == code:
            return bonus
    raise Http404("No such bonus in this period's plan.")
