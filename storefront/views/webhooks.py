"""Where gateways tell us that something has happened."""

import importlib

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from storefront import webhooks


@csrf_exempt
@require_POST
def stripe(request):
    """Verify who speaks, store the event, answer; a task does the rest."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise Http404
    gateway = importlib.import_module("storefront.payments.stripe")  # loads the client only where Stripe is in use
    try:
        hint = gateway.read_webhook(request.body, request.headers.get("Stripe-Signature", ""))
    except gateway.BadSignature:
        return HttpResponse("The signature does not fit.", status=400, content_type="text/plain")
    webhooks.store("stripe", hint)
    return HttpResponse(status=200)
