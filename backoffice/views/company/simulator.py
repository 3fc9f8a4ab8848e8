"""The simulator: another plan over past periods of the company, beside what held."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice import numbers, simulator
from backoffice.access import head_office_required
from backoffice.plan_forms import DOCUMENT, NUMBERS, SimulationForm
from commissions import plan_versions, simulations
from commissions.models import PlanVersion, Simulation
from commissions.simulations import files
from genealogy.models import Distributor

SEE, ASK = "commissions.view_simulation", "commissions.add_simulation"
FILES = {"people": files.by_person, "lines": files.by_line}


@require_GET
@head_office_required(SEE)
def index(request):
    """List past simulations, so that their figures can be compared."""
    context = {
        "simulations": simulator.recent(),
        "has_periods": simulator.periods().exists(),
        "may_ask": request.user.has_perm(ASK),
    }
    return render(request, "backoffice/company/simulator/index.html", context)


@require_http_methods(["GET", "POST"])
@head_office_required(ASK)
def ask(request):
    """Ask for a simulation: from a plan version, or from an earlier simulation, by its numbers or as a document."""
    start = _start(request.GET)
    if start is None:
        return render(request, "backoffice/company/simulator/no_plan.html")
    mode = DOCUMENT if request.GET.get("mode") == DOCUMENT else NUMBERS
    form = SimulationForm(
        request.POST or None, request.FILES or None, plan=plan_versions.load(start["source"]), text=start["source"].document,
        mode=mode, initial=start["initial"],
    )  # fmt: skip
    if form.is_valid() and (simulation := form.save(request.user)):
        return redirect("company:simulation", simulation.pk)
    context = {"form": form, "mode": mode, "versions": PlanVersion.objects.defer("document"), **start}
    return render(request, "backoffice/company/simulator/ask.html", context, status=422 if form.errors else 200)


def _start(asked):
    """Return what a form starts from, a stored plan or an earlier simulation; None before there is a plan and a period."""
    newest = simulator.periods().select_related("plan").order_by("-starts_at").first()
    if newest is None:
        return None
    again, chosen = (numbers.whole(asked.get(name)) for name in ("again", "plan"))
    if again is not None:
        source = get_object_or_404(Simulation.objects.select_related("first", "last", "baseline"), pk=again)
        return {
            "source": source,
            "again": source,
            "initial": {each: getattr(source, each) for each in ("first", "last", "baseline")},
        }
    source = get_object_or_404(PlanVersion, pk=chosen) if chosen is not None else newest.plan
    return {"source": source, "version": source, "initial": {}}


@require_GET
@head_office_required(SEE)
def show(request, simulation_id):
    """Show how far a simulation is, or what it found."""
    simulation = _simulation(simulation_id)
    context = {"simulation": simulation, "may_end": _may_end(request.user, simulation), "may_ask": request.user.has_perm(ASK)}
    if simulation.state != Simulation.State.DONE:
        context["progress"] = simulator.progress(simulation)
        return render(request, "backoffice/company/simulator/progress.html", context)
    context |= simulator.result(simulation, request.GET.get("period", ""))
    context["may_draft"] = request.user.has_perm("commissions.add_planversion")
    context["words"] = request.GET.get("who", "").strip()[:80]
    context["found"] = simulator.found(context["words"])
    return render(request, "backoffice/company/simulator/result.html", context)


@require_GET
@head_office_required(SEE)
def progress(request, simulation_id):
    """Bring the progress anew; the open page asks every second, and is told to load when there is something else to see."""
    simulation = _simulation(simulation_id)
    if simulation.has_ended:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {
        "simulation": simulation,
        "progress": simulator.progress(simulation),
        "may_end": _may_end(request.user, simulation),
    }
    return render(request, "backoffice/company/simulator/_progress.html", context)


@require_POST
@head_office_required(ASK)
def cancel(request, simulation_id):
    """Ask a simulation to stop."""
    simulations.cancel(_own(request, simulation_id))
    return redirect("company:simulation", simulation_id)


@require_POST
@head_office_required(ASK)
def remove(request, simulation_id):
    """Forget a simulation that has ended."""
    if simulations.remove(_own(request, simulation_id)):
        messages.success(request, _("The simulation is deleted."))
        return redirect("company:simulator")
    messages.error(request, _("It is still stopping: delete it when it has stopped."))
    return redirect("company:simulation", simulation_id)


@require_POST
@head_office_required("commissions.add_planversion")
def draft(request, simulation_id):
    """Keep the plan of a simulation as a draft of the next version."""
    try:
        version = plan_versions.draft(_simulation(simulation_id).document)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("company:simulation", simulation_id)
    messages.success(request, _("%(plan)s is kept as a draft.") % {"plan": version})
    return redirect(reverse("admin:commissions_planversion_change", args=[version.pk]))


@require_GET
@head_office_required(SEE)
def person(request, simulation_id, distributor_id):
    """Show what a simulation says of one person."""
    simulation = _done(simulation_id)
    distributor = get_object_or_404(Distributor, pk=distributor_id)
    context = {"simulation": simulation, "person": distributor, **simulator.of_person(simulation, distributor)}
    return render(request, "backoffice/company/simulator/person.html", context)


@require_GET
@head_office_required(SEE)
def download(request, simulation_id, rows):
    """Stream the results as CSV."""
    simulation = _done(simulation_id)
    if rows not in FILES:
        raise Http404("No such file.")
    return StreamingHttpResponse(
        FILES[rows](simulation),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="simulation-{simulation.pk}-{rows}.csv"'},
    )


def _simulation(simulation_id):
    found = Simulation.objects.select_related("owner", "first", "last", "baseline").defer("carried")
    return get_object_or_404(found, pk=simulation_id)


def _done(simulation_id):
    return get_object_or_404(Simulation.objects.defer("carried", "document"), pk=simulation_id, state=Simulation.State.DONE)


def _may_end(user, simulation):
    """Whoever asked may cancel and delete it, and whoever may delete any."""
    return simulation.owner_id == user.pk or user.has_perm("commissions.delete_simulation")


def _own(request, simulation_id):
    simulation = _simulation(simulation_id)
    if not _may_end(request.user, simulation):
        raise Http404("Somebody else's simulation.")
    return simulation
