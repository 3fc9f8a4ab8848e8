"""The arithmetic of a basket: amounts of lines, delivery, total. Pure; all amounts are minor units of one currency."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Totals:
    """What a basket costs. ``missing_for_free`` is what has to be added until delivery is free; 0 when it is or never will be."""

    subtotal: int
    delivery: int
    missing_for_free: int = 0

    @property
    def total(self):
        return self.subtotal + self.delivery


def totals(amounts, *, delivery, free_from=None):
    """Add up the lines and decide about delivery.

    >>> totals([4800, 2400], delivery=590, free_from=7500)
    Totals(subtotal=7200, delivery=590, missing_for_free=300)
    >>> totals([4800, 2700], delivery=590, free_from=7500).delivery
    0
    """
    subtotal = sum(amounts)
    if not subtotal and not delivery:
        return Totals(0, 0)
    if free_from is not None and subtotal >= free_from:
        return Totals(subtotal, 0)
    return Totals(subtotal, delivery, 0 if free_from is None else free_from - subtotal)


@dataclass(frozen=True)
class LinePrice:
    """What one unit costs this buyer, retail and the seller, and the volumes it carries (hundredths of a point)."""

    unit: int
    retail: int
    seller: int
    pv: int
    cv: int

    def times(self, quantity):
        """Return the same figures for several units."""
        return LinePrice(*(figure * quantity for figure in (self.unit, self.retail, self.seller, self.pv, self.cv)))
