"""A refresh with later sales equals the whole run for every bonus up a line, in both trees and with whatever settings."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices
from commissions.engine.calculate import stand
from commissions.engine.snapshot import Index, no_sales, placed
from tests.commissions.engine import twin
from tests.commissions.engine.companies import STATUSES, engine_sales, engine_snapshot
from tests.commissions.engine.kinds.test_uplines_bounds import KINDS, plan_with
from tests.commissions.engine.kinds.worlds import UNLOCKED, document, levels, some_worlds
from tests.commissions.engine.test_slices import assert_same_figures

pytestmark = pytest.mark.usefixtures("found_alone")


def agrees_at_each_step(world, data):
    """Assert that whatever is sold, and whoever changes, a refresh comes to what the whole calculation says."""
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


@pytest.mark.parametrize("tables", KINDS, ids=lambda tables: f"{tables.__module__.rpartition('.')[2]}-{tables.__name__}")
@given(data=st.data())
def test_a_refresh_with_later_sales_equals_the_whole_run(tables, data):
    agrees_at_each_step(data.draw(some_worlds(tables, most=10)), data)


@pytest.mark.parametrize("settings", UNLOCKED.values(), ids=UNLOCKED)
@given(data=st.data())
def test_so_it_does_whatever_unlocks_levels(settings, data):
    agrees_at_each_step(data.draw(some_worlds(levels(settings), most=10)), data)


@pytest.mark.parametrize(("settings", "told"), [*zip(UNLOCKED.values(), (False,) * 6 + (True,) * 2, strict=True)], ids=UNLOCKED)
def test_the_third_level_is_refreshed_although_other_legs_and_packs_unlock_it(settings, told):
    """ana sponsors ben and cy, ben sponsors dee, dee sponsors eve: what eve sells is ana's third level."""
    people = [(1, 0, "open"), (2, 1, "open"), (4, 2, "open"), (5, 4, "open"), (3, 1, "open")]
    sold = [twin.Sale(id, id, 0, id, "retail", 1, 100_00, 100_00, 0, 0, "USD") for id in (1, 2, 3, 4, 5)]
    more = [twin.Sale(id, 5, 0, id, buyer, 1, 50_00, 50_00, 0, 0, "USD") for id, buyer in ((6, "retail"), (7, "distributor"))]
    ranks = [{"code": "member", "name": "Member", "pv": 0, "gv": 0}]
    plan = plans.restore(document(ranks, levels(settings)(None, None), pv=10))
    company = engine_snapshot(people, sold)
    index = Index(company.people.id)
    place = placed(index, id=[1, 2, 4, 5, 3], parent_id=[0, 1, 2, 4, 1])
    pack = np.where(np.isin(company.people.id, [1, 2, 4]), 1, 0)
    rows = dataclasses.replace(company.people, facts={"pack": pack}, trees={"place": place})
    held = holding.hold(plan, dataclasses.replace(company, people=rows))
    of_ana = int(index.of(np.array([1]), "person")[0])
    before = int(held.totals[0, of_ana])
    held = slices.take(held, slices.refresh(plan, held, engine_sales(index, more)))
    assert_same_figures(plan, held)
    assert held.totals[0, of_ana] - before == (3_88 + 3_88 if "sales" not in settings else 3_88)
    lines, _ = slices.lines_of(plan, held, of_ana)
    assert (len(lines) > 0) == plan.bonuses[0].per_sale == told
    for id in (3, 5):
        changed = index.of(np.array([id]), "person")
        held = holding.with_status(held, changed, [STATUSES["suspended"]])
        held = slices.take(held, slices.refresh(plan, held, no_sales(), changed))
        assert_same_figures(plan, held)


RANKS = [{"code": f"rank{place}", "name": "Rank", "pv": place, "gv": 0} for place in range(40)]
PAID_ABOVE = {"own_sales": "paid", "unqualified": "blocks", "active_only": True}
STAIRS = {"by": "rank", "table": {rank["code"]: f"{place / 10_000:.4f}%" for place, rank in enumerate(RANKS)}}


@pytest.mark.parametrize("settings", [
    {"kind": "unilevel", "rates": ["10%"], "compression": "inactive"},
    {"kind": "differential", "rates": STAIRS} | PAID_ABOVE,
    {"kind": "differential", "rates": STAIRS, "unearned": "breakage"} | PAID_ABOVE,
], ids=["who rolls up", "whose rate and who rolls up", "whose rate"])  # fmt: skip
def test_ranks_and_rates_that_differ_claim_something_else(settings):
    """A refresh that took two ranks, or two rates, for one would leave what they are paid with the wrong person."""
    bonus = {"code": "team", "name": "Team", "tree": "sponsor", "line": "order", "rounding": "half_even", "unearned": "roll_up"}
    plan = plans.restore(document(RANKS, [bonus | settings], pv=0))
    sold = [twin.Sale(id, id, 0, id, "retail", 1, id * 100, 0, 0, 0, "USD") for id in range(1, len(RANKS))]
    standings = stand(plan, engine_snapshot([(id, id - 1, "open") for id in range(1, len(RANKS))], sold))
    assert len(np.unique(standings.rank)) == len(standings.rank)
    assert len(np.unique(plan.bonuses[0].claim(plan, 0, standings))) == len(standings.rank)


def test_rates_of_nothing_are_refreshed_to_nothing():
    plan = plan_with("differential", {"rates": {"by": "rank", "table": {"member": "0%"}}, "active_only": True})
    sales = [twin.Sale(id, id, 0, id, "retail", 1, 100_00, 100_00, 0, 0, "USD") for id in (2, 3)]
    held = holding.hold(plan, engine_snapshot([(1, 0, "open"), (2, 1, "open"), (3, 2, "open")], sales))
    held = holding.with_status(held, np.array([0]), [STATUSES["suspended"]])
    held = slices.take(held, slices.refresh(plan, held, no_sales(), np.array([0])))
    assert_same_figures(plan, held)
    assert not held.totals[1].any()
    assert plan.bonuses[1].most(plan) == 0
