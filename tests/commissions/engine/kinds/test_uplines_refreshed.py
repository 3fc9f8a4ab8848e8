"""A refresh with later sales equals the whole run for every bonus up a line, in both trees and with whatever settings."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import reach, slices
from commissions.engine.snapshot import no_sales
from tests.commissions.engine import twin
from tests.commissions.engine.companies import STATUSES, engine_snapshot
from tests.commissions.engine.kinds.test_uplines_bounds import KINDS, plan_with
from tests.commissions.engine.kinds.worlds import some_worlds
from tests.commissions.engine.test_slices import assert_same_figures


@pytest.fixture(autouse=True, scope="module", params=[4, 0], ids=["small", "however many"])
def found_alone(request):
    """Sales that pay somebody else are found among few people, and among however many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "TOO_MANY", request.param)
        yield


@pytest.mark.parametrize("tables", KINDS, ids=lambda tables: f"{tables.__module__.rpartition('.')[2]}-{tables.__name__}")
@given(data=st.data())
def test_a_refresh_with_later_sales_equals_the_whole_run(tables, data):
    world = data.draw(some_worlds(tables, most=10))
    sales, orders = world.snapshot.sales, np.unique(world.snapshot.sales.order)
    cut, size = data.draw(st.integers(0, len(orders))), data.draw(st.integers(1, 4))
    batches = [orders[:cut], *(orders[first : first + size] for first in range(cut, len(orders), size))]
    first, *later = (sales.take(np.flatnonzero(np.isin(sales.order, batch))) for batch in batches)
    changes = data.draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(list(STATUSES.values()))), max_size=8))
    held = holding.hold(world.plan, dataclasses.replace(world.snapshot, sales=first))
    for new, change in itertools.zip_longest(later, changes):
        changed = np.array([change[0] % len(held.people)] if change else [], dtype=np.int64)
        held = holding.with_status(held, changed, [change[1]]) if change else held
        held = slices.take(held, slices.refresh(world.plan, held, no_sales() if new is None else new, changed))
        assert_same_figures(world.plan, held)


def test_rates_of_nothing_are_refreshed_to_nothing():
    plan = plan_with("differential", {"rates": {"by": "rank", "table": {"member": "0%"}}, "active_only": True})
    sales = [twin.Sale(id, id, 0, id, "retail", 1, 100_00, 100_00, 0, 0, "USD") for id in (2, 3)]
    held = holding.hold(plan, engine_snapshot([(1, 0, "open"), (2, 1, "open"), (3, 2, "open")], sales))
    held = holding.with_status(held, np.array([0]), [STATUSES["suspended"]])
    held = slices.take(held, slices.refresh(plan, held, no_sales(), np.array([0])))
    assert_same_figures(plan, held)
    assert not held.totals[1].any()
    assert plan.bonuses[1].most(plan) == 0
