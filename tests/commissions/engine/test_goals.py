"""Goal seek: every way leads there, none of its steps could be smaller, and no one person could do it for less."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commissions.engine import goals, lacks, trials
from commissions.engine import plan as plans
from commissions.engine.calculate import stand
from commissions.engine.document import write
from commissions.engine.goals import seek
from commissions.engine.trials import Kind
from commissions.engine.ways import Step
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans
from tests.commissions.plans.examples import SHIPPED

FERNHOLLOW = plans.parse((SHIPPED / "fernhollow.toml").read_text())
ASSOCIATE, BRONZE, SILVER, GOLD, DIAMOND = range(5)


def sale(id, person_id, points, buyer="retail"):
    """An order of so many points."""
    volume = points * 100
    return twin.Sale(id, person_id, id, id, buyer, 1, volume, volume, 0, 0, "USD")


def company(text):
    """Read lines of ``name sponsor points``; the sponsor of the first is -."""
    people, sales, number = [], [], {}
    for line in text.strip().splitlines():
        name, sponsor, points, *status = line.split()
        number[name] = 100 + len(number)
        people.append((number[name], number.get(sponsor, 0), status[0] if status else "open"))
        sales.append(sale(len(sales) + 1, number[name], int(points)))
    snapshot = engine_snapshot(people, sales)
    names = {int(id): name for name, id in number.items()}
    return snapshot, [names[int(id)] for id in snapshot.people.id]


LEG_CAPS = [
    {"of": "requirement", "share": "40%", "own_volume": "capped"},
    {"of": "points", "most": 400, "own_volume": "capped"},
]


def with_ranks(*ladder, **more):
    """The shipped plan with other ranks, of which a bonus pays the same to all."""
    document = write(FERNHOLLOW) | {"ranks": list(ladder), "bonuses": [write(FERNHOLLOW)["bonuses"][0]]} | more
    return plans.restore(document)


def told(answer, names):
    """The ways in short: ``[{"ana": 60, "new ana": 500}, ...]``."""
    return [
        {("new " if step.kinds == (Kind.NEW,) else "") + names[step.person]: step.total / 100 for step in way.steps}
        for way in answer.ways
    ]


def with_steps(people, sales, way, snapshot, index=None, less=0):
    """The company once more, with a way's sales made by hand; ``index`` names a step that is ``less`` smaller."""
    people, sales, made = list(people), list(sales), 0
    for place, step in enumerate(way.steps):
        points = step.points - (less if place == index else 0)
        for _ in range(step.count):
            made += 1
            credited = int(snapshot.people.id[step.person])
            if step.kinds == (Kind.NEW,):
                people.append((9000 + made, credited, "open"))
                credited = 9000 + made
            buyer = {Kind.RETAIL: "retail", Kind.PREFERRED: "preferred"}.get(step.kinds[0], "distributor")
            sales.append(replace(sale(9000 + made, credited, 0, buyer), pv=points, cv=points))
    return people, sales


def rank_by_hand(plan, people, sales, id):
    return twin.stand(plan, people, sales)[id].rank


def asked(plan, company, draw):
    """A person with an open account, and a rank that the person does not hold."""
    snapshot = engine_snapshot(*company)
    standings = stand(plan, snapshot)
    could = np.flatnonzero(standings.payable & (standings.rank < len(plan.ranks) - 1))
    assume(could.size)
    person = draw(st.sampled_from(could.tolist()))
    return snapshot, person, draw(st.integers(int(standings.rank[person]) + 1, len(plan.ranks) - 1))


def test_the_cheapest_way_helps_the_leg_that_lacks_least():
    snapshot, names = company("""
        ana   -    40
        ben   ana  600
        cara  ana  400
        dan   ana  100
    """)
    answer = seek(FERNHOLLOW, snapshot, 0, SILVER)
    ways = told(answer, names)
    assert not answer.is_held and ways[0] == {"ana": 1260, "cara": 100}
    assert answer.ways[0].points == 136_000
    assert {"ana": 60, "cara": 1300} in ways
    assert [(each.measure, each.missing) for each in answer.missing] == [("pv", 6000), ("gv", 136_000), ("legs", 1)]


