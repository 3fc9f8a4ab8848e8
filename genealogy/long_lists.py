"""Lists at head office of which there may be millions of rows: counted only as far as anybody turns pages.

Every app's pages at head office build on these.
"""

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_ROWS = 5_000


class ShortCount(Paginator):
    """Counts to five thousand and stops there, whatever the conditions: beyond that one searches instead of turning pages."""

    @cached_property
    def count(self):
        """Return the number of rows, or the most that is counted."""
        return self.object_list.order_by()[:MOST_ROWS].count()


class Long(admin.ModelAdmin):
    """A long list."""

    paginator = ShortCount
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for each filter would read the whole table
    list_per_page = 50


class Reading(Long):
    """Records that the product writes and head office reads."""

    def has_add_permission(self, request):
        """Nobody writes these by hand."""
        return False

    def has_change_permission(self, request, obj=None):
        """Nobody changes them."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Nobody deletes them."""
        return False
