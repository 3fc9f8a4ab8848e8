"""The orders of a company: checking orders, lines and refunds against each other and against who and what is there.

An order is taken whole or not at all: one line that cannot be taken refuses the order, and the order its other lines.
"""

from django.utils.translation import gettext as _

from backoffice.imports.files import CUSTOMERS, ORDER_LINES, ORDERS, PEOPLE
from backoffice.imports.rules import drop_refused, refuse, refuse_saying, repeated, was_refused
from backoffice.imports.staging import sequence
from commissions.volume import MOST_A_LINE

BUYERS = """
    CREATE TEMP TABLE known_buyers AS
    SELECT d.number AS name, d.id AS buyer_id, NULL::bigint AS customer_id, u.email, d.name AS person, d.phone
    FROM genealogy_distributor d LEFT JOIN genealogy_user u ON u.id = d.user_id
    WHERE d.number IN (SELECT buyer FROM staged_orders)
    UNION ALL SELECT lower(c.email), NULL, c.id, c.email, c.name, c.phone FROM storefront_customer c
    WHERE lower(c.email) IN (SELECT buyer FROM staged_orders);
    CREATE UNIQUE INDEX ON known_buyers (name); ANALYZE known_buyers"""

PRICED = """
    CREATE TEMP TABLE priced_lines AS
    SELECT l.row_line, l."order" AS order_number, l.line, l.quantity, l.product AS sku, p.id AS product_id, p.name,
        l.unit_price, o.row_line AS order_row, o.market, o.buyer_kind, m.decimals, m.scale,
        l.unit_price * m.scale AS unit_minor,
        coalesce(own.amount_minor, retail.amount_minor) AS list_minor, retail.amount_minor AS retail_minor,
        coalesce(seller.amount_minor, retail.amount_minor) AS seller_price_minor,
        coalesce(l.pv, coalesce(own.pv, retail.pv) * l.quantity) AS pv,
        coalesce(l.cv, coalesce(own.cv, retail.cv) * l.quantity) AS cv,
        l.pv IS NOT NULL AND l.cv IS NOT NULL AS says_volume
    FROM staged_order_lines l LEFT JOIN staged_orders o ON o.number = l."order"
    LEFT JOIN market_money m ON m.code = o.market LEFT JOIN storefront_product p ON p.sku = l.product
    LEFT JOIN storefront_price own ON own.product_id = p.id AND own.market_id = m.id AND own.buyer_kind = o.buyer_kind
    LEFT JOIN storefront_price retail ON retail.product_id = p.id AND retail.market_id = m.id AND retail.buyer_kind = 'retail'
    LEFT JOIN storefront_price seller
        ON seller.product_id = p.id AND seller.market_id = m.id AND seller.buyer_kind = 'distributor'
    ;
    CREATE INDEX ON priced_lines (order_row); ANALYZE priced_lines"""


def check(cursor, *, house_number: str) -> int:
    """Refuse each order and line that does not hold, and leave only new orders staged. Returns how many were there already."""
    cursor.execute("CREATE INDEX ON staged_orders (number); ANALYZE staged_orders")
    _refuse_by_themselves(cursor, house_number)
    drop_refused(cursor, ORDERS)
    there = _set_aside_the_known(cursor)
    drop_refused(cursor, ORDERS)
    repeated(cursor, ORDER_LINES, ["order", "line"], _("a line number of its own; line %s of the file has it too"), field="line")
    drop_refused(cursor, ORDER_LINES)
    cursor.execute(PRICED)
    _refuse_lines(cursor)
    _refuse_by_their_lines(cursor)
    drop_refused(cursor, ORDERS)
    _refuse_without_order(cursor)
    return there


