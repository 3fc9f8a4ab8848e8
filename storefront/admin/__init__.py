"""Head office in the shop: the catalogue is edited, orders and money are read, refunds go through ``orders``."""

from storefront.admin import catalogue, orders, people

__all__ = ["catalogue", "orders", "people"]
