"""Goal seek for leaders: from the database to the cheapest ways to every rank above their own.

The first leader has the whole company below, the others have the largest teams of those who are not at the top yet. The
obvious alternative, in the same run: every trial is a calculation of the whole team's standings.
"""

import time

import numpy as np

from commissions import goals, live, plan_versions
from commissions.engine.calculate import stand
from commissions.models import Standing
from genealogy.models import Distributor
from tests.benchmarks.harness import Bench, benchmark, spread
from tests.benchmarks.population import Population

LEADERS = 5


@benchmark("goals", sizes=(10_000, 100_000), full=(1_000_000,))
def seek_the_ways_of_leaders(bench: Bench, size: int) -> None:
    """Read what a leader's goals are tried on, and seek the ways to each rank above."""
    population = Population(size)
    population.sell(size // 4)
    Distributor.objects.filter(pk=int(population.ids[0])).update(is_house=False)
    bench.say("computing the standings of everybody")
    live.refresh_everything()
    top = len(plan_versions.load(population.plan).ranks) - 1
    climbing = set(Standing.objects.filter(rank__lt=top).values_list("distributor_id", flat=True))
    wide = np.flatnonzero(np.bincount(population.parent[1:], minlength=size) > 1)  # a line of single recruits leads nobody
    by_size = wide[np.argsort(-population.size[wide], kind="stable")].tolist()
    leaders = [0, *(place for place in by_size if place and int(population.ids[place]) in climbing)][:LEADERS]
    reading, seeking, whole = [], [], []
    for place in leaders:
        reading.append(bench.clock(lambda place=place: goals.read(int(population.ids[place]), population.period)))
        ground = goals.read(int(population.ids[place]), population.period)
        once = bench.clock(stand, ground.plan, ground.snapshot)
        for target in range(max(ground.rank, 0) + 1, len(ground.plan.ranks)):
            started = time.perf_counter()
            answer = ground.answer(target)
            seeking.append(time.perf_counter() - started)
            whole.append(once * max(answer.trials, 1))
            bench.say(f"team of {population.size[place]:,}, {ground.plan.ranks[target].code}: {answer.trials} trials, "
                      f"{seeking[-1]:.2f} s, ways {[way.points // 100 for way in answer.ways]}")  # fmt: skip
    bench.report("read", spread(reading).median * 1e3, "ms")
    naive = {"baseline": "the whole team in every trial", "baseline_value": spread(whole).median * 1e3}
    bench.report("seek", spread(seeking).median * 1e3, "ms", **naive)
    bench.report("seek_worst", spread(seeking).worst * 1e3, "ms")
    bench.report("peak", bench.peak_memory_mb(), "MB")
