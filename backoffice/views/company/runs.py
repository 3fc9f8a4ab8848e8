"""Runs: which periods wait, calculating one, its review, comparing two, approving and closing."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from backoffice import numbers, run_pages
from backoffice.access import head_office_required
from commissions import runs, statements
from commissions.models import Period, Run
from commissions.runs import compare as comparing
from genealogy.models import Distributor

SEE = "commissions.view_run"
STEPS = {"approve": runs.approve, "close": runs.close, "discard": runs.discard, "retry": runs.retry}
SAID = {
    "approve": _("The run is approved. It can be closed now."),
    "close": _("The period is closed. Nothing changes it any more."),
    "discard": _("The run is discarded. Calculate the period again when it is time."),
    "retry": _("It is being calculated once more."),
}
LINES = 50


@require_GET
@head_office_required(SEE)
def index(request):
    """List the periods that wait, those that go on, and the closed ones."""
    context = {
        "waiting": run_pages.waiting(),
        "running": run_pages.running(),
        "closed": run_pages.closed(),
        "settlements": sum(map(len, run_pages.settlements_waiting())),
        "may": _rights(request.user),
    }
    return render(request, "backoffice/company/runs/index.html", context)


@require_POST
@head_office_required(SEE)
def begin(request):
    """Have a period calculated, or previewed."""
    period = get_object_or_404(Period, pk=numbers.whole(request.POST.get("period")) or 0)
    verb = runs.preview if request.POST.get("how") == "preview" else runs.calculate
    return _taken(request, lambda: verb(period, by=request.user), redirect("company:runs"))


@require_GET
@head_office_required(SEE)
def show(request, run_id):
    """Show how far a run is, or its review."""
    run = _run(run_id)
    context = {"run": run, "period": run.period, "may": _rights(request.user)}
    if run.is_done:
        return render(request, "backoffice/company/runs/review.html", context | run_pages.review(run))
    return render(request, "backoffice/company/runs/progress.html", context)


@require_GET
@head_office_required(SEE)
def progress(request, run_id):
    """Bring the progress anew; the open page asks every second, and is told to load when there is something else to see."""
    run = _run(run_id)
    if run.status != Run.Status.WAITING:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "backoffice/company/runs/_progress.html", {"run": run})


@require_POST
@head_office_required(SEE)
def step(request, run_id):
    """Approve, close, discard or retry a run, as far as the rights of who asks go."""
    run, name = _run(run_id), request.POST.get("step", "")
    if name not in STEPS:
        raise Http404("No such step.")
    back = redirect("company:run", run.pk)
    return _taken(request, lambda: STEPS[name](run, by=request.user), back, said=SAID[name])


@require_POST
@head_office_required(SEE)
def again(request, run_id):
    """Have a run calculated again from the input that was kept with it."""
    run = _run(run_id)
    return _taken(request, lambda: runs.again(run, by=request.user), redirect("company:run", run.pk))


@require_GET
@head_office_required(SEE)
def compare(request, run_id, other_id):
    """Compare two runs of a period: by bonus, by person, line by line."""
    first, second = _run(run_id), _run(other_id)
    if not (first.is_done and second.is_done) or first.period_id != second.period_id:
        raise Http404("No two finished runs of one period.")
    found = comparing.compare(first, second)
    context = {"run": first, "other": second, "period": first.period, "found": found}
    return render(request, "backoffice/company/runs/compare.html", context)


@require_GET
@head_office_required(SEE)
def person(request, run_id, distributor_id):
    """Show what a run paid one person: the balance, the bonuses, line by line."""
    run, distributor = _run(run_id), get_object_or_404(Distributor, pk=distributor_id)
    statement = statements.of_run(run, distributor.pk) if run.is_done else None
    if statement is None:
        raise Http404("Nobody who stood in this run.")
    found, after = statements.lines(run, distributor.pk, after=numbers.whole(request.GET.get("after")) or 0, limit=LINES)
    sources = Distributor.objects.filter(pk__in={line.source_id for line in found}).values_list("pk", "name")
    context = {
        "run": run,
        "period": run.period,
        "person": distributor,
        "statement": statement,
        "totals": statements.totals(run, distributor.pk),
        "lines": found,
        "sources": dict(sources),
        "after": after,
        "adjustments": statements.adjustments(run, distributor.pk),
    }
    return render(request, "backoffice/company/runs/person.html", context)


def _taken(request, take, back, said=""):
    """Take a step and say how it went; a run that came of it is shown next."""
    try:
        came = take()
    except runs.Refused as refused:
        messages.error(request, str(refused))
        return back
    if said:
        messages.success(request, str(said))
    return redirect("company:run", came.pk) if isinstance(came, Run) else back


def _run(run_id):
    people = ("calculated_by", "approved_by", "closed_by")
    return get_object_or_404(Run.objects.select_related("period__plan", "plan", "repeats", "follows", *people), pk=run_id)


def _rights(user):
    """Say which steps somebody may take."""
    return {name: user.has_perm(f"commissions.{name}_run") for name in ("calculate", "approve", "close")} | {
        "settle": user.has_perm("commissions.settle_earnings")
    }
