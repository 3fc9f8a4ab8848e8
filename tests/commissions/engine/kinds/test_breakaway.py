"""Breakaway against its slow twin, and what it leaves for the next period."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds import uplines, worlds
from tests.commissions.engine.kinds.test_differential import payments as differential_payments
from tests.commissions.engine.kinds.uplines import group, is_away, is_head, level_payments, levels_open, own, personal_group
from tests.commissions.engine.kinds.worlds import common, heads, level_settings, measures, rate_tables, some_worlds


def tables(draw, ranks):
    return [
        common(draw, "override")
        | level_settings(draw, ranks)
        | {
            "kind": "breakaway",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "head": heads(draw, ranks),
            "leaves": draw(st.sampled_from(["this_period", "next_period"])),
            "recapture": draw(st.booleans()),
            "minimum": {"volume": draw(st.sampled_from(["cv", "pv"])), "least": draw(st.sampled_from([0, 10, 50]))},
            "unqualified": draw(st.sampled_from(["looked_through", "counts"])),
            "active_only": draw(st.booleans()),
        }
    ]


def payments(world, bonus):
    away = {person.id: is_away(world, bonus, person) for person in world.everybody()}
    enough = {person.id: personal_group(world, bonus, person) >= bonus.minimum.least for person in world.everybody()}

    def may(person):
        return world.may(bonus, person) and enough[person.id]

    def counts(person):
        return away[person.id] and (may(person) or bonus.unqualified == "counts")

    def pays(person, level):
        return may(person) and levels_open(world, bonus, person) >= level

    most = uplines.most_levels(bonus)
    for seller in world.everybody():
        path = [seller, *world.upline(seller, bonus.tree)]
        head = next((place for place, person in enumerate(path) if away[person.id]), len(path))
        above = [person for person in path[head + 1 :] if counts(person)]
        met = [(level, above[level - 1] if level <= len(above) else None) for level in range(1, most + 1)]
        yield from level_payments(world, bonus, seller, met, pays)


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    result = uplines.agree(world, payments)
    bonus = world.plan.bonuses[0]
    if not (bonus.recapture and bonus.leaves == "this_period"):
        left = dict(zip(world.snapshot.people.id.tolist(), result.state.people["override.away"].tolist(), strict=True))
        past = world.past["override.away"]
        assert left == {person.id: is_head(world, bonus, person) or past[person.id] > 0 for person in world.everybody()}


def stairs_without_groups(draw, ranks):
    """A differential by the brackets of personal groups, beside the breakaway that they leave out."""
    override = tables(draw, ranks)[0]
    rates = {"by": "bracket", **measures(draw, ["personal_group"]), "without": "override", "table": worlds.brackets(draw)}
    stairs = common(draw, "stairs", unearned=["breakage"]) | {
        "kind": "differential",
        "tree": override["tree"],
        "rates": rates,
        "own_sales": "paid",
        "unqualified": "transparent",
        "active_only": False,
    }
    return [override, stairs]


@given(some_worlds(stairs_without_groups))
def test_a_differential_by_personal_groups_agrees(world):
    uplines.agree(world, differential_payments)


def two_bonuses(draw, ranks):
    """A breakaway whose heads are those of a rate in a differential."""
    stairs = common(draw, "stairs", unearned=["breakage"]) | {
        "kind": "differential",
        "tree": "sponsor",
        "rates": rate_tables(draw, ranks),
        "own_sales": "paid",
        "unqualified": "transparent",
        "active_only": False,
    }
    override = tables(draw, ranks)[0]
    return [stairs, override | {"tree": "sponsor", "head": {"by": "rate", "bonus": "stairs", "least": "5%"}}]


@given(some_worlds(two_bonuses))
def test_heads_by_the_rate_of_a_differential_agree(world):
    uplines.agree(world, payments)


@given(some_worlds(tables))
def test_personal_groups_are_the_whole_company_once(world):
    """The groups of all heads, and the personal groups of roots that are none, add up to everything."""
    bonus = world.plan.bonuses[0]
    volume = bonus.minimum.volume
    tops = [
        person for person in world.everybody() if is_away(world, bonus, person) or world.parents[bonus.tree][person.id] is None
    ]
    total = sum(personal_group(world, bonus, person) for person in tops)
    assert total == sum(own(person, volume) for person in world.everybody())
    forest = world.snapshot.people.forest(bonus.tree)
    ids = world.snapshot.people.id.tolist()
    values = worlds.array({person.id: own(person, volume) for person in world.everybody()}, ids)
    away = worlds.array({person.id: is_away(world, bonus, person) for person in world.everybody()}, ids)
    ours = forest.personal_group(values, away > 0)
    for place, id in enumerate(ids):
        person = world.people[id]
        assert ours[place] == group(world, bonus.tree, volume, person, lambda each: is_away(world, bonus, each))