def _refuse_by_themselves(cursor, house_number: str) -> None:
    repeated(cursor, ORDERS, ["number"], _("a number of its own; line %s has it too"))
    refuse(
        cursor, ORDERS, "market", _("a market of company.toml"),
        "SELECT row_line, number, market FROM staged_orders WHERE market NOT IN (SELECT code FROM market_money)",
    )  # fmt: skip
    refuse_saying(
        cursor, ORDERS, "currency",
        "SELECT row_line, number, o.currency, format(%s, m.currency, m.code)"
        " FROM staged_orders o JOIN market_money m ON m.code = o.market WHERE o.currency <> m.currency",
        [_("%s, the currency of the market %s")],
    )  # fmt: skip
    for field in ("total", "delivery"):
        refuse_saying(
            cursor, ORDERS, field,
            f"SELECT row_line, number, {field}::text, format(%s, m.decimals, m.currency) FROM staged_orders o"
            f" JOIN market_money m ON m.code = o.market WHERE {field} * m.scale <> trunc({field} * m.scale)",
            [_("at most %s decimals in %s")],
        )  # fmt: skip
    refuse(
        cursor, ORDERS, "paid_at", _("an instant in the past"),
        "SELECT row_line, number, paid_at::text FROM staged_orders WHERE paid_at > now() + interval '1 hour'",
    )  # fmt: skip
    cursor.execute(BUYERS)
    refuse_saying(
        cursor, ORDERS, "seller",
        f"SELECT row_line, o.number, o.seller, coalesce({was_refused(PEOPLE, 'o.seller')}, %s) FROM staged_orders o"
        " LEFT JOIN genealogy_distributor d ON d.number = o.seller WHERE o.seller IS NOT NULL AND d.id IS NULL",
        [_("the number of a distributor, or nothing for the house")],
    )  # fmt: skip
    refuse_saying(
        cursor, ORDERS, "buyer",
        f"SELECT row_line, o.number, o.buyer, coalesce({was_refused(PEOPLE, 'o.buyer')}, {was_refused(CUSTOMERS, 'o.buyer')}, %s)"
        " FROM staged_orders o LEFT JOIN known_buyers b ON b.name = o.buyer WHERE b.name IS NULL",
        [_("the number of a distributor or the e-mail address of a customer")],
    )  # fmt: skip
    refuse(
        cursor, ORDERS, "buyer_kind", _("distributor with a distributor's number, retail or preferred with an e-mail address"),
        "SELECT row_line, number, buyer_kind FROM staged_orders WHERE (buyer_kind = 'distributor') = (buyer LIKE '%%@%%')",
    )  # fmt: skip
    refuse(
        cursor, ORDERS, "seller", _("the buyer's own number: who buys as a distributor is credited"),
        "SELECT row_line, number, seller FROM staged_orders WHERE buyer_kind = 'distributor' AND seller <> buyer",
    )  # fmt: skip
    cursor.execute(
        "UPDATE staged_orders SET seller = CASE buyer_kind WHEN 'distributor' THEN buyer ELSE %s END WHERE seller IS NULL",
        [house_number],
    )


def _set_aside_the_known(cursor) -> int:
    """Take out orders whose number is stored: silently when they are the same order, refused when they are not."""
    refuse(
        cursor, ORDERS, "number", _("an order that is not stored, or just as it is stored: seller, total and currency differ"),
        """
        SELECT o.row_line, o.number, o.number FROM staged_orders o JOIN storefront_order s ON s.number = o.number
        JOIN market_money m ON m.code = o.market LEFT JOIN genealogy_distributor d ON d.id = s.seller_id
        WHERE (o.seller, o.total * m.scale, o.currency) IS DISTINCT FROM (d.number, s.total_minor, s.currency)
        """,
    )  # fmt: skip
    cursor.execute(
        "CREATE TEMP TABLE known_orders AS SELECT o.number, s.id FROM staged_orders o JOIN storefront_order s USING (number);"
        "CREATE INDEX ON known_orders (number); ANALYZE known_orders"
    )
    drop_refused(cursor, ORDERS)
    cursor.execute("DELETE FROM staged_orders o USING known_orders k WHERE k.number = o.number")
    there = cursor.rowcount
    cursor.execute('DELETE FROM staged_order_lines l USING known_orders k WHERE k.number = l."order"')
    return there


def _refuse_lines(cursor) -> None:
    refuse_saying(
        cursor, ORDER_LINES, "order",
        f"SELECT row_line, order_number, order_number, coalesce({was_refused(ORDERS, 'l.order_number')}, %s)"
        " FROM priced_lines l WHERE order_row IS NULL",
        [_("the number of an order in orders.csv")],
    )  # fmt: skip
    refuse(
        cursor, ORDER_LINES, "product", _("the SKU of a product in products.csv or in the shop"),
        "SELECT row_line, order_number, sku FROM priced_lines WHERE order_row IS NOT NULL AND product_id IS NULL",
    )  # fmt: skip
    refuse_saying(
        cursor, ORDER_LINES, "product",
        "SELECT row_line, order_number, sku, format(%s, market) FROM priced_lines WHERE product_id IS NOT NULL"
        " AND order_row IS NOT NULL AND retail_minor IS NULL",
        [_("a product with a retail price in the market %s")],
    )  # fmt: skip
    refuse_saying(
        cursor, ORDER_LINES, "unit_price",
        "SELECT row_line, order_number, unit_price::text, format(%s, decimals) FROM priced_lines"
        " WHERE unit_minor <> trunc(unit_minor)",
        [_("at most %s decimals in the order's currency")],
    )  # fmt: skip
    refuse_saying(
        cursor, ORDER_LINES, "unit_price",
        "SELECT row_line, order_number, unit_price::text, format(%s, round(list_minor / scale::numeric, decimals))"
        " FROM priced_lines WHERE unit_minor <> list_minor AND NOT says_volume",
        [_("%s, the price in the list; a line at another price states its own pv and cv")],
    )  # fmt: skip
    _refuse_too_much(cursor)


