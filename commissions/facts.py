"""Dated facts that the apps above know and a rank or a pay gate needs, such as a signed agreement."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from commissions import live_pending
from commissions.models import Fact, LivePending


class Conflict(ValueError):
    """The same reference came before with another fact."""


INSERT = """
    INSERT INTO commissions_fact (distributor_id, kind, value, at, reference, recorded_at)
    VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT (reference) DO NOTHING RETURNING id
"""


@transaction.atomic
def record(*, distributor_id: int, kind: str, at, reference: str, value: int = 1) -> Fact:
    """Note a dated fact about a distributor: the newest of its kind before an instant is in force then. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [distributor_id, kind, value, at, reference])
        added = cursor.fetchone()
    fact = Fact.objects.get(reference=reference)
    if added:
        live_pending.note(LivePending.Kind.FACT, [fact.pk])
    elif (fact.distributor_id, fact.kind, fact.value, fact.at) != (distributor_id, kind, value, at):
        raise Conflict(_("%(reference)s was recorded before with another fact.") % {"reference": reference})
    return fact
