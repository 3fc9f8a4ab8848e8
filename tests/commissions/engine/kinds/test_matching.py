"""The match and its slow twin agree on any company, before and after caps, by level and by generation."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.document import Refused
from commissions.engine.money import AmountTooLarge
from tests.commissions.engine.kinds.two_legs import (
    RANKS,
    Company,
    Outcome,
    Person,
    Sale,
    companies,
    of_rank_or_row,
    plain_plan,
    plan_of,
    some_rows,
)
from tests.commissions.engine.twin import round_once

PROFIT = {
    "code": "retail",
    "name": "Retail",
    "kind": "retail_profit",
    "buyers": ["retail"],
    "active_only": False,
    "line": "source",
    "rounding": "half_even",
    "unearned": "breakage",
}
RATES = st.lists(st.sampled_from(["0%", "10%", "7.77%", "33.3333%", "100%"]), max_size=3)
PLENTY = {"measure": "own_volume", "volume": "pv", "buyers": ["distributor", "preferred", "retail"], "least": 200}


@st.composite
def some_plans(draw):
    rates = {rank: draw(RATES) for rank in RANKS}
    rates["gold"] = rates["gold"] or ["5%"]
    if draw(st.booleans()):
        rates = {"by": "requirement", "table": [*draw(some_rows("rates", RATES)), {"requires": [PLENTY], "rates": ["5%", "3%"]}]}
    compression = draw(st.sampled_from(["none", "inactive", "full"]))
    match = {
        "code": "match",
        "name": "Match",
        "kind": "matching",
        "bonuses": ["retail"],
        "base": draw(st.sampled_from(["before_caps", "after_caps"])),
        "tree": draw(st.sampled_from(["sponsor", "team"])),
        "rates": rates,
        "compression": compression,
        "line": draw(st.sampled_from(["source", "payee"])),
        "rounding": draw(st.sampled_from(["half_even", "half_up", "truncate"])),
        "unearned": draw(st.sampled_from(["breakage", "breakage" if compression == "full" else "roll_up"])),
    }
    if draw(st.booleans()):
        boundary = draw(st.sampled_from(["inclusive", "exclusive"]))
        match["generations"] = {"rank": draw(st.sampled_from(RANKS)), "boundary": boundary}
    caps = {"order": draw(st.permutations(["person", "match", "company"]))}
    if draw(st.booleans()):
        caps["person"] = [{"bonuses": ["retail"], "most": {"member": 20, "silver": 70}, "excess": "forfeited"}]
    return draw(plan_of([PROFIT, match], caps))


@given(some_plans(), companies())
def test_everybody_is_matched_as_the_twin_says(plan, company):
    company.stand(plan)
    outcome = Outcome(plan, company)
    bonus = plan.bonuses[1]
    exact, lost = Counter(), Counter()
    for earner in company.people:
        base = earned(plan, bonus, company, earner)
        for payee, missed, reason, rate in steps(plan, bonus, earner):
            share = base * Fraction(rate, 1_000_000)
            if bonus.line == "source":
                share = round_once(share, bonus.rounding)
            if payee:
                exact[payee.id] += share
            elif base:
                lost[missed.id, reason] += share
    assert outcome.everybody_is_named(1)
    totals = {id: round_once(Fraction(share), bonus.rounding) for id, share in exact.items()}
    assert outcome.totals(1) == {id: amount for id, amount in totals.items() if amount}
    assert summed(outcome.lost(1)) == {
        key: amount for key, share in lost.items() if (amount := round_once(Fraction(share), bonus.rounding))
    }


def test_what_is_matched_of_several_bonuses_is_refused_where_only_the_sum_does_not_fit():
    """Each of five bonuses fits 64 bits; together they would come out negative."""
    codes = ["a", "b", "c", "d", "e"]
    match = {"code": "match", "name": "Match", "kind": "matching", "bonuses": codes, "base": "before_caps", "tree": "sponsor"}
    match |= {"rates": {rank: ["1%"] for rank in RANKS}, "compression": "none", "line": "source", "rounding": "half_even"}
    plan = plain_plan([*(PROFIT | {"code": code} for code in codes), match | {"unearned": "breakage"}])
    ana = Person(1, None, "open")
    ben = Person(2, ana, "open")
    with pytest.raises(AmountTooLarge, match="the sum of what is matched does not fit 64 bits"):
        Outcome(plan, Company([ana, ben], [Sale(1, ben, "retail", 0, 0, 2**61, 0)]))
    outcome = Outcome(plan, Company([ana, ben], [Sale(1, ben, "retail", 0, 0, 2**59, 0)]))
    assert outcome.totals(5) == {1: round_once(Fraction(5 * 2**59, 100), "half_even")}


def summed(lost):
    found = Counter()
    for missed, reason, amount in lost:
        found[missed, reason] += amount
    return {key: amount for key, amount in found.items() if amount}


def earned(plan, bonus, company, person):
    """What is matched of a person's earnings: the retail profit, or what a cap before the match left of it."""
    if person.status != "open":
        return 0
    profit = 0
    for sale in company.sales:
        if sale.person is person and sale.buyer == "retail":
            above = sale.paid - sale.price
            is_back = min(sale.pv, sale.cv, sale.paid, sale.price) < 0
            profit += min(above, 0) if is_back else max(above, 0)
    order = list(plan.caps.order)
    if bonus.base == "after_caps" and plan.caps.person and order.index("person") < order.index("match"):
        most = {0: 2000, 1: 7000}.get(max(person.rank, 0))
        return profit if most is None else min(profit, most)
    return profit


