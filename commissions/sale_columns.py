"""The columns of sales that only some plans ask for: products, markets, buyers, codes, first orders, further volumes.

Each column costs as much as a big one on every one of millions of entries, so a plan gets what it may read and nothing else.
"""

from django.db import connection

from commissions.engine.document import write

FREE = {"retail_profit", "unilevel"}
"""Kinds of bonus that read none of these columns, unless they state which ``sales`` count."""

WORDS = ("product", "market")
"""Columns that come over as numbers and are places in ``Snapshot.words``."""

_BUYER = """
    CASE WHEN v.buyer_kind = 'distributor' THEN v.distributor_id WHEN v.buyer_reference = '' THEN -1
         ELSE hashtextextended(v.buyer_reference, 0) & 9223372036854775807 END
"""
_CODE = """
    CASE WHEN v.code = '' THEN -1
         ELSE coalesce((SELECT d.id FROM genealogy_distributor d WHERE d.number = upper(v.code)), -1) END
"""
# A return is of the buyer's first order if what it takes back was.
_FIRST = """
    (SELECT CASE
        WHEN o.buyer_kind = 'distributor' THEN NOT EXISTS (
            SELECT FROM commissions_volumeentry e WHERE e.distributor_id = o.distributor_id AND e.buyer_kind = 'distributor'
            AND e.reverses_id IS NULL AND (e.credited_at, e.reference) < (o.credited_at, o.reference))
        WHEN o.buyer_reference = '' THEN false
        ELSE NOT EXISTS (
            SELECT FROM commissions_volumeentry e WHERE e.buyer_reference = o.buyer_reference AND e.buyer_reference <> ''
            AND e.reverses_id IS NULL AND (e.credited_at, e.reference) < (o.credited_at, o.reference))
        END FROM commissions_volumeentry o WHERE o.id = coalesce(v.reverses_id, v.id))::int
"""
_EXPRESSIONS = {
    "buyer": _BUYER,
    "code": _CODE,
    "first": _FIRST,
    "market": "v.market_id",
    "product": "hashtextextended(v.product, 0)",
}


def of_plan(plan):
    """Return the columns that a plan may read: ``{name: expression}``, over entries ``v``."""
    found = {f"volume.{name}": _of_json(name) for name in plan.volumes}
    found |= {f"amount.{name}": "v.retail_minor" if name == "retail" else _of_json(f"amount.{name}") for name in plan.amounts}
    return found | (_EXPRESSIONS if _asks(plan) else {})


def _of_json(name):
    return f"coalesce((v.volumes ->> '{name}')::bigint, 0)"  # the name is a code: small letters, digits, hyphens, underscores


def _asks(plan):
    """Tell whether a plan may ask who bought, what or where."""
    asks_of_people = any(holder.requires for holder in (plan.activity, *plan.ranks, *plan.gates))
    return asks_of_people or any(bonus.kind not in FREE or "sales" in write(bonus) for bonus in plan.bonuses)


def read_words():
    """Return the names of products and markets, and the numbers that stand for them in the columns, both in one order."""
    with connection.cursor() as cursor:
        cursor.execute(PRODUCTS)
        products = cursor.fetchall()
        cursor.execute("SELECT id, code FROM genealogy_market ORDER BY id")
        markets = cursor.fetchall()
    names = {"product": tuple(name for _number, name in products), "market": tuple(code for _pk, code in markets)}
    return names, {"product": [number for number, _name in products], "market": [pk for pk, _code in markets]}


PRODUCTS = "SELECT hashtextextended(product, 0), product FROM commissions_volumeentry GROUP BY product ORDER BY product"
