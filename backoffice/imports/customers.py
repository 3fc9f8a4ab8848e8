"""The customers of a company: checked against the people who referred them, then stored stretch by stretch."""

from django.utils.translation import gettext as _

from backoffice.imports.files import CUSTOMERS, PEOPLE
from backoffice.imports.rules import drop_refused, refuse, refuse_saying, repeated, was_refused


def check(cursor) -> int:
    """Refuse each customer that does not hold, and leave only new ones staged. Returns how many were there already."""
    repeated(cursor, CUSTOMERS, ["email"], _("an e-mail address of its own; line %s has it too"))
    refuse(
        cursor, CUSTOMERS, "market", _("a market of company.toml"),
        "SELECT row_line, email, market FROM staged_customers WHERE market NOT IN (SELECT code FROM market_money)",
    )  # fmt: skip
    refuse_saying(
        cursor, CUSTOMERS, "referred_by",
        f"SELECT row_line, s.email, s.referred_by, coalesce({was_refused(PEOPLE, 's.referred_by')}, %s)"
        " FROM staged_customers s LEFT JOIN genealogy_distributor d ON d.number = s.referred_by"
        " WHERE s.referred_by IS NOT NULL AND d.id IS NULL",
        [_("the number of a distributor, or nothing for the house")],
    )  # fmt: skip
    drop_refused(cursor, CUSTOMERS)
    cursor.execute("CREATE INDEX ON staged_customers (email); ANALYZE staged_customers")
    cursor.execute("DELETE FROM staged_customers s USING storefront_customer c WHERE upper(c.email) = upper(s.email)")
    return cursor.rowcount


def prepare(cursor) -> tuple[int, int]:
    """Turn what is left into rows as they will be stored. Returns the first and the last row."""
    cursor.execute(
        "CREATE TEMP TABLE ready_customers AS SELECT s.*, m.id AS market_id FROM staged_customers s"
        " JOIN market_money m ON m.code = s.market ORDER BY row_line;"
        "CREATE INDEX ON ready_customers (row_line); ANALYZE ready_customers"
    )
    cursor.execute("SELECT coalesce(min(row_line), 1), coalesce(max(row_line), 0) FROM ready_customers")
    return cursor.fetchone()
