"""What a company stands on before anybody enrols: markets, the house, the two trees, the plan, the catalogue."""

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice.imports import columns
from backoffice.imports.files import PRICES, PRODUCTS, Unreadable
from backoffice.imports.profile import PLAN, House, MarketEntry, Profile
from backoffice.imports.rules import drop_refused, refuse, refuse_saying, repeated, was_refused
from commissions import plan_versions
from commissions.volume import MOST_A_LINE
from genealogy import people
from genealogy.models import Distributor, Market
from storefront import loading
from storefront.models import Delivery


def lay(profile: Profile) -> None:
    """Store markets, house, trees and plan; what is there already stays, and must not contradict the file.

    All of it in the caller's transaction: when the plan could not count a market's currency, nothing is kept.
    """
    for position, entry in enumerate(profile.markets):
        _market(entry, position)
    _house(profile.house)
    try:
        plan = plan_versions.load(plan_versions.store(profile.plan))
    except ValidationError as error:
        raise Unreadable(f"{PLAN}: " + " ".join(error.messages)) from error
    except plan_versions.InUse as error:
        raise Unreadable(f"{PLAN}: {error}") from error
    for entry in profile.markets:
        _require_rate(plan, entry)


def _require_rate(plan, entry: MarketEntry) -> None:
    """Refuse a market in whose currency nothing sold could be counted."""
    counted = (plan.currency, *plan.exchange)
    if entry.currency not in counted:
        raise Unreadable(
            _(
                "company.toml, market %(code)s: “currency” is “%(currency)s”, but the plan can count %(known)s only. Give it a"
                " rate under [exchange] in %(plan)s."
            )
            % {"code": entry.code, "currency": entry.currency, "known": ", ".join(counted), "plan": PLAN}
        )


def _market(entry: MarketEntry, position: int) -> None:
    market, made = Market.objects.get_or_create(
        code=entry.code,
        defaults={
            "name": entry.name, "country": entry.country, "currency": entry.currency, "language": entry.language,
            "time_zone": entry.time_zone, "position": position,
        },
    )  # fmt: skip
    if market.currency != entry.currency:
        raise Unreadable(
            _("company.toml, market %(code)s: “currency” is “%(found)s”, expected %(stored)s as the market is stored.")
            % {"code": entry.code, "found": entry.currency, "stored": market.currency}
        )
    if made:
        free_from = entry.free_delivery_from
        Delivery.objects.create(
            market=market,
            amount_minor=columns.minor_units(entry.delivery, entry.decimals),
            free_from_minor=columns.minor_units(free_from, entry.decimals) if free_from else None,
            promise=entry.delivery_promise,
        )


def _house(entry: House) -> None:
    house = Distributor.objects.filter(is_house=True).first()
    if house is None:
        people.found(name=entry.name, market=Market.objects.get(code=entry.market), number=entry.number)
    elif house.number != entry.number:
        raise Unreadable(
            _("company.toml, house: “number” is “%(found)s”, but another company is stored here, with the house %(stored)s.")
            % {"found": entry.number, "stored": house.number}
        )


def tell_markets(cursor, profile: Profile) -> None:
    """Keep beside the staged rows which markets this import knows, and how many decimals their money has."""
    cursor.execute(
        "CREATE TEMP TABLE market_money (id bigint, code text, currency text, country text, language text,"
        " decimals integer, scale bigint)"
    )
    for entry in profile.markets:
        cursor.execute(
            "INSERT INTO market_money SELECT id, code, currency, country, language, %s, %s FROM genealogy_market WHERE code = %s",
            [entry.decimals, 10**entry.decimals, entry.code],
        )


def check_catalogue(cursor) -> None:
    """Refuse each product and price that does not hold."""
    repeated(cursor, PRODUCTS, ["sku"], _("a SKU of its own; line %s has it too"))
    repeated(cursor, PRODUCTS, ["slug"], _("an address of its own; line %s has it too"))
    refuse(
        cursor, PRODUCTS, "slug", _("small letters, digits and hyphens"),
        "SELECT row_line, sku, slug FROM staged_products WHERE slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$'",
    )  # fmt: skip
    refuse(
        cursor, PRODUCTS, "slug", _("an address that no other product has"),
        "SELECT s.row_line, s.sku, s.slug FROM staged_products s JOIN storefront_product p ON p.slug = s.slug AND p.sku <> s.sku",
    )  # fmt: skip
    drop_refused(cursor, PRODUCTS)
    repeated(cursor, PRICES, ["product", "market", "buyer_kind"], _("one price for each market and buyer; line %s has it"))
    refuse(
        cursor, PRICES, "market", _("a market of company.toml"),
        "SELECT row_line, product, market FROM staged_prices WHERE market NOT IN (SELECT code FROM market_money)",
    )  # fmt: skip
    refuse_saying(
        cursor, PRICES, "product",
        f"SELECT row_line, product, product, coalesce({was_refused(PRODUCTS, 's.product')}, %s) FROM staged_prices s"
        " WHERE product NOT IN (SELECT sku FROM staged_products UNION ALL SELECT sku FROM storefront_product)",
        [_("the SKU of a product in products.csv")],
    )  # fmt: skip
    refuse_saying(
        cursor, PRICES, "price",
        "SELECT row_line, product, price::text, format(%s, m.decimals, m.currency) FROM staged_prices s"
        " JOIN market_money m ON m.code = s.market WHERE price * m.scale <> trunc(price * m.scale)",
        [_("at most %s decimals in %s")],
    )  # fmt: skip
    for field, minor in (("price", "price * m.scale"), ("pv", "pv"), ("cv", "cv")):
        whole = "m.scale" if field == "price" else "100"
        refuse_saying(
            cursor, PRICES, field,
            f"SELECT row_line, product, round({minor} / {whole}::numeric, 2)::text, format(%s, trunc(%s::numeric / {whole}))"
            f" FROM staged_prices s JOIN market_money m ON m.code = s.market WHERE {minor} > %s",
            [_("at most %s"), MOST_A_LINE, MOST_A_LINE],
        )  # fmt: skip
    drop_refused(cursor, PRICES)


def load_catalogue(cursor) -> tuple[int, int]:
    """Store the products and prices that hold; return how many of each were new."""
    cursor.execute("SELECT DISTINCT category FROM staged_products")
    slugs = {name: slugify(name) or slugify(name, allow_unicode=True) for (name,) in cursor.fetchall()}
    cursor.execute("ALTER TABLE staged_products ADD category_slug text")
    for name, slug in slugs.items():
        cursor.execute("UPDATE staged_products SET category_slug = %s WHERE category = %s", [slug, name])
    cursor.execute(
        "CREATE TEMP TABLE ready_prices AS SELECT s.row_line, s.product, m.id AS market_id, s.buyer_kind,"
        " (s.price * m.scale)::bigint AS amount_minor, s.pv, s.cv FROM staged_prices s"
        " JOIN market_money m ON m.code = s.market"
    )
    return loading.catalogue("staged_products", "ready_prices")
