"""The demo's own pages: a guide, signing in with one tap, and the mails that a real company would send."""

from functools import wraps
from urllib.parse import urlencode

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth import login as sign_in_user
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from backoffice.demo import logins
from backoffice.models import Mail
from storefront.models import Site

MAILS_A_PAGE = 30
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def demo_only(view):
    """Answer in the demo, and elsewhere as if the page did not exist."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
@require_GET
def guide(request):
    """Tell what there is to try, and who one may be."""
    shop = Site.objects.filter(distributor__user__email=logins.LEADER).first()
    return render(request, "demo/guide.html", {"logins": logins.LOGINS, "shop": shop, "password": logins.PASSWORD})


@demo_only
@require_POST
def sign_in(request, who):
    """Sign in as one of the cast."""
    user = logins.user_of(who)
    if user is None:
        raise Http404
    sign_in_user(request, user, backend=BACKEND)
    return redirect(logins.BY_KEY[who].begins_at)


@demo_only
@require_GET
def mail_list(request):
    """List the mails that have been written, newest first, or those to one address."""
    to = request.GET.get("to", "").strip().lower()
    mails = Mail.objects.filter(to__iexact=to) if to else Mail.objects.all()
    page = Paginator(mails.defer("text", "html"), MAILS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "demo/mail_list.html", {"page": page, "to": to, "query": urlencode({"to": to}) + "&" if to else ""})


@demo_only
@require_GET
@csp_replace({"frame-src": [SELF]})  # type: ignore[arg-type]  # typed for views without arguments
def mail(request, mail_id):
    """Show one mail."""
    return render(request, "demo/mail.html", {"mail": get_object_or_404(Mail, pk=mail_id)})


@demo_only
@require_GET
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]
    {
        "default-src": [NONE], "style-src": [UNSAFE_INLINE], "img-src": [SELF, "data:"], "font-src": [SELF], "base-uri": [SELF],
        "script-src": [NONE], "form-action": [NONE], "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
    }
)  # fmt: skip
def mail_body(request, mail_id):
    """Give the mail itself as a mail program would show it: its own styles, no scripts, links that leave the frame."""
    found = get_object_or_404(Mail, pk=mail_id)
    body = found.html or mark_safe(f"<pre>{escape(found.text)}</pre>")  # noqa: S308  (escaped, or our own template)
    return HttpResponse(f'<!doctype html><base target="_top">{body}')
