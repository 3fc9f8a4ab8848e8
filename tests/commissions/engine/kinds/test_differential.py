"""The differential against its slow twin, and what holds for any tree."""

import dataclasses
from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate
from tests.commissions.engine.companies import HEADING
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.uplines import rate_of
from tests.commissions.engine.kinds.worlds import POINT, common, rate_tables, some_worlds


def tables(draw, ranks):
    unqualified = draw(st.sampled_from(["transparent", "blocks"]))
    return [
        common(draw, "stairs", unearned=["breakage"] if unqualified == "transparent" else ["breakage", "roll_up"])
        | {
            "kind": "differential",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "rates": rate_tables(draw, ranks),
            "own_sales": draw(st.sampled_from(["paid", "counts", "passed"])),
            "unqualified": unqualified,
            "active_only": draw(st.booleans()),
        }
    ]


def payments(world, bonus):
    rates = set(bonus.rates.table.values()) if bonus.rates.by == "rank" else {row.rate for row in bonus.rates.table}
    steps = sorted(rates - {0})
    rate = {person.id: rate_of(world, bonus, person) for person in world.everybody()}
    for seller in world.everybody():
        shares = list(climb(world, bonus, seller, rate, steps))
        for sale in seller.sales:
            base = sale.cv if bonus.volume == "cv" else sale.pv
            for share, level, payee, missed, reason in shares:
                yield seller, sale.order, "points", level, base * Fraction(share, 1_000_000) * POINT, payee, missed, reason


def climb(world, bonus, seller, rate, steps):
    """Yield (rate, level, payee, missed, reason) on the way up from a seller."""
    highest = 0
    path = [*([] if bonus.own_sales == "passed" else [seller]), *world.upline(seller, bonus.tree)]
    for person in path:
        may = world.may(bonus, person)
        is_counted = person is seller and bonus.own_sales == "counts"
        if rate[person.id] <= highest or not (may or is_counted or bonus.unqualified == "blocks"):
            continue
        share, level = rate[person.id] - highest, steps.index(rate[person.id]) + 1
        if is_counted:
            pass
        elif may:
            yield share, level, person, None, "PAID"
        else:
            heir = world.heir(bonus, person, bonus.tree, lambda each: world.may(bonus, each))
            yield share, level, heir, person, world.why_not(bonus, person)
        highest = rate[person.id]
    if steps and highest < steps[-1]:
        yield steps[-1] - highest, len(steps), None, None, "NOBODY_ABOVE"


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)


@given(some_worlds(tables))
def test_what_is_paid_and_unearned_is_the_top_rate_of_all_volume(world):
    bonus = dataclasses.replace(world.plan.bonuses[0], line="payee", own_sales="paid")
    plan = dataclasses.replace(world.plan, bonuses=(bonus,), gates=())
    result = calculate(plan, world.snapshot)
    top = max(bonus.rates.steps, default=0)
    sold = sum(sale.cv if bonus.volume == "cv" else sale.pv for sale in world.sales)
    given_out = int(result.totals.sum()) + int(result.unearned.sum())
    assert abs(given_out - Fraction(sold * top, 1_000_000)) <= Fraction(len(result.lines), 2) or bonus.rounding == "truncate"
    assert abs(given_out - Fraction(sold * top, 1_000_000)) <= len(result.lines)


@given(some_worlds(tables), st.data())
def test_splitting_a_leg_into_people_one_below_the_other_leaves_the_upline_as_it_was(world, data):
    """All volume of somebody without downline moves to a new person below, who sells it; brackets of group volume."""
    rates = worlds.brackets(data.draw)
    table = {"by": "bracket", "of": "group", "volume": "pv", "over": "period", "table": rates}
    bonus = type(world.plan.bonuses[0]).__dataclass_fields__["rates"].metadata["kind"]
    rules = bonus.parse(table, "rates", worlds.plans.Report())
    settings = {"tree": "sponsor", "rates": rules, "line": "payee", "active_only": False, "own_sales": "paid"}
    settings |= {"unqualified": "transparent", "unearned": "breakage"}
    plan = dataclasses.replace(world.plan, bonuses=(dataclasses.replace(world.plan.bonuses[0], **settings),), gates=())
    people = [(person.id, person.sponsor.id if person.sponsor else 0, person.status) for person in world.everybody()]
    able = [id for id, _, status in people if status == "open" and not world.people[id].children]
    assume(able)
    head = data.draw(st.sampled_from(able))
    split = [*people, (999, head, "open")]
    moved = [dataclasses.replace(sale, person_id=999) if sale.person_id == head else sale for sale in world.sales]
    before = earned(plan, people, world.sales)
    after = earned(plan, split, moved)
    above = {person.id for person in world.upline(world.people[head], "sponsor")}
    assert {id: before[id] for id in above} == {id: after[id] for id in above}


def earned(plan, people, sales):
    snapshot = worlds.engine_snapshot(people, sales)
    return dict(zip(snapshot.people.id.tolist(), calculate(plan, snapshot).totals[0].tolist(), strict=True))


def test_a_line_a_hundred_thousand_deep_is_paid_without_walking_it():
    count = 100_000
    people = [(id, id - 1, "open") for id in range(1, count + 1)]
    plan = worlds.plans.restore(LONG)
    sale = worlds.twin.Sale(1, count, 0, 1, "retail", 1, 100_00, 100_00, 0, 0, "USD")
    snapshot = worlds.engine_snapshot(people, [sale])
    totals = calculate(plan, snapshot).totals[0]
    assert totals[count - 1] == 6_00 and totals.sum() == 6_00
    assert np.count_nonzero(totals) == 1


LONG = {
    "plan": HEADING | {"code": "long", "name": "Long"},
    "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
    "ladder": {"period": "month", "elsewhere": "last"},
    "exchange": {},
    "activity": {"pv": 0},
    "ranks": [{"code": "member", "name": "Member", "pv": 0, "gv": 0}],
    "bonuses": [
        {
            "code": "stairs",
            "name": "Stairs",
            "kind": "differential",
            "tree": "sponsor",
            "rates": {
                "by": "bracket",
                "of": "group",
                "volume": "pv",
                "over": "period",
                "table": [{"at": 10, "rate": "3%"}, {"at": 100, "rate": "6%"}],
            },
            "own_sales": "paid",
            "unqualified": "transparent",
            "active_only": False,
            "line": "order",
            "rounding": "half_even",
            "unearned": "breakage",
        }
    ],
}
