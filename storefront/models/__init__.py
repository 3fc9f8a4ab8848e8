"""What the storefront stores, a module for each subject."""

from storefront.models.cart import Cart, CartLine
from storefront.models.catalogue import BuyerKind, CatalogueVersion, Category, Delivery, Price, Product
from storefront.models.customer import Customer
from storefront.models.order import Order, OrderLine
from storefront.models.payment import Payment, Refund, RefundLine, WebhookEvent
from storefront.models.site import FormerAddress, Recommendation, Site
from storefront.models.testbank import TestIntent, TestRefund

__all__ = [
    "BuyerKind",
    "Cart",
    "CartLine",
    "CatalogueVersion",
    "Category",
    "Customer",
    "Delivery",
    "FormerAddress",
    "Order",
    "OrderLine",
    "Payment",
    "Price",
    "Product",
    "Recommendation",
    "Refund",
    "RefundLine",
    "Site",
    "TestIntent",
    "TestRefund",
    "WebhookEvent",
]
