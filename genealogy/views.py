"""The page behind a sign-in link."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core import ratelimit
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from genealogy import magic_links


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request, token):
    """Show a button that signs in; pressing it does. A link that is no longer good says so, and what to do."""
    limited = ratelimit.consume_or_429(request, action="login")
    if limited:
        return limited
    user = magic_links.user_of(token)
    if user is None:
        return render(request, "genealogy/link_used_up.html", status=410)
    if request.method != "POST":
        return render(request, "genealogy/sign_in_by_link.html", {"person": user})
    # Whoever reads the mail owns the address.
    EmailAddress.objects.update_or_create(user=user, email=user.email.lower(), defaults={"verified": True, "primary": True})
    record_authentication(request, user, method="code", email=user.email)
    return perform_login(request, user, redirect_url=get_next_redirect_url(request), email=user.email)