@pytest.mark.parametrize(("volume", "way"), [(5_000, {"ben": 10, "cara": 30}), (230, {"ana": 20})])
def test_of_alternatives_the_cheaper_one_is_found(volume, way):
    snapshot, names = company("""
        ana   -    40
        ben   ana  90
        cara  ana  70
        dan   ana  10
    """)
    by_volume = {"measure": "group_volume", "volume": "pv", "tree": "sponsor", "least": volume}
    by_legs = {"measure": "legs_with_rank", "tree": "sponsor", "rank": "bronze", "where": "anywhere", "count": 2}
    plan = with_ranks(
        {"code": "member", "name": "Member", "pv": 0, "gv": 0},
        {"code": "bronze", "name": "Bronze", "pv": 100, "gv": 0},
        {"code": "star", "name": "Star", "pv": 0, "gv": 0, "requires": [{"measure": "any_of", "of": [[by_volume], [by_legs]]}]},
    )
    assert told(seek(plan, snapshot, 0, 2), names)[0] == way


def test_own_purchases_and_customers_are_offered_as_alternatives():
    snapshot, _ = company("ana - 40")
    (way,) = seek(FERNHOLLOW, snapshot, 0, BRONZE).ways[:1]
    assert way.steps == (Step(0, (Kind.RETAIL, Kind.OWN, Kind.PREFERRED), 46_000, 1),)


def test_somebody_deeper_in_a_leg_is_helped_where_that_is_cheaper_than_its_head():
    snapshot, names = company("""
        ana   -     2000
        ben   ana   600
        cara  ana   0
        dan   cara  470
    """)
    assert told(seek(FERNHOLLOW, snapshot, 0, SILVER), names)[0] == {"dan": 30}


def test_a_rank_that_needs_ranks_below_ranks_is_led_up_from_the_bottom():
    snapshot, names = company("""
        ana   -     6000
        ben   ana   2500
        bea   ben   600
        bob   ben   600
        cara  ana   2000
        cato  cara  600
        cleo  cara  450
    """)
    assert told(seek(FERNHOLLOW, snapshot, 0, GOLD), names)[0] == {"cleo": 50}


def test_where_legs_are_missing_somebody_new_has_to_come():
    snapshot, names = company("""
        ana  -    3000
        ben  ana  600
    """)
    assert told(seek(FERNHOLLOW, snapshot, 0, SILVER), names)[0] == {"new ana": 500}


@pytest.mark.parametrize("leg_cap", LEG_CAPS, ids=["share", "points"])
def test_a_leg_cap_is_respected_because_the_engine_respects_it(leg_cap):
    plan = with_ranks(
        {"code": "member", "name": "Member", "pv": 0, "gv": 0},
        {"code": "silver", "name": "Silver", "pv": 0, "gv": 1000, "leg_cap": leg_cap},
    )
    snapshot, names = company("""
        ana   -    100
        ben   ana  900
        cara  ana  50
    """)
    answer = seek(plan, snapshot, 0, 1)
    assert told(answer, names)[0] == {"ana": 300, "cara": 150}


def test_a_rank_that_is_held_costs_nothing():
    snapshot, _ = company("ana - 600")
    answer = seek(FERNHOLLOW, snapshot, 0, BRONZE)
    assert answer.is_held and [way.points for way in answer.ways] == [0] and not answer.missing


def test_what_no_sale_mends_is_said_to_be_so():
    snapshot, _ = company("ana - 100")
    answer = seek(FERNHOLLOW, snapshot, 0, DIAMOND)
    assert not answer.ways and answer.is_open
    assert [(each.measure, each.missing, each.leg_rank) for each in answer.beyond] == [("legs", 3, GOLD)]
    closed, _ = company("ana - 100 suspended")
    answer = seek(FERNHOLLOW, closed, 0, BRONZE)
    assert not answer.is_open and not answer.ways


