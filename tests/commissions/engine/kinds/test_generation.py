"""Generations by every boundary against their slow twin, which counts them down from each payee."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds import uplines
from tests.commissions.engine.kinds.uplines import level_payments, levels_open
from tests.commissions.engine.kinds.worlds import common, level_settings, some_worlds


def tables(draw, ranks):
    boundary = draw(st.sampled_from(["inclusive", "exclusive", "breakaway", "active_level"]))
    lowest = draw(st.integers(0, len(ranks) - 1)) if boundary != "active_level" else 0
    settings = (
        common(draw, "generations")
        | level_settings(draw, ranks, lowest)
        | {
            "kind": "generation",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "boundary": boundary,
            "unqualified": draw(st.sampled_from(["looked_through", "counts"])),
            "active_only": draw(st.booleans()),
        }
    )
    if boundary != "active_level":
        settings |= {"rank": ranks[lowest]["code"], "held_as": draw(st.sampled_from(["paid_as", "title"]))}
    return [settings]


def payments(world, bonus):
    least = next((place for place, rank in enumerate(world.plan.ranks) if rank.code == bonus.rank), -1)

    def may(person):
        return world.may(bonus, person) and person.rank >= least

    def bounds(person):
        if bonus.boundary == "active_level":
            held = person.is_active
        else:
            titled = bonus.held_as == "title" and world.past["rank.title"][person.id] > least
            held = person.rank >= least or titled
        return held and (may(person) or bonus.unqualified == "counts")

    def pays(person, level):
        return may(person) and levels_open(world, bonus, person) >= level

    most = uplines.most_levels(bonus)
    for seller in world.everybody():
        path = [seller, *world.upline(seller, bonus.tree)]
        generation = {}
        for place, person in enumerate(path[1:], 1):
            between = sum(map(bounds, path[1:place]))
            with_seller = between + bounds(seller)
            counted = {"exclusive": with_seller + 1, "breakaway": with_seller}.get(bonus.boundary, between + 1)
            if bounds(person):
                generation[counted] = person
        first = 2 if bonus.boundary == "exclusive" and bounds(seller) else 1
        met = [(level, generation.get(level)) for level in range(first, most + 1)]
        yield from level_payments(world, bonus, seller, met, pays)


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)
