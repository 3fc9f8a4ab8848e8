"""The differential in marginal brackets against its slow twin, and what holds for any tree."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate
from commissions.engine.document import Refused
from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.test_differential import LONG
from tests.commissions.engine.kinds.test_volume_rebate import inside
from tests.commissions.engine.kinds.worlds import POINT, brackets, common, heads, measures, some_worlds

RISING = ("3%", "5%", "7.77%", "12%", "33.3333%")


def tables(draw, ranks):
    unqualified = draw(st.sampled_from(["transparent", "blocks"]))
    tree = draw(st.sampled_from(["sponsor", "place"]))
    breaks = {
        **common(draw, "away", unearned=["breakage"]),
        "kind": "breakaway",
        "tree": tree,
        "head": heads(draw, ranks),
        "leaves": draw(st.sampled_from(["this_period", "next_period"])),
        "recapture": draw(st.booleans()),
        "minimum": {"volume": "pv", "least": 0},
        "rates": ["0%"],
        "unqualified": "counts",
        "active_only": False,
    }
    volume = draw(st.sampled_from(["cv", "pv"]))
    of = measures(draw, ["group", "personal_group"]) | {"volume": volume}
    of |= {"without": "away"} if of["of"] == "personal_group" else {}
    stairs = common(draw, "stairs", ["payee"], ["breakage"] if unqualified == "transparent" else ["breakage", "roll_up"]) | {
        "kind": "differential",
        "tree": tree,
        "volume": volume,
        "rates": {"by": "bracket", **of, "table": brackets(draw)},
        "mode": "marginal",
        "own_sales": "paid",
        "unqualified": unqualified,
        "active_only": draw(st.booleans()),
    }
    return [breaks, stairs]


def worth(bonus, before, after):
    """What a volume from ``before`` to ``after`` brings, in hundredths."""
    edges = [*(bracket.at for bracket in bonus.rates.table), None]
    pieces = zip(bonus.rates.table, edges[1:], strict=True)
    return sum(
        (inside(after, bracket.at, high) - inside(before, bracket.at, high)) * Fraction(bracket.rate, 1_000_000) * POINT
        for bracket, high in pieces
    )


def due(world, bonus, person):
    """What the person's whole group brings."""
    reached = uplines.measured(world, bonus.rates, bonus.tree, bonus.code, person)
    this_period = dataclasses.replace(bonus.rates, over="period", periods=None)
    now = uplines.measured(world, this_period, bonus.tree, bonus.code, person)
    return worth(bonus, reached - now, reached)


def ends(world, bonus, person):
    """Whether the groups above end where this person's group begins."""
    breaks = next(each for each in world.plan.bonuses if each.code == "away")
    return bonus.rates.of == "personal_group" and uplines.is_away(world, breaks, person)


def payments(world, bonus):
    """Settle every group from the bottom up."""

    def settle(person):
        """Return what is given out on a whole group, and put what the person is due on top."""
        nearest = [each for each in world.below(person, bonus.tree) if not ends(world, bonus, each)]
        below = sum(settle(each) for each in nearest)
        may = world.may(bonus, person)
        if not (may or bonus.unqualified == "blocks"):
            return below
        own = due(world, bonus, person)
        if own > below:
            heir = None if may else world.heir(bonus, person, bonus.tree, lambda each: world.may(bonus, each))
            outcome = (person, None, "PAID") if may else (heir, person, world.why_not(bonus, person))
            found.append((person, None, "points", 0, own - below, *outcome))
        return max(own, below)

    found = []
    for person in world.everybody():
        if world.parents[bonus.tree][person.id] is None or ends(world, bonus, person):
            rest = due(world, bonus, person) - settle(person)
            if rest > 0:
                found.append((person, None, "points", 0, rest, None, None, "NOBODY_ABOVE"))
    return found


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)


