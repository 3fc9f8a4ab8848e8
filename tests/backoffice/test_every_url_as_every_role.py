"""Every address of the whole site, asked by everybody: what is not in the table below fails.

A row names a pattern and what each role is answered, in the order of ``ROLES``. 302 leads to signing in, or on to where one
belongs. ``POST`` after the pattern asks that way, without any facts. The admin has a table of its own, by model.
"""

import copy
import re

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.urls import get_resolver

from backoffice.models import HeadOffice, Mail
from commissions import periods, runs, settlements, simulations
from genealogy.models import User
from storefront.models import Customer
from tests.commissions.settling import calculated, somebody

ROLES = ("anonymous", "customer", "newcomer", "leader", "crossline", "support", "finance", "marketing", "admin")
STAFF = ROLES[5:]

TABLE = """
(home)                                                 | 200 200 200 200 200 200 200 200 200
@<site:site>/                                          | 200 200 200 200 200 200 200 200 200
@<site:site>/p/<slug:slug>/                            | 200 200 200 200 200 200 200 200 200
@<site:site>/shop/                                     | 200 200 200 200 200 200 200 200 200
accounts/2fa/                                          | 302 200 200 200 200 200 200 200 200
accounts/2fa/authenticate/                             | 302 302 302 302 302 302 302 302 302
accounts/2fa/reauthenticate/                           | 302 403 403 403 403 403 403 403 403
accounts/2fa/recovery-codes/                           | 302 404 404 404 404 404 404 404 404
accounts/2fa/recovery-codes/download/                  | 302 404 404 404 404 404 404 404 404
accounts/2fa/recovery-codes/generate/                  | 302 200 200 200 200 200 200 200 200
accounts/2fa/totp/activate/                            | 302 200 302 302 302 200 200 200 200
accounts/2fa/totp/deactivate/                          | 302 404 404 404 404 404 404 404 404
accounts/2fa/webauthn/                                 | 302 200 200 200 200 200 200 200 200
accounts/2fa/webauthn/add/                             | 302 200 302 302 302 200 200 200 200
accounts/2fa/webauthn/keys/<int:pk>/edit/              | 302 404 404 404 404 404 404 404 404
accounts/2fa/webauthn/keys/<int:pk>/remove/            | 302 404 404 404 404 404 404 404 404
accounts/2fa/webauthn/login/                           | 302 302 302 302 302 302 302 302 302
accounts/2fa/webauthn/reauthenticate/                  | 302 403 403 403 403 403 403 403 403
accounts/confirm-email/                                | 302 302 302 302 302 302 302 302 302
accounts/email/                                        | 302 200 200 200 200 200 200 200 200
accounts/inactive/                                     | 200 200 200 200 200 200 200 200 200
accounts/link/<str:token>/                             | 410 410 410 410 410 410 410 410 410
accounts/login/                                        | 200 302 302 302 302 302 302 302 302
accounts/login/code/                                   | 200 302 302 302 302 302 302 302 302
accounts/login/code/confirm/                           | 302 302 302 302 302 302 302 302 302
accounts/logout/                                       | 302 200 200 200 200 200 200 200 200
accounts/password/change/                              | 302 302 302 302 302 302 302 302 302
accounts/password/reset/                               | 200 200 200 200 200 200 200 200 200
accounts/password/reset/complete/                      | 302 302 302 302 302 302 302 302 302
accounts/password/reset/confirm/                       | 302 302 302 302 302 302 302 302 302
accounts/password/reset/done/                          | 200 200 200 200 200 200 200 200 200
accounts/password/set/                                 | 302 200 200 200 200 200 200 200 200
accounts/reauthenticate/                               | 302 403 403 403 403 403 403 403 403
accounts/sessions/                                     | 302 200 200 200 200 200 200 200 200
accounts/signup/                                       | 200 302 302 302 302 302 302 302 302
admin/                                                 | 302 302 302 302 302 200 200 200 200
admin/<app_label>/                                     | 302 302 302 302 302 200 200 200 200
admin/<url>                                            | 302 302 302 302 302 404 404 404 404
admin/autocomplete/                                    | 302 302 302 302 302 403 403 403 403
admin/jsi18n/                                          | 302 302 302 302 302 200 200 200 200
admin/genealogy/user/<id>/password/                    | 302 302 302 302 302 403 403 403 200
admin/password_change/done/                            | 302 302 302 302 302 200 200 200 200
admin/r/<path:content_type_id>/<path:object_id>/       | 302 302 302 302 302 404 404 404 404
admin/storefront/order/<int:pk>/cancel/                | 302 302 302 302 302 403 302 403 302
admin/storefront/order/<int:pk>/refund/                | 302 302 302 302 302 403 200 403 200
admin/login/                                           | 302 403 403 403 403 302 302 302 302
admin/logout/                                          | 302 302 302 302 302 405 405 405 405
admin/password_change/                                 | 302 302 302 302 302 200 200 200 200
cart/                                                  | 200 200 200 200 200 200 200 200 200
cart/add/                                              | 405 405 405 405 405 405 405 405 405
cart/change/                                           | 405 405 405 405 405 405 405 405 405
cart/drawer/                                           | 200 200 200 200 200 200 200 200 200
cart/remove/                                           | 405 405 405 405 405 405 405 405 405
checkout/                                              | 302 302 302 302 302 302 302 302 302
checkout/<str:token>/pay/                              | 302 302 302 302 302 302 302 302 302
checkout/<str:token>/return/                           | 302 302 302 302 302 302 302 302 302
checkout/email-hint/                                   | 200 200 200 200 200 200 200 200 200
company/                                               | 302 404 404 404 404 403 200 200 200
company/figures/                                       | 302 404 404 404 404 403 200 200 200
company/outbox/                                        | 302 404 404 404 404 200 403 403 200
company/outbox/replay/ POST                            | 302 404 404 404 404 403 403 403 302
company/runs/                                          | 302 404 404 404 404 403 200 403 200
company/runs/<int:run_id>/                             | 302 404 404 404 404 403 200 403 200
company/runs/<int:run_id>/again/ POST                  | 302 404 404 404 404 403 302 403 302
company/runs/<int:run_id>/compare/<int:other_id>/      | 302 404 404 404 404 403 200 403 200
company/runs/<int:run_id>/people/<int:distributor_id>/ | 302 404 404 404 404 403 200 403 200
company/runs/<int:run_id>/progress/                    | 302 404 404 404 404 403 204 403 204
company/runs/<int:run_id>/step/ POST                   | 302 404 404 404 404 403 404 403 404
company/runs/begin/ POST                               | 302 404 404 404 404 403 404 403 404
company/settlements/                                   | 302 404 404 404 404 403 200 403 200
company/settlements/<slug:kind>/<int:settlement_id>/ POST | 302 404 404 404 404 403 302 403 302
company/simulator/                                     | 302 404 404 404 404 403 200 403 200
company/simulator/<int:simulation_id>/                 | 302 404 404 404 404 403 200 403 200
company/simulator/<int:simulation_id>/<slug:rows>.csv  | 302 404 404 404 404 403 200 403 200
company/simulator/<int:simulation_id>/cancel/ POST     | 302 404 404 404 404 403 404 403 302
company/simulator/<int:simulation_id>/draft/ POST      | 302 404 404 404 404 403 403 403 302
company/simulator/<int:simulation_id>/people/<int:distributor_id>/ | 302 404 404 404 404 403 200 403 200
company/simulator/<int:simulation_id>/progress/        | 302 404 404 404 404 403 204 403 204
company/simulator/<int:simulation_id>/remove/ POST     | 302 404 404 404 404 403 404 403 302
company/simulator/new/                                 | 302 404 404 404 404 403 200 403 200
demo/                                                  | 404 404 404 404 404 404 404 404 404
demo/mail/                                             | 404 404 404 404 404 404 404 404 404
demo/mail/<int:mail_id>/                               | 404 404 404 404 404 404 404 404 404
demo/mail/<int:mail_id>/body/                          | 404 404 404 404 404 404 404 404 404
demo/sign-in/<slug:who>/                               | 404 404 404 404 404 404 404 404 404
health/live                                            | 200 200 200 200 200 200 200 200 200
health/ready                                           | 503 503 503 503 503 503 503 503 503
i18n/setlang/                                          | 302 302 302 302 302 302 302 302 302
market/                                                | 405 405 405 405 405 405 405 405 405
media/<path:path>                                      | 404 404 404 404 404 404 404 404 404
my/orders/                                             | 302 200 200 200 200 200 200 200 200
my/orders/<str:number>/                                | 302 404 404 404 404 404 404 404 404
office/                                                | 302 403 200 200 200 403 403 403 403
office/earnings/                                       | 302 403 200 200 200 403 403 403 403
office/earnings/<str:period>/                          | 302 403 200 200 200 403 403 403 403
office/earnings/<str:period>/<slug:bonus>/             | 302 403 200 200 200 403 403 403 403
office/earnings/<str:period>/<slug:bonus>/<slug:line>/ | 302 403 404 200 404 403 403 403 403
office/feed/                                           | 302 403 200 200 200 403 403 403 403
office/figures/                                        | 302 403 200 200 200 403 403 403 403
office/goals/                                          | 302 403 200 200 200 403 403 403 403
office/live/                                           | 200 200 200 200 200 200 200 200 200
office/news/                                           | 302 403 200 200 200 403 403 403 403
office/people/<int:distributor_id>/                    | 302 403 404 200 404 403 403 403 403
office/sales/                                          | 302 403 200 200 200 403 403 403 403
office/sales/<int:order_id>/                           | 302 403 404 200 404 403 403 403 403
office/shop/                                           | 302 403 200 200 200 403 403 403 403
office/shop/qr.svg                                     | 302 403 200 200 200 403 403 403 403
office/team/                                           | 302 403 200 200 200 403 403 403 403
office/team/<int:distributor_id>/                      | 302 403 404 200 404 403 403 403 403
orders/<str:token>/                                    | 404 404 404 404 404 404 404 404 404
p/<slug:slug>/                                         | 200 200 200 200 200 200 200 200 200
p/<slug:slug>/recommend/                               | 405 405 405 405 405 405 405 405 405
r/<site:site>/                                         | 302 302 302 302 302 302 302 302 302
robots.txt                                             | 200 200 200 200 200 200 200 200 200
shop/                                                  | 200 200 200 200 200 200 200 200 200
test-bank/<str:reference>/                             | 404 404 404 404 404 404 404 404 404
webhooks/stripe/                                       | 405 405 405 405 405 405 405 405 405
"""

