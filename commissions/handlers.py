"""What this app does on hearing what others announced."""

from commissions import live_pending
from commissions.models import LivePending
from genealogy.events import DistributorEnrolled, DistributorStatusChanged


def note_newcomer(event: DistributorEnrolled):
    """Have the live refresh make room for somebody who enrolled."""
    live_pending.note(LivePending.Kind.ENROLMENT, [event.distributor_id])


def note_status(event: DistributorStatusChanged):
    """Have the live refresh look again at how somebody stands with the company."""
    live_pending.note(LivePending.Kind.ENROLMENT, [event.distributor_id])
