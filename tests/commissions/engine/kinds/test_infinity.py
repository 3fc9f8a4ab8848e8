"""Infinity with every kind of blocking against its slow twin, and what holds for any tree."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.result import Reason
from commissions.engine.snapshot import NONE
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.test_differential import LONG
from tests.commissions.engine.kinds.worlds import POINT, common, some_worlds


def tables(draw, ranks):
    rates = {rank["code"]: draw(st.sampled_from(worlds.RATES)) for rank in ranks}
    rates[ranks[-1]["code"]] = "10%"
    if draw(st.booleans()):
        asked = draw(worlds.some_rows("rate", st.sampled_from(worlds.RATES)))
        rates = {"by": "requirement", "table": [{"requires": [], "rate": "10%"}, *asked]}
    return [
        common(draw, "infinity", unearned=["breakage"])
        | {
            "kind": "infinity",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "rates": rates,
            "below_level": draw(st.integers(0, 3)),
            "counted": draw(st.sampled_from(["everybody", "active"])),
            "blocking": draw(st.sampled_from(["excluded", "included", "offset", "differential"])),
            "active_only": draw(st.booleans()),
        }
    ]


def payments(world, bonus):
    for seller in world.everybody():
        for rate, level, payee, missed, reason in shares(world, bonus, seller):
            for sale in seller.sales:
                base = sale.cv if bonus.volume == "cv" else sale.pv
                yield seller, sale.order, "points", level, base * Fraction(rate, 1_000_000) * POINT, payee, missed, reason


def stated(bonus):
    """Every rate of the table."""
    return bonus.rates.values() if isinstance(bonus.rates, dict) else [row.rate for row in bonus.rates.table]


def shares(world, bonus, seller):
    """Yield (rate, level, payee, missed, reason), looking down from each person above the seller."""

    def rate(person):
        if not world.may(bonus, person):
            return 0
        if isinstance(bonus.rates, dict):
            return bonus.rates[world.rank_code(person)] if person.rank >= 0 else 0
        return uplines.row_for(world, bonus.rates.table, person).rate

    path = [seller, *world.upline(seller, bonus.tree)]
    steps = sorted(set(stated(bonus)) - {0})
    deep, levels_below = [], 0
    for person in path[1:]:
        if levels_below >= bonus.below_level and rate(person):
            deep.append(person)
        levels_below += bonus.counted == "everybody" or person.is_active
    if bonus.blocking == "differential":
        highest = 0
        for person in deep:
            if rate(person) > highest:
                yield rate(person) - highest, steps.index(rate(person)) + 1, person, None, "PAID"
                highest = rate(person)
        if highest < steps[-1]:
            yield steps[-1] - highest, len(steps), None, None, "NOBODY_ABOVE"
        return
    for person in deep:
        blockers = [each for each in path[: path.index(person)] if rate(each)]
        if bonus.blocking == "included":
            blockers = [each for each in blockers if each is not seller]
        if bonus.blocking == "offset":
            blockers = [each for each in blockers if each in deep]
        if not blockers:
            yield rate(person), 1, person, None, "PAID"
            return
    if deep:
        yield rate(deep[0]), 1, None, deep[0], "BLOCKED"
    else:
        yield steps[-1], 1, None, None, "NOBODY_ABOVE"


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)


@given(some_worlds(tables))
def test_no_sale_pays_more_than_the_highest_rate(world):
    result = uplines.calculate(world.plan, world.snapshot)
    bonus = world.plan.bonuses[0]
    paid = {}
    for sale, base, rate in zip(result.lines.sale, result.lines.base, result.lines.rate_ppm, strict=True):
        if sale >= 0:
            paid[int(sale), int(base)] = paid.get((int(sale), int(base)), 0) + int(rate)
    assert all(rate <= max(stated(bonus)) for rate in paid.values())


@pytest.mark.parametrize(
    ("blocking", "below_level", "paid", "missed"),
    [
        ("excluded", 0, NONE, 1),  # cy, who sold, has the rate
        ("included", 0, 1, NONE),
        ("included", 1, NONE, 0),  # ben, who is not below the level, has it
        ("offset", 1, 0, NONE),
    ],
)
def test_who_is_blocked_is_told_what_was_missed(blocking, below_level, paid, missed):
    """ana, ben below and cy below ben, who sold 100 points; everybody has the rate."""
    table = {"code": "deep", "name": "Deep", "kind": "infinity", "tree": "sponsor", "rates": {"member": "5%"}}
    table |= {"below_level": below_level, "counted": "everybody", "blocking": blocking, "active_only": False}
    table |= {"line": "order", "rounding": "half_even", "unearned": "breakage"}
    sale = worlds.twin.Sale(1, 3, 0, 1, "retail", 1, 100_00, 100_00, 0, 0, "USD")
    people = worlds.engine_snapshot([(1, 0, "open"), (2, 1, "open"), (3, 2, "open")], [sale])
    lines = uplines.calculate(worlds.plans.restore(LONG | {"bonuses": [table]}), people).lines
    assert (lines.payee.tolist(), lines.missed.tolist(), lines.amount_minor.tolist()) == ([paid], [missed], [5_00])
    assert lines.reason.tolist() == [Reason.PAID if missed == NONE else Reason.BLOCKED]
