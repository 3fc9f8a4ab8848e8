"""Caps and the greater of two, against plain arithmetic: exact to the cent, nobody above a cap, every line accounted for."""

import itertools
from copy import deepcopy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.document import Refused
from commissions.engine.result import Reason
from tests.commissions.engine.kinds.test_matching import PROFIT
from tests.commissions.engine.kinds.two_legs import (
    RANKS,
    Company,
    Outcome,
    Person,
    Sale,
    by_rank_or_row,
    cap_of,
    companies,
    minor,
    plain_plan,
    plan_of,
)

LEVELS = {
    "kind": "unilevel",
    "tree": "sponsor",
    "compression": "none",
    "line": "order",
    "rounding": "half_up",
    "unearned": "breakage",
}


def unilevel(code, *rates):
    depth = {"depth": dict.fromkeys(RANKS, len(rates)), "rates": list(rates)}
    return LEVELS | {"code": code, "name": code, "volume": "cv"} | depth


BONUSES = [PROFIT, unilevel("team", "10%", "5%"), unilevel("deep", "3%", "3%", "3%")]
MATCH = {"code": "match", "name": "Match", "kind": "matching", "bonuses": ["retail"], "base": "before_caps", "tree": "sponsor"}
MATCH |= {"rates": {rank: ["1%"] for rank in RANKS}, "compression": "none", "line": "source"}
CODES = ["retail", "team", "deep"]
LEFT_OVER = (("team.above_cap", st.sampled_from([0, 0, 1, 2500])), ("retail.above_cap", st.sampled_from([0, 0, 777])))


@st.composite
def some_caps(draw):
    caps = {"order": draw(st.permutations(["person", "match", "company"]))}
    caps["person"], carried = [], set()
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        most = draw(by_rank_or_row("amount", st.sampled_from([0, 5, "20.01", 100])))
        codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
        excess = "forfeited" if carried & set(codes) else draw(st.sampled_from(["forfeited", "carried"]))
        carried |= set(codes) if excess == "carried" else set()
        caps["person"].append({"bonuses": codes, "most": most, "excess": excess})
    if draw(st.booleans()):
        codes = draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
        protected = draw(st.lists(st.sampled_from(codes), max_size=2, unique=True))
        share = draw(st.sampled_from(["0%", "1%", "7.7777%", "20%"]))
        caps["company"] = [{"bonuses": codes, "protected": protected, "share": share, "volume": "cv"}]
    return caps


@st.composite
def some_plans(draw):
    choice = {
        "code": "larger",
        "name": "Larger",
        "kind": "greater_of",
        "bonuses": draw(st.permutations(["team", "deep"])),
        "line": "payee",
        "rounding": "half_even",
        "unearned": "breakage",
    }
    return draw(plan_of([*BONUSES, choice] if draw(st.booleans()) else BONUSES, draw(some_caps())))


@given(some_plans(), companies(state=LEFT_OVER))
def test_caps_take_what_plain_arithmetic_says(plan, company):
    company.stand(plan)
    outcome = Outcome(plan, company)
    people = [next(each for each in company.people if each.id == id) for id in outcome.ids]  # in the order of the tree
    paid = {place: dict(zip(outcome.ids, row.tolist(), strict=True)) for place, row in enumerate(outcome.result.before_caps)}
    earned, carried = deepcopy(paid), {place: {} for place in paid}
    if len(plan.bonuses) > len(BONUSES):
        choose(plan, paid)
    for step in plan.caps.order:
        if step == "person":
            for person in people:
                carry_in(plan, person, paid, carried)
            before = deepcopy(paid)
            for cap, person in itertools.product(plan.caps.person, people):
                hold_person(cap, person, paid, most=cap_of(plan, cap.most, person))
            after = deepcopy(paid)
        for cap in plan.caps.company if step == "company" else ():
            hold_company(plan, cap, company, paid)
    for place in range(len(plan.bonuses)):
        assert outcome.totals(place) == {id: amount for id, amount in paid[place].items() if amount}
    for place, code in enumerate(CODES):
        left = {person.id: person.state[f"{code}.above_cap"] for person in people if person.state.get(f"{code}.above_cap")}
        assert outcome.left(f"{code}.above_cap") == left, place
        for id in outcome.ids:
            brought = carried[place].get(id, 0)
            own, shown = lines_of(outcome, place, id, brought)
            own = split(own, before[place][id] - brought, earned[place][id])
            start = ([brought] if brought else []) + own
            capped, end = (split(start, amounts[place][id], before[place][id]) for amounts in (after, paid))
            assert shown == [(was - held, now) for was, held, now in zip(start, capped, end, strict=True)]


