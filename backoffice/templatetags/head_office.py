"""What head office's first page shows above the list of records."""

from django import template

from backoffice import freshness, mails
from commissions.models import LivePending, Period
from config.outbox import delivery

register = template.Library()


@register.simple_tag
def head_office_state():
    """Return what matters first: the outbox, mails, the live figures, the period."""
    return {
        "outbox": delivery.figures(),
        "mails": mails.figures(),
        "waiting": LivePending.objects.count(),
        "as_of": freshness.as_of(),
        "period": Period.objects.order_by("-starts_at").first(),
    }