def steps(plan, bonus, earner):
    """Yield (payee, missed, reason, rate) for each level above an earner; rates of nothing are left out."""

    def rate_of(person, level):
        rates = of_rank_or_row(bonus.rates, person, "rates", ())
        return rates[level - 1] if level <= len(rates) else 0

    def counts(person):
        if bonus.generations and person.rank < RANKS.index(bonus.generations.rank):
            return False
        return bonus.compression == "none" or person.active

    def above(person):
        return person.sponsor if bonus.tree == "sponsor" else person.above

    stated = bonus.rates.values() if isinstance(bonus.rates, dict) else [row.rates for row in bonus.rates.table]
    levels = max(map(len, stated))
    level = 1
    if bonus.generations and bonus.generations.boundary == "exclusive":
        level = 2 if counts(earner) and bonus.compression != "full" else 1
        if bonus.compression == "full" and earner.rank >= RANKS.index(bonus.generations.rank):
            level = 2
    person = above(earner)
    while person and level <= levels:
        takes = counts(person) if bonus.compression != "full" else counts(person) and rate_of(person, level) > 0
        if takes:
            rate = rate_of(person, level)
            if rate and person.active:
                yield person, None, "PAID", rate
            elif rate:
                reason = "NOT_ACTIVE" if person.status == "open" else person.status.upper()
                yield heir(bonus, person, level, above, counts, rate_of), person, reason, rate
            level += 1
        person = above(person)


def heir(bonus, missed, level, above, counts, rate_of):
    """Who gets what somebody missed."""
    person = above(missed) if bonus.unearned == "roll_up" else None
    while person and not (person.active and counts(person) and rate_of(person, level) and person.rank >= missed.rank):
        person = above(person)
    return person


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bonuses": ["match"]}, 'bonuses[2].bonuses[1] is "match"; expected a bonus that is not a match itself'),
        ({"bonuses": ["nothing"]}, "one of the plan's bonuses: retail, match"),
        ({"rates": {"member": [], "silver": []}}, "bonuses[2].rates.gold is missing"),
        ({"rates": {"member": [], "silver": [], "gold": []}}, "at least one rate for one of the ranks or rows"),
        ({"compression": "full", "unearned": "roll_up"}, "full compression leaves nothing that could roll up"),
        ({"generations": {"rank": "king", "boundary": "inclusive"}}, "one of the plan's ranks"),
        ({"line": "order"}, "bonuses[2].line"),
        ({"sales": {"buyers": ["retail"]}}, "no sales: a match is paid on what people earned"),
    ],
)
def test_a_match_that_makes_no_sense_is_refused(change, said):
    match = {
        "code": "match",
        "name": "Match",
        "kind": "matching",
        "bonuses": ["retail"],
        "base": "before_caps",
        "tree": "sponsor",
        "rates": {"member": [], "silver": ["1%"], "gold": []},
        "compression": "none",
        "line": "source",
        "rounding": "half_even",
        "unearned": "breakage",
    }
    with pytest.raises(Refused) as refused:
        plain_plan([PROFIT, match | change])
    assert said in str(refused.value)
