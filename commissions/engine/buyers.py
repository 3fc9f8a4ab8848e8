"""Who buys, in the words of a plan document."""

from collections.abc import Iterable
from enum import StrEnum

from commissions.engine.snapshot import BuyerKind


class Buyer(StrEnum):
    """Who bought: the distributor who is credited, or a customer."""

    DISTRIBUTOR = "distributor"
    PREFERRED = "preferred"
    RETAIL = "retail"


def kinds(buyers: Iterable[Buyer]) -> list[int]:
    """Return the numbers that stand for some buyers in the columns of sales."""
    return [int(BuyerKind[buyer.name]) for buyer in buyers]
