"""The mentor bonus agrees with its twin, and no rank is paid for twice."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    RANKS,
    SIDE,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    left_by,
    levels_above,
    line_of,
    lines_of,
    plan_with,
    side_of,
    stand,
)


@st.composite
def mentors(draw):
    compression = draw(st.sampled_from(("none", "inactive", "full")))
    amounts = st.lists(st.sampled_from((0, 50, "12.34")), min_size=1, max_size=3)
    rates = {"chief": draw(amounts), "leader": draw(st.just([50]) | amounts)}
    if not draw(st.integers(0, 3)):
        del rates["leader"]
    most = max(map(len, rates.values()))
    return draw(common(lines=("source",), unearned=("breakage",) if compression == "full" else ("breakage", "roll_up"))) | {
        "code": "mentor",
        "kind": "mentor",
        "tree": draw(st.sampled_from(("sponsor", "side"))),
        "amounts": rates,
        "depth": {rank: draw(st.integers(0, most)) for rank in RANKS},
        "compression": compression,
        "skipped": draw(st.sampled_from(("each", "highest"))),
    }


def twin(plan, bonus, company, before):
    for person in company.people:
        reached = [
            place for place, code in enumerate(RANKS) if before[person.id] <= place <= person.rank and code in bonus.amounts
        ]
        for place in reached if bonus.skipped == "each" else reached[-1:]:
            amounts = bonus.amounts[RANKS[place]]
            for level, *who in levels_above(plan, bonus, person, len(amounts), line_of(bonus)):
                yield person, place, "USD", level, Fraction(plan.minor(amounts[level - 1])), *who


@given(companies(), mentors(), ACTIVITIES, st.data())
def test_every_line_is_the_twins_and_the_rank_is_kept(company, table, activity, data):
    plan = plan_with(table, activity=activity, trees=SIDE)
    bonus = plan.bonuses[0]
    stand(plan, company)
    before = {person.id: data.draw(st.integers(0, 3)) for person in company.people}
    given = engine_snapshot(company, past={"mentor.reached": before}, trees=side_of(company))
    result, ours = engine_lines(plan, given)
    apart = list(twin(plan, bonus, company, before))
    assert ours == sum((lines_of(bonus, [part]) for part in apart), start=type(ours)())
    left = left_by(given, result, "mentor.reached")
    assert left == {person.id: max(before[person.id], person.rank + 1) for person in company.people}
    _, nothing = engine_lines(plan, engine_snapshot(company, past={"mentor.reached": left}, trees=side_of(company)))
    assert not nothing
