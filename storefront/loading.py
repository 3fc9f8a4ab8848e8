"""A shop's history by the thousand, from tables of rows that somebody has checked: catalogue, customers, shops, orders.

Each function writes with one statement a table and is safe to repeat. An order comes with its lines, its payment, its
refunds and its volume in one transaction, and announces nothing: what is long past is no news.
"""

from django.db import connection, transaction

from commissions import volume_import

GATEWAY = "import"

CUSTOMER_TABLES = ("storefront_customer",)
ORDER_TABLES = (
    "storefront_order", "storefront_orderline", "storefront_payment", "storefront_refund", "storefront_refundline",
    volume_import.TABLE,
)  # fmt: skip
"""The tables that orders come into, and the volume that belongs to them."""
NEEDED = volume_import.NEEDED
"""The indexes beside the unique ones by which ``orders`` finds what it asks for."""

CATEGORIES = """
    INSERT INTO storefront_category (slug, name, position)
    SELECT category_slug, min(category), (SELECT coalesce(max(position), 0) FROM storefront_category) + min(row_line)
    FROM {source} GROUP BY category_slug ORDER BY min(row_line) ON CONFLICT (slug) DO NOTHING"""

PRODUCTS = """
    INSERT INTO storefront_product (sku, slug, name, category_id, tagline, description, details, size, picture, photo,
        is_active, position, sold_lately, created_at)
    SELECT p.sku, p.slug, p.name, c.id, coalesce(p.tagline, ''), coalesce(p.description, ''), coalesce(p.details, ''),
        coalesce(p.size, ''), coalesce(p.picture, ''), '', coalesce(p.on_sale, true),
        (SELECT coalesce(max(position), 0) FROM storefront_product) + row_number() OVER (ORDER BY p.row_line), 0, now()
    FROM {source} p JOIN storefront_category c ON c.slug = p.category_slug ORDER BY p.row_line
    ON CONFLICT (sku) DO NOTHING"""

PRICES = """
    INSERT INTO storefront_price (product_id, market_id, buyer_kind, amount_minor, pv, cv)
    SELECT p.id, s.market_id, s.buyer_kind, s.amount_minor, s.pv, s.cv
    FROM {source} s JOIN storefront_product p ON p.sku = s.product ORDER BY s.row_line
    ON CONFLICT (product_id, market_id, buyer_kind) DO NOTHING"""

SHOPS = """
    INSERT INTO storefront_site (distributor_id, slug, name, headline, story, picture, created_at)
    SELECT d.id, s.shop, coalesce(s.shop_name, d.name), coalesce(s.headline, ''), coalesce(s.story, ''), '', d.enrolled_at
    FROM {source} s JOIN genealogy_distributor d ON d.number = s.number WHERE s.shop IS NOT NULL
    ON CONFLICT (distributor_id) DO NOTHING"""

CUSTOMERS = """
    INSERT INTO storefront_customer (user_id, email, name, phone, market_id, kind, referred_by_id, created_at)
    SELECT NULL, s.email, s.name, coalesce(s.phone, ''), s.market_id, coalesce(s.kind, 'retail'), d.id, s.since
    FROM {source} s LEFT JOIN genealogy_distributor d ON d.number = s.referred_by
    WHERE s.row_line BETWEEN %s AND %s ORDER BY s.row_line
    ON CONFLICT (upper(email)) DO NOTHING"""

ORDERS = """
    INSERT INTO storefront_order (id, number, token, status, market_id, currency, buyer_kind, customer_id, buyer_id,
        seller_id, attribution, trail, email, name, phone, street, street_more, postal_code, city, region, country,
        language, subtotal_minor, delivery_minor, total_minor, refunded_minor, placed_at, paid_at)
    SELECT id, number, left(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 43), status, market_id,
        currency, buyer_kind, customer_id, buyer_id, seller_id, attribution,
        jsonb_build_array(jsonb_build_object('what', 'credited', 'distributor', seller_id, 'at', paid_at, 'why', attribution)),
        email, name, phone, street, '', postal_code, city, region, country, language, subtotal_minor, delivery_minor,
        total_minor, refunded_minor, paid_at, paid_at
    FROM ready_orders WHERE row_line BETWEEN %(first)s AND %(last)s ORDER BY row_line"""

LINES = """
    INSERT INTO storefront_orderline (id, order_id, number, product_id, sku, name, quantity, unit_minor, amount_minor,
        retail_minor, seller_price_minor, pv, cv, refunded_quantity)
    SELECT id, order_id, number, product_id, sku, name, quantity, unit_minor, unit_minor * quantity, retail_minor,
        seller_price_minor, pv, cv, refunded_quantity
    FROM ready_order_lines WHERE order_row BETWEEN %(first)s AND %(last)s ORDER BY id"""

PAYMENTS = f"""
    INSERT INTO storefront_payment (order_id, gateway, reference, idempotency_key, method, status, amount_minor, currency,
        failure, created_at, settled_at)
    SELECT id, '{GATEWAY}', number, '{GATEWAY}:' || number, '', 'succeeded', total_minor, currency, '', paid_at, paid_at
    FROM ready_orders WHERE row_line BETWEEN %(first)s AND %(last)s ORDER BY row_line"""

