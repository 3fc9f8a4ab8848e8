"""The distributor's team: level by level, by search and filter, and one person's page."""

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from backoffice import access, numbers, reports, team
from backoffice.access import distributor_required

LEVELS_OFFERED = 9


@require_GET
@distributor_required
def overview(request):
    """Show the team: the first level unless something is looked for."""
    office = reports.ladder()
    words = request.GET.get("q", "").strip()
    filters = filters_of(request.GET, len(office.ranks))
    after = request.GET.get("after")
    if words:
        page = team.searched(request.distributor, words, office.period)
    elif filters:
        page = team.found_by(request.distributor, filters, office.period, after=numbers.whole(after))
    else:
        own = access.position_of(request.distributor)
        page = team.children(own, own, office.period, after=after)
    context = {
        "office": office,
        "page": page,
        "words": words,
        "too_short": 0 < len(words) < team.LEAST_LETTERS,
        "filters": filters,
        "is_tree": not words and not filters,
        "levels": range(1, LEVELS_OFFERED + 1),
        "query": _query_without(request.GET, "after"),
        "more": after is not None,
    }
    return render(request, "backoffice/office/team_more.html" if _wants_more(request) else "backoffice/office/team.html", context)


@require_GET
@distributor_required
def children(request, distributor_id):
    """Bring the people whom one member sponsored, for the fold below that member."""
    position = access.member_or_404(request.distributor, distributor_id)
    office = reports.ladder()
    own = access.position_of(request.distributor)
    page = team.children(own, position, office.period, after=request.GET.get("after"))
    context = {"office": office, "page": page, "parent": distributor_id, "is_tree": True}
    return render(request, "backoffice/office/team_more.html", context)


@require_GET
@distributor_required
def person(request, distributor_id):
    """Show one member of the team: what the company lets the upline know, and who stands between."""
    position = access.member_or_404(request.distributor, distributor_id)
    if position.distributor_id == request.distributor.pk:
        return redirect("office:home")
    office = reports.ladder()
    context = {
        "office": office,
        "trail": [(_("Team"), reverse("office:team")), (position.distributor.name, "")],
        "member": team.member(request.distributor, position, office.period),
        "path": team.path(request.distributor, position),
        "history": reports.history(position.distributor_id),
        "page": team.children(access.position_of(request.distributor), position, office.period),
        "parent": distributor_id,
        "is_tree": True,
    }
    return render(request, "backoffice/office/person.html", context)


def filters_of(query, ranks):
    """Read the filters from an address; what makes no sense there filters nothing."""
    rank, level = numbers.whole(query.get("rank")), numbers.whole(query.get("level"))
    return team.Filters(
        active={"yes": True, "no": False}.get(query.get("active")),
        rank=rank if rank is not None and rank < ranks else None,
        level=level if level and level <= team.DEEPEST else None,
    )


def _wants_more(request):
    return request.headers.get("HX-Request") and request.GET.get("after")


def _query_without(query, name):
    kept = query.copy()
    kept.pop(name, None)
    return kept.urlencode()
