"""What every answer carries, what the log says and does not say, and what a machine hears about health."""

import json
import logging
import re
import sys
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from config import logs, servers
from config.beat import BEAT_KEY, LOCK, OneScheduler
from config.celery import app

pytestmark = pytest.mark.django_db


def policy(answer):
    return dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))


def test_pages_allow_scripts_and_styles_of_this_site_alone(client):
    found = policy(client.get(reverse("account_login")))
    assert found["default-src"] == found["script-src"] == found["style-src"] == "'self'"
    assert found["object-src"] == found["frame-ancestors"] == found["base-uri"] == "'none'"
    assert "unsafe" not in " ".join(found.values())


def test_answers_carry_the_headers_that_browsers_guard_people_with(client):
    answer = client.get(reverse("account_login"))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_each_request_has_an_id_which_a_proxy_may_give(client):
    own = client.get("/health/live")["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", own)
    assert client.get("/health/live", headers={"X-Request-ID": "from-the-proxy-1"})["X-Request-ID"] == "from-the-proxy-1"
    assert client.get("/health/live", headers={"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


def test_the_log_names_routes_and_not_addresses(caplog):
    caplog.set_level(logging.INFO)
    request = RequestFactory().get("/orders/a-secret-token/?email=ana@example.com")
    logs.RequestLog(lambda request: HttpResponse("fine"))(request)
    assert "(no route)" in caplog.text
    assert "secret-token" not in caplog.text
    assert "ana@example.com" not in caplog.text


def test_e_mail_addresses_are_blotted_out_of_log_lines(capsys):
    handler = logging.StreamHandler()
    line = logs.configure(json=True, level="INFO")["formatters"]["line"]
    handler.setFormatter(line["()"](foreign_pre_chain=line["foreign_pre_chain"], processors=line["processors"]))
    try:
        raise ValueError("Key (email)=(ana.b+c@example.co.uk) already exists.")
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "mail to %s failed", ("ben@example.com",), sys.exc_info())
    written = handler.format(record)
    assert json.loads(written)["event"] == "mail to [e-mail] failed"
    assert "example" not in written


def test_a_living_process_says_so_without_asking_anybody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_a_site_whose_parts_all_answer_is_ready(client):
    cache.set(BEAT_KEY, time.time())
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["outbox"] == {"ok": True, "lag_seconds": 0.0, "pending": 0, "failed": 0}


def test_a_site_whose_clock_stands_still_is_not_ready(client):
    cache.set(BEAT_KEY, time.time() - 600)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["beat"]["ok"] is False
    assert answer.json()["beat"]["age_seconds"] >= 600


def test_a_site_without_valkey_says_which_part_is_missing(client):
    valkey = servers.valkey()
    valkey.stop()
    try:
        answer = client.get("/health/ready")
    finally:
        valkey.start()
    assert answer.status_code == 503
    assert answer.json()["valkey"] == {"ok": False, "error": "ConnectionError"}
    assert answer.json()["database"] == {"ok": True}


def test_every_task_that_the_clock_sends_exists():
    app.loader.import_default_modules()
    sent = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert sent <= set(app.tasks)


@pytest.mark.django_db(transaction=True)
def test_of_two_clocks_one_ticks():
    first, second = OneScheduler(app=app, lazy=True), OneScheduler(app=app, lazy=True)
    assert first._still_mine()
    with servers.cluster().connect(connection.settings_dict["NAME"]) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (False,)
    connection.close()
    assert second._still_mine(), "the lock went with the session that held it"


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de-DE,de;q=0.9", "ja", "fr"])
def test_a_page_says_the_language_that_it_is_in_whatever_the_browser_asks_for(client, language):
    shown = client.get("/accounts/login/", headers={"Accept-Language": language}).content.decode()
    assert '<html lang="en"' in shown
    assert "Anmelden" not in shown and "ログイン" not in shown
