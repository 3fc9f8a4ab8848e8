"""Goal seek under any plan: whatever ranks require, the twin grants the rank with the sales of a way added by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commissions.engine import goals, trials
from commissions.engine.calculate import stand
from commissions.engine.goals import seek
from commissions.engine.trials import BOUGHT_BY, Kind
from tests.commissions.engine import ranks_twin as twin
from tests.commissions.engine.test_ranks_twin import engine_snapshot, some_pasts, some_rank_plans


def granted(plan, person):
    """The rank that the period's sales led to."""
    return person.tested if plan.ladder.in_force == "next" else twin.in_force(plan, person)


def with_way(people, bought, way, ids):
    """The company once more, with newcomers and sales as the way says."""
    people, bought = [replace(person, sales=[]) for person in people], list(bought)
    by_id = {person.id: person for person in people}
    for person in people:  # the copies stand under copies
        person.above = {tree: by_id[above.id] if above else None for tree, above in person.above.items()}
    for step in way.steps:
        for _ in range(step.count):
            made, seller = 1000 + len(bought), ids[step.person]
            if step.kinds == (Kind.NEW,):
                blank = {name: dict.fromkeys(getattr(by_id[seller], name), 0) for name in ("facts", "state")}
                people.append(twin.Person(made, above={"sponsor": by_id[seller]}, **blank))
                seller = made
            volumes = {"pv": step.points, "qv": step.points, "cv": step.points}
            buyer = BOUGHT_BY[step.kinds[0]].name.lower()
            customer = None if buyer == "distributor" else made
            bought.append(twin.Bought(seller, buyer, customer, 9, volumes))
    return people, bought


@given(some_rank_plans(), some_pasts(most=8), st.data())
def test_every_way_leads_to_the_target_whatever_the_plan_requires(plan, company, data):
    people, bought = company
    snapshot = engine_snapshot(plan, people, bought)
    standings = stand(plan, snapshot)
    reached = trials.attained(plan, standings)
    could = np.flatnonzero(standings.payable & (reached < len(plan.ranks) - 1))
    assume(could.size)
    person = data.draw(st.sampled_from(could.tolist()))
    target = data.draw(st.integers(int(reached[person]) + 1, len(plan.ranks) - 1))
    with pytest.MonkeyPatch.context() as smaller:  # fewer trials, and parts as they are tried of large teams
        smaller.setattr(goals, "TRIALS", 300)
        if data.draw(st.booleans()):
            smaller.setattr(goals, "SMALL", 0)
            smaller.setattr(trials, "WHOLE", 0)
        answer = seek(plan, snapshot, person, target)
    ids = snapshot.people.id.tolist()
    for way in answer.ways:
        theirs = twin.stand(plan, *with_way(people, bought, way, ids))
        assert granted(plan, theirs[ids[person]]) >= target
