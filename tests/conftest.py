"""What every test may use. The tests have a cluster of their own, and each xdist worker a Valkey of its own."""

import gc
import os
from pathlib import Path

import django

# All of this comes before Django reads its settings, and that before any other conftest imports a model.
BASE_DIR = Path(__file__).resolve().parent.parent
os.environ["CANOPY_DATA"] = os.environ.get("CANOPY_TEST_DATA") or str(BASE_DIR / ".data" / "test")
os.environ["CANOPY_DURABLE"] = "0"
os.environ["CANOPY_VALKEY"] = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
for name in (
    "DATABASE_URL",
    "VALKEY_URL",
    "DEBUG",
    "DATABASE_POOL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "PUBLIC_URL",
    "PAYMENT_GATEWAY",
):
    os.environ.pop(name, None)
django.setup()
# The workers of xdist inherit this environment: with the variable set, pytest-django would read the settings before this file.
del os.environ["DJANGO_SETTINGS_MODULE"]

import pytest  # noqa: E402  (Django is set up first, so that what follows may import models)
from django.conf import settings as site  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from config import servers  # noqa: E402
from tests import chromium, databases, kept  # noqa: E402
from tests.servers import Company  # noqa: E402

# Passwords are hashed slowly so that nobody guesses them; those of tests are known. A company of its own keeps the slow way.
site.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *site.PASSWORD_HASHERS]
# Each test client would walk through all static files before its first request; so it looks for one when it is asked for.
site.WHITENOISE_AUTOREFRESH = True

# Most of what the collector would look through is Django itself, which stays.
gc.freeze()
gc.set_threshold(100_000, 20, 50)

# How long property tests run: briefly by default, longer in ``make test``, half an hour in ``make soak``.
for profile, examples in (("quick", 12), ("thorough", 40), ("soak", 1_500)):
    settings.register_profile(profile, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Copy the test database from one that is migrated already; migrating anew for each worker takes longer than many tests."""
    servers.hold()
    connection.settings_dict["TEST"]["TEMPLATE"] = databases.template(servers.cluster())


def empty_the_database(_test) -> None:
    """Empty the database after a test that committed."""
    databases.empty(connection)


# Django truncates each table, which takes longer than most tests, and writes the permissions anew.
TransactionTestCase._fixture_teardown = empty_the_database


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Nothing is kept for a test that commits. See tests/kept.py."""
    kept.make_way(item)


@pytest.fixture(scope="module")
def keep(django_db_setup, django_db_blocker):
    """Build rows once for all tests of a module: see tests/kept.py."""
    made = []

    def build(how):
        made.append(kept.Kept(how, django_db_blocker))
        return made[-1]

    yield build
    for each in reversed(made):
        each.drop()


def started_companies():
    """Yield the starter of companies, and stop afterwards what it started."""
    started = []

    def start(*, people: int = 0, **options) -> Company:
        company = Company.fresh(**options)
        started.append(company)
        if people:
            company.manage("demo", "--people", str(people))
        company.start()
        return company

    yield start
    for company in reversed(started):
        company.stop()


@pytest.fixture(scope="module")
def companies():
    """Start companies of a test's own: ``companies(people=200, own_cluster=False, names=(...), environment={...})``."""
    yield from started_companies()


@pytest.fixture(scope="session")
def company_server():
    """The real product with a demo company of 300 people, for tests that do not break it. See tests/servers.py."""
    for start in started_companies():
        yield start(people=300)


@pytest.fixture(scope="module")
def browser():
    """One Chromium for a module; skips with the reason when there is none, fails where REQUIRE_BROWSER is set."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a heavy import that most runs never need)

    path = chromium.find()
    if path is None:
        (pytest.fail if chromium.required() else pytest.skip)(chromium.MISSING)
    with sync_playwright() as playwright:
        # Until it stops, Playwright keeps an event loop in this thread; Django would take every test for asynchronous.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        opened = playwright.chromium.launch(executable_path=path, env={**os.environ, **chromium.environment()})
        yield opened
        opened.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser):
    """A fresh browser profile the size of a phone; its pages may load nothing from elsewhere."""
    opened = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True, locale="en-US")
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context):
    """A page of that profile."""
    return context.new_page()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Begin with the tests that take whole companies down, since they take longest, and end with those in a browser.

    Those that share a company share a process, which xdist begins with, as with every group.
    """
    for item in items:
        if "company_server" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("company"))
    result = yield
    items.sort(key=lambda item: 2 if "browser" in item.fixturenames else 0 if "companies" in item.fixturenames else 1)
    return result
