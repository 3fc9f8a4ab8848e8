"""How fast announcements are written and delivered, in batches and, for comparison, one at a time."""

import dataclasses

from config.outbox import announce, delivery, subscribe
from tests.benchmarks.harness import Bench, benchmark, spread


@dataclasses.dataclass(frozen=True)
class Ticked:
    """What this benchmark announces."""

    number: int


def hear(event: Ticked) -> None:
    """Do nothing: what is measured is the way, not the work."""


@benchmark("outbox", sizes=(2_000,), full=(20_000,))
def announce_and_deliver(bench: Bench, size: int) -> None:
    """Announce events one transaction each, then deliver half of them in batches and half one by one."""
    subscribe(Ticked, hear, "benchmarks.hear")
    announced = spread(bench.clock(announce, Ticked(number=number)) for number in range(size))
    bench.report("median", announced.median * 1e3, "ms", name="outbox_announce")
    bench.report("p99", announced.p99 * 1e3, "ms", name="outbox_announce")
    half = size // 2
    singly = bench.clock(lambda: [delivery.deliver_batch(1) for _ in range(half)])
    batched = bench.clock(delivery.deliver_due)
    bench.report(
        "rate",
        (size - half) / batched,
        "deliveries/s",
        baseline="one a transaction",
        baseline_value=half / singly,
        name="outbox_deliver",
    )