TRAINED = [{"measure": "fact", "name": "trained", "least": 1}]
WITH_TRAINING = with_ranks(
    {"code": "member", "name": "Member", "pv": 0, "gv": 0},
    {"code": "bronze", "name": "Bronze", "pv": 50, "gv": 500, "requires": TRAINED},
    {"code": "silver", "name": "Silver", "pv": 50, "gv": 500, "legs": [{"rank": "bronze", "count": 1, "where": "anywhere"}]},
)


def with_facts(snapshot, **facts):
    facts = {kind: np.array(values, dtype=np.int64) for kind, values in facts.items()}
    return replace(snapshot, people=replace(snapshot.people, facts=facts))


def test_what_only_time_or_training_brings_is_not_sold():
    snapshot, _ = company("ana - 100")
    answer = seek(WITH_TRAINING, with_facts(snapshot, trained=[0]), 0, 1)
    (missing,) = answer.beyond
    assert not answer.ways
    assert (missing.required.measure, missing.have, missing.need, missing.missing) == ("fact", 0, 1, 1)
    assert answer.missing[-1] == missing and len(answer.missing) == 2
    trained = seek(WITH_TRAINING, with_facts(snapshot, trained=[1]), 0, 1)
    assert trained.ways[0].steps == (Step(0, (Kind.RETAIL, Kind.OWN, Kind.PREFERRED), 40_000, 1),)


def test_of_two_who_lack_the_same_the_trained_one_is_helped(monkeypatch):
    snapshot, names = company("""
        ana   -     100
        ben   ana   400
        cara  ana   300
        dan   cara  50
    """)
    snapshot = with_facts(snapshot, trained=[0, 0, 1, 0])
    assert told(seek(WITH_TRAINING, snapshot, 0, 2), names)[0] == {"cara": 150}
    monkeypatch.setattr(trials, "WHOLE", 0)
    monkeypatch.setattr(goals, "SMALL", 0)
    assert told(seek(WITH_TRAINING, snapshot, 0, 2), names)[0] == {"cara": 150}


def requiring(**required):
    """A ladder whose second rank requires one more thing."""
    return with_ranks(
        {"code": "member", "name": "Member", "pv": 0, "gv": 0},
        {"code": "silver", "name": "Silver", "pv": 0, "gv": 0, "requires": [required]},
    )


def test_customers_are_won_as_many_as_are_missing_and_each_for_the_least():
    plan = requiring(measure="customers", buyers=["retail"], volume="pv", each=20, count=3)
    snapshot, _ = company("ana - 100")
    way = seek(plan, snapshot, 0, 1).ways[0]
    assert way.steps == (Step(0, (Kind.RETAIL,), 2_000, 3),)  # who bought the 100 points is not known


def test_the_frontline_that_lacks_least_is_made_active():
    plan = requiring(measure="active_frontline", tree="sponsor", count=2)
    snapshot, names = company("""
        ana   -    100
        ben   ana  60
        cara  ana  10
        dan   ana  45
        eve   ana  20
    """)
    ways = told(seek(plan, snapshot, 0, 1), names)
    assert ways[0] == {"dan": 5} and {"new ana": 50} in ways


def test_volume_that_breaks_away_is_not_asked_of_who_would_break_away():
    plan = with_ranks(
        {"code": "member", "name": "Member", "pv": 0, "gv": 0},
        {"code": "silver", "name": "Silver", "pv": 0, "gv": 500},
        {"code": "gold", "name": "Gold", "pv": 0, "gv": 0, "requires": [
            {"measure": "personal_group_volume", "volume": "pv", "less": "rank", "rank": "silver", "least": 900},
        ]},
    )  # fmt: skip
    snapshot, names = company("""
        ana  -    300
        ben  ana  400
    """)
    answer = seek(plan, snapshot, 0, 2)
    assert told(answer, names)[0] == {"ana": 200}


def test_legs_with_volume_are_filled_the_fullest_first():
    plan = requiring(measure="legs_with_volume", tree="sponsor", volume="pv", least=300, count=2)
    snapshot, names = company("""
        ana   -    100
        ben   ana  250
        cara  ana  100
        dan   ana  280
    """)
    assert told(seek(plan, snapshot, 0, 1), names)[0] == {"ben": 50, "dan": 20}