# Which of view, add, change, delete each role may do with the records of a model: support, finance, marketing, admin.
MODELS = """
account.emailaddress     | -    -    -    -
auth.group               | -    -    -    v
backoffice.mail          | v    -    -    v
backoffice.notification  | v    -    -    v
commissions.adjustment   | -    v    -    v
commissions.earningtotal | -    v    -    v
commissions.fact         | -    v    -    v
commissions.hold         | -    v    -    v
commissions.livepending  | -    -    -    -
commissions.period       | -    v    -    v
commissions.planversion  | -    v    -    va
commissions.run          | -    v    -    v
commissions.standing     | -    v    -    v
commissions.volumeentry  | -    v    -    v
genealogy.distributor    | vc   v    -    vc
genealogy.market         | v    v    v    vac
genealogy.position       | v    -    -    v
genealogy.tree           | v    -    -    v
genealogy.user           | v    -    -    vac
mfa.authenticator        | -    -    -    -
storefront.category      | -    -    vac  vacd
storefront.customer      | vc   -    -    vc
storefront.delivery      | -    -    vac  vacd
storefront.order         | v    v    -    v
storefront.payment       | -    v    -    v
storefront.product       | -    -    vac  vacd
storefront.refund        | -    v    -    v
storefront.site          | v    -    vc   vc
storefront.webhookevent  | -    v    -    v
usersessions.usersession | -    -    -    -
"""


