"""What the simulator's templates need: sums of a simulation in a list, and numbers for SVG."""

from django import template

from backoffice import simulator

register = template.Library()


@register.simple_tag
def sums(simulation):
    """Return the figures above everything else of a simulation."""
    return simulator.sums(simulation)


@register.filter
def svg(number):
    """Write a number as SVG reads it, whatever the language: 3.5, never 3,5."""
    return str(number)
