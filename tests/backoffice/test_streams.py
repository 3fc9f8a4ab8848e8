"""The live streams, against a real server process with a real Valkey."""

import http.client
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from importlib import import_module

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from backoffice import freshness, hints, streams
from backoffice.models import Notification
from commissions.models import LivePending
from config.outbox import wake
from genealogy.models import User
from tests.servers import Company

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server(cast):
    """A web process on the database of this test."""
    company = Company.on_this_database(names=("web",), environment={"CANOPY_DATABASE": connection.settings_dict["NAME"]})
    company.start()
    yield company
    company.stop()


def session_of(person):
    """Make a session as a sign-in does, and return its key."""
    user = person.user
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store.save()
    return store.session_key


class Stream:
    """One open page, as a browser holds it."""

    def __init__(self, server, session, **headers):
        self.connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        self.connection.request("GET", "/office/live/", headers={"Cookie": cookie, "Host": f"localhost:{server.port}", **headers})
        self.response = self.connection.getresponse()

    def event(self):
        """Return the next event: its name and its facts."""
        name = facts = None
        while True:
            raw = self.response.readline()
            assert raw, "the stream ended"
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                facts = json.loads(line[6:])
            elif not line and name:
                return name, facts

    def close(self):
        self.connection.close()


def publish(channel, people):
    wake.valkey().publish(channel, json.dumps({"people": people}))


def wait_for_subscription():
    for _ in range(100):
        if dict(wake.valkey().pubsub_numsub(hints.FEED_CHANNEL)).get(hints.FEED_CHANNEL.encode()):
            return
        time.sleep(0.05)
    raise AssertionError("nobody subscribed")


def test_news_reaches_the_page_of_whom_it_is_for_and_no_other(cast, server):
    ana, dee = Stream(server, session_of(cast.ana)), Stream(server, session_of(cast.dee))
    assert ana.response.headers["Content-Type"] == "text/event-stream"
    assert ana.event()[0] == dee.event()[0] == "beat"
    wait_for_subscription()
    publish(hints.STANDINGS_CHANNEL, [cast.ana.pk, cast.ben.pk])
    publish(hints.FEED_CHANNEL, [cast.dee.pk])
    assert ana.event()[1]["kinds"] == ["standings"]
    name, facts = dee.event()
    assert (name, facts["kinds"]) == ("news", ["feed"])
    assert set(facts) == {"as_of", "kinds"}, "a stream tells no ids and no figures"


@pytest.mark.parametrize("hint", ['{"people": [{}]}', '{"people": [[1]]}', "[]", "7", "{", '{"at": 7}', '{"at": "x"}'])
def test_a_hint_that_makes_no_sense_is_passed_over_and_the_next_is_heard(hint):
    hub = streams.Hub(loop=None)
    page = streams.Page(1, "key")
    hub.pages = {1: {page}}
    channel = hints.FEED_CHANNEL.encode()
    hub._hear({"type": "message", "channel": channel, "data": hint.encode()})
    assert page.pending == set()
    hub._hear({"type": "message", "channel": channel, "data": b'{"people": [1]}'})
    assert page.pending == {"feed"}


def test_what_was_missed_is_answered_from_the_database(cast, server):
    since = int((time.time() - 1) * 1000)
    Notification.objects.create(distributor=cast.ana, kind="rank", key="k", facts={"rank": "Gold", "period": "2026-11"})
    stream = Stream(server, session_of(cast.ana), **{"Last-Event-ID": str(since)})
    assert stream.event()[1]["kinds"] == ["feed"]
    later = Stream(server, session_of(cast.ana), **{"Last-Event-ID": str(since + 3_600_000)})
    assert later.event()[1]["kinds"] == []


def test_a_page_that_comes_when_nobody_was_there_is_told_that_the_figures_are_of_now(cast, server):
    LivePending.objects.all().delete()
    session = session_of(cast.ana)
    first = Stream(server, session)
    assert first.event()[0] == "beat"
    first.close()
    opened = timezone.now().replace(microsecond=0)
    assert datetime.fromisoformat(Stream(server, session).event()[1]["as_of"]) >= opened


def test_who_is_not_signed_in_is_told_so_and_gets_no_stream(cast, server):
    stream = Stream(server, "nobody")
    assert stream.event()[0] == "signed-out"
    assert stream.response.read() == b""


def test_open_streams_hold_no_database_connection_and_one_subscription(cast, server):
    session = session_of(cast.ana)
    with ThreadPoolExecutor(40) as at_once:  # more than the pool has connections
        streams = list(at_once.map(lambda _: Stream(server, session), range(40)))
    for stream in streams:
        assert stream.event()[0] == "beat"
    time.sleep(0.3)
    assert wake.valkey().pubsub_numsub(hints.FEED_CHANNEL)[0][1] == 1
    with psycopg.connect(**connection_facts()) as outside:
        busy = outside.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()[0]
    assert busy <= 20, "forty open pages, and only the pool's connections"
    for stream in streams:
        stream.close()


def connection_facts():
    facts = connection.get_connection_params()
    return {key: facts[key] for key in ("dbname", "user", "host", "port") if facts.get(key)}


def test_a_stopping_server_ends_its_streams_at_once(cast, server):
    stream = Stream(server, session_of(cast.ana))
    stream.event()
    process = server.processes["web"]
    process.send_signal(signal.SIGTERM)
    assert stream.event()[0] == "restart"
    assert process.wait(30) is not None


def test_a_page_that_goes_away_is_forgotten(cast, server):
    stream = Stream(server, session_of(cast.ana))
    stream.event()
    wait_for_subscription()
    stream.connection.sock.shutdown(socket.SHUT_RDWR)
    for _ in range(100):
        if not dict(wake.valkey().pubsub_numsub(hints.FEED_CHANNEL))[hints.FEED_CHANNEL.encode()]:
            return
        time.sleep(0.05)
    raise AssertionError("the subscription outlived the last page")


def test_only_a_living_session_of_the_same_person_keeps_a_page_open(cast):
    key = session_of(cast.ana)
    assert freshness.still_allowed({(key, cast.ana.pk), (key, cast.ben.pk), ("gone", cast.ana.pk)}) == {(key, cast.ana.pk)}
    user = User.objects.get(pk=cast.ana.user_id)
    user.set_password("another one")
    user.save()
    assert freshness.still_allowed({(key, cast.ana.pk)}) == set()
    Session.objects.all().delete()
    assert freshness.still_allowed({(key, cast.ana.pk)}) == set()
