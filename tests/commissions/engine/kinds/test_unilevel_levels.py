"""Unilevel and matrix, whatever unlocks their levels, against their slow twin."""

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds import uplines
from tests.commissions.engine.kinds.uplines import level_payments, levels_open
from tests.commissions.engine.kinds.worlds import common, level_settings, some_worlds


def unilevel(draw, ranks):
    compression = draw(st.sampled_from(["none", "inactive", "paid_through", "full"]))
    return [
        common(draw, "team", unearned=["breakage"] if compression == "full" else ["breakage", "roll_up"])
        | level_settings(draw, ranks)
        | {
            "kind": "unilevel",
            "tree": draw(st.sampled_from(["sponsor", "place"])),
            "volume": draw(st.sampled_from(["cv", "pv"])),
            "compression": compression,
        }
    ]


def matrix(draw, ranks):
    return [table | {"kind": "matrix", "tree": "place"} for table in unilevel(draw, ranks)]


def payments(world, bonus):
    def pays(person, level):
        return levels(person) >= level

    def levels(person):
        may = person.is_active and world.may(bonus, person)
        return levels_open(world, bonus, person) if may else 0

    most = uplines.most_levels(bonus)
    for seller in world.everybody():
        met, at = [], seller
        for level in range(1, most + 1):
            counts = {
                "none": lambda each: True,
                "inactive": lambda each: each.is_active,
                "paid_through": lambda each: levels(each) > 0,
                "full": lambda each: pays(each, level),  # noqa: B023
            }[bonus.compression]
            at = at and next((each for each in world.upline(at, bonus.tree) if counts(each)), None)
            met.append((level, at))
        yield from level_payments(world, bonus, seller, met, pays)


@given(some_worlds(unilevel))
def test_the_twin_agrees(world):
    uplines.agree(world, payments)


@given(some_worlds(matrix))
def test_a_matrix_agrees_too(world):
    uplines.agree(world, payments)
