"""Buyers: as whom somebody shops, which decides the price list, the volumes and whose sale it is."""

from dataclasses import dataclass

from genealogy.models import Distributor
from storefront import customers
from storefront.models import BuyerKind, Customer


@dataclass(frozen=True)
class Buyer:
    """A guest, a customer or a distributor at the till."""

    kind: str = BuyerKind.RETAIL
    distributor: Distributor | None = None
    customer: Customer | None = None

    @property
    def sees_volume(self):
        """Points mean something to distributors only."""
        return self.kind == BuyerKind.DISTRIBUTOR


GUEST = Buyer()


def at_till(user, buyer, *, market, name, phone):
    """Return as whom this user places an order: one who is signed in and has never bought becomes a customer by that."""
    if buyer.distributor or buyer.customer or not user.is_authenticated:
        return buyer
    customer = customers.made_of(user, market=market, name=name, phone=phone)
    return Buyer(BuyerKind(customer.kind), customer=customer) if customer else buyer


def of(user):
    """Tell as whom this user shops. A suspended or terminated distributor pays retail prices like anybody."""
    if not user.is_authenticated:
        return GUEST
    distributor = Distributor.objects.select_related("market").filter(user=user, status=Distributor.Status.ACTIVE).first()
    if distributor:
        return Buyer(BuyerKind.DISTRIBUTOR, distributor=distributor)
    customer = customers.of(user)
    if customer:
        return Buyer(BuyerKind(customer.kind), customer=customer)
    return GUEST
