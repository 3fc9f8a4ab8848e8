"""Work through what is waiting, one by one: whatever is wrong with some of them, the others get their turn."""

import logging

from django.db.models.functions import Coalesce
from django.utils import timezone

log = logging.getLogger(__name__)


def settle_each(kind, waiting, settle, *, since, most):
    """Settle those of ``waiting`` that have waited longest for a look, and return how many; ``since`` names when they came.

    That they were looked at is noted before anything is tried: so those that cannot be settled go to the end of the line,
    even if they take this process down. One that breaks is named in the log and left waiting.

    Only its kind, its id and the type of the error are logged: the rest may hold what a gateway knows of a person.
    """
    batch = list(waiting.order_by(Coalesce("looked_at", since), "pk")[:most])
    if batch:
        waiting.model.objects.filter(pk__in=[one.pk for one in batch]).update(looked_at=timezone.now())
    for one in batch:
        try:
            settle(one)
        except Exception as error:
            log.error("%s %s was not settled: %s", kind, one.pk, type(error).__name__)
    return len(batch)
