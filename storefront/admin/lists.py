"""What the shop's pages at head office share: rows that are only read, and amounts with their currency."""

from django.contrib import admin

from commissions import formats


class ReadingInline(admin.TabularInline):
    """The same below another record."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request, obj=None):
        """Nobody writes these by hand."""
        return False

    def has_change_permission(self, request, obj=None):
        """Nobody changes them."""
        return False


def money(field, currency, label):
    """Return a column that writes an amount with its currency; ``currency`` is the path to the code."""

    @admin.display(description=label)
    def column(self, row):
        code = row
        for name in currency.split("."):
            code = getattr(code, name)
        return formats.money(getattr(row, field), code)

    return column
