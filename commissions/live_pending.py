"""What the live refresh has not taken in yet. Each row commits with the fact it points to, so none can be overlooked.

Rows are claimed by deleting them in the transaction that writes the standings they change. No marker is kept of how far
one has read: a row that commits late, with a smaller id than its neighbours, is found like any other.
"""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Min
from django.utils import timezone

from commissions import wake
from commissions.models import LivePending

CLAIM = """
    DELETE FROM commissions_livepending WHERE id IN (SELECT id FROM commissions_livepending ORDER BY id LIMIT %s)
    RETURNING kind, subject_id
"""
RELOADS = """
    SELECT extract(epoch FROM clock_timestamp() - max(created_at))::float8,
           extract(epoch FROM clock_timestamp() - min(created_at))::float8
    FROM commissions_livepending WHERE kind IN ('reload', 'history')
"""


@dataclass
class Claimed:
    """What was claimed: the subjects by kind."""

    volume: list[int] = field(default_factory=list)
    enrolment: list[int] = field(default_factory=list)
    fact: list[int] = field(default_factory=list)
    reload: list[int] = field(default_factory=list)
    history: list[int] = field(default_factory=list)

    def __len__(self):
        return len(self.volume) + len(self.enrolment) + len(self.fact) + len(self.reload) + len(self.history)


def note(kind, subject_ids):
    """Note subjects for the live refresh, in the caller's transaction, and wake it on commit."""
    LivePending.objects.bulk_create(LivePending(kind=kind, subject_id=pk) for pk in subject_ids)
    wake.after_commit()


def ask_reload(period_id=0):
    """Ask that a period, or by default every open one, be read and computed anew."""
    note(LivePending.Kind.RELOAD, [period_id])


def tell_history(period_ids):
    """Ask for periods to be read and computed anew because history was brought into them: its ranks are no news."""
    note(LivePending.Kind.HISTORY, period_ids)


def claim(limit):
    """Delete the oldest rows, up to a number, and return what they pointed to."""
    claimed = Claimed()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [limit])
        for kind, subject_id in cursor.fetchall():
            getattr(claimed, kind).append(subject_id)
    return claimed


def drop(ids):
    """Delete the rows that a freshly read snapshot holds already; those that were claimed meanwhile are no matter."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM commissions_livepending WHERE id = ANY(%s)", [list(ids)])


def as_of():
    """Return the instant up to which everything is in the figures: now, or when the oldest pending row was noted."""
    now = timezone.now()
    return LivePending.objects.aggregate(oldest=Min("created_at"))["oldest"] or now


def seconds_since_reload_asked():
    """Return how long ago the newest reload was asked for, and the oldest; None when none waits."""
    with connection.cursor() as cursor:
        cursor.execute(RELOADS)
        newest, oldest = cursor.fetchone()
    return None if newest is None else (newest, oldest)