def plain(world, data, **settings):
    """The world's plan with rising brackets of the group volume of the period in the sponsor tree, and nothing else."""
    rates = sorted(data.draw(st.sets(st.sampled_from(RISING), min_size=1)), key=lambda rate: float(rate[:-1]))
    table = [{"at": place * 20, "rate": rate} for place, rate in enumerate(rates)]
    bonus = world.plan.bonuses[1]
    rules = {"by": "bracket", "of": "group", "volume": bonus.volume, "over": "period", "table": table}
    kind = type(bonus).__dataclass_fields__["rates"].metadata["kind"]
    parsed = kind.parse(rules, "rates", worlds.plans.Report())
    settings = {"tree": "sponsor", "rates": parsed, "active_only": False, "unearned": "breakage", **settings}
    return dataclasses.replace(world.plan, bonuses=(dataclasses.replace(bonus, **settings),), gates=())


@given(some_worlds(tables, refunds=False), st.data())
def test_what_is_given_out_is_what_the_group_of_each_root_brings(world, data):
    """With brackets that rise and nothing taken back, whoever is qualified and whoever is not."""
    plan = plain(world, data)
    bonus = plan.bonuses[0]
    result = calculate(plan, world.snapshot)
    roots = [person for person in world.everybody() if person.sponsor is None]
    exact = sum(worth(bonus, 0, uplines.group(world, "sponsor", bonus.volume, person)) for person in roots)
    assert abs(int(result.totals.sum()) + int(result.unearned.sum()) - exact) <= len(result.lines)


@given(some_worlds(tables), st.data())
def test_a_line_says_which_volume_the_brackets_cut(world, data):
    """That of the payee's group; where several people missed what one inherits, there is a line for each."""
    plan = plain(world, data)
    lines = calculate(plan, world.snapshot).lines
    of = {id: uplines.group(world, "sponsor", plan.bonuses[0].volume, person) for id, person in world.people.items()}
    ids = world.snapshot.people.id
    whose = np.maximum(lines.payee, lines.missed)
    named = whose >= 0
    assert lines.base[named].tolist() == [of[id] for id in ids[whose[named]].tolist()]
    roots = sum(of[person.id] for person in world.everybody() if person.sponsor is None and of[person.id] > 0)
    assert (lines.base[~named] <= roots).all()


@given(some_worlds(tables, refunds=False), st.data())
def test_splitting_a_leg_into_people_one_below_the_other_leaves_the_upline_as_it_was(world, data):
    plan = plain(world, data, unqualified="transparent")
    people = [(person.id, person.sponsor.id if person.sponsor else 0, person.status) for person in world.everybody()]
    able = [id for id, _, status in people if status == "open" and not world.people[id].children]
    assume(able)
    head = data.draw(st.sampled_from(able))
    moved = [dataclasses.replace(sale, person_id=999) if sale.person_id == head else sale for sale in world.sales]
    before, after = earned(plan, people, world.sales), earned(plan, [*people, (999, head, "open")], moved)
    assert all(before[person.id] == after[person.id] for person in world.upline(world.people[head], "sponsor"))


def earned(plan, people, sales):
    snapshot = worlds.engine_snapshot(people, sales)
    return dict(zip(snapshot.people.id.tolist(), calculate(plan, snapshot).totals[0].tolist(), strict=True))


def long_plan(**settings):
    return worlds.plans.restore(LONG | {"bonuses": [LONG["bonuses"][0] | MARGINAL | settings]})


MARGINAL = {"volume": "pv", "mode": "marginal", "line": "payee"}


def test_a_line_a_hundred_thousand_deep_is_settled_without_walking_it():
    count = 100_000
    people = [(id, id - 1, "open") for id in range(1, count + 1)]
    sales = [worlds.twin.Sale(id, id, 0, id, "retail", 1, 1_00, 1_00, 0, 0, "USD") for id in range(1, count + 1)]
    totals = calculate(long_plan(), worlds.engine_snapshot(people, sales)).totals[0]
    assert totals[-9:].sum() == 0 and totals[-10] == 0  # nothing lies above 10 points
    assert totals[-11] == 3 and totals[-100] == 3  # 3 % of one point each up to 100 points
    assert totals[0] == 6 and totals.sum() == 90 * 3 + (count - 100) * 6


def test_a_company_too_large_for_exact_arithmetic_is_refused():
    sale = worlds.twin.Sale(1, 1, 0, 1, "retail", 1, 2**62, 2**62, 0, 0, "USD")
    with pytest.raises(AmountTooLarge):
        calculate(long_plan(), worlds.engine_snapshot([(1, 0, "open")], [sale]))


