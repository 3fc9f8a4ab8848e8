"""The columns of sales that only some plans ask for: products, markets, buyers, codes, first orders, further volumes.

Each column costs as much as a big one on every one of millions of entries, so a plan gets what it may read and nothing else.
"""

from django.db import connection

from commissions.engine.document import write

OF_KIND = {
    "coded": {"code"},
    "customer_acquisition": {"buyer", "first"},
    "party": {"buyer", "party"},
    "sponsor_flat": {"product"},
}
"""What a kind of bonus reads whatever its settings are; every other reads what its settings ask for, and nothing else."""

OF_SETTING = {
    "products": {"product"},
    "without_products": {"product"},
    "markets": {"market"},
    "first_orders": {"first"},
}
"""What a setting reads, wherever in a plan it stands."""

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
    wanted = asked(plan)
    return found | {name: expression for name, expression in _EXPRESSIONS.items() if name in wanted}


def _of_json(name):
    return f"coalesce((v.volumes ->> '{name}')::bigint, 0)"  # the name is a code: small letters, digits, hyphens, underscores


def asked(plan):
    """Return the names of the columns, beside volumes and amounts, that a plan reads."""
    wanted = {"buyer"} if plan.requirements else set()
    for bonus in plan.bonuses:
        wanted |= OF_KIND.get(bonus.kind, set())
    return wanted | _of_settings(write(plan))


def _of_settings(data):
    if isinstance(data, list):
        return set().union(*(_of_settings(each) for each in data))
    if not isinstance(data, dict):
        return set()
    wanted = {"first"} if data.get("kind") == "first_order" else set()
    for key, value in data.items():
        wanted |= OF_SETTING.get(key, set()) | _of_settings(value)
    return wanted


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
