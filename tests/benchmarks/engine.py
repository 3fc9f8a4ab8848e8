"""The arithmetic alone: a whole calculation, and a refresh on slices, with no database.

A random tree with a line a thousand deep in it, five sales a person in three currencies, the demo company's plan.
The obvious alternatives run beside it: plain loops over people and sales for the calculation, and for the refresh the
whole calculation that it replaces.
"""

import time

import numpy as np

from commissions.engine import held as holding
from commissions.engine import money, slices, snapshot
from commissions.engine import plan as plans
from commissions.engine.calculate import calculate, stand
from commissions.engine.document import write
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.commissions.plans.examples import SHIPPED

PLAN = plans.parse((SHIPPED / "fernhollow.toml").read_text())
LINE = 1_000
SALES_EACH = 5
NEW_SALES = 300
LOOPS_END_AT = 100_000


def company(people: int, seed: int = 7) -> snapshot.Snapshot:
    """A company whose newcomers are sponsored by recent ones rather than old ones, below a line of single recruits."""
    dice = np.random.default_rng(seed)
    sponsor = 1 + (dice.random(people) ** 0.3 * np.arange(people)).astype(np.int64)
    sponsor[:LINE] = np.arange(LINE)
    rows = snapshot.people(id=np.arange(1, people + 1), sponsor_id=sponsor)
    return snapshot.Snapshot(rows, some_sales(snapshot.Index(rows.id), dice, dice.integers(1, people + 1, people * SALES_EACH)))


def some_sales(index: snapshot.Index, dice: np.random.Generator, person_id: np.ndarray, first: int = 1) -> snapshot.Sales:
    """A sale for each of ``person_id``."""
    count = len(person_id)
    numbers = first + np.arange(count)
    volume = dice.integers(10_00, 200_00, count)
    currencies = np.array([money.INDEX[code] for code in ("USD", "EUR", "JPY")])
    return snapshot.sales(
        index,
        id=numbers,
        person_id=person_id,
        at=numbers,
        order=numbers,
        buyer_kind=dice.integers(0, 3, count),
        quantity=np.ones(count),
        pv=volume,
        cv=volume,
        paid_minor=volume * 2,
        seller_minor=volume,
        currency=currencies[dice.integers(0, 3, count)],
        reverses=np.zeros(count),
    )


@benchmark("engine", sizes=(10_000, 100_000), full=(1_000_000,))
def calculate_a_period(bench: Bench, size: int) -> None:
    """A period from the snapshot to everybody's totals."""
    snap = company(size)
    calculate(PLAN, snap, keep_lines=False)  # the first time pays for memory
    whole = spread([bench.clock(calculate, PLAN, snap, keep_lines=False) for _ in range(3)]).median
    loops = bench.clock(plain_loops, snap) if size <= LOOPS_END_AT else None
    beside = {"baseline": "plain loops", "baseline_value": loops} if loops else {}
    bench.report("calculate", whole, "s", **beside)
    bench.report("standings", bench.clock(stand, PLAN, snap), "s")
    bench.report("peak_mb", bench.peak_memory_mb(), "MB")