def lines_of(outcome, place, id, brought):
    """What a person's own lines of a bonus are of, and of all lines, that of earlier periods first, what caps leave."""
    lines = outcome.result.lines
    rows = np.flatnonzero((lines.bonus == place) & (lines.payee == outcome.ids.index(id)))
    amounts = lines.amount_minor[rows].tolist()
    if brought:
        assert (amounts.pop(0), lines.reason[rows[0]]) == (brought, Reason.FIXED)
    left = (lines.amount_minor - lines.cut_minor)[rows].tolist()
    return amounts, list(zip(lines.person_cut_minor[rows].tolist(), left, strict=True))


def choose(plan, paid):
    """Keep the larger of two."""
    first, second = (CODES.index(code) for code in plan.bonuses[-1].bonuses)
    for id in paid[first]:
        paid[first if paid[second][id] > paid[first][id] else second][id] = 0


def carry_in(plan, person, paid, carried):
    """Add what earlier periods left to be paid of the bonuses whose excess is carried."""
    for cap in plan.caps.person:
        for code in cap.bonuses if cap.excess == "carried" and person.status == "open" else ():
            place = CODES.index(code)
            carried[place][person.id] = person.state.pop(f"{code}.above_cap", 0)
            paid[place][person.id] += carried[place][person.id]


def hold_person(cap, person, paid, most):
    """Hold one person to a cap, and keep what is above it for later where the plan says so."""
    rows = sorted(CODES.index(code) for code in cap.bonuses)
    total = sum(paid[row][person.id] for row in rows)
    if most is None or total <= minor(most):
        return
    running = 0
    for row in rows:
        before, running = running, running + paid[row][person.id]
        now = floor(running, minor(most), total) - floor(before, minor(most), total)
        if cap.excess == "carried":
            person.state[f"{CODES[row]}.above_cap"] = person.state.get(f"{CODES[row]}.above_cap", 0) + paid[row][person.id] - now
        paid[row][person.id] = now


def hold_company(plan, cap, company, paid):
    """Hold the company to a cap, the protected bonuses last."""
    rows = sorted(CODES.index(code) for code in cap.bonuses)
    points = sum(sale.cv for sale in company.sales)
    budget = max(points * Fraction(cap.share, 1_000_000) * plan.plan.point_value, 0) // 1
    firm = [row for row in rows if CODES[row] in cap.protected]
    loose = [row for row in rows if CODES[row] not in cap.protected]
    of_firm, of_loose = (sum(sum(paid[row].values()) for row in some) for some in (firm, loose))
    if of_firm + of_loose <= budget:
        return
    left = min(of_loose, max(budget - of_firm, 0)) if of_loose > 0 else of_loose
    for some, total, target in ((loose, of_loose, left), (firm, of_firm, min(of_firm, budget - left))):
        if total <= target:
            continue
        running = 0
        for row in some:
            for id, amount in paid[row].items():
                before, running = running, running + amount
                paid[row][id] = floor(running, target, total) - floor(before, target, total)


def floor(amount, num, den):
    return amount * num // den


