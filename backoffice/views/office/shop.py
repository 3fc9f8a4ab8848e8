"""The distributor's own shop: its words, its address, and ways to share it."""

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from backoffice.access import distributor_required
from backoffice.forms import ShopForm
from storefront import sites


@require_http_methods(["GET", "HEAD", "POST"])
@distributor_required
def edit(request):
    """Show and change the personal shop; it is opened on the first visit."""
    site = sites.open_site(request.distributor)
    form = ShopForm(request.POST or None, request.FILES or None, site=site)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Your shop is saved. Visitors see it at once."))
        return redirect("office:shop")
    status = 422 if form.errors else 200
    context = {"site": site, "form": form, "shop_url": shop_url(site), "link_url": settings.PUBLIC_URL + sites.link(site)}
    return render(request, "backoffice/office/shop.html", context, status=status)


@require_GET
@distributor_required
def qr(request):
    """Draw the link of the shop as a QR code, to be shown or printed."""
    site = sites.open_site(request.distributor)
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2, image_factory=qrcode.image.svg.SvgPathImage)
    code.add_data(settings.PUBLIC_URL + sites.link(site))
    response = HttpResponse(code.make_image().to_string(), content_type="image/svg+xml")
    response["Cache-Control"] = "private, no-cache"
    if "save" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{site.slug}.svg"'
    return response


def shop_url(site):
    """Return the full address of a personal shop."""
    return f"{settings.PUBLIC_URL}/@{site.slug}/"
