"""Amounts, points and rates as people read them."""

import pytest
from django.template import Context, Template
from django.utils import translation

from commissions import formats


@pytest.mark.parametrize(
    ("minor", "currency", "language", "written"),
    [
        (129900, "USD", "en", "$1,299.00"),
        (129900, "EUR", "de", "1.299,00\xa0€"),
        (129900, "JPY", "en", "¥129,900"),
        (129900, "JPY", "ja", "￥129,900"),
        (1234567, "KWD", "en", "KWD1,234.567"),
        (-5, "USD", "en", "-$0.05"),
        (2**62 - 1, "USD", "en", "$46,116,860,184,273,879.03"),
        (100, "USD", "xx", "$1.00"),
    ],
)
def test_money_is_written_from_minor_units_without_losing_a_cent(minor, currency, language, written):
    assert formats.money(minor, currency, language) == written


def test_an_unknown_currency_is_refused_by_name():
    with pytest.raises(KeyError, match="QQQ"):
        formats.money(1, "QQQ")


@pytest.mark.parametrize(("hundredths", "written"), [(0, "0"), (12550, "125.5"), (-101, "-1.01"), (123456700, "1,234,567")])
def test_points_show_decimals_only_where_there_are_some(hundredths, written):
    assert formats.points(hundredths, "en") == written


@pytest.mark.parametrize(("ppm", "written"), [(50_000, "5%"), (125_000, "12.5%"), (1, "0.0001%"), (1_000_000, "100%")])
def test_a_rate_is_written_exactly(ppm, written):
    assert formats.percent(ppm, "en") == written


def test_templates_write_in_the_active_language():
    template = Template('{% load money %}{{ a|money:"EUR" }} {{ p|points }} {{ r|percent }} {{ none|money:"EUR" }}')
    with translation.override("de"):
        assert template.render(Context({"a": 1999, "p": 150, "r": 75_000, "none": None})) == "19,99\xa0€ 1,5 7,5\xa0% "