REFUNDS = f"""
    INSERT INTO storefront_refund (id, order_id, payment_id, reference, idempotency_key, status, amount_minor,
        delivery_minor, reason, failure, created_at, settled_at)
    SELECT r.id, r.order_id, p.id, '', '{GATEWAY}:refund:' || r.id, 'succeeded', r.amount_minor, r.delivery_minor,
        r.reason, '', r.refunded_at, r.refunded_at
    FROM ready_refunds r JOIN storefront_payment p ON p.order_id = r.order_id AND p.status = 'succeeded'
    WHERE r.order_row BETWEEN %(first)s AND %(last)s ORDER BY r.id"""

REFUND_LINES = """
    INSERT INTO storefront_refundline (refund_id, order_line_id, quantity, amount_minor, pv, cv)
    SELECT refund_id, order_line_id, quantity, amount_minor, pv, cv
    FROM ready_refund_lines WHERE order_row BETWEEN %(first)s AND %(last)s ORDER BY refund_id, order_line_id"""

# The stretch is said of each table that is joined: of one alone, the others would be read whole for every stretch.
SOLD = """
    SELECT 'order:' || o.id, l.number, o.seller_id, o.paid_at, o.buyer_kind,
        CASE WHEN o.buyer_id IS NULL THEN 'customer:' || o.customer_id ELSE 'distributor:' || o.buyer_id END,
        o.market_id, l.sku, l.quantity, l.pv, l.cv, o.currency, l.unit_minor * l.quantity, l.retail_minor,
        l.seller_price_minor, NULL, NULL
    FROM ready_orders o JOIN ready_order_lines l ON l.order_row = o.row_line
    WHERE o.row_line BETWEEN %(first)s AND %(last)s AND l.order_row BETWEEN %(first)s AND %(last)s ORDER BY l.id"""

TAKEN_BACK = """
    SELECT 'refund:' || t.refund_id, l.number, o.seller_id, o.paid_at, o.buyer_kind,
        CASE WHEN o.buyer_id IS NULL THEN 'customer:' || o.customer_id ELSE 'distributor:' || o.buyer_id END,
        o.market_id, l.sku, -t.quantity, -t.pv, -t.cv, o.currency, -t.amount_minor, -t.retail_minor,
        -t.seller_price_minor, 'order:' || o.id, l.number
    FROM ready_orders o JOIN ready_refund_lines t ON t.order_row = o.row_line
    JOIN ready_order_lines l ON l.order_row = t.order_row AND l.id = t.order_line_id
    WHERE o.row_line BETWEEN %(first)s AND %(last)s AND t.order_row BETWEEN %(first)s AND %(last)s
        AND l.order_row BETWEEN %(first)s AND %(last)s ORDER BY t.refund_id, l.number"""

# Numbers that the shop gives out itself go on after the greatest that was brought in.
STEP_OVER = """
    SELECT setval('storefront_order_number', greatest(taken.last, own.last_value), true)
    FROM (SELECT max(number::bigint) AS last FROM ready_orders WHERE number ~ '^[0-9]{1,12}$') AS taken,
        storefront_order_number AS own WHERE taken.last IS NOT NULL"""


def catalogue(products: str, prices: str) -> tuple[int, int]:
    """Store the products and prices of two tables that are not stored yet; return how many of each."""
    with connection.cursor() as cursor:
        cursor.execute(CATEGORIES.format(source=products))
        cursor.execute(PRODUCTS.format(source=products))
        added = cursor.rowcount
        cursor.execute(PRICES.format(source=prices))
        return added, cursor.rowcount


def shops(source: str) -> int:
    """Open a personal shop for each row of a table that names one and whose distributor has none yet."""
    with connection.cursor() as cursor:
        cursor.execute(SHOPS.format(source=source))
        return cursor.rowcount


def customers(source: str, *, first: int, last: int) -> int:
    """Store the customers of the rows from ``first`` to ``last``; return how many were not there yet."""
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS.format(source=source), [first, last])
        return cursor.rowcount


@transaction.atomic
def orders(*, first: int, last: int) -> int:
    """Store the paid orders of the rows from ``first`` to ``last`` of ready_orders with all that belongs to them.

    The other tables are ready_order_lines, ready_refunds and ready_refund_lines; each names its order's row. None of
    the orders may be stored already: a number that is, or a second use of anything unique, undoes the whole stretch.
    """
    stretch = {"first": first, "last": last}
    with connection.cursor() as cursor:
        for statement in (ORDERS, LINES, PAYMENTS, REFUNDS, REFUND_LINES):
            cursor.execute(statement, stretch)
            if statement is ORDERS:
                count = cursor.rowcount
    volume_import.load(f"({SOLD}) UNION ALL ({TAKEN_BACK})", stretch)
    return count


def finish() -> None:
    """Step over the order numbers that were brought in, and let the planner know how much there is now."""
    with connection.cursor() as cursor:
        cursor.execute(STEP_OVER)
        cursor.execute(f"ANALYZE {', '.join(ORDER_TABLES)}")
