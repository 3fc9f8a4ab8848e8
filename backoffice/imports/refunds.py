"""The refunds of imported orders: rows that give back part of a line become refunds, one for each instant of an order."""

from django.utils.translation import gettext as _

from backoffice.imports.files import ORDERS, REFUNDS
from backoffice.imports.rules import drop_refused, refuse, refuse_saying, repeated, was_refused
from backoffice.imports.staging import sequence

# What a refund takes back of a figure is a difference of running shares, so that parts sum to the whole.
# Integer division, so the casts keep numeric sums out of it.
SHARE = "({0} * running::bigint / sold - {0} * (running::bigint - quantity) / sold)::bigint"

LINKED = """
    CREATE TEMP TABLE linked_refunds AS
    SELECT r.row_line, r."order" AS order_number, r.line, r.quantity, r.refunded_at, coalesce(r.reason, '') AS reason,
        o.row_line AS order_row, o.id AS order_id, o.paid_at, l.id AS order_line_id, l.quantity AS sold,
        sum(r.quantity) OVER (PARTITION BY r."order", r.line ORDER BY r.refunded_at, r.row_line) AS claimed,
        l.unit_minor, l.retail_minor, l.seller_price_minor, l.pv, l.cv
    FROM staged_refunds r LEFT JOIN ready_orders o ON o.number = r."order"
    LEFT JOIN ready_order_lines l ON l.order_row = o.row_line AND l.number = r.line"""

READY_LINES = f"""
    CREATE TEMP TABLE ready_refund_lines AS
    SELECT order_row, order_id, order_number, refunded_at, reason, NULL::bigint AS refund_id, order_line_id,
        quantity, unit_minor * quantity AS amount_minor, {SHARE.format("retail_minor")} AS retail_minor,
        {SHARE.format("seller_price_minor")} AS seller_price_minor, {SHARE.format("pv")} AS pv, {SHARE.format("cv")} AS cv
    FROM (SELECT *, sum(quantity) OVER (PARTITION BY order_line_id ORDER BY refunded_at, row_line) AS running
          FROM linked_refunds) AS taken"""

READY_REFUNDS = """
    CREATE TEMP TABLE ready_refunds AS
    SELECT order_row, order_id, nextval({ids}) AS id, refunded_at,
        amount_minor, 0::bigint AS delivery_minor, reason
    FROM (SELECT order_row, order_id, refunded_at, sum(amount_minor)::bigint AS amount_minor, min(reason) AS reason
          FROM ready_refund_lines GROUP BY order_row, order_id, refunded_at ORDER BY order_row, refunded_at) AS grouped;
    UPDATE ready_refund_lines l SET refund_id = r.id FROM ready_refunds r
        WHERE r.order_row = l.order_row AND r.refunded_at = l.refunded_at;
    UPDATE ready_order_lines l SET refunded_quantity = t.quantity
        FROM (SELECT order_line_id, sum(quantity)::int AS quantity FROM ready_refund_lines GROUP BY order_line_id) t
        WHERE t.order_line_id = l.id"""

# Who gives back everything gives back the delivery too, with the last refund.
COMPLETE = """
    CREATE TEMP TABLE given_back AS
    SELECT r.order_row, max(r.id) AS last_id,
        NOT EXISTS (SELECT FROM ready_order_lines l WHERE l.order_row = r.order_row AND refunded_quantity < quantity) AS whole
    FROM ready_refunds r GROUP BY r.order_row;
    UPDATE ready_refunds r SET delivery_minor = o.delivery_minor, amount_minor = r.amount_minor + o.delivery_minor
        FROM given_back g JOIN ready_orders o ON o.row_line = g.order_row WHERE g.whole AND r.id = g.last_id;
    UPDATE ready_orders o SET status = CASE WHEN g.whole THEN 'refunded' ELSE o.status END, refunded_minor = t.total
        FROM given_back g JOIN (SELECT order_row, sum(amount_minor)::bigint AS total FROM ready_refunds GROUP BY order_row) t
        USING (order_row) WHERE g.order_row = o.row_line;
    CREATE INDEX ON ready_refunds (order_row); CREATE INDEX ON ready_refund_lines (order_row);
    DROP TABLE given_back, linked_refunds, staged_refunds"""


def check(cursor) -> int:
    """Refuse each refund that does not hold. Returns how many belong to orders that were there already."""
    there = _set_aside_the_known(cursor)
    repeated(
        cursor, REFUNDS, ["order", "line", "refunded_at"],
        _("one row for one line and instant; line %s of the file is for the same"), field="line",
    )  # fmt: skip
    drop_refused(cursor, REFUNDS)
    cursor.execute("CREATE INDEX ON ready_orders (number)")
    cursor.execute(LINKED)
    refuse_saying(
        cursor, REFUNDS, "order",
        f"SELECT row_line, order_number, order_number, coalesce({was_refused(ORDERS, 'l.order_number')}, %s)"
        " FROM linked_refunds l WHERE order_row IS NULL",
        [_("the number of an order in orders.csv")],
    )  # fmt: skip
    refuse(
        cursor, REFUNDS, "line", _("a line of this order in order_lines.csv"),
        "SELECT row_line, order_number, line::text FROM linked_refunds WHERE order_row IS NOT NULL AND order_line_id IS NULL",
    )  # fmt: skip
    refuse_saying(
        cursor, REFUNDS, "quantity",
        "SELECT row_line, order_number, quantity::text, format(%s, sold) FROM linked_refunds WHERE claimed > sold",
        [_("no more than was sold, all refunds of the line together: %s")],
    )  # fmt: skip
    refuse(
        cursor, REFUNDS, "refunded_at", _("an instant after the order was paid, and in the past"),
        "SELECT row_line, order_number, refunded_at::text FROM linked_refunds"
        " WHERE refunded_at < paid_at OR refunded_at > now() + interval '1 hour'",
    )  # fmt: skip
    return there


def _set_aside_the_known(cursor) -> int:
    """Take out refunds of stored orders: silently when the order has been refunded then, refused when it has not."""
    refuse(
        cursor, REFUNDS, "order", _("an order of this import; what is stored already is refunded at head office"),
        """
        SELECT row_line, r."order", r."order" FROM staged_refunds r JOIN known_orders k ON k.number = r."order"
        WHERE NOT EXISTS (SELECT FROM storefront_refund s WHERE s.order_id = k.id AND s.created_at = r.refunded_at)
        """,
    )  # fmt: skip
    drop_refused(cursor, REFUNDS)
    cursor.execute('DELETE FROM staged_refunds r USING known_orders k WHERE k.number = r."order"')
    return cursor.rowcount


def prepare(cursor) -> None:
    """Turn what is left into refunds as they will be stored, and note on the orders what has been given back."""
    cursor.execute("DELETE FROM linked_refunds s USING refused r WHERE r.file = %s AND r.line = s.row_line", [REFUNDS.name])
    cursor.execute(READY_LINES)
    cursor.execute(READY_REFUNDS.format(ids=sequence(cursor, "storefront_refund")))
    cursor.execute(COMPLETE)
