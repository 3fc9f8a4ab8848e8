"""Enrolling into a tree that has grown already: our gapped labels beside plain django-mptt, in one run.

Measured is the tree's write in a transaction of its own, committed to disk: under random parents, under one parent
(a star), each under the one before (a chain), and by eight processes at once. Plain django-mptt gets the same tree in
a table of its own and the same kind of inserts, as many as its time allows.
"""

import itertools
import multiprocessing
import random
import time

from django.db import connection, connections, models
from mptt.models import MPTTModel, TreeForeignKey

from genealogy import people, trees
from genealogy.models import Distributor, Market, Tree
from genealogy.trees import Entry
from tests.benchmarks.harness import Bench, benchmark, spread

INSERTS = 2_000
SHAPES = ("random", "star", "chain")
CLIENTS = 8
SECONDS = 8
PLAIN_INSERTS = {10_000: 200, 100_000: 30}
PLAIN_LEAST = 10


class PlainNode(MPTTModel):
    """The obvious alternative: django-mptt as its documentation shows it."""

    parent = TreeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    distributor_id = models.BigIntegerField()

    class Meta:
        app_label = "plain_mptt"

    def __str__(self):
        return str(self.distributor_id)


@benchmark("enrolment", sizes=(10_000, 100_000), full=(1_000_000,))
def enrol_into_a_grown_tree(bench: Bench, size: int) -> None:
    """Grow a tree, then enrol in three shapes and by eight clients; the rest of the tree's life beside it."""
    house = people.found(name="The house", market=market())
    tree = trees.tree_named("sponsor")
    grown = grow(bench, tree, house, size)
    rng, newcomers = random.Random(7), iter(strangers(len(SHAPES) * INSERTS, "N"))
    ours = {shape: inserts_of_shape(bench, tree, shape, grown, newcomers, rng) for shape in SHAPES}
    together = inserts_of_clients(bench, tree, grown)
    measure_whole(bench, house)
    bench.report("verify", bench.clock(lambda: sound(tree)), "s")
    bench.report("rebuild", bench.clock(trees.rebuild, tree), "s")
    sound(tree)
    theirs = spread(inserts_with_plain_mptt(bench, tree, size))
    for shape, (seconds, logged) in ours.items():
        name = "enrolment" if shape == "random" else f"enrolment, {shape}"
        report(bench, name, seconds, theirs)
        bench.report("log written", logged / INSERTS / 1e3, "kB an insert", name=name)
    report(bench, "enrolment, eight clients", together, theirs)
    rate = len(together) / SECONDS
    bench.report("rate", rate, "/s", name="enrolment, eight clients", baseline="django-mptt", baseline_value=1 / theirs.median)


def report(bench, name, seconds, theirs):
    """Print how long our inserts took, each figure beside the same of plain django-mptt."""
    ours = spread(seconds)
    for stat in ("median", "p99", "worst"):
        beside = {"baseline": "django-mptt", "baseline_value": getattr(theirs, stat) * 1e3}
        bench.report(stat, getattr(ours, stat) * 1e3, "ms", name=name, **beside)


def market():
    """Make the one market of the benchmark."""
    return Market.objects.create(code="us", name="United States", country="US", currency="USD")


def strangers(count, letter):
    """Store distributors who stand nowhere yet and return their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO genealogy_distributor (number, name, market_id, status, enrolled_at, phone, is_house)
            SELECT %s || n, 'Somebody ' || n, (SELECT id FROM genealogy_market), 'active', now(), '', false
            FROM generate_series(1, %s) n RETURNING id""",
            [letter, count],
        )
        return [row[0] for row in cursor.fetchall()]


def grow(bench, tree, house, size):
    """Load a tree of believable shape: half of the people below a recent person, half below anybody."""
    rng, ids = random.Random(1), [house.pk, *strangers(size, "G")]
    rows = []
    for at, person in enumerate(ids[1:], 1):
        under = ids[max(0, at - 1 - int(rng.expovariate(1 / 500)))] if rng.random() < 0.5 else ids[rng.randrange(at)]
        rows.append(Entry("", person, under))
    seconds = bench.clock(trees.load, tree, rows)
    bench.report("load", seconds, "s")
    settle("genealogy_position, genealogy_distributor")
    return ids


