"""Simulations: asking for one, working it off step by step, cancelling it. docs/simulator.md tells how and why.

The plan that is tried and the plan that held are calculated by the same engine on the same snapshot of each period,
each carrying its own state from period to period. Whoever works a simulation off holds a lock with its number,
so a process that dies lets go of it, and the next one goes on after the last period that was stored.
"""

import logging
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commissions import killpoints, live, locks, plan_versions, snapshots
from commissions.engine import compare, editing
from commissions.engine.money import AmountTooLarge
from commissions.engine.plan import NoRate
from commissions.engine.snapshot import Unsound
from commissions.engine.tree import BrokenTree
from commissions.models import Period, PlanVersion, SimulatedPeriod, Simulation
from commissions.simulations import carried, inputs, results, timeline
from config.outbox.wake import Bell

QUEUE = "default"
BELL = Bell("commissions.tasks.run_simulations", queue=QUEUE)

STEPS_A_PERIOD = 4
MOST_PERIODS = 200

# What a plan or the data can be to blame for: said to whoever asked. Anything else is ours, and goes to the log.
SAID = (compare.OtherCurrency, NoRate, AmountTooLarge, Unsound, BrokenTree, snapshots.NoTree)

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody asked a simulation to stop."""


@dataclass(frozen=True)
class Question:
    """What is to be simulated: a plan document over the periods from ``first`` to ``last``, against ``baseline`` or, when
    that is None, against the plan that each period counts by.
    """

    document: str
    first: Period
    last: Period
    baseline: object | None = None
    name: str = ""


def ask(question, *, owner=None, wake=True):
    """Keep a question for the workers and return its simulation. Raises ValidationError for one that makes no sense."""
    tried = plan_versions.read(question.document)
    own = _own(question)
    version = PlanVersion(document=question.document, checksum=tried.checksum)
    stretches = timeline.of(own, question.baseline, version)
    if len(stretches) > MOST_PERIODS:
        raise ValidationError(
            _("%(count)d periods are too many for one simulation: choose fewer, so that there are %(most)d at most.")
            % {"count": len(stretches), "most": MOST_PERIODS}
        )
    held = [plan_versions.load(version) for version in timeline.versions(own, question.baseline)]
    for plan in held:
        _require_comparable(plan, tried)
    changes = editing.changes(held[-1], tried)
    simulation = Simulation.objects.create(
        name=(question.name or _named(tried, changes))[:120],
        owner=owner,
        first=question.first,
        last=question.last,
        baseline=question.baseline,
        document=question.document,
        checksum=tried.checksum,
        steps=STEPS_A_PERIOD * len(stretches) + 1,
        currency=tried.currency,
        bonuses=_codes([*held, tried], "bonuses"),
        ranks=_codes([*held, tried], "ranks"),
        changes=[[change.path, change.before, change.after] for change in changes],
    )
    if wake:
        BELL.ring_after_commit()
    return simulation


def _own(question):
    """Return the company's periods that a question is about. Raises ValidationError when there are none."""
    if question.first.kind != question.last.kind:
        raise ValidationError(_("Choose the first and the last period of one type: both months, or both weeks."))
    own = timeline.leading(question.first, question.last)
    if not own:
        raise ValidationError(
            _("%(last)s is before %(first)s: choose as the last period the first one, or a later one.")
            % {"first": question.first, "last": question.last}
        )
    return own


def _require_comparable(held, tried):
    try:
        compare.require_one_currency(held, tried)
    except compare.OtherCurrency as other:
        raise ValidationError(
            _("plan.currency is %(tried)s, but %(plan)s pays in %(held)s: give both plans the same currency to compare amounts.")
            % {"tried": tried.currency, "plan": held.plan.name, "held": held.currency}
        ) from other


def _codes(plans, table):
    """Return [code, name] of every bonus or rank of some plans, in their order; names as the newest plan has them."""
    codes, names = (), {}
    for plan in plans:
        rows = getattr(plan, table)
        codes = compare.merged(codes, [row.code for row in rows])
        names |= {row.code: row.name for row in rows}
    return [[code, names[code]] for code in codes]


def _named(tried, changes):
    """Name a simulation by its plan and how much of it is different."""
    count = len(changes)
    said = ngettext("%(count)d change", "%(count)d changes", count) % {"count": count} if count else _("unchanged")
    return f"{tried.plan.name}, {said}"


def cancel(simulation):
    """Ask a simulation to stop: one that waits ends here, a running one at its next step. Safe to repeat."""
    mine = Simulation.objects.filter(pk=simulation.pk)
    if not mine.filter(state=Simulation.State.WAITING).update(
        state=Simulation.State.CANCELLED, cancel_asked_at=Now(), ended_at=Now()
    ):
        mine.filter(state=Simulation.State.RUNNING, cancel_asked_at=None).update(cancel_asked_at=Now())


def stop(simulation):
    """Cancel a simulation that was worked off in this process, which does so no longer."""
    cancel(simulation)
    _end(simulation, Simulation.State.CANCELLED)


def remove(simulation):
    """Forget a simulation with all its figures. A running one is asked to stop first, and goes when it has."""
    cancel(simulation)
    return bool(Simulation.objects.filter(pk=simulation.pk, state__in=Simulation.ENDED).delete()[0])


def run_waiting():
    """Work off every simulation that waits or was left by a process that died; one worker at a time does that."""
    BELL.heard()
    with only_here(locks.SIMULATIONS, 0) as mine:
        if not mine:
            return 0
        worked, ahead = 0, 0
        while simulation := _to_do().filter(pk__gt=ahead).first():
            ahead = simulation.pk
            worked += work_off(simulation)
        return worked


