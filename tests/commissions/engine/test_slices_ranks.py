"""A refresh equals the whole run for plans with requirements, gates, limits, titles and compression too."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import slices
from tests.commissions.engine.companies import STATUSES
from tests.commissions.engine.test_ranks_twin import engine_bought, engine_snapshot, some_pasts, some_rank_plans
from tests.commissions.engine.test_slices import assert_same_figures


@given(some_rank_plans(), some_pasts(), st.data())
def test_a_refresh_equals_the_whole_run_whatever_ranks_require(plan, company, data):
    people, bought = company
    cut = data.draw(st.integers(0, len(bought)))
    held = holding.hold(plan, engine_snapshot(plan, people, bought[:cut]))
    ids = [person.id for person in people]
    held, newcomers = holding.enrol(held, id=[900, 901], sponsor_id=[data.draw(st.sampled_from(ids)), 900], joined_at=[7, 7])
    change = slices.refresh(plan, held, engine_bought(held.index, bought[cut:], first=cut + 1), newcomers)
    held = slices.take(held, change)
    assert_same_figures(plan, held)
    changed = held.index.of(np.array([data.draw(st.sampled_from(ids))]), "person")
    held = holding.with_status(held, changed, [STATUSES[data.draw(st.sampled_from(list(STATUSES)))]])
    held = slices.take(held, slices.refresh(plan, held, engine_bought(held.index, []), changed))
    assert_same_figures(plan, held)


@given(some_rank_plans())
def test_only_what_a_slice_carries_is_computed_on_slices(plan):
    asks_more = plan.requirements or plan.compression or plan.ladder.grace or plan.ladder.in_force != "end"
    assert not (asks_more and plan.stands_in_slices)
