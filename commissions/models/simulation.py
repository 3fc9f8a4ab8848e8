"""Simulations: another plan over past periods, side by side with what held then.

A simulation is asked for, worked off period by period by a task, and never changed once it is done: a trigger refuses
it. Figures by person are kept as compressed arrays, ten thousand people a row, since a million people times twelve
months times every bonus are too many rows to keep for a question that is asked once.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Simulation(models.Model):
    """One question: what would this plan have paid from one period to another?"""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    ENDED = (State.DONE, State.CANCELLED, State.FAILED)

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="simulations", verbose_name=_("asked by")
    )
    first = models.ForeignKey("commissions.Period", models.PROTECT, related_name="+", verbose_name=_("from"))
    last = models.ForeignKey("commissions.Period", models.PROTECT, related_name="+", verbose_name=_("to"))
    baseline = models.ForeignKey(
        "commissions.PlanVersion", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("compared with"),
        help_text=_("Empty: with the plan that each period counts by."),
    )  # fmt: skip
    document = models.TextField(_("document"), help_text=_("The plan that is tried, as TOML."))
    checksum = models.CharField(_("checksum"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    cancel_asked_at = models.DateTimeField(_("cancel asked"), null=True, blank=True)
    step = models.PositiveIntegerField(_("step"), default=0)
    steps = models.PositiveIntegerField(_("steps"))
    doing = models.CharField(_("doing"), max_length=20, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    bonuses = models.JSONField(_("bonuses"), help_text=_("Code and name of every bonus of any plan in it."))
    ranks = models.JSONField(_("ranks"), help_text=_("Code and name of every rank of any plan in it, the lowest first."))
    changes = models.JSONField(_("changes"), help_text=_("Where the plan that is tried differs: path, before, after."))
    figures = models.JSONField(_("figures"), null=True, blank=True)
    carried = models.BinaryField(_("state carried on"), null=True, blank=True, help_text=_("What the next period needs to know."))
    created_at = models.DateTimeField(_("asked at"), db_default=Now())
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "running"]), name="simulation_to_do"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "cancelled", "failed"]), name="simulation_state_known"
            ),
            models.CheckConstraint(condition=Q(step__lte=models.F("steps")), name="simulation_step_within_steps"),
            models.CheckConstraint(condition=~Q(state="done") | Q(figures__isnull=False), name="simulation_done_has_figures"),
        ]

    def __str__(self):
        return self.name

    @property
    def has_ended(self):
        """Whether nothing more will happen to it."""
        return self.state in self.ENDED

    @property
    def is_cancelling(self):
        """Whether it will stop at the next step."""
        return self.cancel_asked_at is not None and not self.has_ended


class SimulatedPeriod(models.Model):
    """What a simulation says of one period, in the order of the simulation's bonuses and ranks.

    It stands for itself: a plan that is tried may cut time as the company never did.
    """

    simulation = models.ForeignKey(
        Simulation, models.CASCADE, related_name="periods", db_index=False, verbose_name=_("simulation")
    )
    number = models.PositiveIntegerField(_("number"))
    own = models.CharField(_("ends in"), max_length=40, help_text=_("The name of the company's own period that it ends in."))
    is_own = models.BooleanField(_("is that period"))
    kind = models.CharField(_("type"), max_length=40)
    name = models.CharField(_("name"), max_length=40)
    time_zone = models.CharField(_("time zone"), max_length=64)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    figures = models.JSONField(_("figures"))

    class Meta:
        verbose_name = _("simulated period")
        verbose_name_plural = _("simulated periods")
        ordering = ["simulation", "number"]
        constraints = [models.UniqueConstraint(fields=["simulation", "number"], name="simulated_period_unique")]

    def __str__(self):
        return self.name


class SimulatedPeople(models.Model):
    """Some people of a simulated period, in order of their ids: arrays of amounts by bonus and of ranks."""

    simulated = models.ForeignKey(SimulatedPeriod, models.CASCADE, related_name="people", verbose_name=_("simulated period"))
    first_id = models.BigIntegerField(_("first distributor"))
    last_id = models.BigIntegerField(_("last distributor"))
    data = models.BinaryField(_("data"))

    class Meta:
        verbose_name = _("simulated people")
        verbose_name_plural = _("simulated people")
        ordering = ["simulated_id", "first_id"]
        constraints = [
            models.UniqueConstraint(fields=["simulated", "first_id"], name="simulated_people_unique"),
            models.CheckConstraint(condition=Q(first_id__lte=models.F("last_id")), name="simulated_people_in_order"),
        ]

    def __str__(self):
        return f"{self.simulated_id}: {self.first_id} to {self.last_id}"