def patterns(resolver=None, before=""):
    """Return every pattern of the site as it is written; the first page's, which is empty, as ``(home)``."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from patterns(pattern, route)
        elif "<app_label>" in route:
            yield "admin/<app_label>/"  # written by Django as a list of all apps
        else:
            yield route.replace("(?P<url>.*)$", "<url>") or "(home)"


OF_A_MODEL = re.compile(
    r"admin/(?!password_change)(?P<model>\w+/\w+)/(add/|<path:object_id>/|<path:object_id>/(history|delete|change)/)?$"
)  # what the admin has for every model


@pytest.fixture
def everybody(cast, staff, heard, settings):
    """Return who plays which role, and fill the routes' parameters with what belongs to ana and ben."""
    settings.STAFF_SECOND_FACTOR = False  # tests/genealogy proves that it closes head office to staff without one
    eli = cast.enrol("Eli", cast.dee)
    customer = User.objects.create_user("cleo@example.com", name="Cleo")
    Customer.objects.create(user=customer, email=customer.email, name="Cleo", market=cast.market)
    own, below = cast.sell(cast.ana), cast.sell(cast.ben, email="other@example.com")
    heard()
    people = dict(zip(ROLES, (None, customer, eli, cast.ana, cast.dee, *(staff(role) for role in STAFF)), strict=True))
    facts = {
        "distributor_id": cast.ben.pk, "order_id": own.pk, "token": own.token, "number": own.number,
        "period": periods.current().name,
        "bonus": "retail_profit", "line": f"order-{below.pk}", "slug": "linden-tea", "site": "ana",
        "simulation_id": simulated().pk, "rows": "people", **settled(cast.ben),
        "mail_id": Mail.objects.first().pk,
        "who": "leader", "reference": "none",
        "pk": own.pk, "url": "nothing-there", "app_label": "genealogy", "path": "nothing.webp",
        "content_type_id": ContentType.objects.get_for_model(HeadOffice).pk, "object_id": own.pk, "id": cast.ben.user_id,
    }  # fmt: skip
    return people, facts


