"""Ranks, titles and what periods leave each other agree with the slow twin on any plan, company and past."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import calculate, lacks
from commissions.engine import plan as plans
from commissions.engine import snapshot as snapshots
from commissions.engine.requirements import REQUIREMENTS
from tests.commissions.engine import ranks_twin as twin
from tests.commissions.engine.companies import BUYERS, HEADING, LEG_CAPS, RANKS, STATUSES, rank_tables, some_people

VOLUMES = ("pv", "qv")
TREES = ("sponsor", "pairs")
volumes, trees, codes = st.sampled_from(VOLUMES), st.sampled_from(TREES), st.sampled_from(RANKS)
points = st.sampled_from([0, 0, 1, 10, 40])
some_points = st.sampled_from([1, 1, 10, 40])
buyers = st.sampled_from([["retail"], ["preferred"], ["retail", "preferred"]])
who, of, counts = st.sampled_from(["open", "active"]), st.sampled_from(["own", "group"]), st.sampled_from(["counts", "left_out"])
few = st.sampled_from([1, 1, 1, 2])


def table(measure, **settings):
    """A requirement with any settings."""
    return st.fixed_dictionaries({"measure": st.just(measure), **settings})


@st.composite
def periods_at_rank(draw):
    of_last = draw(st.integers(1, 3))
    periods = draw(st.integers(1, of_last))
    this = draw(counts)
    return {"measure": "periods_at_rank", "rank": "associate", "periods": periods, "of_last": of_last, "this_period": this}


leg_caps = st.sampled_from(LEG_CAPS).map(dict)

REQUIRED = {
    "own_volume": table("own_volume", volume=volumes, least=points, buyers=buyers | st.just(["distributor"])),
    "group_volume": table("group_volume", volume=volumes, least=points, tree=trees)
    | table("group_volume", volume=volumes, least=points, tree=trees, levels=few)
    | table("group_volume", volume=volumes, least=points, tree=trees, own=counts)
    | table("group_volume", volume=volumes, least=points, tree=trees, levels=few, own=counts)
    | table("group_volume", volume=volumes, least=st.sampled_from([1, 10, 40]), tree=trees, leg_cap=leg_caps, own=counts),
    "personal_group_volume": table(
        "personal_group_volume",
        volume=volumes,
        least=points,
        less=st.sampled_from(["breakaway", "rank", "legs"]),
        rank=codes,
    ),
    "customer_share": table("customer_share", volume=volumes, of=of, buyers=buyers, least=st.sampled_from(["33.3333%", "70%"])),
    "customers": table("customers", buyers=buyers, volume=volumes, each=points, count=few),
    "legs_with_volume": table("legs_with_volume", tree=trees, volume=volumes, least=some_points, count=few)
    | table("legs_with_volume", tree=trees, volume=volumes, least=some_points, count=few, of=st.sampled_from(["leg", "head"])),
    "legs_with_rank": st.fixed_dictionaries(
        {
            "measure": st.just("legs_with_rank"),
            "tree": trees,
            "rank": codes,
            "where": st.sampled_from(["anywhere", "frontline"]),
            "count": few,
        },
        optional={
            "looks_through": st.sampled_from(["nobody", "unranked", "inactive"]),
            "with_volume": st.fixed_dictionaries({"volume": volumes, "least": some_points}),
            "or_volume": st.fixed_dictionaries({"volume": volumes, "least": some_points}),
        },
    ),
    "lesser_leg": table("lesser_leg", tree=st.just("pairs"), volume=volumes, least=points),
    "outside_largest_leg": table("outside_largest_leg", tree=trees, volume=volumes, least=points, own=counts)
    | table("outside_largest_leg", tree=trees, volume=volumes, least=points, own=counts, largest=st.integers(1, 3)),
    "active_frontline": table("active_frontline", tree=trees, count=few),
    "sponsored_in_legs": st.fixed_dictionaries(
        {"measure": st.just("sponsored_in_legs"), "tree": st.just("pairs"), "who": who, "count": st.just(1)},
        optional={
            "rank": codes,
            "legs": st.integers(1, 2),
            "with_volume": st.fixed_dictionaries({"volume": volumes, "least": points}),
        },
    )
    | table("sponsored_in_legs", tree=st.just("wide"), who=who, count=few, legs=st.integers(1, 3)),
    "nth_largest_leg": table("nth_largest_leg", tree=trees, volume=volumes, least=points, nth=st.integers(1, 3)),
    "team": table("team", tree=trees, who=who, count=few) | table("team", tree=trees, who=who, count=few, levels=few),
    "periods_at_rank": periods_at_rank(),
    "title": table("title", rank=codes),
    "lifetime_volume": table("lifetime_volume", volume=volumes, of=of, least=points),
    "rolling_volume": table("rolling_volume", volume=volumes, of=of, least=points, periods=st.integers(2, 3)),
    "fact": table("fact", name=st.just("autoship"), least=few),
    "without_fact": table("without_fact", name=st.just("hold")),
}
ALTERNATIVES = st.lists(st.lists(st.one_of(*REQUIRED.values()), min_size=1, max_size=2), min_size=2, max_size=3)
REQUIRED["any_of"] = table("any_of", of=ALTERNATIVES) | table("any_of", of=ALTERNATIVES, count=st.just(2))
SETTLING = st.one_of(REQUIRED["personal_group_volume"], REQUIRED["legs_with_rank"], REQUIRED["any_of"])
BEFORE_ACTIVITY = (
    "own_volume",
    "group_volume",
    "customers",
    "customer_share",
    "lifetime_volume",
    "fact",
    "without_fact",
    "title",
)
OF_ACTIVITY = st.one_of(*(REQUIRED[name] for name in BEFORE_ACTIVITY))
OF_ACTIVITY |= table("any_of", of=st.lists(st.lists(OF_ACTIVITY, min_size=1, max_size=2), min_size=2, max_size=3))

RISING = ("own_volume", "group_volume", "lesser_leg", "legs_with_volume", "lifetime_volume", "fact")
"""What looks at no ranks: on a ladder of these alone, ranks are awarded from the lowest up."""


@st.composite
def some_ladders(draw):
    """What a plan says about ranks, with every setting of time."""
    ranks = draw(rank_tables())
    known = [rank["code"] for rank in ranks]
    asked = draw(st.sampled_from([SETTLING | st.one_of(*REQUIRED.values()), st.one_of(*(REQUIRED[name] for name in RISING))]))
    for rank in ranks:
        for legs in rank.get("legs", []):
            legs["looks_through"] = draw(st.sampled_from(["nobody", "nobody", "unranked", "inactive"]))
        rank["requires"] = fitting(draw(st.lists(asked, max_size=2)), known)
        rank["gv"] = min(rank["gv"], draw(st.sampled_from([0, 20, 200]))) if "leg_cap" not in rank else rank["gv"]
    ranks[0]["requires"] = []  # so that most people have a rank that others may look at
    ladder = {"period": "month", "elsewhere": "last", "in_force": draw(st.sampled_from(["end", "highest", "next"]))}
    if draw(st.booleans()):
        ladder["grace"] = {"periods": draw(few), "pay": draw(st.sampled_from(["kept", "tested"]))}
    if draw(st.booleans()):
        demotion = draw(st.sampled_from(["never", "to_best", "one_rank"]))
        window = draw(st.integers(1, 3))
        times = {"window": window, "times": draw(st.integers(1, window))} if demotion != "never" else {}
        ladder["title"] = {"after": draw(few), "demotion": demotion, **times}
    return ranks, ladder, known


def fitting(required, known):
    """Requirements with ranks that the ladder has."""
    fitted = []
    for each in required:
        if "of" in each and each["measure"] == "any_of":
            each = {**each, "of": [fitting(way, known) for way in each["of"]]}
        elif each.get("rank", known[0]) not in known:
            each = {**each, "rank": known[0]}
        fitted.append(each)
    return fitted


@st.composite
def some_rank_plans(draw):
    """Any plan, as far as ranks go."""
    ranks, ladder, known = draw(some_ladders())
    tank = (
        {"tank": {"hours": 24, "volume": draw(st.sampled_from(["from_order", "from_placement"]))}} if draw(st.booleans()) else {}
    )
    raw = {
        "plan": HEADING,
        "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
        "exchange": {},
        "volumes": ["qv"],
        "trees": {"pairs": {"kind": "binary", "search": "breadth_first", **tank}, "wide": {"kind": "open"}},
        "activity": {
            "pv": draw(st.sampled_from([0, 10])),
            "requires": fitting(draw(st.lists(OF_ACTIVITY, max_size=1)), known),
        },
        "ladder": ladder,
        "ranks": ranks,
        "gates": [
            {
                "code": "gate",
                "name": "Gate",
                "bonuses": ["team"],
                "requires": fitting([draw(st.one_of(*REQUIRED.values()))], known),
            }
        ],
        "bonuses": [
            {
                "code": "team",
                "name": "Team",
                "kind": "unilevel",
                "tree": "sponsor",
                "rates": ["10%"],
                "depth": dict.fromkeys(known, 1),
                "compression": "none",
                "line": "order",
                "rounding": "half_even",
                "unearned": "breakage",
            }
        ],
    }
    if draw(st.booleans()):
        raw["compression"] = {
            "inactive_volume": draw(st.sampled_from(["stays", "moves_up"])),
            "terminated": draw(st.sampled_from(["stay", "leave"])),
        }
    return plans.restore(raw)


@st.composite
def some_pasts(draw, most=12):
    """People with their trees, kinds, facts and state, and what was bought."""
    rows = draw(some_people(most))
    unknown = draw(st.sets(st.sampled_from(["autoship", "hold", "rank.floor", "rank.ceiling", "rank.override"])))
    people, free = {}, []
    for id, sponsor, status in rows:
        kind = draw(st.sampled_from(["distributor"] * 5 + ["preferred", "retail"]))
        person = twin.Person(id, status, kind, above={"sponsor": people.get(sponsor)})
        if not free or draw(st.integers(0, 5)):
            above, leg = draw(st.sampled_from(free)) if free else (None, None)
            free = [seat for seat in free if seat != (above, leg)] + [(person, 0), (person, 1)]
            person.above["pairs"], person.leg["pairs"] = above, leg
            person.above["wide"] = draw(st.sampled_from([each for each in people.values() if "wide" in each.above] or [None]))
        person.facts = draw(facts) | dict.fromkeys(unknown, 0)
        person.state = draw(state)
        people[id] = person
    return list(people.values()), draw(purchases([id for id, _, _ in rows]))


facts = st.fixed_dictionaries(
    {
        "autoship": st.integers(0, 2),
        "hold": st.sampled_from([0, 0, 1]),
        "rank.floor": st.sampled_from([0, 0, 0, 2]),
        "rank.ceiling": st.sampled_from([0, 0, 0, 1, 2, -1]),
        "rank.override": st.sampled_from([0, 0, 0, 0, 3, 9, -1]),
        "placed_at.pairs": st.integers(0, 2),
    }
)
held = st.integers(0, 4)
state = st.fixed_dictionaries(
    {
        **dict.fromkeys(("rank.paid_as", "rank.ago.2", "rank.ago.3", "rank.title", "rank.held"), held),
        "rank.title_since": st.integers(0, 3),
        "rank.grace": st.integers(0, 2),
        **{
            f"volume.{name}.{of}.{volume}": st.integers(0, 3000)
            for name in ("lifetime", "ago.1", "ago.2")
            for of in ("own", "group")
            for volume in VOLUMES
        },
    }
)


@st.composite
def purchases(draw, ids):
    """Sales with two volumes, some taken back, some by customers who buy again."""
    bought = []
    for _ in range(draw(st.integers(0, 14))):
        sign = draw(st.sampled_from([1, 1, 1, -1]))
        bought.append(
            twin.Bought(
                person=draw(st.sampled_from(ids)),
                buyer=draw(st.sampled_from(list(BUYERS))),
                customer=draw(st.sampled_from([None, 1, 2, 3])),
                at=draw(st.integers(0, 3)),
                volumes={"pv": sign * draw(st.integers(0, 6000)), "qv": sign * draw(st.integers(0, 6000)), "cv": 0},
            )
        )
    return bought


def engine_snapshot(plan, people, bought):
    """The same company for the engine."""
    rows = snapshots.people(
        id=[person.id for person in people],
        sponsor_id=[person.above["sponsor"].id if person.above["sponsor"] else 0 for person in people],
        status=[STATUSES[person.status] for person in people],
    )
    index = snapshots.Index(rows.id)
    by_id = {person.id: person for person in people}
    inside = [person for person in people if "pairs" in person.above]
    pairs = snapshots.placed(
        index,
        id=[person.id for person in inside],
        parent_id=[person.above["pairs"].id if person.above["pairs"] else 0 for person in inside],
        leg=[-1 if person.leg["pairs"] is None else person.leg["pairs"] for person in inside],
    )

    wide = snapshots.placed(
        index,
        id=[person.id for person in inside],
        parent_id=[person.above["wide"].id if person.above["wide"] else 0 for person in inside],
    )

    def by_person(numbers):
        return np.array([numbers(by_id[id]) for id in rows.id.tolist()], dtype=np.int64)

    named = {name: by_person(lambda person, name=name: person.facts[name]) for name in people[0].facts}
    named["kind"] = by_person(lambda person: BUYERS[person.kind])
    left = {name: by_person(lambda person, name=name: person.state[name]) for name in people[0].state}
    for columns in (named, left):  # what nobody has is not there at all; without rank.held, grace would keep rank.paid_as
        for name in [name for name, values in columns.items() if not values.any() and name != "rank.held"]:
            del columns[name]
    people_rows = dataclasses.replace(rows, facts=named, trees={"pairs": pairs, "wide": wide})
    return snapshots.Snapshot(people_rows, engine_bought(index, bought), state=snapshots.State(people=left))


def engine_bought(index, bought, first=1):
    """The same sales for the engine, numbered from ``first``."""
    numbers = list(range(first, first + len(bought)))
    return snapshots.sales(
        index,
        id=numbers,
        person_id=[sale.person for sale in bought],
        at=[sale.at for sale in bought],
        order=numbers,
        buyer_kind=[BUYERS[sale.buyer] for sale in bought],
        quantity=[1 for _ in bought],
        pv=[sale.volumes["pv"] for sale in bought],
        cv=[0 for _ in bought],
        paid_minor=[0 for _ in bought],
        seller_minor=[0 for _ in bought],
        currency=[0 for _ in bought],
        reverses=[0 for _ in bought],
        more={
            "buyer": [-1 if sale.customer is None else sale.customer for sale in bought],
            "volume.qv": [sale.volumes["qv"] for sale in bought],
        },
    )


def test_every_requirement_is_tried():
    assert REQUIRED.keys() == REQUIREMENTS.keys()


@given(some_rank_plans(), some_pasts())
def test_everybody_stands_where_the_twin_says(plan, company):
    people, bought = company
    snapshot = engine_snapshot(plan, people, bought)
    ours = calculate.stand(plan, snapshot)
    theirs = twin.stand(plan, people, bought)
    for place, id in enumerate(snapshot.people.id.tolist()):
        person = theirs[id]
        assert ours.pv[place] == twin.own(person, "pv")
        assert ours.gv[place] == twin.group(person, "pv")
        assert ours.active[place] == person.active
        assert (ours.tested[place], ours.rank[place]) == (person.tested, twin.in_force(plan, person))
        for row, required in enumerate(plan.requirements):
            assert ours.measured[row, place] == twin.have(plan, person, required), required
        for row, test in enumerate(plan.leg_tests):
            heads = twin.heads(person, test.looks_through)
            assert ours.legs[row, place] == sum(twin.holds(head, test.rank, test.where, "sponsor") for head in heads)
        for index, volume in zip(plan.capped_ranks, ours.counted_gv[:, place].tolist(), strict=True):
            assert volume == twin.counted(person, plan.ranks[index])
        gate = any(twin.have(plan, person, each) < each.need for each in plan.gates[0].requires)
        assert ours.gated[0, place] == gate
        for target in range(len(plan.ranks)):
            lacking = [each for each in lacks.of_person(plan, ours, place, target) if each.missing]
            assert bool(lacking) != twin.passes(plan, person, plan.ranks[target])


@given(some_rank_plans(), some_pasts())
def test_the_next_period_is_left_what_the_twin_says(plan, company):
    people, bought = company
    snapshot = engine_snapshot(plan, people, bought)
    left = calculate.calculate(plan, snapshot, keep_lines=False).state.people
    theirs = twin.stand(plan, people, bought)
    assert not [name for name in left if name.startswith("volume.ago.3")]  # three periods: this one and two before
    for place, id in enumerate(snapshot.people.id.tolist()):
        person = theirs[id]
        assert left["rank.paid_as"][place] == person.rank + 1
        for back in range(2, plan.remembers + 1):
            assert left[f"rank.ago.{back}"][place] == person.past(back - 1) + 1
        if plan.ladder.title:
            found = (left["rank.title"][place] - 1, left["rank.title_since"][place])
            assert found == twin.title_after(plan.ladder.title, person)
        if plan.ladder.grace:
            assert (left["rank.held"][place] - 1, left["rank.grace"][place]) == twin.grace_after(plan.ladder.grace, person)
        for required in plan.requirements:
            if required.measure == "lifetime_volume":
                assert left[f"volume.lifetime.{required.of}.{required.volume}"][place] == twin.over_periods(person, required)
            if required.measure == "rolling_volume":
                now = (twin.own if required.of == "own" else twin.group)(person, required.volume)
                assert left[f"volume.ago.1.{required.of}.{required.volume}"][place] == now
                if required.periods > 2:
                    name = f"{required.of}.{required.volume}"
                    assert left[f"volume.ago.2.{name}"][place] == person.state[f"volume.ago.1.{name}"]
