"""What company.toml says: the company's name, its house account, its markets and what delivery costs there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from backoffice.imports import columns
from backoffice.imports.columns import Refused
from backoffice.imports.files import Unreadable
from commissions.engine.money import EXPONENTS

NAME = "company.toml"
PLAN = "plan.toml"


@dataclass(frozen=True)
class MarketEntry:
    """A market as the file tells it. Delivery amounts are decimals in the market's currency."""

    code: str
    name: str
    country: str
    currency: str
    language: str = "en"
    time_zone: str = "UTC"
    delivery: str = "0"
    free_delivery_from: str = ""
    delivery_promise: str = ""

    @property
    def decimals(self) -> int:
        """How many decimals the currency has."""
        return EXPONENTS[self.currency]


@dataclass(frozen=True)
class House:
    """The account to which everything belongs that nobody referred."""

    number: str
    name: str
    market: str


@dataclass(frozen=True)
class Profile:
    """The company: everything that is needed before people and orders can come in."""

    name: str
    house: House
    markets: tuple[MarketEntry, ...]
    plan: str


def read(folder: Path) -> Profile:
    """Read company.toml and plan.toml. Unreadable names the key that is wrong and what was expected."""
    data = _document(folder)
    _known(data, {"name", "house", "market"}, "")
    house = _entry(House, data.get("house"), "house")
    found = data.get("market")
    if not isinstance(found, list) or not found:
        raise Unreadable(_("%(file)s: at least one [[market]] is expected.") % {"file": NAME})
    markets = tuple(_entry(MarketEntry, entry, f"market {at}") for at, entry in enumerate(found, start=1))
    _check_house(house, markets)
    for market in markets:
        _check_market(market)
    if len({market.code for market in markets}) < len(markets):
        raise Unreadable(_("%(file)s: two markets have the same code.") % {"file": NAME})
    try:
        plan = (folder / PLAN).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Unreadable(_("%(file)s is missing in %(folder)s.") % {"file": PLAN, "folder": folder}) from None
    return Profile(str(data.get("name", house.name)), house, markets, plan)


def _document(folder: Path) -> dict:
    try:
        with (folder / NAME).open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise Unreadable(_("%(file)s is missing in %(folder)s.") % {"file": NAME, "folder": folder}) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{NAME}: {error}") from error


def _known(data: Mapping, keys: set[str], where: str) -> None:
    for key in data:
        if key not in keys:
            raise Unreadable(
                _("%(file)s: “%(key)s” is not known%(where)s; the keys are %(known)s.")
                % {"file": NAME, "key": key, "where": where and f" in {where}", "known": ", ".join(sorted(keys))}
            )


def _entry(kind, data, where: str):
    if not isinstance(data, dict):
        raise Unreadable(_("%(file)s: [%(where)s] is missing.") % {"file": NAME, "where": where})
    known = {field.name for field in fields(kind)}
    _known(data, known, where)
    for key, value in data.items():
        if not isinstance(value, str):
            raise Unreadable(
                _("%(file)s, %(where)s: “%(key)s” is %(value)s, expected text in quotes.")
                % {"file": NAME, "where": where, "key": key, "value": value}
            )
    try:
        return kind(**data)
    except TypeError:
        missing = sorted(
            field.name for field in fields(kind) if field.name not in data and field.default is not field.default_factory
        )
        raise Unreadable(
            _("%(file)s, %(where)s: expected are %(missing)s.") % {"file": NAME, "where": where, "missing": ", ".join(missing)}
        ) from None


def _check_house(house: House, markets: tuple[MarketEntry, ...]) -> None:
    if not columns.NUMBER.fullmatch(house.number):
        _wrong("house", "number", house.number, _("capital letters, digits and hyphens, at most 20"))
    if house.market not in {market.code for market in markets}:
        _wrong("house", "market", house.market, _("the code of a market in this file"))


def _check_market(market: MarketEntry) -> None:
    where = f"market {market.code}"
    if not (len(market.country) == 2 and market.country.isascii() and market.country.isupper()):
        _wrong(where, "country", market.country, _("two capital letters such as DE"))
    if market.currency not in EXPONENTS:
        _wrong(where, "currency", market.currency, _("a currency of ISO 4217 such as EUR"))
    if market.time_zone not in available_timezones():
        _wrong(where, "time_zone", market.time_zone, _("a time zone such as Europe/Berlin"))
    for key in ("delivery", "free_delivery_from"):
        value = getattr(market, key)
        if value:
            try:
                columns.minor_units(value, market.decimals)
            except Refused as refusal:
                _wrong(where, key, value, str(refusal))


def _wrong(where: str, key: str, value: str, expected: str) -> None:
    raise Unreadable(
        _("%(file)s, %(where)s: “%(key)s” is “%(value)s”, expected %(expected)s.")
        % {"file": NAME, "where": where, "key": key, "value": value, "expected": expected}
    )
