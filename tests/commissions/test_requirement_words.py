"""What is required of legs and of alternatives, in words."""

import pytest

from commissions import requirement_words
from commissions.engine import document
from commissions.engine import plan as engine_plan
from tests.commissions.plans.examples import SHIPPED

LEGS = {"measure": "legs_with_rank", "tree": "sponsor", "rank": "silver", "where": "anywhere", "count": 3}
SPONSORED = {"measure": "sponsored_in_legs", "tree": "pairs", "who": "open", "count": 1}
OUTSIDE = {"measure": "outside_largest_leg", "tree": "sponsor", "volume": "pv", "own": "left_out", "least": 5}

GROUP = {"measure": "group_volume", "tree": "sponsor", "volume": "pv", "least": 5}
BELOW = GROUP | {"own": "left_out"}
HEADS = {"measure": "legs_with_volume", "tree": "sponsor", "volume": "pv", "least": 225, "count": 5}


@pytest.mark.parametrize(
    ("required", "said"),
    [
        (LEGS, "Legs with Silver"),
        (LEGS | {"where": "frontline"}, "Legs headed by Silver"),
        (LEGS | {"or_volume": {"volume": "pv", "least": 2000}}, "Legs with Silver or 2,000 points"),
        (LEGS | {"with_volume": {"volume": "pv", "least": 150}}, "Legs with Silver and 150 points"),
        (SPONSORED, "Sponsored people in the smaller leg (pairs)"),
        (SPONSORED | {"rank": "silver", "legs": 2}, "Sponsored people with Silver in each of 2 legs (pairs)"),
        (
            SPONSORED | {"legs": 1, "with_volume": {"volume": "pv", "least": 100}},
            "Sponsored people who have 100 points in one leg (pairs)",
        ),
        (GROUP, "Group volume"),
        (GROUP | {"levels": 1}, "Volume of oneself and the first level"),
        (BELOW, "Group volume without one's own"),
        (BELOW | {"levels": 1}, "Volume of the first level"),
        (BELOW | {"levels": 2}, "Volume of the first 2 levels"),
        (HEADS, "Legs with at least 225 points"),
        (HEADS | {"of": "head"}, "People on the first level with at least 225 points"),
        (OUTSIDE, "Volume outside the largest leg"),
        (OUTSIDE | {"largest": 2}, "Volume outside the 2 largest legs"),
        ({"measure": "nth_largest_leg", "tree": "sponsor", "volume": "pv", "nth": 1, "least": 5}, "Volume of the largest leg"),
        (
            {"measure": "nth_largest_leg", "tree": "pairs", "volume": "pv", "nth": 2, "least": 5},
            "Volume of the leg that is number 2 by volume (pairs)",
        ),
        (
            {"measure": "any_of", "count": 2, "of": [[LEGS], [{"measure": "title", "rank": "gold"}], [OUTSIDE]]},
            "2 of: Legs with Silver: 3; or The title Gold; or Volume outside the largest leg: 5",
        ),
    ],
)
def test_requirements_of_legs_are_said_in_words(required, said):
    parsed = engine_plan.parse((SHIPPED / "fernhollow.toml").read_text() + '[trees.pairs]\nkind = "binary"\n')
    data = document.write(parsed)
    data["ranks"][-1]["requires"] = [required]
    read = engine_plan.restore(data)
    assert requirement_words.label(read, read.ranks[-1].requires[0]) == said
