"""What is refused before anything starts, one refusal at a time, and that a real site passes."""

import json
import os
import subprocess
import sys

import pytest

from config.checking import PRODUCTION, foreign_doors
from config.processes import BASE_DIR, manage

pytestmark = pytest.mark.slow


def start(environment, *command, given=None):
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CANOPY_", "DJANGO_"))}
    return subprocess.run(
        command or manage("check", "--deploy", "--fail-level", "WARNING"),
        env={**inherited, **environment}, cwd=BASE_DIR, capture_output=True, text=True, check=False, input=given,
    )  # fmt: skip


def test_a_site_with_production_values_passes_the_deployment_check():
    done = start(PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


REFUSED = {
    "debug": ({"DEBUG": "1"}, "canopy.E001"),
    "demo": ({"DEMO": "1"}, "canopy.E002"),
    "no secret key": ({"SECRET_KEY": ""}, "canopy.E003"),
    "short secret key": ({"SECRET_KEY": "short"}, "canopy.E003"),
    "no field key": ({"FIELD_KEYS": ""}, "canopy.E004"),
    "test gateway": ({"PAYMENT_GATEWAY": "test"}, "canopy.E005"),
    "embedded database": ({"DATABASE_URL": ""}, "canopy.E006"),
    "embedded valkey": ({"VALKEY_URL": ""}, "canopy.E007"),
    "any host": ({"ALLOWED_HOSTS": "*"}, "canopy.E008"),
    "plain http": ({"PUBLIC_URL": "http://shop.example.com"}, "canopy.E009"),
    "another host": ({"PUBLIC_URL": "https://elsewhere.example.com"}, "canopy.E010"),
    "half set stripe": ({"STRIPE_WEBHOOK_SECRET": ""}, "canopy.E020"),
    "stripe with no key": (
        {"STRIPE_SECRET_KEY": "", "STRIPE_PUBLISHABLE_KEY": "", "STRIPE_WEBHOOK_SECRET": ""},
        "canopy.E021",
    ),
    "keys swapped": ({"STRIPE_SECRET_KEY": "pk_live_shape"}, "canopy.E022"),
    "test beside live": ({"STRIPE_PUBLISHABLE_KEY": "pk_test_shape"}, "canopy.E023"),
    "live to a stand-in": ({"STRIPE_API_BASE": "http://127.0.0.1:9"}, "canopy.E024"),
    "rubbish field key": ({"FIELD_KEYS": "rubbish"}, "canopy.E030"),
    "no mail": ({"EMAIL_URL": ""}, "canopy.E031"),
}


# Reads the settings anew for each case in one process, since Django itself takes two seconds to start.
READ_SETTINGS = """
import importlib, json, os, sys
from django.core.exceptions import ImproperlyConfigured
from django.conf import settings
from config import checks, settings as ours
answers = []
for case in json.load(sys.stdin):
    before = dict(os.environ)
    os.environ.update(case)
    try:
        module = importlib.reload(ours)
        checks.settings = module
        answers.append([error.id for error in checks.settings_can_be_meant() if error.hint])
    except ImproperlyConfigured as error:
        answers.append([str(error)])
    finally:
        os.environ.clear()
        os.environ.update(before)
print(json.dumps(answers))
"""


def read(cases):
    done = start({}, sys.executable, "-c", READ_SETTINGS, given=json.dumps(cases))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_public_site_is_refused_with_each_value_that_is_fit_for_a_checkout_only():
    assert read([PRODUCTION]) == [[]]
    found = read([{**PRODUCTION, **change} for change, _ in REFUSED.values()])
    wanted = {what: code for what, (_, code) in REFUSED.items()}
    assert {
        what: code if code in answer else answer for (what, code), answer in zip(wanted.items(), found, strict=True)
    } == wanted


def test_a_checkout_on_a_loopback_address_needs_no_value_at_all():
    assert read([{}, {"DEBUG": "1"}, {"DEMO": "1"}]) == [[], [], []]


MISSPELT = {
    "DEBUG": ("perhaps", "DEBUG='perhaps': expected 1 or 0"),
    "DATABASE_URL": ("mysql://x/y", "DATABASE_URL: expected a URL that begins with postgres:// or postgresql://."),
    "VALKEY_URL": ("http://x", "VALKEY_URL: expected a URL"),
    "PAYMENT_GATEWAY": ("paypal", "PAYMENT_GATEWAY='paypal': expected one of test, stripe"),
    "DATABASE_POOL": ("many", "DATABASE_POOL='many': expected a whole number"),
    "TRUSTED_PROXIES": ("-1", "TRUSTED_PROXIES=-1: expected 0 or more"),
    "EMAIL_URL": ("mail.example.com", "EMAIL_URL: expected a URL"),
}


def test_a_value_that_cannot_be_meant_is_refused_by_name():
    found = read([{name: value} for name, (value, _) in MISSPELT.items()])
    for (name, (_, words)), answer in zip(MISSPELT.items(), found, strict=True):
        assert answer[0].startswith(words), name


def test_a_database_address_without_a_name_is_refused():
    assert "the name of the database is missing" in read([{"DATABASE_URL": "postgres://x:y@127.0.0.1"}])[0][0]


PROCESSES = {
    "web": [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", "1"],
    "worker": [sys.executable, "-m", "celery", "-A", "config", "--quiet", "worker", "--queues", "default", "--pool", "solo"],
    "beat": [sys.executable, "-m", "celery", "-A", "config", "--quiet", "beat", "--scheduler", "config.beat.OneScheduler"],
}


@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_of_a_public_site_starts_on_a_checkouts_values(process):
    done = start({"ALLOWED_HOSTS": "shop.example.com"}, *PROCESSES[process])
    assert done.returncode != 0
    assert "Canopy does not start with these settings" in done.stderr
    assert "SECRET_KEY is not set" in done.stderr


def test_every_module_of_config_is_named_by_the_rule_that_keeps_apps_out():
    rule = (BASE_DIR / "pyproject.toml").read_text()
    ours = {path.stem for path in (BASE_DIR / "config").glob("*.py")} | {
        path.name for path in (BASE_DIR / "config").iterdir() if (path / "__init__.py").exists()
    }
    missing = {name for name in ours - {"__init__", "outbox"} if f'"config.{name}"' not in rule}
    assert not missing


def test_no_app_goes_through_the_door_of_another():
    assert list(foreign_doors()) == []
