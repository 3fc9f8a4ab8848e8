"""Fernhollow's catalogue, as rows for the importer and as figures for the generator."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_name("catalogue.toml")
KINDS = ("retail", "preferred", "distributor")
DECIMALS = {"usd": 2, "eur": 2, "jpy": 0}
CURRENCIES = {"us": "USD", "de": "EUR", "jp": "JPY"}
PACKS = "packs"


@dataclass(frozen=True)
class Catalogue:
    """Products in the order of the shop, with prices by market and kind of buyer as arrays over the products."""

    categories: dict[str, str]
    products: list[dict]

    def prices(self, market: str, kind: str) -> np.ndarray:
        """Return what one unit of each product costs, in minor units."""
        return np.array([product["prices"][kind][CURRENCIES[market].lower()] for product in self.products])

    def weights(self) -> np.ndarray:
        """Return how often each product is bought: a few are everybody's, packs are for those who begin."""
        rank = np.arange(len(self.products)) * 7 % len(self.products)
        weight = 1.0 / (rank + 2.5)
        weight[[product["category"] == PACKS for product in self.products]] *= 0.25
        return weight / weight.sum()

    def product_rows(self) -> list[list[str]]:
        """Return the rows of products.csv."""
        return [
            [
                product["sku"], product["slug"], product["name"], self.categories[product["category"]], product["tagline"],
                product["description"], "\n".join(product["details"]), product["size"], product["picture"],
            ]
            for product in self.products
        ]  # fmt: skip

    def price_rows(self) -> list[list[str]]:
        """Return the rows of prices.csv."""
        return [
            [
                product["sku"], market, kind, decimal(listed[currency.lower()], currency),
                hundredths(listed["pv"]), hundredths(listed["cv"]),
            ]
            for product in self.products
            for market, currency in CURRENCIES.items()
            for kind in KINDS
            for listed in (product["prices"][kind],)
        ]  # fmt: skip


def read() -> Catalogue:
    """Read the catalogue."""
    data = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    return Catalogue({entry["slug"]: entry["name"] for entry in data["categories"]}, data["products"])


def decimal(minor: int, currency: str) -> str:
    """Write minor units with the currency's decimals.

    >>> decimal(4805, "EUR"), decimal(6800, "JPY")
    ('48.05', '6800')
    """
    return f"{minor // 100}.{minor % 100:02d}" if DECIMALS[currency.lower()] else str(minor)


def hundredths(value: int) -> str:
    """Write hundredths of a point as points."""
    return f"{value // 100}.{value % 100:02d}"
