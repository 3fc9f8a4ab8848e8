"""How quickly pages come when twenty people ask at once, beside the same figures read the obvious way."""

import http.client
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.management import call_command
from django.db import connection

from commissions import periods
from genealogy.models import Distributor
from storefront.models import Product, Site
from tests.benchmarks.harness import Bench, benchmark, spread

CLIENTS = 20
SECONDS = 8

OBVIOUS_DASHBOARD = """
    WITH RECURSIVE team AS (
        SELECT position.id, position.distributor_id FROM genealogy_position AS position
        JOIN genealogy_tree AS tree ON tree.id = position.tree_id AND tree.code = 'sponsor'
        WHERE position.distributor_id = %s
        UNION ALL
        SELECT below.id, below.distributor_id FROM genealogy_position AS below JOIN team ON below.parent_id = team.id
    )
    SELECT count(DISTINCT team.distributor_id), coalesce(sum(entry.pv), 0), coalesce(sum(entry.cv), 0)
    FROM team LEFT JOIN commissions_volumeentry AS entry ON entry.distributor_id = team.distributor_id AND entry.period_id = %s
"""
"""A dashboard's volume and team as it is usually read: walk the team, join its orders, add up."""


@benchmark("pages", sizes=(10_000,), full=(100_000, 1_000_000))
def ask_for_pages(bench: Bench, size: int) -> None:
    """Storefront list, product, dashboard and team with twenty clients at once."""
    bench.say("bringing the demo company in")
    call_command("demo", people=size, verbosity=0)
    company = bench.company(names=("web",), environment={"DATABASE_POOL": "8"})
    leader = leader_of_the_demo()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(leader)}"
    product = Product.objects.filter(is_active=True).first()
    site = Site.objects.get(distributor=leader)
    pages = {
        "list": (f"/@{site.slug}/shop/", ""),
        "product": (f"/@{site.slug}/p/{product.slug}/", ""),
        "dashboard": ("/office/", cookie),
        "team": ("/office/team/", cookie),
    }
    for name, (path, cookies) in pages.items():
        took = ask_at_once(company.port, path, cookies)
        obvious = spread(obvious_seconds(leader)) if name == "dashboard" else None
        bench.report(f"{name} p50", spread(took).median * 1e3, "ms")
        bench.report(f"{name} p95", spread(took).p95 * 1e3, "ms")
        bench.report(f"{name} rate", len(took) / SECONDS, "pages/s")
        if obvious:
            alone = spread(ask_alone(company.port, path, cookies))
            bench.report(
                "dashboard alone", alone.median * 1e3, "ms", baseline="recursive query alone", baseline_value=obvious.median * 1e3
            )


def leader_of_the_demo() -> Distributor:
    """Return the distributor with the largest team who has a log-in and is not the house."""
    return (
        Distributor.objects.filter(is_house=False, user__isnull=False, site__isnull=False, standings__period=periods.current())
        .order_by("-standings__team_size")
        .select_related("user")
        .first()
    )


def session_of(distributor: Distributor) -> str:
    """Sign a distributor in and return the session's key."""
    session = SessionStore()
    session[SESSION_KEY] = str(distributor.user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = distributor.user.get_session_auth_hash()
    session.create()
    return session.session_key


def ask(line: http.client.HTTPConnection, path: str, cookie: str) -> float:
    """Ask once on an open line and return the seconds until the last byte."""
    started = time.perf_counter()
    line.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "en"})
    answer = line.getresponse()
    answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path} answered {answer.status}")
    return time.perf_counter() - started


def ask_alone(port: int, path: str, cookie: str, times: int = 40) -> list[float]:
    """Return the seconds that each of some requests took when nobody else asks."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    return [ask(line, path, cookie) for _ in range(times)]


def ask_at_once(port: int, path: str, cookie: str) -> list[float]:
    """Return the seconds that each request took while twenty clients asked for the same page."""
    took: list[float] = []
    faults: list[Exception] = []
    end = time.monotonic() + SECONDS

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while time.monotonic() < end:
                took.append(ask(line, path, cookie))
        except Exception as fault:  # raised by the one who waits for the threads
            faults.append(fault)

    in_parallel(client, CLIENTS)
    if faults:
        raise faults[0]
    return took


def in_parallel(work: Callable[[], None], count: int) -> None:
    """Run the same work in some threads and wait for all of them."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def obvious_seconds(leader: Distributor, times: int = 10) -> list[float]:
    """Return the seconds that the obvious query took, each time."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(OBVIOUS_DASHBOARD, [leader.pk, periods.current().pk])
            cursor.fetchone()
        took.append(time.perf_counter() - started)
    return took
