"""The people of the demo whom a visitor may be: their addresses, how they come to exist, and what each is good for.

Signing in as one of them takes one tap and no second factor. That is what DEMO means, and a public site refuses DEMO.
"""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backoffice import roles
from backoffice.demo.generator import CUSTOMER, LEADER, NEWCOMER
from genealogy.models import User
from storefront.models import Customer

PASSWORD = "fernhollow-demo"  # noqa: S105  (told to everybody, and refused on a public site)


@dataclass(frozen=True)
class Login:
    """One of the cast: its key in addresses, whom it is, where it begins, and how it is offered."""

    key: str
    email: str
    name: str
    begins_at: str
    title: str | Promise
    about: str | Promise
    icon: str
    role: str = ""


LOGINS = (
    Login("leader", LEADER, "", "/office/", _("Team leader"), _("A large team, many own sales, live figures"), "users"),
    Login("newcomer", NEWCOMER, "", "/office/", _("Newcomer"), _("Joined three days ago, nothing sold yet"), "sprout"),
    Login("customer", CUSTOMER, "", "/my/orders/", _("Customer"), _("Buys now and then, from the team leader"), "shopping-bag"),
    Login(
        "office", "office@example.com", "Nora Lindqvist", "/company/", _("Head office"),
        _("May see and change everything"), "shield-check", role="superuser",
    ),
    Login(
        "finance", "finance@example.com", "Tomás Ferreira", "/admin/", _("Finance"),
        _("Orders, payments, volume, earnings"), "wallet", role="finance",
    ),
    Login(
        "support", "support@example.com", "Grace Mbeki", "/admin/", _("Support"),
        _("People, shops, orders, mails"), "heart", role="support",
    ),
    Login(
        "marketing", "marketing@example.com", "Luc Moreau", "/admin/", _("Marketing"),
        _("Catalogue, prices, personal shops"), "store", role="marketing",
    ),
)  # fmt: skip
BY_KEY = {login.key: login for login in LOGINS}


def exist() -> bool:
    """Tell whether the cast is there; it comes last, so then the demo company is whole."""
    return User.objects.filter(email__in=[login.email for login in LOGINS], is_active=True).count() == len(LOGINS)


@transaction.atomic
def write() -> None:
    """Let the cast sign in. Safe to repeat. The leader, the newcomer and the customer are people of the company."""
    roles.write()
    password = make_password(PASSWORD)
    customer = Customer.objects.get(email=CUSTOMER)
    for login in LOGINS:
        user, _made = User.objects.get_or_create(email=login.email, defaults={"name": login.name or customer.name})
        user.password = password
        user.is_staff, user.is_superuser = bool(login.role), login.role == "superuser"
        user.save(update_fields=["password", "is_staff", "is_superuser"])
        user.groups.set(Group.objects.filter(name=login.role))
        EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        if login.email == CUSTOMER:
            customer.user = user
            customer.save(update_fields=["user"])


def user_of(key: str) -> User | None:
    """Return the user behind one of the cast, if the demo company has been made."""
    login = BY_KEY.get(key)
    return User.objects.filter(email=login.email, is_active=True).first() if login else None
