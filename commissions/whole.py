"""A whole period, calculated in this process: for what no part of the company can answer.

Most lines are told from a person's part of the company (``parts``). Pairs of legs, pools, matches and caps depend on
everybody, so their lines come from a calculation of all. It is kept for a moment, and made up to ``MOST`` people only: a
larger company reads them when the period has been calculated.
"""

from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from commissions import plan_versions
from commissions.engine.calculate import calculate
from commissions.engine.calculation import Calculation
from commissions.engine.result import Lines
from commissions.models import LivePending, VolumeEntry
from commissions.runs import inputs
from genealogy.models import Distributor

MOST = 60_000
KEPT_SECONDS = 20


@dataclass(frozen=True, eq=False)
class Whole:
    """A period with everybody in it, what it was calculated to, and every line."""

    plan: object
    calculation: Calculation
    lines: Lines

    @property
    def people(self):
        """Everybody, in tree order."""
        return self.calculation.people

    def place_of(self, distributor_id):
        """Return where somebody stands, None for who is not in the tree."""
        found = np.flatnonzero(self.people.id == distributor_id)
        return int(found[0]) if len(found) else None

    def rows_of(self, index, place, *, missed=False):
        """Return which lines of a bonus somebody is paid by, or has missed."""
        mine = (self.lines.missed == place) & (self.lines.payee != place) if missed else self.lines.payee == place
        return np.flatnonzero((self.lines.bonus == index) & mine)


_kept: dict[str, tuple[tuple, Whole]] = {}


def is_small():
    """Tell whether the company is small enough to be calculated while somebody waits."""
    return Distributor.objects.count() <= MOST


def of(period):
    """Return a period as it stands now, None where the company is too large for it."""
    if not is_small():
        return None
    newest = VolumeEntry.objects.filter(period=period).order_by("-pk").values_list("pk", flat=True).first()
    key = (period.pk, period.status, newest, LivePending.objects.count(), int(timezone.now().timestamp()) // KEPT_SECONDS)
    if _kept.get("newest", (None,))[0] != key:
        _kept["newest"] = (key, _calculated(period))
    return _kept["newest"][1]


def _calculated(period):
    plan = plan_versions.load(period.plan)
    snapshot = inputs.read(period).snapshot
    result = calculate(plan, snapshot)
    calculation = Calculation.begin(plan, snapshot, result.standings)
    calculation.earned[:] = result.before_caps
    calculation.paid[:] = result.totals
    calculation.unearned[:] = result.unearned
    calculation.leaves.update(result.state.people)
    return Whole(plan, calculation, result.lines)