@given(some_plans(), companies(state=LEFT_OVER))
def test_lines_add_up_to_what_is_paid_and_nobody_is_above_a_cap(plan, company):
    company.stand(plan)
    outcome = Outcome(plan, company)
    lines, totals = outcome.result.lines, outcome.result.totals
    paid = np.zeros_like(totals)
    earns = lines.payee >= 0
    np.add.at(paid, (lines.bonus[earns], lines.payee[earns]), (lines.amount_minor - lines.cut_minor)[earns])
    assert np.array_equal(paid, totals)
    assert not lines.cut_minor[~earns].any()
    for cap in plan.caps.person:
        rows = [CODES.index(code) for code in cap.bonuses]
        for place, id in enumerate(outcome.ids):
            most = cap_of(plan, cap.most, next(each for each in company.people if each.id == id))
            if most is not None and (outcome.result.before_caps[rows, place] >= 0).all():
                assert totals[rows, place].sum() <= minor(most)
    positive = lines.amount_minor > 0
    assert (lines.cut_minor[positive] >= 0).all() and (lines.cut_minor[positive] <= lines.amount_minor[positive]).all()
    nothing = earns & positive & (lines.cut_minor == lines.amount_minor)
    assert set(lines.reason[nothing].tolist()) <= {Reason.SMALLER, Reason.ABOVE_CAP, Reason.FIXED}


def test_a_cap_holds_though_one_before_it_is_of_another_type_of_period():
    first = Person(1, None, "open")
    company = Company([first, Person(2, first, "open")], [])
    company.sales = [Sale(1, company.people[1], "retail", 0, 1000, 0, 0)]
    cap = {"most": {"member": 1, "silver": 1, "gold": 1}, "excess": "forfeited"}
    whole = {"protected": [], "share": "1%", "volume": "cv"}
    monthly, weekly = unilevel("team", "10%") | {"period": "month"}, unilevel("deep", "20%")
    for caps, paid in (
        ({"person": [{"bonuses": [code]} | cap for code in ("team", "deep")]}, 100),
        ({"company": [{"bonuses": [code]} | whole for code in ("team", "deep")]}, 10),
    ):
        plan = plain_plan([monthly, weekly], caps | {"order": ["person", "match", "company"]})
        company.stand(plan)
        assert Outcome(plan, company).totals(1) == {1: paid}


@pytest.mark.parametrize(("order", "choice", "shown"), [
    (["person", "match", "company"], True, [(2500, 2500, Reason.FIXED), (-10, 0, Reason.SMALLER)]),
    (["company", "match", "person"], False, [(2500, 2500, Reason.FIXED), (-10, -5, Reason.PAID)]),
], ids=["a choice", "a company's cap"])  # fmt: skip
def test_what_earlier_periods_left_is_paid_whole_though_the_periods_own_lines_are_cut(order, choice, shown):
    first, other = Person(1, None, "open"), Person(3, None, "open")
    people = [first, Person(2, first, "open"), other, Person(4, other, "open")]
    first.state["team.above_cap"] = 2500
    company = Company(people, [Sale(id, people[id], "retail", 0, cv, 0, 0) for id, cv in ((1, -100), (3, 300))])
    larger = {"code": "larger", "name": "Larger", "kind": "greater_of", "bonuses": ["team", "deep"]}
    larger |= {"line": "payee", "rounding": "half_even", "unearned": "breakage"}
    caps = {"order": order, "person": [{"bonuses": ["team"], "most": {"gold": 100}, "excess": "carried"}]}
    if not choice:  # 10 % of 3.00 and of -1.00 are 0.20, of which the company may pay 0.10: 5 % of all that was sold
        caps["company"] = [{"bonuses": ["team"], "share": "5%", "volume": "cv"}]
    plan = plain_plan([*BONUSES, larger] if choice else BONUSES, caps)
    company.stand(plan)
    outcome = Outcome(plan, company)
    lines = outcome.result.lines
    rows = np.flatnonzero((lines.bonus == CODES.index("team")) & (lines.payee == outcome.ids.index(1)))
    left = (lines.amount_minor - lines.cut_minor)[rows]
    assert list(zip(lines.amount_minor[rows].tolist(), left.tolist(), lines.reason[rows].tolist(), strict=True)) == shown
    assert outcome.totals(CODES.index("team"))[1] == left.sum()


