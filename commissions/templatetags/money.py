"""Template filters that write amounts of money, points and rates. ``{% load money %}`` gives all three."""

from django import template

from commissions import formats

register = template.Library()


@register.filter
def money(amount_minor, currency):
    """``{{ 129900|money:"EUR" }}`` writes minor units as an amount of money: €1,299.00 in English."""
    return "" if amount_minor in (None, "") else formats.money(amount_minor, currency)


@register.filter
def points(hundredths):
    """``{{ 12550|points }}`` writes hundredths of a point: 125.5 in English."""
    return "" if hundredths in (None, "") else formats.points(hundredths)


@register.filter
def percent(ppm):
    """``{{ 125000|percent }}`` writes parts per million as a percentage: 12.5% in English."""
    return "" if ppm in (None, "") else formats.percent(ppm)
