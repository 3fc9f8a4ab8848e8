"""Who may see whom, once: every page, search, stream and explanation of the office asks here.

A distributor sees the own downline in the sponsor tree, and of its members only what ``MEMBER_FIELDS`` names. Whatever
else exists is "not found": a refusal would tell that it is there. Head office goes by Django's permissions.
"""

from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone

from genealogy import second_factor
from genealogy.models import Distributor, Position

SPONSOR_TREE = "sponsor"

# What the company lets a distributor know of a member of the downline. Never in here: e-mail address, phone, postal
# address, what the member or the member's customers bought, what the member earns.
MEMBER_FIELDS = ("id", "number", "name", "enrolled_at", "status")


def office_of(user):
    """Return the distributor whose office this user may enter, or None."""
    if not user.is_authenticated or not user.is_active:
        return None
    offices = Distributor.objects.select_related("market", "site").filter(is_house=False)
    distributor = offices.filter(user=user, status=Distributor.Status.ACTIVE).first()
    if distributor is not None:
        distributor.user = user  # both know each other now, and no template asks the database again
    return distributor


def position_of(distributor):
    """Return where a distributor stands in the sponsor tree. Everyone stands there."""
    return Position.objects.get(tree__code=SPONSOR_TREE, distributor=distributor)


def downline(viewer):
    """Return the sponsor-tree positions that a distributor may see: their own and everyone's below.

    The labels are compared inside the one statement, so a relabelling in between cannot open a stranger's door.
    """
    own = Position.objects.filter(tree__code=SPONSOR_TREE, distributor=viewer)
    return Position.objects.filter(
        tree__code=SPONSOR_TREE,
        lft__gte=Subquery(own.values("lft")[:1]),
        rght__lte=Subquery(own.values("rght")[:1]),
    )


def member_or_404(viewer, distributor_id):
    """Return the sponsor-tree position of somebody in the viewer's downline, the viewer included."""
    position = (
        downline(viewer)
        .filter(distributor_id=distributor_id)
        .select_related("distributor")
        .only("tree", "parent", "lft", "rght", "level", *(f"distributor__{field}" for field in MEMBER_FIELDS))
        .first()
    )
    if position is None:
        raise Http404("No such member in this downline.")
    return position


def below(viewer, distributor_ids):
    """Return those of the ids that stand in the viewer's downline; the others might as well not exist."""
    return set(downline(viewer).filter(distributor_id__in=distributor_ids).values_list("distributor_id", flat=True))


def distributor_required(view):
    """Open a page of the office to its distributor, as ``request.distributor`` and in the clock of their market.

    Who is not signed in goes to the sign-in page; who has no office reads where to turn instead.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return to_sign_in(request)
        request.opened_at = timezone.now()
        request.distributor = office_of(request.user)
        if request.distributor is None:
            return render(
                request, "backoffice/office/no_office.html", {"former": hasattr(request.user, "distributor")}, status=403
            )
        with timezone.override(ZoneInfo(request.distributor.market.time_zone)):
            return view(request, *args, **kwargs)

    guarded.opens_to = "distributor"
    return guarded


def head_office_required(permission):
    """Open a company page to staff who hold a permission. To other staff it is forbidden, to everybody else unknown."""

    def decorate(view):
        opened = second_factor.required(view)

        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if not request.user.is_staff:
                raise Http404("No such page.")
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return opened(request, *args, **kwargs)

        guarded.opens_to = permission
        return guarded

    return decorate


def to_sign_in(request):
    """Send somebody to the sign-in page; a piece of a page asks its whole page to go there."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = resolve_url("account_login")
        return response
    return redirect_to_login(request.get_full_path())