def settle(tables):
    """Let the database finish what the set-up left it to do, so that it is not measured."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {tables}")
        cursor.execute("CHECKPOINT")


def inserts_with_plain_mptt(bench, tree, size):
    """Give plain django-mptt the same tree with its dense labels, and time its inserts under random parents."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainNode)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO plain_mptt_plainnode (id, parent_id, distributor_id, level, tree_id, lft, rght)
            SELECT p.id, p.parent_id, p.distributor_id, p.level, 1, min(dense.n), max(dense.n)
            FROM (SELECT id, row_number() OVER (ORDER BY label) AS n FROM (
                SELECT id, lft AS label FROM genealogy_position WHERE tree_id = %(tree)s
                UNION ALL SELECT id, rght FROM genealogy_position WHERE tree_id = %(tree)s) AS labels) AS dense
            JOIN genealogy_position p USING (id) GROUP BY p.id""",
            {"tree": tree.pk},
        )
        cursor.execute("SELECT setval('plain_mptt_plainnode_id_seq', (SELECT max(id) FROM plain_mptt_plainnode))")
        settle("plain_mptt_plainnode")
    rng, ids = random.Random(3), list(PlainNode.objects.values_list("pk", flat=True))
    count = PLAIN_INSERTS.get(size, PLAIN_LEAST)
    bench.say(f"{count} inserts with plain django-mptt")
    seconds = []
    for _ in range(count):
        parent = PlainNode.objects.get(pk=rng.choice(ids))
        seconds.append(bench.clock(PlainNode.objects.create, parent=parent, distributor_id=0))
    with connection.schema_editor() as editor:
        editor.delete_model(PlainNode)
    return seconds


def inserts_of_shape(bench, tree, shape, grown, newcomers, rng):
    """Insert one after the other; return the seconds of each, and the bytes that the database logged."""
    bench.say(f"{INSERTS:,} inserts, {shape}")
    start, under, seconds = rng.choice(grown), None, []
    before = wal_position()
    for newcomer in itertools.islice(newcomers, INSERTS):
        under = rng.choice(grown) if shape == "random" else newcomer_or(start, under, shape)
        seconds.append(bench.clock(trees.enrol, newcomer, tree=tree, under_id=under))
        under = newcomer
    return seconds, wal_position() - before


def newcomer_or(start, last, shape):
    """Return under whom the next one goes: the same one in a star, the last one in a chain."""
    return start if shape == "star" or last is None else last


def wal_position():
    """Return how many bytes the database has logged so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return float(cursor.fetchone()[0])


def inserts_of_clients(bench, tree, grown):
    """Let eight processes enrol for some seconds, half of them all under one parent; return the seconds of each insert."""
    bench.say(f"{CLIENTS} clients for {SECONDS} s")
    pools = [strangers(20_000, f"C{client}N") for client in range(CLIENTS)]
    some = grown[:: max(1, len(grown) // 5000)]
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
        lists = pool.starmap(enrol_for_a_while, [(tree.pk, client, pools[client], some) for client in range(CLIENTS)])
    return [second for each in lists for second in each]


def enrol_for_a_while(tree_pk, client, newcomers, grown):
    """In a process of its own: enrol until the time is over; return the seconds of each insert."""
    tree, rng, seconds = Tree.objects.get(pk=tree_pk), random.Random(client), []
    end = time.monotonic() + SECONDS
    for newcomer in newcomers:
        if time.monotonic() > end:
            break
        under = rng.choice(grown) if client % 2 else grown[len(grown) // 2]
        started = time.perf_counter()
        trees.enrol(newcomer, tree=tree, under_id=under)
        seconds.append(time.perf_counter() - started)
    connections.close_all()
    return seconds


def measure_whole(bench, house):
    """Time the whole of an enrolment: login, number, both trees, announcement."""
    numbers = list(Distributor.objects.filter(pk__lt=house.pk + 2_000).values_list("number", flat=True))
    rng, seconds = random.Random(5), []
    sponsors = [house.number] + [n for n in numbers if n.startswith("G")]
    for n in range(300):
        wish = {"name": "P", "email": f"p{n}@example.com", "seat": people.Seat(under_id=house.pk)}
        seconds.append(bench.clock(people.enrol, sponsor_number=rng.choice(sponsors), market=house.market, **wish))
    bench.report("median", spread(seconds).median * 1e3, "ms", name="enrolment, whole")
    bench.report("p99", spread(seconds).p99 * 1e3, "ms", name="enrolment, whole")


def sound(tree):
    """Prove the tree; a benchmark of a broken tree counts for nothing."""
    verdict = trees.verify(tree)
    if not verdict.sound:
        raise AssertionError(verdict.faults)
