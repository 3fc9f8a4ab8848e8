"""The files of a company, and reading them row by row in little memory.

A row that cannot be read is refused by itself: a quote that is never closed spoils its own line, not the rest.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice.imports import columns
from backoffice.imports.columns import Column, Refused

LINES_OF_ONE_ROW = 200


class Unreadable(Exception):
    """A file as a whole cannot be used: it is missing, or its first line does not name the right columns."""


@dataclass(frozen=True)
class File:
    """One kind of file: its name, its columns, and the column by which other rows refer to a row of it."""

    name: str
    key: str
    columns: tuple[Column, ...]
    optional: bool = False

    @property
    def table(self) -> str:
        """The name of the table in which the rows wait."""
        return "staged_" + self.name.removesuffix(".csv")


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file, with the number of its first line."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Broken:
    """A row that is no row: with the number of its first line and what is wrong."""

    line: int
    text: str
    expected: str


ADDRESS = (
    Column("street", columns.words(160), required=False),
    Column("postal_code", columns.words(20), required=False),
    Column("city", columns.words(80), required=False),
    Column("region", columns.words(80), required=False),
)
PEOPLE = File(
    "people.csv",
    "number",
    (
        Column("number", columns.number),
        Column("name", columns.words(120)),
        Column("email", columns.email),
        Column("market", columns.words(12)),
        Column("sponsor", columns.number, required=False),
        Column("placement", columns.number, required=False),
        Column("leg", columns.leg, "smallint", required=False),
        Column("status", columns.one_of("active", "suspended", "terminated"), required=False),
        Column("enrolled_at", columns.instant, "timestamptz"),
        Column("phone", columns.words(32), required=False),
        Column("language", columns.words(12), required=False),
        Column("shop", columns.shop_address, required=False),
        Column("shop_name", columns.words(80), required=False),
        Column("headline", columns.words(120), required=False),
        Column("story", columns.words(1200), required=False),
        *ADDRESS,
    ),
)
CUSTOMERS = File(
    "customers.csv",
    "email",
    (
        Column("email", columns.email),
        Column("name", columns.words(120)),
        Column("market", columns.words(12)),
        Column("kind", columns.one_of("retail", "preferred"), required=False),
        Column("referred_by", columns.number, required=False),
        Column("since", columns.instant, "timestamptz"),
        Column("phone", columns.words(40), required=False),
        Column("login", columns.yes_or_no, "boolean", required=False),
        *ADDRESS,
    ),
    optional=True,
)
PRODUCTS = File(
    "products.csv",
    "sku",
    (
        Column("sku", columns.words(40)),
        Column("slug", columns.words(80)),
        Column("name", columns.words(120)),
        Column("category", columns.words(80)),
        Column("tagline", columns.words(160), required=False),
        Column("description", columns.words(), required=False),
        Column("details", columns.words(), required=False),
        Column("size", columns.words(40), required=False),
        Column("picture", columns.words(200), required=False),
        Column("on_sale", columns.yes_or_no, "boolean", required=False),
    ),
)
PRICES = File(
    "prices.csv",
    "product",
    (
        Column("product", columns.words(40)),
        Column("market", columns.words(12)),
        Column("buyer_kind", columns.one_of("retail", "preferred", "distributor")),
        Column("price", columns.amount, "numeric"),
        Column("pv", columns.points, "bigint"),
        Column("cv", columns.points, "bigint"),
    ),
)
ORDERS = File(
    "orders.csv",
    "number",
    (
        Column("number", columns.order_number),
        Column("market", columns.words(12)),
        Column("currency", columns.words(3)),
        Column("buyer_kind", columns.one_of("retail", "preferred", "distributor")),
        Column("buyer", columns.buyer),
        Column("seller", columns.number, required=False),
        Column("paid_at", columns.instant, "timestamptz"),
        Column("delivery", columns.amount, "numeric", required=False),
        Column("total", columns.amount, "numeric"),
        *ADDRESS,
    ),
    optional=True,
)
ORDER_LINES = File(
    "order_lines.csv",
    "order",
    (
        Column("order", columns.order_number),
        Column("line", columns.quantity, "integer"),
        Column("product", columns.words(40)),
        Column("quantity", columns.quantity, "integer"),
        Column("unit_price", columns.amount, "numeric"),
        Column("pv", columns.points, "bigint", required=False),
        Column("cv", columns.points, "bigint", required=False),
    ),
    optional=True,
)
REFUNDS = File(
    "refunds.csv",
    "order",
    (
        Column("order", columns.order_number),
        Column("line", columns.quantity, "integer"),
        Column("quantity", columns.quantity, "integer"),
        Column("refunded_at", columns.instant, "timestamptz"),
        Column("reason", columns.words(200), required=False),
    ),
    optional=True,
)
FILES = (PRODUCTS, PRICES, PEOPLE, CUSTOMERS, ORDERS, ORDER_LINES, REFUNDS)


def header(file: File, folder: Path) -> list[Column] | None:
    """Return the columns in the order of the file's first line; None when the file may be and is missing."""
    path = folder / file.name
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            names = next(csv.reader([lines.readline()]), [])
    except FileNotFoundError:
        if file.optional:
            return None
        raise Unreadable(_("%(file)s is missing in %(folder)s.") % {"file": file.name, "folder": folder}) from None
    names = [name.strip() for name in names]
    known = {column.name: column for column in file.columns}
    for name in names:
        if name not in known or names.count(name) > 1:
            raise Unreadable(
                _("%(file)s, line 1: “%(name)s” is no column of this file or stands there twice. The columns are: %(known)s.")
                % {"file": file.name, "name": name.encode("utf-8", "replace").decode(), "known": ", ".join(known)}
            )
    for column in file.columns:
        if column.required and column.name not in names:
            raise Unreadable(_("%(file)s, line 1: the column “%(name)s” is missing.") % {"file": file.name, "name": column.name})
    return [known[name] for name in names]


def rows(file: File, folder: Path) -> Iterator[Row | Broken]:
    """Read the rows of a file after its first line, one at a time."""
    with (folder / file.name).open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as lines:
        next(lines, None)
        waiting: list[str] = []
        line = 1
        while True:
            text = waiting.pop() if waiting else next(lines, "")
            if not text:
                return
            line += 1
            if '"' not in text:
                text = text.rstrip("\r\n")
                if text:
                    yield Row(line, text.split(","))
                continue
            taken = [text]
            while sum(part.count('"') for part in taken) % 2 and len(taken) < LINES_OF_ONE_ROW:
                more = waiting.pop() if waiting else next(lines, "")
                if not more:
                    break
                taken.append(more)
            row = quoted(line, "".join(taken))
            if isinstance(row, Broken) and len(taken) > 1:
                waiting.extend(reversed(taken[1:]))
                row = Broken(line, taken[0].rstrip("\r\n"), row.expected)
            else:
                line += len(taken) - 1
            yield row


def quoted(line: int, text: str) -> Row | Broken:
    """Read a row in which quotes stand."""
    try:
        found = list(csv.reader(text.splitlines(keepends=True), strict=True))
    except csv.Error:
        found = []
    if len(found) != 1:
        return Broken(line, text.rstrip("\r\n"), _("quotes that are opened and closed around a whole field, doubled inside it"))
    return Row(line, found[0])


def faults(header: list[Column], fields: list[str]) -> Iterator[tuple[Column, str, str]]:
    """Name each field of a row that cannot be taken: column, text, what was expected."""
    for column, text in zip(header, fields, strict=True):
        try:
            column.parse(text)
        except Refused as refusal:
            yield column, text, str(refusal)
