"""What this app does on hearing what others announced."""

from commissions import live_pending
from commissions.models import LivePending
from genealogy.events import DistributorEnrolled


def note_newcomer(event: DistributorEnrolled):
    """Have the live refresh make room for somebody who enrolled."""
    live_pending.note(LivePending.Kind.ENROLMENT, [event.distributor_id])