def test_a_large_downline_gives_the_same_way_from_a_part_of_it(monkeypatch):
    lines = ["ana - 40", "ben ana 600", "cara ana 400"]
    lines += [f"p{number} {'ben' if number < 30 else f'p{number - 30}'} {number % 7}" for number in range(120)]
    snapshot, names = company("\n".join(lines))
    whole = seek(FERNHOLLOW, snapshot, 0, SILVER)
    monkeypatch.setattr(goals, "SMALL", 5)
    part = seek(FERNHOLLOW, snapshot, 0, SILVER)
    assert told(part, names)[0] == told(whole, names)[0]


@given(some_plans(), some_companies(most=12), st.data())
def test_every_way_leads_to_the_target_and_no_step_could_be_smaller(plan, company, data):
    snapshot, person, target = asked(plan, company, data.draw)
    id = int(snapshot.people.id[person])
    for way in seek(plan, snapshot, person, target).ways:
        assert rank_by_hand(plan, *with_steps(*company, way, snapshot), id) >= target
        for index, step in enumerate(way.steps):
            if step.points:
                assert rank_by_hand(plan, *with_steps(*company, way, snapshot, index, 1), id) < target
            fewer = replace(way, steps=(*way.steps[:index], *way.steps[index + 1 :]))
            assert rank_by_hand(plan, *with_steps(*company, fewer, snapshot), id) < target


@given(some_plans(), some_companies(most=6), st.data())
def test_no_one_person_could_do_it_for_less(plan, company, data):
    snapshot, person, target = asked(plan, company, data.draw)
    id, (people, sales) = int(snapshot.people.id[person]), company
    answer = seek(plan, snapshot, person, target)
    cheapest = answer.ways[0].points if answer.ways else None
    below = range(person, person + int(snapshot.people.size[person]))
    for somebody in (int(snapshot.people.id[each]) for each in below if snapshot.people.status[each] == 0):
        for volume in range(500, 30_000, 500):
            more = [*sales, replace(sale(9000, somebody, 0), pv=volume)]
            if rank_by_hand(plan, people, more, id) >= target:
                assert cheapest is not None and cheapest <= volume
                break


@given(some_plans(), some_companies(most=8), st.data())
def test_more_volume_never_makes_the_nearest_way_dearer_for_one_person(plan, company, data):
    snapshot, person, target = asked(plan, company, data.draw)
    people, sales = company
    alone = [way.points for way in seek(plan, snapshot, person, target, most=99).ways if len(way.steps) == 1]
    below = snapshot.people.id[person : person + int(snapshot.people.size[person])].tolist()
    extra = replace(sale(8000, data.draw(st.sampled_from(below)), 0), pv=data.draw(st.integers(1, 9000)))
    richer = seek(plan, engine_snapshot(people, [*sales, extra]), person, target, most=99)
    if alone:
        assert richer.ways[0].points <= min(alone)


@given(some_plans(), some_companies(most=12), st.data())
def test_a_part_with_folded_legs_finds_ways_that_hold_in_the_whole(plan, company, data):
    snapshot, person, target = asked(plan, company, data.draw)
    id, small = int(snapshot.people.id[person]), goals.SMALL
    goals.SMALL = 0
    try:
        answer = seek(plan, snapshot, person, target)
    finally:
        goals.SMALL = small
    for way in answer.ways:
        assert rank_by_hand(plan, *with_steps(*company, way, snapshot), id) >= target


@given(some_plans(), some_companies(), st.data())
def test_what_is_missing_is_what_the_engine_says(plan, company, data):
    snapshot, person, target = asked(plan, company, data.draw)
    answer = seek(plan, snapshot, person, target)
    told = lacks.of_person(plan, stand(plan, snapshot), person, target)
    assert answer.missing == tuple(each for each in told if each.missing)
    assert bool(answer.ways) != bool(answer.beyond)
