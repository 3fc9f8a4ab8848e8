"""The kinds of columns a company's files may have: what each accepts, and what it asks for when it refuses.

A kind turns the text of a field into the text that ``COPY`` takes, or raises ``Refused`` with what was expected.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

Kind = Callable[[str], str]

NOTHING = r"\N"
LONGEST = 2000
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,4})?")
POINTS = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
WHOLE = re.compile(r"[0-9]{1,6}")


class Refused(ValueError):
    """A field cannot be taken; the message says what was expected in its place."""


@dataclass(frozen=True)
class Column:
    """One column of a file: its name, what it accepts, how the database stages it, whether it may be left out."""

    name: str
    kind: Kind
    type: str = "text"
    required: bool = True

    def parse(self, text: str) -> str:
        """Turn a field into the text for ``COPY``; an empty field of a column that may be empty is nothing."""
        text = text.strip()
        if text:
            return self.kind(text)
        if self.required:
            raise Refused(_("a value"))
        return NOTHING


def words(longest: int = LONGEST) -> Kind:
    """Accept any readable text up to ``longest`` characters."""

    def read(text: str) -> str:
        if UNREADABLE.search(text):
            raise Refused(_("text in UTF-8 without control characters"))
        if len(text) > longest:
            raise Refused(_("at most %(count)d characters") % {"count": longest})
        return text.translate(ESCAPES)

    return read


def email(text: str) -> str:
    """Accept an e-mail address, and bring it into small letters."""
    text = text.lower()
    if len(text) > 254 or not EMAIL.fullmatch(text):
        raise Refused(_("an e-mail address such as ana@example.com"))
    return text


def number(text: str) -> str:
    """Accept a distributor's or an order's number."""
    if not NUMBER.fullmatch(text):
        raise Refused(_("a number of capital letters, digits and hyphens, at most 20, such as F100023"))
    return text


def order_number(text: str) -> str:
    """Accept an order's number as another system made it."""
    if len(text) > 40 or not text.isprintable() or "\\" in text:
        raise Refused(_("an order number of at most 40 letters, digits and signs"))
    return text


def buyer(text: str) -> str:
    """Accept who bought: a distributor's number, or a customer's e-mail address."""
    if "@" in text:
        return email(text)
    if not NUMBER.fullmatch(text):
        raise Refused(_("a distributor's number or a customer's e-mail address"))
    return text


def shop_address(text: str) -> str:
    """Accept the address of a personal shop."""
    if not SLUG.fullmatch(text):
        raise Refused(_("small letters, digits and hyphens, at most 40, such as ana-shop"))
    return text


def instant(text: str) -> str:
    """Accept an instant with its offset from UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1950 <= at.year <= 2200:
        raise Refused(_("an instant with its offset, such as 2026-11-03T14:05:00+00:00"))
    return text


def amount(text: str) -> str:
    """Accept an amount of money, not negative, with a point before its decimals."""
    if not AMOUNT.fullmatch(text):
        raise Refused(_("an amount of 0 or more such as 48.00"))
    return text


def points(text: str) -> str:
    """Accept volume in points, and count it in hundredths of a point."""
    found = POINTS.fullmatch(text)
    if not found:
        raise Refused(_("points of 0 or more with at most two decimals, such as 36.5"))
    return str(int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")))


def quantity(text: str) -> str:
    """Accept how many of something: a whole number from 1 on."""
    if not WHOLE.fullmatch(text) or not 1 <= int(text) <= 9999:
        raise Refused(_("a whole number from 1 to 9999"))
    return text


def leg(text: str) -> str:
    """Accept a leg of the placement tree, as words or as 0 and 1."""
    try:
        return {"left": "0", "right": "1", "0": "0", "1": "1"}[text.lower()]
    except KeyError:
        raise Refused(_("left or right")) from None


def yes_or_no(text: str) -> str:
    """Accept yes or no."""
    try:
        return {"yes": "t", "no": "f", "true": "t", "false": "f", "1": "t", "0": "f"}[text.lower()]
    except KeyError:
        raise Refused(_("yes or no")) from None


def one_of(*choices: str) -> Kind:
    """Accept one of a few words."""
    known = {choice: choice for choice in choices}

    def read(text: str) -> str:
        try:
            return known[text]
        except KeyError:
            raise Refused(_("one of %(choices)s") % {"choices": ", ".join(known)}) from None

    return read


def minor_units(text: str, decimals: int) -> int:
    """Turn a decimal amount into minor units of a currency with so many ``decimals``.

    >>> minor_units("48.5", 2), minor_units("6800", 0)
    (4850, 6800)
    """
    try:
        value = Decimal(str(text)).scaleb(decimals)
    except InvalidOperation:
        value = Decimal("0.5")
    if value != value.to_integral_value() or value < 0:
        raise Refused(_("an amount of 0 or more with at most %(count)d decimals") % {"count": decimals})
    return int(value)
