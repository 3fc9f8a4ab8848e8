"""What the distributor earned: by period and bonus, line by line, and why each amount is what it is."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import earned, numbers, reports
from backoffice.access import distributor_required
from backoffice.templatetags.office import month
from commissions import standings, statements
from commissions.models import Period


@require_GET
@distributor_required
def overview(request, period=None):
    """Show the earnings of a period by bonus, and the periods before it; of a closed one the statement."""
    office = reports.ladder(_period(period) if period else None)
    run = statements.closed_run(office.period) if office.period else None
    context = {
        "office": office,
        "totals": _totals(request.distributor, office, run),
        "periods": earned.by_period(request.distributor.pk),
        "statement": statements.of_run(run, request.distributor.pk) if run else None,
        "adjustments": statements.adjustments(run, request.distributor.pk) if run else [],
        "holds": statements.holds(request.distributor.pk),
    }
    context["earned_minor"] = sum(total.amount_minor for total in context["totals"])
    return render(request, "backoffice/office/earnings.html", context)


@require_GET
@distributor_required
def bonus(request, period, bonus):
    """Show what one bonus paid in a period, line by line, or the lines that passed the distributor by."""
    office = reports.ladder(_period(period))
    run = statements.closed_run(office.period)
    total = _total(request.distributor, office, run, bonus)
    missed, before = "missed" in request.GET, numbers.whole(request.GET.get("before"))
    stored = run is not None and not missed
    pages = earned.statement_page if stored else earned.page
    lines, older = pages(
        request.distributor, run or office.period, bonus, before=before, **({} if stored else {"missed": missed})
    )
    context = {
        "office": office,
        "bonus": total,
        "total": total,
        "lines": lines,
        "before": older,
        "missed": missed,
        "run": run,
        "why": [] if lines or missed or before else earned.why_nothing(request.distributor, office.period, bonus),
        "crumbs": [*_crumbs(office.period), (total.name, "")],
    }
    return render(request, "backoffice/office/bonus.html", context)


@require_GET
@distributor_required
def explanation(request, period, bonus, line):
    """Explain one line: the order, the way up from the sale with the reason for each skip, rate, base, rounding."""
    office = reports.ladder(_period(period))
    run = statements.closed_run(office.period)
    total = _total(request.distributor, office, run, bonus)
    address = reverse("office:bonus", args=[office.period.address, bonus])
    if run is not None and line.startswith("line-"):
        told = earned.stored_or_404(request.distributor, run, bonus, numbers.whole(line.removeprefix("line-")))
        page = "backoffice/office/statement_line.html"
    else:
        told, page = earned.explain_or_404(request.distributor, office.period, bonus, line), "backoffice/office/explanation.html"
    crumbs = [*_crumbs(office.period), (total.name, address), (told.title, "")]
    return render(request, page, {"office": office, "bonus": total, "told": told, "crumbs": crumbs})


def _totals(distributor, office, run):
    """Return what each bonus came to: as it was paid once the period is closed, else as it is now."""
    if office.period is None:
        return []
    return statements.totals(run, distributor.pk) if run else standings.totals(distributor.pk, office.period)


def _total(distributor, office, run, code):
    for total in _totals(distributor, office, run):
        if total.code == code:
            return total
    raise Http404("No such bonus in this period.")


def _crumbs(period):
    return [(_("Earnings"), reverse("office:earnings")), (month(period), reverse("office:period", args=[period.address]))]


def _period(address):
    """Return a period by its address: the name of a month, or type and name."""
    kind, colon, name = address.partition(":")
    named = {"kind": kind, "name": name} if colon else {"kind": "month", "name": address}
    return get_object_or_404(Period.objects.select_related("plan"), **named)
