"""The volume rebate against its slow twin, whole and marginal."""

import dataclasses
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.held import merged
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.uplines import rate_of
from tests.commissions.engine.kinds.worlds import POINT, brackets, common, measures, rate_tables, some_worlds


def whole(draw, ranks):
    return [
        common(draw, "rebate")
        | {
            "kind": "volume_rebate",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "rates": rate_tables(draw, ranks),
            "mode": "whole",
            "active_only": draw(st.booleans()),
        }
    ]


def marginal(draw, ranks):
    table = whole(draw, ranks)[0]
    rates = {"by": "bracket", **measures(draw, ["own", "group"]), "volume": table["volume"], "table": brackets(draw)}
    return [table | {"mode": "marginal", "rates": rates}]


def of_groups(draw, ranks):
    table = marginal(draw, ranks)[0]
    return [table | {"rates": table["rates"] | {"of": "group"}}]


def outcome(world, bonus, seller):
    """Return (payee, missed, reason)."""
    if world.may(bonus, seller):
        return seller, None, "PAID"
    return world.heir(bonus, seller, bonus.tree, lambda each: world.may(bonus, each)), seller, world.why_not(bonus, seller)


def whole_payments(world, bonus):
    for seller in world.everybody():
        rate = Fraction(rate_of(world, bonus, seller), 1_000_000)
        for sale in seller.sales:
            base = sale.cv if bonus.volume == "cv" else sale.pv
            yield seller, sale.order, "points", 0, base * rate * POINT, *outcome(world, bonus, seller)


def marginal_payments(world, bonus):
    edges = [bracket.at for bracket in bonus.rates.table] + [None]
    for seller in world.everybody():
        name = f"{bonus.code}."
        reached = world.past[f"{name}lifetime"][seller.id] if bonus.rates.over == "lifetime" else 0
        reached += sum(world.past[f"{name}volume.{back}"][seller.id] for back in range(1, bonus.rates.periods or 1))
        group = [seller] if bonus.rates.of == "own" else members(world, bonus.tree, seller)
        for sale in in_order([sale for person in group for sale in person.sales]):
            before = reached
            reached += sale.cv if bonus.volume == "cv" else sale.pv
            if sale.person_id != seller.id:
                continue
            for level, (bracket, (low, high)) in enumerate(zip(bonus.rates.table, pairwise(edges), strict=True), 1):
                part = inside(reached, low, high) - inside(before, low, high)
                exact = part * Fraction(bracket.rate, 1_000_000) * POINT
                yield seller, sale.order, "points", level, exact, *outcome(world, bonus, seller)


def in_order(sales):
    """Sales as their orders came: an order has the time of its first line."""
    began = {sale.order: min(other.at for other in sales if other.order == sale.order) for sale in sales}
    return sorted(sales, key=lambda sale: (began[sale.order], sale.order, sale.at, sale.id))


def members(world, tree, person):
    """A person and everybody below."""
    return [person, *(each for below in world.below(person, tree) for each in members(world, tree, below))]


def inside(volume, low, high):
    """How much of a volume lies inside a bracket."""
    return max(0, (volume if high is None else min(volume, high)) - low)


@given(some_worlds(whole))
def test_the_whole_mode_agrees(world):
    uplines.agree(world, whole_payments)


@given(some_worlds(marginal))
def test_the_marginal_mode_agrees(world):
    uplines.agree(world, marginal_payments)


def test_what_gathers_several_brackets_has_no_rate_and_is_told_even_when_it_rounds_to_nothing():
    table = [{"at": 0, "rate": "0.0001%"}, {"at": 50, "rate": "0.0002%"}]
    rates = {"by": "bracket", "of": "own", "volume": "pv", "over": "period", "table": table}
    rebate = {"code": "rebate", "name": "Rebate", "kind": "volume_rebate", "tree": "sponsor", "volume": "pv", "rates": rates}
    rebate |= {"mode": "marginal", "line": "payee", "rounding": "half_even", "unearned": "breakage", "active_only": False}
    plan = worlds.plans.restore(worlds.document([{"code": "member", "name": "Member", "pv": 0, "gv": 0}], [rebate], pv=0))
    sold = [worlds.twin.Sale(1, 1, 0, 1, "retail", 1, 80_00, 80_00, 0, 0, "USD")]
    lines = uplines.calculate(plan, worlds.engine_snapshot([(1, 0, "open"), (2, 1, "open")], sold)).lines
    assert list(zip(lines.payee, lines.base, lines.rate_ppm, lines.amount_minor, strict=True)) == [(0, 80_00, 0, 0)]


@given(some_worlds(marginal))
def test_what_is_left_for_the_next_period_is_what_was_sold(world):
    result = uplines.calculate(world.plan, world.snapshot)
    rates = world.plan.bonuses[0].rates
    tree = world.plan.bonuses[0].tree
    sold = {
        person.id: uplines.own(person, rates.volume) if rates.of == "own" else uplines.group(world, tree, rates.volume, person)
        for person in world.everybody()
    }
    for place, id in enumerate(world.snapshot.people.id.tolist()):
        if rates.over == "lifetime":
            assert result.state.people["rebate.lifetime"][place] == world.past["rebate.lifetime"][id] + sold[id]
        if rates.over == "rolling":
            assert result.state.people["rebate.volume.1"][place] == sold[id]
            if rates.periods == 3:
                assert result.state.people["rebate.volume.2"][place] == world.past["rebate.volume.1"][id]


@given(some_worlds(of_groups, refunds=False), st.data())
def test_an_order_that_is_taken_back_leaves_everybody_as_if_it_had_not_been(world, data):
    sales = world.snapshot.sales
    if not len(sales):
        return
    one = data.draw(st.integers(0, len(sales) - 1))
    is_of_it = (sales.order == sales.order[one]) & (sales.person == sales.person[one])
    order = sales.take(np.flatnonzero(is_of_it))
    signed = ("quantity", "pv", "cv", "paid_minor", "seller_minor")
    back = dataclasses.replace(
        order,
        id=order.id + 10_000,
        order=order.order + 10_000,
        at=order.at + data.draw(st.integers(0, 5)),
        reverses=order.id,
        **{name: -getattr(order, name) for name in signed},
    )
    without = sales.take(np.flatnonzero(~is_of_it))
    returned, never = (
        uplines.calculate(world.plan, dataclasses.replace(world.snapshot, sales=each)) for each in (merged(sales, back), without)
    )
    assert returned.totals.tolist() == never.totals.tolist()
    assert returned.unearned.tolist() == never.unearned.tolist()
