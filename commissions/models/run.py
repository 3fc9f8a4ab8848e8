"""Runs: a period calculated whole, reviewed, approved by a second person, closed.

The rows that a run writes by the million (lines, standings, totals) lie in partitions of its own. They are written once, by
COPY, and never changed: their columns name people and runs by number, without foreign keys that would be checked row by row.
"""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def _person(related_name, label, **options):
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name=related_name, verbose_name=label, **options)


class Run(models.Model):
    """One calculation of one period. At most one run of a period is ever closed; that one is what people are paid by."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Being calculated")
        FAILED = "failed", _("Failed")
        CALCULATED = "calculated", _("To be approved")
        APPROVED = "approved", _("Approved")
        CLOSED = "closed", _("Closed")
        DISCARDED = "discarded", _("Discarded")

    class Stage(models.TextChoices):
        QUEUED = "queued", _("Waiting for a worker")
        READING = "reading", _("Reading people and sales")
        CALCULATING = "calculating", _("Calculating")
        WRITING = "writing", _("Writing lines")
        INDEXING = "indexing", _("Indexing lines")
        FINISHING = "finishing", _("Writing standings")
        DONE = "done", _("Done")

    period = models.ForeignKey("commissions.Period", models.PROTECT, related_name="runs", verbose_name=_("period"))
    number = models.PositiveSmallIntegerField(_("number"))
    plan = models.ForeignKey("commissions.PlanVersion", models.PROTECT, related_name="runs", verbose_name=_("plan version"))
    repeats = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="repeated_by", verbose_name=_("repeats"),
        help_text=_("The run whose frozen input this one calculates again, to prove that it comes to the same."),
    )  # fmt: skip
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows"),
        help_text=_("The closed run of the period before, whose balances and state came in."),
    )  # fmt: skip
    is_preview = models.BooleanField(
        _("preview"), default=False, help_text=_("Calculated while the books were open: to look at, never to be closed.")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    stage = models.CharField(_("stage"), max_length=12, choices=Stage, default=Stage.QUEUED)
    progress = models.PositiveSmallIntegerField(_("progress"), default=0, help_text=_("Percent."))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    problem = models.TextField(_("problem"), blank=True)

    calculated_by = _person("runs_calculated", _("calculated by"))
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    cut_at = models.DateTimeField(_("cut"), null=True, blank=True, help_text=_("As of when people, holds and returns are seen."))
    calculated_at = models.DateTimeField(_("calculated"), null=True, blank=True)
    approved_by = _person("runs_approved", _("approved by"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    closed_by = _person("runs_closed", _("closed by"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    code_version = models.CharField(_("code version"), max_length=60, blank=True)
    input_checksum = models.CharField(_("input checksum"), max_length=64, blank=True)
    result_checksum = models.CharField(_("result checksum"), max_length=64, blank=True)

    currency = models.CharField(_("currency"), max_length=3, blank=True)
    people = models.BigIntegerField(_("people"), default=0)
    entries = models.BigIntegerField(_("volume entries"), default=0)
    lines = models.BigIntegerField(_("lines"), default=0)
    cv = models.BigIntegerField(_("commissionable volume"), default=0)
    sold_minor = models.BigIntegerField(_("sold"), default=0, help_text=_("In the plan's currency."))
    earned_minor = models.BigIntegerField(_("earned"), default=0)
    unearned_minor = models.BigIntegerField(_("unearned"), default=0)
    clawback_minor = models.BigIntegerField(_("taken back"), default=0)
    adjustment_minor = models.BigIntegerField(_("adjustments"), default=0)
    brought_minor = models.BigIntegerField(_("brought forward"), default=0)
    payable_minor = models.BigIntegerField(_("payable"), default=0)
    carried_minor = models.BigIntegerField(_("carried forward"), default=0)
    review = models.JSONField(_("review"), default=dict, blank=True)
    state = models.JSONField(
        _("state"),
        default=dict,
        blank=True,
        help_text=_("By name, the run that left each state that came in, and that goes out."),
    )

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        permissions = [
            ("calculate_run", _("Shut a period's books and calculate it")),
            ("approve_run", _("Approve a run that somebody else calculated")),
            ("close_run", _("Close a period with its approved run")),
            ("settle_earnings", _("Ask for and approve adjustments and holds")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="run_number_unique"),
            models.UniqueConstraint(fields=["period"], condition=Q(status="closed"), name="run_one_closed_a_period"),
            models.UniqueConstraint(fields=["period"], condition=Q(status="waiting"), name="run_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "failed", "calculated", "approved", "closed", "discarded"]),
                name="run_status_known",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("calculated_by")), name="run_approved_by_a_second_person"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "closed"]) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="run_closed_only_once_approved",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(closed_by__isnull=False, closed_at__isnull=False), name="run_closed_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(repeats__isnull=True, is_preview=False) | ~Q(status__in=["approved", "closed"]),
                name="run_to_look_at_is_never_closed",
            ),
        ]

    def __str__(self):
        return f"{self.period} #{self.number}"

    @property
    def is_done(self):
        """Whether there is a result."""
        return self.status in (self.Status.CALCULATED, self.Status.APPROVED, self.Status.CLOSED)


class RunBonus(models.Model):
    """One bonus of a run: the ``bonus`` of a line is its ``place``. Taken-back bonuses of older plans follow the plan's own."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="bonuses", verbose_name=_("run"))
    place = models.SmallIntegerField(_("place"))
    code = models.SlugField(_("bonus"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    lines = models.BigIntegerField(_("lines"), default=0)
    earned_minor = models.BigIntegerField(_("earned"), default=0)
    unearned_minor = models.BigIntegerField(_("unearned"), default=0)
    cut_minor = models.BigIntegerField(_("cut by caps"), default=0)
    clawback_minor = models.BigIntegerField(_("taken back"), default=0)

    class Meta:
        verbose_name = _("bonus of a run")
        verbose_name_plural = _("bonuses of a run")
        ordering = ["run", "place"]
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="run_bonus_place_unique"),
            models.UniqueConstraint(fields=["run", "code"], name="run_bonus_code_unique"),
        ]

    def __str__(self):
        return self.name