@given(st.lists(st.sampled_from(["0%", "10%", "33%"]), min_size=1, max_size=3), companies())
def test_no_company_pays_more_than_a_match_and_a_pool_say_that_they_can(rates, company):
    for sale in company.sales:
        sale.pv, sale.cv, sale.paid, sale.price = abs(sale.pv), abs(sale.cv), abs(sale.paid), abs(sale.price)
    match = {"code": "match", "name": "Match", "kind": "matching", "bonuses": ["team"], "base": "before_caps"}
    match |= {"tree": "sponsor", "compression": "none", "rates": dict.fromkeys(RANKS, rates), "line": "source"}
    shares = {"by": "rank", "count_of": dict.fromkeys(RANKS, 1)}
    pool = {"code": "pool", "name": "Pool", "kind": "pool", "share": "3%", "volume": "cv", "shares": shares, "line": "payee"}
    pool |= {"active_only": False, "nobody": "kept", "remainder": "earliest"}
    plan = plain_plan([*BONUSES, *({"rounding": "truncate", "unearned": "breakage"} | each for each in (match, pool))])
    outcome = Outcome(plan, company)
    points = sum(sale.cv for sale in company.sales)
    matched = int((outcome.result.lines.bonus == 1).sum())  # lines, each of which may have been rounded up by half a cent
    for place, rounded in ((3, Fraction(matched, 2)), (4, 0)):
        assert outcome.result.totals[place].sum() <= plan.bonuses[place].most(plan) * points + rounded
    assert plan.bonuses[3].levels_and_paid(plan) == (len(rates), max((n for n, r in enumerate(rates, 1) if r != "0%"), default=0))


def test_a_match_on_retail_profit_is_bounded_by_nothing():
    plan = plain_plan([*BONUSES, MATCH | {"rounding": "truncate", "unearned": "breakage"}])
    assert plan.bonuses[3].most(plan) is None


def split(amounts, part, whole):
    """Split a part over lines that make up the whole: differences of running sums, rounded down; nothing is not split."""
    if whole == 0:
        return amounts
    sums = [floor(sum(amounts[:count]), abs(part), abs(whole)) for count in range(len(amounts) + 1)]
    return [after - before for before, after in itertools.pairwise(sums)]


@given(some_plans(), companies())
def test_a_protected_bonus_is_untouched_while_it_is_within_the_cap_by_itself(plan, company):
    company.stand(plan)
    outcome = Outcome(plan, company)
    if plan.caps.person or len(plan.bonuses) > len(BONUSES):
        return
    for cap in plan.caps.company:
        rows = [CODES.index(code) for code in cap.protected]
        earned = outcome.result.before_caps[rows]
        points = sum(sale.cv for sale in company.sales)
        budget = max(points * Fraction(cap.share, 1_000_000) * plan.plan.point_value, 0) // 1
        every = [CODES.index(code) for code in cap.bonuses]
        assert outcome.result.totals[every].sum() <= max(budget, outcome.result.before_caps[every].clip(max=0).sum() + budget)
        if earned.sum() <= budget and outcome.result.before_caps[every].sum() >= earned.sum():
            assert np.array_equal(outcome.result.totals[rows], earned)


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ({"order": ["person", "person", "match"]}, "person, match and company, each once"),
        ({"person": [{"bonuses": ["x"], "most": {}, "excess": "carried"}]}, "one of the plan's bonuses"),
        ({"person": [{"bonuses": ["team"], "most": {"king": 1}, "excess": "carried"}]}, "one of the plan's ranks"),
        ({"person": [{"bonuses": ["team", "team"], "most": {}, "excess": "carried"}]}, "each bonus once"),
        ({"person": [{"bonuses": ["team"], "most": {}, "excess": "carried"}] * 2}, "whose excess no other cap carries"),
        ({"company": [{"bonuses": ["team"], "share": "5%", "volume": "bv"}]}, "one of the plan's volumes"),
        ({"company": [{"bonuses": ["team"], "protected": ["deep"], "share": "5%", "volume": "cv"}]}, "one of the cap's bonuses"),
        ({"company": [{"bonuses": ["team", "x"], "share": "5%", "volume": "cv"}]}, "caps.company[1].bonuses[2]"),
        ({"company": [{"bonuses": ["team", "team"], "share": "5%", "volume": "cv"}]}, "each bonus once"),
        (
            {"company": [{"bonuses": ["team"], "share": "5%", "volume": "cv", "sales": {"markets": ["US", "US"]}}]},
            'caps.company[1].sales.markets is "US, US"; expected each of them once',
        ),
        ({"company": [{"bonuses": ["team"], "share": "120%", "volume": "cv"}]}, "a percentage as text from 0% to 100%"),
    ],
)
def test_caps_that_make_no_sense_are_refused(caps, said):
    with pytest.raises(Refused) as refused:
        plain_plan(BONUSES, {"order": ["person", "match", "company"]} | caps)
    assert said in str(refused.value)


