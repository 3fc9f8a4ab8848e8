"""A refresh with later sales equals the whole run for every bonus up a line, in both trees and with whatever settings."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import reach, slices
from tests.commissions.engine.companies import STATUSES
from tests.commissions.engine.kinds.test_uplines_bounds import KINDS
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
    world = data.draw(some_worlds(tables))
    sales = world.snapshot.sales
    first, then = sorted(data.draw(st.integers(0, len(sales))) for _ in range(2))
    batch = np.searchsorted([first, then], sales.order - sales.order.min(initial=0), side="right")
    held = holding.hold(world.plan, dataclasses.replace(world.snapshot, sales=sales.take(np.flatnonzero(batch == 0))))
    for number in (1, 2):
        changed = np.array([data.draw(st.integers(0, len(held.people) - 1))])
        if number == 2:
            held = holding.with_status(held, changed, [STATUSES[data.draw(st.sampled_from(list(STATUSES)))]])
        new = sales.take(np.flatnonzero(batch == number))
        held = slices.take(held, slices.refresh(world.plan, held, new, changed[: number - 1]))
        assert_same_figures(world.plan, held)