def settled(payee):
    """Return a calculated preview of this period, and an adjustment that waits."""
    clerk, period = somebody("clerk"), periods.current()
    run = calculated(period, clerk, how=runs.preview)
    asked = settlements.adjust(distributor=payee, period=period, amount_minor=100, reason="A prize", by=clerk)
    return {"run_id": run.pk, "other_id": run.pk, "kind": "adjustment", "settlement_id": asked.pk}


def simulated():
    """Return a simulation of this period, done, that nobody in particular asked for."""
    period = periods.current()
    simulation = simulations.ask(simulations.Question(period.plan.document, period, period), wake=False)
    simulations.work_off(simulation)
    return simulation


def filled(route, facts):
    """Return the address of a route with its parameters filled in."""
    address = "/" + route.replace("(home)", "")
    for name, value in facts.items():
        for kind in ("", "int:", "str:", "slug:", "site:", "path:"):
            address = address.replace(f"<{kind}{name}>", str(value))
    assert "<" not in address, f"{route}: tell this test what to fill in"
    return address


class Browser:
    """Somebody's browser, as it was just after signing in: whatever a request changes is undone before the next."""

    def __init__(self, client):
        self.client, self.cookies = client, copy.deepcopy(client.cookies)

    def ask(self, address, method="get"):
        """Ask for an address and return the response."""
        before = transaction.savepoint()
        try:
            self.client.cookies = copy.deepcopy(self.cookies)
            return getattr(self.client, method)(address)
        finally:
            transaction.savepoint_rollback(before)


@pytest.fixture
def browsers(everybody, cast):
    """Return the browser of each role."""
    people, _facts = everybody
    return {role: Browser(cast.client(people[role]) if people[role] else cast.nobody()) for role in ROLES}


def rows(table):
    """Read a table: the pattern, and what follows the bar."""
    return dict(tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines())


@pytest.mark.slow
def test_every_address_is_listed_and_answers_each_role_as_the_table_says(everybody, browsers):
    listed = {route.removesuffix(" POST"): (route, told) for route, told in rows(TABLE).items()}
    here = {route for route in patterns() if not OF_A_MODEL.match(route)}
    assert here - listed.keys() == set(), "not in the table"
    assert listed.keys() - here == set(), "in the table, but no address any more"
    wrong, (_people, facts) = [], everybody
    for route in sorted(here):
        written, told = listed[route]
        address, method = filled(route, facts), "post" if written.endswith(" POST") else "get"
        found = [browsers[role].ask(address, method).status_code for role in ROLES]
        if found != [int(each) for each in told.split()]:
            wrong.append(f"{written} | {' '.join(map(str, found))}")
    assert wrong == []


@pytest.mark.slow
def test_every_record_in_the_admin_answers_each_role_as_the_table_says(browsers):
    listed = {name: [may.strip("-") for may in told.split()] for name, told in rows(MODELS).items()}
    here = {model._meta.label_lower: (model, site) for model, site in admin.site._registry.items()}
    assert {match["model"].replace("/", ".") for match in map(OF_A_MODEL.match, patterns()) if match} == here.keys()
    wrong = []
    for name, (model, _site) in sorted(here.items()):
        found = [may(browsers[role], model) for role in STAFF]
        outside = [may(browsers[role], model) for role in ROLES[:5]]
        if found != listed.get(name) or any(outside):
            wrong.append(f"{name} | {' '.join(each or '-' for each in found)}")
    assert wrong == []


def may(browser, model):
    """Return the letters of what a browser may do with the records of a model: view, add, change, delete."""
    place = f"/admin/{model._meta.label_lower.replace('.', '/')}/"
    found = "v" if browser.ask(place).status_code == 200 else ""
    found += "a" if browser.ask(f"{place}add/").status_code == 200 else ""
    record = model._default_manager.first()
    if record is not None:
        page = browser.ask(f"{place}{record.pk}/change/")
        found += "c" if page.status_code == 200 and b'name="_save"' in page.content else ""
        found += "d" if browser.ask(f"{place}{record.pk}/delete/").status_code == 200 else ""
    return found
