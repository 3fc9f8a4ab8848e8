"""Live figures of a period: where each distributor stands and what has been earned so far.

Only the live refresh writes these rows; they can always be computed again from volume, tree and plan. That is why
their foreign keys are not checked by the database row by row: a million rows are written in one stroke.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def _period(related_name):
    return models.ForeignKey(
        "commissions.Period",
        models.CASCADE,
        related_name=related_name,
        db_index=False,
        db_constraint=False,
        verbose_name=_("period"),
    )


def _distributor(related_name):
    return models.ForeignKey(
        "genealogy.Distributor",
        models.CASCADE,
        related_name=related_name,
        db_constraint=False,
        verbose_name=_("distributor"),
    )


class Standing(models.Model):
    """One distributor's measures and rank in one period. Volumes are hundredths of a point."""

    period = _period("standings")
    distributor = _distributor("standings")
    pv = models.BigIntegerField(_("PV"), default=0)
    gv = models.BigIntegerField(_("GV"), default=0)
    is_active = models.BooleanField(_("active"), default=False)
    rank = models.SmallIntegerField(
        _("rank"), default=-1, help_text=_("Paid-as rank: the place in the plan's ladder from 0, or -1 for none.")
    )
    best_rank = models.SmallIntegerField(
        _("best rank"), default=-1, help_text=_("The highest rank in the whole downline, the person included.")
    )
    earned_minor = models.BigIntegerField(_("earned"), default=0, help_text=_("All bonuses, in the plan's currency."))
    announced_rank = models.SmallIntegerField(
        _("announced rank"), default=-1, help_text=_("The highest rank of this period that has been announced.")
    )
    team_size = models.IntegerField(_("team"), default=0, help_text=_("Everyone below, without the person."))
    team_active = models.IntegerField(_("active team"), default=0, help_text=_("Active people below."))
    updated_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.UniqueConstraint(fields=["period", "distributor"], name="standing_unique")]
        indexes = [models.Index(fields=["period", "rank"], condition=Q(rank__gt=0), name="standing_by_rank")]

    def __str__(self):
        return f"{self.distributor_id} in {self.period_id}"


class EarningTotal(models.Model):
    """What one distributor has earned so far with one bonus in one period, in the plan's currency."""

    period = _period("earning_totals")
    distributor = _distributor("earning_totals")
    bonus = models.SlugField(_("bonus"), max_length=40)
    amount_minor = models.BigIntegerField(_("amount"), default=0)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        verbose_name = _("earning total")
        verbose_name_plural = _("earning totals")
        constraints = [models.UniqueConstraint(fields=["period", "distributor", "bonus"], name="earning_total_unique")]

    def __str__(self):
        return f"{self.bonus} of {self.distributor_id} in {self.period_id}"