class RunArray(models.Model):
    """One array that a run was calculated from, or left for the next period; compressed, so that it can be run again."""

    class Role(models.TextChoices):
        INPUT = "input", _("Input")
        STATE = "state", _("State that was left")

    run = models.ForeignKey(Run, models.CASCADE, related_name="arrays", db_index=False, verbose_name=_("run"))
    role = models.CharField(_("role"), max_length=5, choices=Role)
    name = models.CharField(_("name"), max_length=120)
    dtype = models.CharField(_("type"), max_length=10)
    shape = models.JSONField(_("shape"))
    data = models.BinaryField(_("data"))

    class Meta:
        verbose_name = _("array of a run")
        verbose_name_plural = _("arrays of a run")
        constraints = [models.UniqueConstraint(fields=["run", "role", "name"], name="run_array_unique")]

    def __str__(self):
        return self.name


class RunLine(models.Model):
    """A payment line of a run: a column for each of the engine's ``Lines``, people and sales by their ids.

    0 is nobody. What is as usual is left out, which takes no room: no source, sale or level, a quantity of 1 of 1, nothing cut.
    A line that takes back names the line that it reverses; its ``entry_id`` is the entry of the return. Numbers are given by
    the run's one writer, so no unique index has to watch over them; they lie in order, and are found by ranges of pages.
    """

    pk = models.CompositePrimaryKey("run_id", "number")
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    number = models.IntegerField()
    bonus = models.SmallIntegerField()
    payee_id = models.BigIntegerField()
    source_id = models.BigIntegerField(null=True)
    entry_id = models.BigIntegerField(null=True)
    level = models.SmallIntegerField(null=True)
    base = models.BigIntegerField()
    currency = models.TextField()
    rate_ppm = models.IntegerField(null=True)
    quantity = models.BigIntegerField(null=True)
    of = models.BigIntegerField(null=True)
    amount_minor = models.BigIntegerField()
    person_cut_minor = models.BigIntegerField(null=True)
    cut_minor = models.BigIntegerField(null=True)
    missed_id = models.BigIntegerField(null=True)
    reason = models.SmallIntegerField(null=True)
    reverses_run = models.BigIntegerField(null=True)
    reverses_number = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("line of a run")
        verbose_name_plural = _("lines of a run")
        indexes = [
            BrinIndex(fields=["number"], name="run_line_by_number", pages_per_range=16),
            models.Index(fields=["payee_id"], name="run_line_by_payee"),
            models.Index(
                fields=["reverses_run", "reverses_number"], condition=Q(reverses_run__isnull=False), name="run_line_by_reversed"
            ),
        ]

    def __str__(self):
        return f"{self.run_id}/{self.number}"


class RunStanding(models.Model):
    """Where one person stood in a run, and the balance: earned + taken back + adjusted + brought = payable + carried."""

    pk = models.CompositePrimaryKey("run_id", "distributor_id")
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    distributor = models.ForeignKey(
        "genealogy.Distributor", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    pv = models.BigIntegerField()
    gv = models.BigIntegerField()
    is_active = models.BooleanField()
    rank = models.SmallIntegerField()
    best_rank = models.SmallIntegerField()
    earned_minor = models.BigIntegerField(null=True)
    clawback_minor = models.BigIntegerField(null=True)
    adjustment_minor = models.BigIntegerField(null=True)
    brought_minor = models.BigIntegerField(null=True)
    payable_minor = models.BigIntegerField(null=True)
    carried_minor = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("standing in a run")
        verbose_name_plural = _("standings in a run")

    def __str__(self):
        return f"{self.run_id}/{self.distributor_id}"


class RunTotal(models.Model):
    """What one bonus paid one person in a run, returns taken off; nothing where that is nothing."""

    pk = models.CompositePrimaryKey("run_id", "distributor_id", "bonus")
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    distributor = models.ForeignKey(
        "genealogy.Distributor", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    bonus = models.SmallIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("total of a run")
        verbose_name_plural = _("totals of a run")

    def __str__(self):
        return f"{self.run_id}/{self.distributor_id}/{self.bonus}"