def _refuse_too_much(cursor) -> None:
    """Refuse lines with figures so large that volume could not add them up."""
    for field in ("pv", "cv"):
        refuse_saying(
            cursor, ORDER_LINES, field,
            f"SELECT row_line, order_number, round({field} / 100.0, 2)::text, format(%s, %s::bigint) FROM priced_lines"
            f" WHERE {field} > %s",
            [_("at most %s points for the whole line"), MOST_A_LINE // 100, MOST_A_LINE],
        )  # fmt: skip
    refuse_saying(
        cursor, ORDER_LINES, "unit_price",
        "SELECT row_line, order_number, unit_price::text, format(%s, trunc(%s::numeric / scale)) FROM priced_lines"
        " WHERE greatest(unit_minor, retail_minor, seller_price_minor) * quantity > %s",
        [_("a price by which the whole line comes to at most %s"), MOST_A_LINE, MOST_A_LINE],
    )  # fmt: skip


def _refuse_by_their_lines(cursor) -> None:
    refuse_saying(
        cursor, ORDERS, "number",
        """
        SELECT o.row_line, o.number, o.number, format(%s, min(r.line)) FROM staged_orders o
        JOIN refused r ON r.file = 'order_lines.csv' AND r.key = o.number GROUP BY o.row_line, o.number
        """,
        [_("an order whose lines are all taken; line %s of order_lines.csv was refused")],
    )  # fmt: skip
    drop_refused(cursor, ORDERS)
    refuse(
        cursor, ORDERS, "number", _("an order with at least one line in order_lines.csv"),
        "SELECT row_line, number, number FROM staged_orders o"
        " WHERE NOT EXISTS (SELECT FROM priced_lines l WHERE l.order_row = o.row_line)",
    )  # fmt: skip
    refuse_saying(
        cursor, ORDERS, "total",
        """
        SELECT o.row_line, o.number, o.total::text, format(%s, coalesce(delivery, 0) + sums.lines) FROM staged_orders o
        JOIN (SELECT order_row, sum(unit_price * quantity) AS lines FROM priced_lines GROUP BY order_row) sums
            ON sums.order_row = o.row_line
        WHERE o.total <> coalesce(o.delivery, 0) + sums.lines
        """,
        [_("%s, which is what the lines and the delivery come to")],
    )  # fmt: skip


def _refuse_without_order(cursor) -> None:
    """Refuse the lines whose order was refused for another reason than themselves, so that each row has its answer."""
    refuse_saying(
        cursor, ORDER_LINES, "order",
        f"""
        SELECT row_line, order_number, order_number, coalesce({was_refused(ORDERS, "l.order_number")}, '')
        FROM priced_lines l WHERE order_row IS NOT NULL
            AND NOT EXISTS (SELECT FROM staged_orders o WHERE o.row_line = l.order_row)
            AND NOT EXISTS (SELECT FROM refused r WHERE r.file = 'order_lines.csv' AND r.line = l.row_line)
        """,
    )  # fmt: skip


READY_ORDERS = """
    CREATE TEMP TABLE ready_orders AS
    SELECT o.row_line, nextval({ids}) AS id, o.number, m.id AS market_id,
        o.currency, o.buyer_kind, b.customer_id, b.buyer_id, d.id AS seller_id,
        CASE WHEN o.buyer_kind = 'distributor' THEN 'self' WHEN d.is_house THEN 'house' ELSE 'import' END AS attribution,
        b.email, b.person AS name, b.phone, coalesce(o.street, a.street, '') AS street,
        coalesce(o.postal_code, a.postal_code, '') AS postal_code, coalesce(o.city, a.city, '') AS city,
        coalesce(o.region, a.region, '') AS region, m.country, m.language,
        ((o.total - coalesce(o.delivery, 0)) * m.scale)::bigint AS subtotal_minor,
        (coalesce(o.delivery, 0) * m.scale)::bigint AS delivery_minor,
        (o.total * m.scale)::bigint AS total_minor, 0::bigint AS refunded_minor, 'paid' AS status, o.paid_at
    FROM staged_orders o JOIN market_money m ON m.code = o.market JOIN known_buyers b ON b.name = o.buyer
    JOIN genealogy_distributor d ON d.number = o.seller LEFT JOIN addresses a ON a.name = o.buyer
    ORDER BY o.row_line;
    CREATE UNIQUE INDEX ON ready_orders (row_line); ANALYZE ready_orders;
    DROP TABLE known_buyers, staged_orders"""

READY_LINES = """
    CREATE TEMP TABLE ready_order_lines AS
    SELECT l.order_row, nextval({ids}) AS id, o.id AS order_id,
        l.line AS number, l.product_id, l.sku, l.name, l.quantity, l.unit_minor::bigint AS unit_minor,
        l.retail_minor * l.quantity AS retail_minor, l.seller_price_minor * l.quantity AS seller_price_minor, l.pv, l.cv,
        0 AS refunded_quantity
    FROM priced_lines l JOIN ready_orders o ON o.row_line = l.order_row ORDER BY l.order_row, l.line;
    CREATE INDEX ON ready_order_lines (order_row); ANALYZE ready_order_lines;
    DROP TABLE priced_lines, staged_order_lines"""


def prepare(cursor) -> tuple[int, int]:
    """Turn what is left into rows as they will be stored, with their ids. Returns the first and the last row."""
    cursor.execute(READY_ORDERS.format(ids=sequence(cursor, "storefront_order")))
    cursor.execute(READY_LINES.format(ids=sequence(cursor, "storefront_orderline")))
    cursor.execute("SELECT coalesce(min(row_line), 1), coalesce(max(row_line), 0) FROM ready_orders")
    return cursor.fetchone()
