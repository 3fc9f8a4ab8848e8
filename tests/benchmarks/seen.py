"""From a confirmed payment to the moved figure on an open dashboard, in a real browser: what a distributor really waits for.

Everything is as in production: web, worker and live process, PostgreSQL, Valkey, server-sent events, Chromium. The clock starts
at the instant that the paid order bears, before its transaction is committed, and stops in the frame in which the browser
has drawn the leader's new group volume. The sale is made five levels below the leader.
"""

import os
import random
import sys
import time

import numpy as np
from django.conf import settings
from playwright.sync_api import sync_playwright

from commissions import live, live_pending
from storefront.models import Order
from tests import chromium
from tests.benchmarks import orders
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.benchmarks.pages import open_an_office, session_of
from tests.benchmarks.population import Population

SALES = 20
BELOW = 5
PHONE = {"width": 390, "height": 844}
PATIENCE = 60_000
WATCH = """
    () => {
        window.moves = [];
        const figure = () => document.querySelector('[data-figure="gv"]')?.textContent.trim();
        let last = figure();
        new MutationObserver(() => requestAnimationFrame(() => {
            const now = figure();
            if (now && now !== last) { last = now; window.moves.push(Date.now()); }
        })).observe(document.body, {subtree: true, childList: true, characterData: true});
    }
"""


@benchmark("seen", sizes=(10_000,), full=(100_000, 1_000_000))
def one_sale_on_an_open_page(bench: Bench, size: int) -> None:
    """How long twenty sales, one after the other, take to move the leader's open dashboard."""
    program = chromium.find()
    if program is None:
        print(f"seen is not measured: {chromium.MISSING}", file=sys.stderr)
        return
    bench.say("building the company")
    population = Population(size)
    population.sell(size)
    orders.stock()
    leader = open_an_office(population)
    live_pending.tell_history([population.period.pk])
    live.refresh_everything()
    company = bench.company()
    bench.say("selling")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, env=chromium.environment())
        context = browser.new_context(viewport=PHONE, device_scale_factor=2, has_touch=True, locale="en-US")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of(leader.user), "url": company.base_url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{company.base_url}/office/")
        page.locator('#fresh[data-state="live"]').wait_for()
        page.evaluate(WATCH)
        took = [sell(page, someone_below(population, leader.pk), number) for number in range(1 + SALES)][1:]
        browser.close()
    bench.report("p50", spread(took).median * 1e3, "ms")
    bench.report("p95", spread(took).p95 * 1e3, "ms")
    bench.report("worst", spread(took).worst * 1e3, "ms")


def someone_below(population: Population, leader_id: int) -> int:
    """Return somebody five levels below a distributor."""
    top = int(np.flatnonzero(population.ids == leader_id)[0])
    team = slice(top, top + int(population.size[top]))
    return int(population.ids[team][population.depth[team] == population.depth[top] + BELOW][0])


def sell(page, seller_id: int, number: int) -> float:
    """Buy and pay in somebody's shop, and return the seconds until the page has moved."""
    time.sleep(random.uniform(0.5, 1.0))
    before = page.evaluate("window.moves.length")
    orders.buy(seller_id, times=1, name=f"seen {number}")
    paid_at = Order.objects.get(checkout_key=f"seen {number} 0").paid_at
    page.wait_for_function("before => window.moves.length > before", arg=before)
    return page.evaluate("before => window.moves[before]", before) / 1e3 - paid_at.timestamp()
