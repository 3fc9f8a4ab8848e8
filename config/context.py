"""What every template may ask of the site itself."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Tell templates the company's name, whether this is the demo, and which gateway takes payments."""
    return {"COMPANY": settings.COMPANY_NAME, "DEMO": settings.DEMO, "PAYMENT_GATEWAY": settings.PAYMENT_GATEWAY}
