"""Trees, and the positions in which distributors stand in them.

``parent`` is the truth; ``lft`` and ``rght`` are an index of it with gaps (docs/trees.md). Only
``genealogy.trees`` writes positions.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from genealogy.gapped import GappedNode
from genealogy.models.distributor import Distributor


class Tree(models.Model):  # type: ignore[django-manager-missing]  # the stubs do not know mptt
    """One way in which the distributors stand under each other: by sponsor, or by placement."""

    class Kind(models.TextChoices):
        """How many children a position may have."""

        OPEN = "open", _("open: any number side by side")
        BINARY = "binary", _("binary: a left and a right leg")
        MATRIX = "matrix", _("matrix: a fixed number of legs")

    code = models.SlugField(_("code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("tree")
        verbose_name_plural = _("trees")

    def __str__(self):
        return self.name


class Position(GappedNode):
    """Where a distributor stands in one tree."""

    class Leg(models.IntegerChoices):
        """The two sides of a binary tree."""

        LEFT = 0, _("left")
        RIGHT = 1, _("right")

    tree = models.ForeignKey(Tree, on_delete=models.PROTECT, related_name="positions", db_index=False, verbose_name=_("tree"))
    distributor = models.ForeignKey(
        Distributor, on_delete=models.PROTECT, related_name="positions", db_index=False, verbose_name=_("distributor")
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        db_index=False,
        verbose_name=_("parent"),
    )
    leg = models.PositiveSmallIntegerField(_("leg"), null=True, blank=True)
    outer_head = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("head of the outer leg"),
        help_text=_("The topmost position of the unbroken run of the same leg that ends here."),
    )
    lft = models.BigIntegerField(editable=False)
    rght = models.BigIntegerField(editable=False)
    level = models.PositiveIntegerField(_("level"), editable=False)

    class MPTTMeta:
        tree_id_attr = "tree"

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        constraints = [
            models.UniqueConstraint(fields=["distributor", "tree"], name="genealogy_position_once_a_tree"),
            models.UniqueConstraint(
                fields=["parent", "leg"], condition=models.Q(leg__isnull=False), name="genealogy_position_leg_free"
            ),
            models.UniqueConstraint(fields=["tree"], condition=models.Q(parent__isnull=True), name="genealogy_position_one_root"),
            models.CheckConstraint(condition=models.Q(lft__gte=1), name="genealogy_position_lft_set"),
            models.CheckConstraint(condition=models.Q(rght__gt=models.F("lft")), name="genealogy_position_lft_before_rght"),
        ]
        indexes = [
            # With the level, so that a downline is counted by level from the index alone.
            models.Index(fields=["tree", "lft"], include=["level"], name="genealogy_position_lft"),
            models.Index(fields=["tree", "level", "lft"], name="genealogy_position_level"),
            models.Index(fields=["tree", "rght"], name="genealogy_position_rght"),
            models.Index(fields=["parent", "rght"], name="genealogy_position_children"),
        ]

    def __str__(self):
        return f"{self.distributor_id} in tree {self.tree_id}"


class OuterLeg(models.Model):
    """The last position of an outer leg, kept so that placing there need not walk down to it.

    A head without a row is its own tail: nobody stands in that leg under it yet.
    """

    head = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="outer_legs", db_index=False)
    leg = models.PositiveSmallIntegerField()
    tail = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["head", "leg"], name="genealogy_outer_leg_once")]

    def __str__(self):
        return f"leg {self.leg} of position {self.head_id}"


class Respacing(models.Model):
    """A stretch of labels that has become dense and waits to be spread out in the background."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="respacings", db_index=False)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tree", "low", "high"], name="genealogy_respacing_once"),
            models.CheckConstraint(condition=models.Q(high__gt=models.F("low")), name="genealogy_respacing_low_before_high"),
        ]

    def __str__(self):
        return f"labels {self.low} to {self.high} of tree {self.tree_id}"
