"""The addresses of the shop. Those of a personal shop are the same below ``/@name/``."""

from django.urls import path, register_converter

from storefront.views import cart, checkout, links, orders, shop, webhooks


class SiteAddress:
    """A personal shop's address, in any letters: it is compared in small ones."""

    regex = r"[A-Za-z0-9-]{1,40}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(SiteAddress, "site")

app_name = "storefront"

urlpatterns = [
    path("", shop.home, name="home"),
    path("shop/", shop.shelf, name="shelf"),
    path("p/<slug:slug>/", shop.product, name="product"),
    path("p/<slug:slug>/recommend/", shop.recommend, name="recommend"),
    path("@<site:site>/", shop.home, name="site"),
    path("@<site:site>/shop/", shop.shelf, name="site_shelf"),
    path("@<site:site>/p/<slug:slug>/", shop.product, name="site_product"),
    path("r/<site:site>/", links.follow, name="link"),
    path("market/", links.choose_market, name="market_choose"),
    path("cart/", cart.show, name="cart"),
    path("cart/drawer/", cart.drawer, name="cart_drawer"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/change/", cart.change, name="cart_change"),
    path("cart/remove/", cart.remove, name="cart_remove"),
    path("checkout/", checkout.details, name="checkout"),
    path("checkout/email-hint/", checkout.email_hint, name="email_hint"),
    path("checkout/<str:token>/pay/", checkout.pay, name="pay"),
    path("checkout/<str:token>/return/", checkout.pay_return, name="pay_return"),
    path("test-bank/<str:reference>/", checkout.test_bank, name="test_bank"),
    path("orders/<str:token>/", orders.by_link, name="order"),
    path("my/orders/", orders.mine, name="my_orders"),
    path("my/orders/<str:number>/", orders.one_of_mine, name="my_order"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
    path("robots.txt", links.robots, name="robots"),
]
