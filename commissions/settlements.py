"""Adjustments and holds: asked for by one person, approved by a second, never edited; and what a run takes of them."""

from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from commissions import plan_versions
from commissions.models import Adjustment, Hold, Period

MOST = 10**12
"""No single adjustment is larger, in minor units: what is, is a slip of the hand."""


class Refused(ValueError):
    """A settlement that cannot be; the message says what to do."""


def adjust(*, distributor, period, amount_minor, reason, by):
    """Ask for an amount to be added to a payee's earnings of a period, or taken from them; it waits for a second person."""
    _require_may(by)
    if not amount_minor or abs(amount_minor) > MOST:
        raise Refused(_("Say an amount that is not nothing, and below a thousand million units."))
    if period.status == Period.Status.CLOSED:
        raise Refused(_("%(period)s is closed: adjust a period that is not.") % {"period": period.name})
    plan = plan_versions.load(period.plan)
    return Adjustment.objects.create(
        distributor=distributor,
        period=period,
        amount_minor=amount_minor,
        currency=plan.currency,
        reason=_why(reason),
        asked_by=by,
    )


def hold(*, distributor, reason, by, until=None):
    """Ask that a payee's money wait, until a day or until released; it waits for a second person."""
    _require_may(by)
    if until is not None and until <= timezone.localdate():
        raise Refused(_("Say a day that is still to come, or none."))
    return Hold.objects.create(distributor=distributor, until=until, reason=_why(reason), asked_by=by)


@transaction.atomic
def approve(settlement, *, by):
    """Approve what somebody else asked for. Of two at once, one approves and the other changes nothing."""
    _require_may(by)
    if by.pk == settlement.asked_by_id:
        raise Refused(_("A second person has to approve what you asked for."))
    _require_open(settlement)
    waiting = type(settlement).objects.filter(pk=settlement.pk, approved_at=None, ended_at=None)
    if not waiting.update(approved_by=by, approved_at=timezone.now()):
        raise Refused(_("This was approved or withdrawn before."))
    settlement.refresh_from_db()
    return settlement


@transaction.atomic
def end(settlement, *, by):
    """Withdraw an adjustment, or release a hold. An adjustment of a closed period stays."""
    _require_may(by)
    _require_open(settlement)
    if not type(settlement).objects.filter(pk=settlement.pk, ended_at=None).update(ended_by=by, ended_at=timezone.now()):
        raise Refused(_("This was withdrawn or released before."))
    settlement.refresh_from_db()
    return settlement


def _require_may(user):
    if not user.has_perm("commissions.settle_earnings"):
        raise Refused(_("%(who)s may not settle earnings: that takes the finance role.") % {"who": user})


def _require_open(settlement):
    if isinstance(settlement, Adjustment) and Period.objects.get(pk=settlement.period_id).status == Period.Status.CLOSED:
        raise Refused(_("The period is closed: what it paid stays. Ask for an opposite adjustment of an open period."))


def _why(reason):
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 200:
        raise Refused(_("Give a reason of 3 to 200 characters: the payee reads it."))
    return reason


@dataclass(frozen=True, eq=False)
class Settled:
    """What is settled by hand for a run: the adjustments (id, payee, amount) and the holds (id, payee) in force."""

    adjustment: np.ndarray
    payee: np.ndarray
    amount_minor: np.ndarray
    hold: np.ndarray
    held: np.ndarray

    def named(self):
        """Return the columns by name, for a checksum."""
        return {f"settled.{name}": getattr(self, name) for name in ("adjustment", "payee", "amount_minor", "hold", "held")}

    def ids(self):
        """Return the ids, as they are kept with a run."""
        return {"adjustments": self.adjustment.tolist(), "holds": self.hold.tolist()}


def of_period(period, *, at):
    """Return what is approved for a period, and who is held, as of an instant on the period's own clock."""
    day = timezone.localdate(at, timezone=period.zone)
    adjustments = Adjustment.objects.filter(period=period, approved_at__isnull=False, ended_at=None)
    holds = Hold.objects.filter(Q(until=None) | Q(until__gt=day), approved_at__isnull=False, ended_at=None)
    return _settled(adjustments, holds)


def of_run(run):
    """Return what was settled by hand for a run when it was calculated, whatever was withdrawn or released since."""
    settled = run.review["settled"]
    return _settled(Adjustment.objects.filter(pk__in=settled["adjustments"]), Hold.objects.filter(pk__in=settled["holds"]))


def _settled(adjustments, holds):
    found = list(adjustments.order_by("pk").values_list("pk", "distributor_id", "amount_minor"))
    held = list(holds.order_by("pk").values_list("pk", "distributor_id"))
    return Settled(*_columns(found, 3), *_columns(held, 2))


def _columns(rows, count):
    return [np.array([row[place] for row in rows], dtype=np.int64) for place in range(count)]
