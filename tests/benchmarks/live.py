"""From a paid order's credit to standings that show it, and many such orders under one line that is 1,000 deep.

The refresh runs in a process of its own, as in production, on its own connection; the clock starts before the credit's
transaction and stops when another connection reads the new standing. Nothing is pushed: the reader asks.
"""

import multiprocessing
import os
import random
import threading
import time

from django.db import connection, connections, transaction
from django.db.utils import OperationalError
from django.utils import timezone

from commissions import live_pending, live_worker, volume, wake
from commissions.models import LivePending, Standing
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.benchmarks.population import Population

NAIVE = """
    INSERT INTO commissions_standing (period_id, distributor_id, pv, gv, is_active, rank, best_rank, earned_minor, announced_rank,
                                      team_size, team_active, updated_at)
    SELECT %s, id, 0, %s, false, -1, -1, 0, -1, 0, 0, now() FROM unnest(%s::bigint[]) AS id
    ON CONFLICT (period_id, distributor_id) DO UPDATE SET gv = commissions_standing.gv + excluded.gv
"""
CLIENTS = 8


def refresh_for_ever(ready, bell):
    """Be the live worker: woken by the bell as Celery's task would, and looking by itself."""
    connections.close_all()
    worker = live_worker.LiveWorker()
    worker.start()
    ready.set()
    while True:
        bell.acquire()
        worker.wake()


class Worker:
    """The live worker in a process of its own."""

    def __enter__(self):
        connections.close_all()
        context = multiprocessing.get_context("fork")
        self.bell = context.Semaphore(0)
        ready = context.Event()
        self.process = context.Process(target=refresh_for_ever, args=(ready, self.bell), daemon=True)
        self.process.start()
        ready.wait()
        wake._bell.ring = self.bell.release  # the benchmark has no Celery: the bell rings across processes instead
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


def credit(population, place, reference):
    """Credit one line to the person at a place in tree order, as a paid order does."""
    line = volume.VolumeLine(
        1, "tea", quantity=1, pv=4_000, cv=3_500, paid_minor=5_000, retail_minor=5_000, seller_price_minor=4_000
    )
    (entry,) = volume.credit(
        distributor_id=int(population.ids[place]), lines=[line], at=timezone.now(), reference=reference, buyer_kind="retail",
        market_id=population.market.pk, currency="USD",
    )  # fmt: skip
    return entry


def settled(patience=600.0):
    """Wait until nothing is pending."""
    end = time.monotonic() + patience
    while LivePending.objects.exists():
        if time.monotonic() > end:
            raise TimeoutError("the live refresh did not come to an end")
        time.sleep(0.01)


@benchmark("live", sizes=(10_000, 100_000), full=(1_000_000,))
def one_order_after_the_other(bench: Bench, size: int) -> None:
    """How long one order takes to be seen when nothing else happens."""
    bench.say("making the company")
    population = Population(size)
    population.sell(size)
    live_pending.tell_history([population.period.pk])
    with Worker():
        bench.say("waiting for the first calculation")
        settled()
        took = []
        for number in range(200 if size <= 100_000 else 100):
            place = random.randrange(size)
            standing = Standing.objects.filter(period=population.period, distributor=int(population.ids[place]))
            before = standing.values_list("pv", flat=True).first() or 0
            started = time.perf_counter()
            credit(population, place, f"order:{number}")
            while (standing.values_list("pv", flat=True).first() or 0) == before:
                time.sleep(0.001)
            took.append(time.perf_counter() - started)
            time.sleep(0.02)
    bench.report("p50", spread(took).median * 1e3, "ms")
    bench.report("p95", spread(took).p95 * 1e3, "ms")


@benchmark("live", sizes=(10_000, 100_000), full=(1_000_000,))
def many_orders_under_a_deep_line(bench: Bench, size: int) -> None:
    """150 orders a second under a line 1,000 deep, when each is seen, and what updating the upline at once would do."""
    population = Population(size)
    live_pending.tell_history([population.period.pk])
    seconds, rate = (60, 150) if bench.full else (10, 150)
    with Worker():
        settled()
        bench.say(f"{rate} credits a second for {seconds} s")
        seen, refused = hold(population, rate, seconds)
        settled()
    bench.report("burst_p50", spread(seen).median * 1e3, "ms")
    bench.report("burst_p95", spread(seen).p95 * 1e3, "ms")
    bench.report("burst_refused", len(refused), "errors")
    with Worker():
        credit_deep(population, "burst:first")
        settled()  # this worker has read the company before the clock starts
        bench.say("as many credits as go in ten seconds, until all are seen")
        ours = flood(population, credit_deep, seconds=10, settle=True)
    naive = flood(population, credit_naively, seconds=10, settle=False)
    bench.report("credits", ours.done, "/s", baseline="updating the upline in the order's transaction", baseline_value=naive.done)
    bench.report("deadlocks", ours.deadlocks, "errors", baseline="the same", baseline_value=naive.deadlocks)


def hold(population, rate, seconds):
    """Credit at a fixed rate from several connections; return when each was seen after it was due, and what failed."""
    seen, refused, lock = [], [], threading.Lock()
    started = time.perf_counter()
    due = [started + number / rate for number in range(rate * seconds)]
    waiting = {}

    def client(mine):
        for number in mine:
            time.sleep(max(0.0, due[number] - time.perf_counter()))
            try:
                entry = credit_deep(population, f"burst:{number}")
            except OperationalError as error:
                refused.append(error)
                continue
            with lock:
                waiting[entry.pk] = due[number]
        connections.close_all()

    threads = [threading.Thread(target=client, args=(range(first, len(due), CLIENTS),)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or waiting:
        with lock:
            asked = dict(waiting)
        pending = set(LivePending.objects.values_list("subject_id", flat=True))
        now = time.perf_counter()
        for entry, when in asked.items():
            if entry not in pending:
                seen.append(now - when)
                with lock:
                    del waiting[entry]
        time.sleep(0.005)
    return seen, refused


class Flood:
    """How many credits a second went through, and how many met a deadlock."""

    def __init__(self, done, deadlocks):
        self.done, self.deadlocks = done, deadlocks


def flood(population, one, *, seconds, settle):
    """Let several processes credit as fast as they can; count what was done until everything could be seen."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    said, run = context.SimpleQueue(), os.urandom(4).hex()
    started = time.perf_counter()

    def client(which):
        done = deadlocks = number = 0
        random.seed(which)
        while time.perf_counter() - started < seconds:
            number += 1
            try:
                one(population, f"{run}:{which}.{number}")
                done += 1
            except OperationalError:
                deadlocks += 1
        connections.close_all()
        said.put((done, deadlocks))

    clients = [context.Process(target=client, args=(which,)) for which in range(CLIENTS)]
    for each in clients:
        each.start()
    counts = [said.get() for _client in clients]
    for each in clients:
        each.join()
    if settle:
        settled()
    return Flood(sum(done for done, _ in counts) / (time.perf_counter() - started), sum(dead for _, dead in counts))


def credit_deep(population, reference):
    """Credit somebody near the end of the long line; return the entry."""
    return credit(population, population.deepest - random.randrange(20), reference)


def credit_naively(population, reference):
    """Do what is done without a live refresh: add to everyone above, row by row, in the order's own transaction."""
    place = population.deepest - random.randrange(20)
    upline = []
    while place >= 0:
        upline.append(int(population.ids[place]))
        place = int(population.parent[place])
    with transaction.atomic():
        credit(population, population.deepest, reference)
        with connection.cursor() as cursor:
            cursor.execute(NAIVE, [population.period.pk, 4_000, upline])
