"""As of when the figures are, what is new since then, and whether a page may stay open: what the streams ask the database."""

from datetime import timedelta

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from backoffice.models import Notification
from commissions.live_pending import as_of
from commissions.models import Period, Standing
from genealogy.models import Distributor

# An instant is written before its row is committed: ask a little further back, since telling twice is harmless.
MARGIN = timedelta(seconds=5)


def news_since(people, since):
    """Return which of these distributors have new standings or a new event since then: ``{"feed": {7}}``."""
    if not people:
        return {}
    now = timezone.now()
    open_now = Period.objects.filter(status=Period.Status.OPEN, starts_at__lte=now, ends_at__gt=now)
    moved = Standing.objects.filter(period__in=open_now, distributor_id__in=people, updated_at__gt=since - MARGIN).values_list(
        "distributor_id", flat=True
    )
    told = Notification.objects.filter(distributor_id__in=people, created_at__gt=since - MARGIN).values_list(
        "distributor_id", flat=True
    )
    found = {"standings": set(moved), "feed": set(told)}
    return {kind: ids for kind, ids in found.items() if ids}


def look(people, since):
    """Return what is new for these distributors, and as of when the figures are: one look for all open pages."""
    return news_since(people, since), as_of()


def still_allowed(pages):
    """Return those of the (session key, distributor id) pairs whose session is still alive and still theirs."""
    pages = set(pages)
    sessions = Session.objects.in_bulk({key for key, _ in pages}, field_name="session_key")
    owners = {
        distributor.pk: distributor.user
        for distributor in Distributor.objects.filter(
            pk__in={pk for _, pk in pages}, status=Distributor.Status.ACTIVE, user__is_active=True
        ).select_related("user")
    }
    now = timezone.now()
    return {
        (key, pk)
        for key, pk in pages
        if key in sessions and sessions[key].expire_date > now and _belongs_to(sessions[key], owners.get(pk))
    }


def _belongs_to(session, user):
    """Tell whether a session is this user's, and was made with the password the user has now."""
    facts = session.get_decoded()
    if user is None or str(facts.get(SESSION_KEY)) != str(user.pk):
        return False
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(facts.get(HASH_SESSION_KEY, ""), known) for known in hashes)
