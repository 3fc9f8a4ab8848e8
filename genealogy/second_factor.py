"""Head office signs in with a second factor: who lacks one is led to set one up before anything else opens."""

from functools import wraps

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseForbidden
from django.shortcuts import redirect
from django.utils.translation import gettext as _

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def lacking(user):
    """Whether somebody of head office has yet to add a passkey or an authenticator app."""
    if not settings.STAFF_SECOND_FACTOR or not user.is_authenticated or not user.is_staff:
        return False
    return not Authenticator.objects.filter(user=user, type__in=STRONG).exists()


def required(view):
    """Open a view of head office to those only who signed in with a second factor, as whoever has one must."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not lacking(request.user):
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return HttpResponseForbidden()
        messages.warning(request, _("Head office signs in with a second factor. Add a passkey or an authenticator app to go on."))
        return redirect("mfa_index")

    return guarded


def require(site):
    """Close an admin site, all its pages at once, to staff without a second factor."""
    may_enter, sign_in = site.has_permission, site.login

    def has_permission(request):
        return may_enter(request) and not lacking(request.user)

    site.has_permission, site.login = has_permission, required(sign_in)