@benchmark("engine", sizes=(10_000, 100_000), full=(1_000_000,))
def refresh_on_slices(bench: Bench, size: int) -> None:
    """Some hundred new sales at the foot of the line, then all over the tree; wall clock and processor time."""
    dice = np.random.default_rng(11)
    snap = company(size)
    held = holding.hold(PLAN, snap)
    whole = bench.clock(calculate, PLAN, snap, keep_lines=False)
    first = 10**8
    for where, low, high in (("line", LINE - 100, LINE), ("anywhere", 1, size)):
        took, busy = [], []
        for _ in range(30):
            sales = some_sales(held.index, dice, dice.integers(low, high + 1, NEW_SALES), first)
            first += NEW_SALES
            began, used = time.perf_counter(), time.process_time()
            change = slices.refresh(PLAN, held, sales)
            held = slices.take(held, change)
            took.append(time.perf_counter() - began)
            busy.append(time.process_time() - used)
        beside = {"baseline": "the whole calculation", "baseline_value": whole * 1e3}
        bench.report(f"refresh_{where}_median", spread(took).median * 1e3, "ms", **beside)
        bench.report(f"refresh_{where}_p95", spread(took).p95 * 1e3, "ms", **beside)
        bench.report(f"refresh_{where}_cpu_median", spread(busy).median * 1e3, "ms")
    newcomers = {"id": [size + 1, size + 2], "sponsor_id": [LINE, size + 1], "joined_at": [0, 0]}
    bench.report("enrol_two", bench.clock(lambda: holding.enrol(held, **newcomers)) * 1e3, "ms")
    leader = int(held.index.of(np.array([10]), "person")[0])
    bench.report("lines_of_a_leader", bench.clock(slices.lines_of, PLAN, held, leader) * 1e3, "ms")


@benchmark("engine", sizes=(10_000, 100_000), full=(1_000_000,))
def stand_on_ten_ranks(bench: Bench, size: int) -> None:
    """Standings alone, on a ladder of ten ranks: with legs; with leg caps; with two requirements each; less groups of ranks."""
    snap = company(size)
    for kind in ("legs", "leg_caps", "requirements", "personal_groups"):
        plan = ten_ranks(kind)
        stand(plan, snap)
        used = []
        for _ in range(3):
            began = time.process_time()
            stand(plan, snap)
            used.append(time.process_time() - began)
        bench.report(f"stand_{kind}_cpu", spread(used).median, "s")


def ten_ranks(kind: str) -> plans.Plan:
    """A plan with ten ranks, each with two legs of the one below and, by ``kind``, with more."""
    document = write(PLAN)
    ranks = [{"code": "r0", "name": "Rank 0", "pv": 0, "gv": 0}]
    for place in range(1, 10):
        where = "anywhere" if place % 2 else "frontline"
        legs = [{"rank": f"r{place - 1}", "count": 2, "where": where}]
        rank = {"code": f"r{place}", "name": f"Rank {place}", "pv": 50, "gv": 200 * 2**place, "legs": legs}
        if kind == "leg_caps":
            rank["leg_cap"] = {"of": "requirement", "share": "50%", "own_volume": "free"}
        if kind == "requirements":
            volume = {"measure": "legs_with_volume", "tree": "sponsor", "volume": "pv", "least": 100 * place, "count": 2}
            rank["requires"] = [volume, {"measure": "team", "tree": "sponsor", "who": "active", "count": place}]
        if kind == "personal_groups":
            group = {"measure": "personal_group_volume", "volume": "pv", "less": "rank", "rank": f"r{place}", "least": 100}
            rank["requires"] = [group]
        ranks.append(rank)
    document["ranks"] = ranks
    document["bonuses"][1]["depth"] = {rank["code"]: 1 for rank in ranks}
    return plans.restore(document)


def plain_loops(snap: snapshot.Snapshot) -> list[int]:
    """Group volumes and the team bonus as they are written at first: a walk up for every sale."""
    parent, status = snap.people.parent.tolist(), stand(PLAN, snap)
    ranks, active = status.rank.tolist(), status.active.tolist()
    depth = [*(PLAN.bonuses[1].depth[rank.code] for rank in PLAN.ranks), 0]
    group, earned = [0] * len(parent), [0] * len(parent)
    for person, pv, cv in zip(*(column.tolist() for column in (snap.sales.person, snap.sales.pv, snap.sales.cv)), strict=True):
        at = person
        while at >= 0:
            group[at] += pv
            at = parent[at]
        at = parent[person]
        for level, rate in enumerate(PLAN.bonuses[1].rates, 1):
            while at >= 0 and not (active[at] and depth[ranks[at]] >= level):
                at = parent[at]
            if at < 0:
                break
            earned[at] += round(cv * rate / 1_000_000)
            at = parent[at]
    return earned
