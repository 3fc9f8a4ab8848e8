"""How amounts, points and rates are written for people, in the language that is active or asked for.

Minor units follow the engine's own table of currencies, never a library's: an upgrade must not rescale stored money.
"""

from copy import copy
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import parse_pattern
from django.utils.translation import get_language, to_locale

from commissions.engine.money import EXPONENTS


def money(amount_minor, currency, language=None):
    """Write minor units as an amount of money: 129900 EUR is €1,299.00 in English and 1.299,00 € in German."""
    return _money(int(amount_minor), currency, language or get_language() or "en")


def points(hundredths, language=None):
    """Write hundredths of a point, with decimals only where there are some: 12550 is 125.5 in English."""
    return _number(int(hundredths), 2, "#,##0.##", language or get_language() or "en")


def percent(ppm, language=None):
    """Write parts per million as a percentage, exactly: 125000 is 12.5% in English."""
    return _percent(int(ppm), language or get_language() or "en")


@lru_cache(maxsize=8192)
def _money(amount_minor, currency, language):
    digits = EXPONENTS[currency]
    return _currency_pattern(digits, language).apply(
        Decimal(amount_minor).scaleb(-digits), _locale(language), currency=currency, currency_digits=False
    )


@lru_cache(maxsize=8192)
def _number(value, scale, pattern, language):
    return parse_pattern(pattern).apply(Decimal(value).scaleb(-scale), _locale(language))


@lru_cache(maxsize=512)
def _percent(ppm, language):
    pattern = copy(_locale(language).percent_formats[None])
    pattern.frac_prec = (0, 4)
    return pattern.apply(Decimal(ppm).scaleb(-6), _locale(language))


@lru_cache(maxsize=256)
def _currency_pattern(digits, language):
    pattern = copy(_locale(language).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=64)
def _locale(language):
    try:
        return Locale.parse(to_locale(language))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
