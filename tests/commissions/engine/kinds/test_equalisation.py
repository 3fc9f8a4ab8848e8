"""Equalisation against its slow twin."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds import uplines
from tests.commissions.engine.kinds.uplines import level_payments, levels_open, rate_of
from tests.commissions.engine.kinds.worlds import common, level_settings, rate_tables, some_worlds


def tables(draw, ranks):
    tree = draw(st.sampled_from(["sponsor", "place"]))
    active_only = draw(st.booleans())
    stairs = common(draw, "stairs", unearned=["breakage"]) | {
        "kind": "differential",
        "tree": tree,
        "rates": rate_tables(draw, ranks),
        "own_sales": "paid",
        "unqualified": "transparent",
        "active_only": active_only,
    }
    equal = (
        common(draw, "equal")
        | level_settings(draw, ranks)
        | {
            "kind": "equalisation",
            "differential": "stairs",
            "tree": tree,
            "unqualified": draw(st.sampled_from(["looked_through", "counts"])),
            "active_only": active_only,
        }
    )
    return [stairs, equal]


def payments(world, bonus):
    stairs = world.plan.bonuses[0]
    top = max(stairs.rates.steps, default=0)

    def is_top(person):
        return top > 0 and rate_of(world, stairs, person) >= top

    def counts(person):
        return is_top(person) and (world.may(bonus, person) or bonus.unqualified == "counts")

    def pays(person, level):
        return world.may(bonus, person) and levels_open(world, bonus, person) >= level

    most = uplines.most_levels(bonus)
    for seller in world.everybody():
        at_top = [person for person in [seller, *world.upline(seller, bonus.tree)] if counts(person)]
        met = [(level, at_top[level] if level < len(at_top) else None) for level in range(1, most + 1)]
        yield from level_payments(world, bonus, seller, met, pays)


@given(some_worlds(tables))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)