def test_groups_within_each_other_that_one_person_is_paid_on_are_refused_beyond_64_bits():
    rates = LONG["bonuses"][0]["rates"] | {"table": [{"at": 0, "rate": "3%"}]}
    plan = long_plan(unqualified="blocks", unearned="roll_up", rates=rates)
    people = [(id, id - 1, "open" if id == 1 else "suspended") for id in range(1, 7)]
    points = dict.fromkeys(range(1, 6), 1_00) | {6: 2**61}
    sales = [worlds.twin.Sale(id, id, 0, id, "retail", 1, points[id], points[id], 0, 0, "USD") for id in points]
    with pytest.raises(AmountTooLarge, match="groups within each other"):
        calculate(plan, worlds.engine_snapshot(people, sales))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"line": "order"}, 'bonuses[1].line is "order"; expected payee: marginal'),
        ({"own_sales": "counts"}, 'bonuses[1].own_sales is "counts"; expected paid'),
        ({"volume": "cv"}, 'bonuses[1].rates.volume is "pv"; expected "cv", which is paid on'),
        ({"sales": {"buyers": ["retail"]}}, "bonuses[1].sales is"),
        ({"rates": {"by": "rank", "table": {"member": "3%"}}}, 'bonuses[1].mode is "marginal"; expected whole'),
        ({"rates": LONG["bonuses"][0]["rates"] | {"of": "own"}}, 'bonuses[1].rates.of is "own"; expected group'),
    ],
)
def test_what_leaves_it_open_where_a_bracket_cuts_is_refused(settings, said):
    with pytest.raises(Refused) as refusal:
        long_plan(**settings)
    assert said in str(refusal.value)


def test_what_is_given_out_below_somebody_suspended_counts_wherever_in_the_rows_that_one_is():
    """cy, whose row is the last, stands between ana and ben in the placement tree, and is looked through."""
    people = [(1, 0, "open"), (2, 1, "open"), (3, 2, "suspended")]
    sale = worlds.twin.Sale(1, 2, 0, 1, "retail", 1, 80_00, 80_00, 0, 0, "USD")
    rows = worlds.engine_snapshot(people, [sale])
    placed = worlds.snapshot.placed(worlds.snapshot.Index(rows.people.id), id=[1, 2, 3], parent_id=[0, 3, 1])
    rows = dataclasses.replace(rows, people=dataclasses.replace(rows.people, trees={"place": placed}))
    settings = MARGINAL | {"tree": "place", "unqualified": "transparent"}
    plan = worlds.plans.restore(LONG | {"trees": {"place": {"kind": "open"}}, "bonuses": [LONG["bonuses"][0] | settings]})
    assert calculate(plan, rows).totals[0].tolist() == [0, 2_10, 0]


def test_half_of_the_people_taking_back_more_than_they_sold_pays_nobody_below_zero():
    people = [(id, id // 2, "open") for id in range(1, 64)]
    signs = np.where(np.arange(1, 64) % 3, 1, -1).tolist()
    sales = [
        worlds.twin.Sale(id, id, 0, id, "retail", sign, sign * 50_00, sign * 50_00, 0, 0, "USD")
        for id, sign in enumerate(signs, 1)
    ]
    result = calculate(long_plan(), worlds.engine_snapshot(people, sales))
    assert result.totals.min() == 0 and result.totals.max() > 0


def test_the_figures_behind_an_amount_are_those_of_the_group_and_of_what_is_given_out_below():
    people = [(1, 0, "open"), (2, 1, "open")]
    sales = [worlds.twin.Sale(id, id, 0, id, "retail", 1, 80_00, 80_00, 0, 0, "USD") for id in (1, 2)]
    plan, world = long_plan(), worlds.engine_snapshot(people, sales)
    calculation = uplines.Calculation.begin(plan, world, calculate(plan, world).standings)
    figures = plan.bonuses[0].figures(calculation, 0, 0)
    assert figures == {"group_volume_points": 160_00, "on_the_whole_group_minor": 6_30, "given_out_below_minor": 2_10}