def _to_do():
    unfinished = (Simulation.State.WAITING, Simulation.State.RUNNING)
    return Simulation.objects.filter(state__in=unfinished).order_by("pk")


@contextmanager
def only_here(family, number):
    """Hold a lock until the end, or until this process ends; yields whether it was free.

    It is a transaction's, of a connection that does nothing else: so it also holds behind a PgBouncer that pools by
    transactions.
    """
    own = psycopg.connect(**{**live.lock_parameters(), "autocommit": False, "application_name": "canopy simulation"})
    try:
        yield own.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [family, number]).fetchone()[0]
    finally:
        with suppress(psycopg.Error):
            own.close()


def work_off(simulation):
    """Work a simulation off, or go on where another process left it; False while somebody else is at it."""
    with only_here(locks.SIMULATION, simulation.pk % 2**31) as mine:
        if not mine:
            return False
        try:
            _run(simulation)
        except Cancelled:
            _end(simulation, Simulation.State.CANCELLED)
        except SAID as error:
            _end(simulation, Simulation.State.FAILED, str(error))
        except DatabaseError:
            raise  # it stays as it is, and is taken up again when the database is back
        except Exception:
            log.exception("simulation %s failed", simulation.pk)
            _end(simulation, Simulation.State.FAILED, _("Something unexpected happened; the log of the worker says what."))
        return True


def _run(simulation):
    """Go through the periods that are not stored yet, then add up."""
    State = Simulation.State
    Simulation.objects.filter(pk=simulation.pk, state=State.WAITING).update(state=State.RUNNING, started_at=Now())
    tried = PlanVersion(document=simulation.document, checksum=simulation.checksum)
    stretches = timeline.of(timeline.leading(simulation.first, simulation.last), simulation.baseline, tried)
    stored = set(simulation.periods.values_list("kind", "starts_at"))
    simulation.refresh_from_db(fields=["carried"])
    carry = carried.Carry.read(simulation.carried) or inputs.begin(stretches[0])
    for number, stretch in enumerate(stretches):
        if (stretch.kind, stretch.period.starts_at) not in stored:
            carry = _simulate(simulation, number, stretch, carry)
            killpoints.reach("simulation.period")
    _reach(simulation, simulation.steps - 1, "adding_up")
    figures = results.in_all(list(simulation.periods.order_by("number")))
    ended = {"state": State.DONE, "step": simulation.steps, "doing": "", "figures": figures, "carried": None, "ended_at": Now()}
    if not _unstopped(simulation).update(**ended):
        raise Cancelled


def _simulate(simulation, number, stretch, carry):
    """Calculate one period under both plans, store what differs and return what the next period needs to know."""
    step = number * STEPS_A_PERIOD
    _reach(simulation, step, "reading")
    snapshots_by_side = inputs.read(stretch)
    sides = {}
    for place, side in enumerate(carried.SIDES, 1):
        _reach(simulation, step + place, side)
        snapshot = carry.into(snapshots_by_side[side], side)
        plan = stretch.plan(side)
        sides[side] = compare.Side.nothing(snapshot) if plan is None else compare.Side.of(plan, snapshot)
    _reach(simulation, step + 3, "comparing")
    bonuses, ranks = ([code for code, _name in table] for table in (simulation.bonuses, simulation.ranks))
    difference = compare.difference(sides["before"], sides["after"], bonuses=bonuses, ranks=ranks)
    ids = snapshots_by_side["before"].people.id
    figures = results.of_period(difference, len(ranks)) | _base(stretch, snapshots_by_side)
    carry = carried.Carry(ids, sides["before"].state, sides["after"].state)
    _store(simulation, number, stretch, figures, results.Figures.of(ids, difference), carry)
    return carry


def _base(stretch, snapshots_by_side):
    """Return what was sold in one of the company's own periods, and its volume, in the plan's currency."""
    if not stretch.is_own:
        return {"sold_minor": 0, "volume_minor": 0}
    side = next(side for side in carried.SIDES if side in stretch.versions)
    plan, sales = stretch.plan(side), snapshots_by_side[side].sales
    return {"sold_minor": compare.sold(plan, sales), "volume_minor": compare.worth(plan, int(sales.cv.sum()))}


def _store(simulation, number, stretch, figures, people, carry):
    """Keep what was found in a period together with what the next one needs, all or nothing."""
    row = SimulatedPeriod(simulation=simulation, number=number, figures=figures, kind=stretch.kind, name=stretch.name)
    row.own, row.is_own = stretch.own.name, stretch.is_own
    row.time_zone, row.starts_at, row.ends_at = stretch.period.time_zone, stretch.period.starts_at, stretch.period.ends_at
    with transaction.atomic():
        if not _unstopped(simulation).update(carried=carry.written()):
            raise Cancelled
        row.save(force_insert=True)
        results.store(row, people)


def _unstopped(simulation):
    return Simulation.objects.filter(pk=simulation.pk, state=Simulation.State.RUNNING, cancel_asked_at=None)


def _reach(simulation, step, doing):
    """Say how far a simulation is. Raises Cancelled when it was asked to stop."""
    if not _unstopped(simulation).update(step=step, doing=doing):
        raise Cancelled
    killpoints.reach(f"simulation.{doing}")


def _end(simulation, state, error=""):
    """End a running simulation that comes to nothing: what was worked out of it goes."""
    ended = {"state": state, "error": error, "doing": "", "carried": None, "ended_at": Now()}
    with transaction.atomic():
        if Simulation.objects.filter(pk=simulation.pk, state=Simulation.State.RUNNING).update(**ended):
            simulation.periods.all().delete()
