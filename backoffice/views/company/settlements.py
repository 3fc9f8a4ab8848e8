"""Adjustments and holds: asked for with a reason, approved by a second person, withdrawn or released."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import run_pages
from backoffice.access import head_office_required
from backoffice.settlement_forms import AdjustmentForm, HoldForm
from commissions import settlements
from commissions.models import Adjustment, Hold

RIGHT = "commissions.settle_earnings"
KINDS = {"adjustment": Adjustment, "hold": Hold}
FORMS = {"adjustment": AdjustmentForm, "hold": HoldForm}


@require_http_methods(["GET", "POST"])
@head_office_required(RIGHT)
def index(request):
    """Show what waits and what is in force, and ask for more."""
    asked = request.POST.get("kind") if request.method == "POST" else None
    entered = {kind: form(request.POST if kind == asked else None, prefix=kind) for kind, form in FORMS.items()}
    if asked in entered and entered[asked].is_valid() and _ask(request, entered[asked]):
        return redirect("company:settlements")
    waiting, in_force = run_pages.settlements_waiting(), run_pages.settlements_in_force()
    context = {
        "forms": entered,
        "open": asked,
        "adjustments": in_force[0],
        "holds": in_force[1],
        "waiting": [("adjustment", each) for each in waiting[0]] + [("hold", each) for each in waiting[1]],
    }
    failed = any(form.errors for form in entered.values())
    return render(request, "backoffice/company/runs/settlements.html", context, status=422 if failed else 200)


def _ask(request, form):
    """Ask for what a form says; a refusal is said in the form."""
    try:
        form.ask(by=request.user)
    except settlements.Refused as refused:
        form.add_error(None, forms.ValidationError(str(refused)))
        return False
    messages.success(request, str(_("Asked for. A second person has to approve it.")))
    return True


@require_POST
@head_office_required(RIGHT)
def settle(request, kind, settlement_id):
    """Approve an adjustment or a hold, or end it."""
    if kind not in KINDS:
        raise Http404("No such thing.")
    settlement = get_object_or_404(KINDS[kind], pk=settlement_id)
    take = settlements.approve if request.POST.get("step") == "approve" else settlements.end
    try:
        take(settlement, by=request.user)
    except settlements.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, str(_("Done. It counts when the period is calculated next.")))
    return redirect("company:settlements")
