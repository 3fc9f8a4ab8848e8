"""How quickly pages come when twenty people ask at once and none of them pauses, through the real web server.

Beside them, in the same run and at the same load: the same pages with nothing cached and with the figures of a team read
from the team (tests/benchmarks/obvious.py). The load is made on the machine that serves, so the time of one client alone is
told too: it is what a visitor meets, while twenty without a pause tell how much goes through.
"""

import http.client
import os
import threading
import time
from importlib import import_module

import numpy as np
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from commissions import live, live_pending
from genealogy.models import Distributor, User
from storefront.models import Product, Site
from tests.benchmarks import orders
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.benchmarks.population import Population

CLIENTS = 20
SECONDS = 8
ALONE = 40
PATIENCE = 900
OBVIOUS = "tests.benchmarks.obvious:application"
AS_OBVIOUS = "nothing cached, a team's figures read from the team"


@benchmark("pages", sizes=(10_000, 100_000), full=(1_000_000,))
def ask_for_pages(bench: Bench, size: int) -> None:
    """Storefront list, product, dashboard and team with twenty clients at once."""
    bench.say("building the company")
    population = Population(size)
    population.sell(size)
    orders.stock()
    leader = open_an_office(population)
    orders.buy(leader.pk, times=40)
    live_pending.tell_history([population.period.pk])
    live.refresh_everything()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(leader.user)}"
    pages = {
        "list": Page(f"/@{leader.site.slug}/shop/"),
        "product": Page(f"/@{leader.site.slug}/p/{Product.objects.first().slug}/"),
        "dashboard": Page("/office/", cookie),
        "team": Page("/office/team/", cookie),
    }
    bench.say("asking for its pages")
    web = WebProcesses(bench)
    ours = {name: (page.alone(web.ports), page.at_once(web.ports)) for name, page in pages.items()}
    web.stop()
    bench.say("asking for the same without a cache and without standings")
    web = WebProcesses(bench, {"CANOPY_VALKEY": "away"}, application=OBVIOUS)
    web.companies[0].valkey.stop()
    theirs = {name: (page.alone(web.ports, at_most=SECONDS), page.at_once(web.ports)) for name, page in pages.items()}
    for name in pages:
        report(bench, name, *ours[name], *theirs[name])


class WebProcesses:
    """A web process for each core, each on a port of its own, as production runs them behind its proxy."""

    def __init__(self, bench: Bench, environment: dict[str, str] | None = None, **options: str) -> None:
        self.companies = [
            bench.company(names=("web",), environment={"DATABASE_POOL": "16", **(environment or {})}, **options)
            for _ in range(os.cpu_count() or 1)
        ]
        self.ports = [company.port for company in self.companies]

    def stop(self) -> None:
        """Stop them."""
        for company in self.companies:
            company.stop()


def report(bench: Bench, name: str, alone: list[float], took: list[float], alone_there: list[float], there: list[float]) -> None:
    """Report one page: the spread among twenty, one client alone, and how many pages a second went through."""
    for stat in ("median", "p95"):
        value, beside = (getattr(spread(values), stat) * 1e3 for values in (took, there))
        bench.report(f"{name}, {stat}", value, "ms", baseline=AS_OBVIOUS, baseline_value=beside)
    value, beside = (spread(values).median * 1e3 for values in (alone, alone_there))
    bench.report(f"{name}, one client", value, "ms", baseline=AS_OBVIOUS, baseline_value=beside)
    value, beside = (CLIENTS / (sum(values) / len(values)) for values in (took, there))
    bench.report(f"{name}, rate", value, "pages/s", baseline=AS_OBVIOUS, baseline_value=beside)


def open_an_office(population: Population) -> Distributor:
    """Give the distributor with the largest team below the house a log-in and a shop."""
    first_level = np.flatnonzero(population.parent == 0)
    place = first_level[np.argmax(population.size[first_level])]
    leader = Distributor.objects.get(pk=int(population.ids[place]))
    leader.user = User.objects.create(email="leader@example.com", name=leader.name)
    leader.save(update_fields=["user"])
    Site.objects.create(distributor=leader, slug="leader", name=leader.name, headline="What I use myself")
    return leader


def session_of(user: User) -> str:
    """Sign somebody in and return the session's key."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


class Page:
    """One page, as a client asks for it."""

    def __init__(self, path: str, cookie: str = "") -> None:
        self.path = path
        self.headers = {"Cookie": cookie, "Accept-Language": "en"}

    def ask(self, line: http.client.HTTPConnection) -> float:
        """Ask once on an open line and return the seconds until the last byte."""
        started = time.perf_counter()
        line.request("GET", self.path, headers=self.headers)
        answer = line.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{self.path} answered {answer.status}")
        return time.perf_counter() - started

    def alone(self, ports: list[int], *, at_most: float = PATIENCE) -> list[float]:
        """Return the seconds that each of some requests took when nobody else asks; the first, which warms up, left out."""
        took: list[float] = []
        line = http.client.HTTPConnection("127.0.0.1", ports[0], timeout=PATIENCE)
        self.ask(line)
        end = time.monotonic() + at_most
        while not took or (len(took) < ALONE and time.monotonic() < end):
            took.append(self.ask(line))
        return took

    def at_once(self, ports: list[int]) -> list[float]:
        """Return the seconds that each request took while twenty clients asked; each asks once at least."""
        took: list[float] = []
        faults: list[Exception] = []
        end = time.monotonic() + SECONDS

        def client(number: int) -> None:
            line = http.client.HTTPConnection("127.0.0.1", ports[number % len(ports)], timeout=PATIENCE)
            try:
                took.append(self.ask(line))
                while time.monotonic() < end:
                    took.append(self.ask(line))
            except Exception as fault:  # raised by the one who waits for the threads
                faults.append(fault)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return took