def test_a_cap_cannot_hold_a_match_that_is_computed_after_it():
    match = {
        "code": "match",
        "name": "Match",
        "kind": "matching",
        "bonuses": ["team"],
        "base": "before_caps",
        "tree": "sponsor",
        "rates": {"member": [], "silver": ["1%"], "gold": []},
        "compression": "none",
        "line": "source",
        "rounding": "half_even",
        "unearned": "breakage",
    }
    caps = {"order": ["person", "match", "company"]}
    person = [{"bonuses": ["match"], "most": {"member": 5}, "excess": "forfeited"}]
    with pytest.raises(Refused, match=r"no match, as caps.order has match after person"):
        plain_plan([*BONUSES, match], caps | {"person": person})


@pytest.mark.parametrize(
    ("bonuses", "said"),
    [
        (["team", "team"], 'bonuses[4].bonuses is "team, team"; expected different bonuses'),
        (["team", "larger"], 'bonuses[4].bonuses[2] is "larger"; expected a bonus that is neither a match nor a greater_of'),
        (["match", "team"], 'bonuses[4].bonuses[1] is "match"; expected a bonus that is neither a match nor a greater_of'),
        (["team", "nothing"], 'bonuses[4].bonuses[2] is "nothing"; expected one of the plan\'s bonuses'),
        (["team"], "bonuses[4].bonuses"),
    ],
)
def test_a_greater_of_that_makes_no_sense_is_refused(bonuses, said):
    larger = {"code": "larger", "name": "Larger", "kind": "greater_of", "bonuses": bonuses, "line": "payee"}
    more = {"rounding": "half_even", "unearned": "breakage"}
    with pytest.raises(Refused) as refused:
        plain_plan([*BONUSES, larger | more, MATCH | more])
    assert said in str(refused.value)


@given(companies(), st.permutations(["a", "b", "c"]))
def test_of_three_bonuses_each_person_is_paid_the_largest(company, codes):
    """A frontline's sales, the next level's, or a little of three levels: whichever came to most, the first of equal ones."""
    levels = {"a": ["7.77%"], "b": ["0%", "10%"], "c": ["3%", "3%", "3%"]}
    bonuses = [unilevel(code, *rates) for code, rates in levels.items()]
    choice = {"code": "larger", "name": "Larger", "kind": "greater_of", "bonuses": codes, "line": "payee"}
    plan = plain_plan([*bonuses, choice | {"rounding": "half_even", "unearned": "breakage"}])
    company.stand(plan)
    result = Outcome(plan, company).result
    rows = ["abc".index(code) for code in codes]
    for place in range(len(company.people)):
        computed = [int(result.before_caps[row, place]) for row in rows]
        kept = [max(computed) if number == computed.index(max(computed)) else 0 for number in range(3)]
        assert [int(result.totals[row, place]) for row in rows] == kept
    assert plan.bonuses[3].most(plan) == result.totals[3].sum() == 0  # it pays nothing itself, and adds nothing to the bounds
