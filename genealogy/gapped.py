"""django-mptt with gaps: how a position reads its neighbours when labels are not dense, and the doors that are closed.

The library renumbers half a tree for one insert, and two inserts at once corrupt it. Here the labels keep
gaps (docs/trees.md), ``genealogy.trees`` is the only writer and writes SQL of its own, and every writer that the
library and the ORM offer raises ``ClosedTree``. Reading by the library's methods works; those that count by
``(rght - lft - 1) / 2`` or search ancestors by interval are replaced.
"""

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from mptt.managers import TreeManager
from mptt.models import MPTTModel
from mptt.querysets import TreeQuerySet


class ClosedTree(RuntimeError):
    """Somebody tried to write a tree past ``genealogy.trees``."""


def _closed(name):
    def refuse(self, *args, **kwargs):
        raise ClosedTree(f"{name}: positions are written by genealogy.trees alone, which keeps the labels right.")

    refuse.__name__ = name
    refuse.alters_data = True
    refuse.queryset_only = False
    return refuse


class GappedQuerySet(TreeQuerySet):
    """Reads as any queryset, and refuses to write."""

    update = _closed("update")
    delete = _closed("delete")
    bulk_create = _closed("bulk_create")
    bulk_update = _closed("bulk_update")


class GappedTreeManager(TreeManager):
    """The library's manager, in tree order, with its writers closed."""

    _queryset_class = GappedQuerySet

    insert_node = _closed("insert_node")
    move_node = _closed("move_node")
    rebuild = _closed("rebuild")
    partial_rebuild = _closed("partial_rebuild")
    build_tree_nodes = _closed("build_tree_nodes")
    delay_mptt_updates = _closed("delay_mptt_updates")
    disable_mptt_updates = _closed("disable_mptt_updates")
    _move_node = _closed("_move_node")
    _manage_space = _closed("_manage_space")
    _create_tree_space = _closed("_create_tree_space")
    _make_child_root_node = _closed("_make_child_root_node")
    _inter_tree_move_and_close_gap = _closed("_inter_tree_move_and_close_gap")

    def _post_insert_update_cached_parent_right(self, instance, right_shift, seen=None):
        """Do nothing: an insert moves nobody's right label here."""

    def get_queryset_ancestors(self, queryset, include_self=False):
        """Return everybody above any of the given positions, found over ``parent``."""
        pks = list(queryset.values_list("pk", flat=True))
        above = self.filter(pk__in=_upward(pks))
        return above if include_self else above.exclude(pk__in=pks)


UPWARD = """
    WITH RECURSIVE upward AS (
        SELECT id, parent_id FROM genealogy_position WHERE id = ANY(%s)
        UNION SELECT above.id, above.parent_id FROM genealogy_position above JOIN upward ON above.id = upward.parent_id
    ) SELECT id FROM upward"""


def _upward(pks):
    """An expression for the ids of the given positions and all above them, over ``parent``, the truth."""
    return RawSQL(UPWARD, [list(pks)])  # noqa: S611 - a constant, and its values go apart


class GappedNode(MPTTModel):
    """A node of a tree whose labels keep gaps."""

    objects = GappedTreeManager()

    class Meta:
        abstract = True

    save = _closed("save")
    delete = _closed("delete")

    def get_ancestors(self, ascending=False, include_self=False):
        """Return everybody above, the root first unless ``ascending``, found over ``parent``."""
        above = self._tree_manager.filter(pk__in=_upward([self.pk]))
        if not include_self:
            above = above.exclude(pk=self.pk)
        return above.order_by("-level" if ascending else "level")

    def get_descendants(self, include_self=False):
        """Return everybody below, in tree order: one slice of the index."""
        low = self.lft if include_self else self.lft + 1
        return self._tree_manager.filter(tree=self.tree_id, lft__gte=low, lft__lte=self.rght)

    def get_descendant_count(self):
        """Count everybody below. With gaps this is a query; ``lineage`` counts many at once."""
        return 0 if self._state.adding else self.get_descendants().order_by().count()

    def is_leaf_node(self):
        """Whether nobody stands below."""
        return self._state.adding or not self._tree_manager.filter(parent=self.pk).order_by().exists()

    def get_children(self):
        """Return those who stand directly below, in tree order."""
        return self._tree_manager.filter(parent=self.pk)

    def get_leafnodes(self, include_self=False):
        """Return those below who have nobody below themselves."""
        below = type(self)._base_manager.filter(parent=OuterRef("pk"))
        return self.get_descendants(include_self=include_self).filter(~Exists(below))

    def get_family(self):
        """Return everybody above, the node itself and everybody below, in tree order."""
        below = Q(tree=self.tree_id, lft__gte=self.lft, lft__lte=self.rght)
        return self._tree_manager.filter(below | Q(pk__in=_upward([self.pk])))

    def get_root(self):
        """Return the one root of the tree."""
        return self if self.parent_id is None else self._tree_manager.get(tree=self.tree_id, parent=None)

    def get_siblings(self, include_self=False):
        """Return the other children of the same parent; a root has none, since each tree has one."""
        beside = self._tree_manager.filter(tree=self.tree_id, parent=self.parent_id)
        return beside if include_self else beside.exclude(pk=self.pk)

    def is_root_node(self):
        """Whether nobody stands above."""
        return self.parent_id is None

    def is_descendant_of(self, other, include_self=False):
        """Whether this position is in the downline of the other one."""
        if self.pk == other.pk:
            return include_self
        return self.tree_id == other.tree_id and other.lft < self.lft < other.rght
