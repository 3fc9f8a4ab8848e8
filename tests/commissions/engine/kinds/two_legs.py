"""Random companies with a sponsor tree and a binary tree, what earlier periods left, and how the engine is given them.

Plain objects, and the plain rules that the twins of binary bonuses, matches, pools and caps share; ``binary_legs.py`` has
what concerns binary bonuses alone.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import snapshot
from commissions.engine.calculate import calculate
from commissions.engine.money import INDEX
from commissions.engine.result import Reason
from tests.commissions.engine.companies import HEADING

STATUSES = ("open", "suspended", "terminated", "house")
BUYERS = ("distributor", "preferred", "retail")
RANKS = ("member", "silver", "gold")
NEEDED_PV = {"member": 0, "silver": 3000, "gold": 8000}
SIDES = ("left", "right")


@dataclass(eq=False)
class Person:
    id: int
    sponsor: "Person | None"
    status: str
    above: "Person | None" = None
    leg: int | None = None
    legs: list = field(default_factory=lambda: [None, None])
    pv: int = 0
    gv: int = 0
    active: bool = False
    rank: int = -1
    state: dict = field(default_factory=dict)
    facts: dict = field(default_factory=dict)

    def downline(self):
        """The person and everybody below in the binary tree."""
        return [self] + [each for head in self.legs if head for each in head.downline()]

    def is_under(self, other):
        person = self
        while person and person is not other:
            person = person.above
        return person is not None


@dataclass
class Sale:
    id: int
    person: Person
    buyer: str
    pv: int
    cv: int
    paid: int
    price: int


@dataclass
class Company:
    people: list
    sales: list
    company_state: dict = field(default_factory=dict)

    def stand(self, plan):
        """Measure everybody, and say who is active and ranked."""
        for person in self.people:
            person.pv = sum(sale.pv for sale in self.sales if sale.person is person)
            person.active = person.status == "open" and person.pv >= plan.activity.pv
        for person in self.people:
            person.gv = sum(each.pv for each in self.people if sponsored_by(each, person))
            held = [index for index, rank in enumerate(plan.ranks) if person.pv >= rank.pv and person.gv >= rank.gv]
            person.rank = max(held) if held and person.status == "open" else -1


def sponsored_by(person, upline):
    """Whether somebody is a person's own downline in the sponsor tree, the person included."""
    while person and person is not upline:
        person = person.sponsor
    return person is not None


@st.composite
def companies(draw, most=14, state=(), facts=(), volumes=(0, 100, 2500, 3000, 5000, 9999, 30000)):
    """A company with everybody somewhere in the sponsor tree, most in the binary one; ``state`` names what is left over."""
    people = [Person(1, None, draw(st.sampled_from(["open", "open", "house"])))]
    for number in range(2, draw(st.integers(1, most)) + 1):
        sponsor = draw(st.sampled_from(people)) if draw(st.integers(0, 20)) else None
        person = Person(number, sponsor, draw(st.sampled_from(["open"] * 7 + list(STATUSES))))
        if draw(st.integers(0, 12)):
            free = [
                (each, leg) for each in people for leg in (0, 1) if each.legs[leg] is None and (each.above or each is people[0])
            ]
            person.above, person.leg = draw(st.sampled_from(free))
            person.above.legs[person.leg] = person
        people.append(person)
    for person in people:
        for name, values in state:
            person.state[name] = draw(values)
        for name, values in facts:
            person.facts[name] = draw(values)
    sales = []
    for number in range(1, draw(st.integers(0, 18)) + 1):
        sign = draw(st.sampled_from([1, 1, 1, 1, -1]))
        pv, cv, paid, price = (sign * draw(st.sampled_from(volumes)) for _ in range(4))
        sales.append(Sale(number, draw(st.sampled_from(people)), draw(st.sampled_from(BUYERS)), pv, cv, paid, price))
    return Company(people, sales)


@st.composite
def plan_of(draw, bonuses, caps=None, lowest=0):
    """A plan of some bonuses, with three ranks by own volume."""
    value, active = draw(st.sampled_from(["1", "0.8", "3/7"])), draw(st.sampled_from([0, 25, 50]))
    return plain_plan(bonuses, caps, lowest=lowest, point_value=value, active=active)


def plain_plan(bonuses, caps=None, *, lowest=0, point_value="1", active=0):
    """The same of which nothing is left to chance."""
    document = {
        "plan": HEADING | {"point_value": point_value},
        "periods": {
            "week": {"kind": "week", "time_zone": "UTC", "starts_on": "2026-01-05"},
            "month": {"kind": "month", "time_zone": "UTC"},
        },
        "ladder": {"period": "week", "elsewhere": "last"},
        "exchange": {},
        "trees": {"team": {"kind": "binary"}},
        "activity": {"pv": active},
        "ranks": [{"code": code, "name": code, "pv": max(NEEDED_PV[code] // 100, lowest), "gv": 0} for code in RANKS],
        "bonuses": bonuses,
    }
    return plans.restore(document | ({"caps": caps} if caps else {}))


def engine_snapshot(company):
    """The same company for the engine."""
    ids = [person.id for person in company.people]
    people = snapshot.people(
        id=ids,
        sponsor_id=[person.sponsor.id if person.sponsor else 0 for person in company.people],
        status=[snapshot.Status[person.status.upper()] for person in company.people],
    )
    index = snapshot.Index(people.id)
    placed = [person for person in company.people if person.above or person is company.people[0]]
    tree = snapshot.placed(
        index,
        id=[person.id for person in placed],
        parent_id=[person.above.id if person.above else 0 for person in placed],
        leg=[-1 if person.leg is None else person.leg for person in placed],
    )
    at = index.of(np.array(ids), "person")

    def column(values):
        arranged = np.zeros(len(ids), dtype=np.int64)
        arranged[at] = values
        return arranged

    names = sorted({name for person in company.people for name in person.state})
    facts = sorted({name for person in company.people for name in person.facts})
    people = snapshot.People(
        id=people.id,
        parent=people.parent,
        size=people.size,
        status=people.status,
        joined_at=people.joined_at,
        facts={name: column([person.facts.get(name, 0) for person in company.people]) for name in facts},
        trees={"team": tree},
    )
    sales = snapshot.sales(
        index,
        id=[sale.id for sale in company.sales],
        person_id=[sale.person.id for sale in company.sales],
        at=[0 for _ in company.sales],
        order=[sale.id for sale in company.sales],
        buyer_kind=[BUYERS.index(sale.buyer) for sale in company.sales],
        quantity=[-1 if min(sale.pv, sale.cv, sale.paid, sale.price) < 0 else 1 for sale in company.sales],
        pv=[sale.pv for sale in company.sales],
        cv=[sale.cv for sale in company.sales],
        paid_minor=[sale.paid for sale in company.sales],
        seller_minor=[sale.price for sale in company.sales],
        currency=[INDEX["USD"] for _ in company.sales],
        reverses=[0 for _ in company.sales],
    )
    state = snapshot.State(
        people={name: column([person.state.get(name, 0) for person in company.people]) for name in names},
        company=company.company_state,
    )
    return snapshot.Snapshot(people, sales, state=state)


class Outcome:
    """What the engine makes of a company, by the ids of people."""

    def __init__(self, plan, company):
        self.snapshot = engine_snapshot(company)
        self.result = calculate(plan, self.snapshot)
        self.ids = self.snapshot.people.id.tolist()

    def totals(self, bonus=0):
        """What each person is paid, those who are paid nothing left out."""
        return {id: paid for id, paid in zip(self.ids, self.result.totals[bonus].tolist(), strict=True) if paid}

    def lines(self, bonus=0):
        """What each person is paid for which level, in order of the levels."""
        lines = self.result.lines
        rows = np.flatnonzero((lines.bonus == bonus) & (lines.payee >= 0))
        return sorted((self.ids[lines.payee[row]], int(lines.level[row]), int(lines.amount_minor[row])) for row in rows)

    def lost(self, bonus=0):
        """What is unearned: who missed it, why, how much."""
        lines = self.result.lines
        rows = np.flatnonzero((lines.bonus == bonus) & (lines.payee < 0) & (lines.amount_minor != 0))
        ids = [*self.ids, None]
        return sorted((ids[lines.missed[row]] or 0, Reason(lines.reason[row]).name, int(lines.amount_minor[row])) for row in rows)

    def everybody_is_named(self, bonus=0):
        """Whether each line, also of an amount of nothing, says who is paid or who missed it: above the root is nobody."""
        lines = self.result.lines
        return bool(((lines.payee >= 0) | (lines.missed >= 0))[lines.bonus == bonus].all())

    def left(self, name):
        """A state by person, zeros left out."""
        values = self.result.state.people.get(name, np.zeros(len(self.ids), dtype=np.int64))
        return {id: value for id, value in zip(self.ids, values.tolist(), strict=True) if value}


def cap_of(plan, most, person):
    """A person's cap by rank or row, None for none; who has no rank has the lowest rank's."""
    if not isinstance(most, dict):
        row = row_for(most.table, person)
        return row and getattr(row, "amount", getattr(row, "count", None))
    return most.get(RANKS[max(person.rank, 0)])


@st.composite
def some_rows(draw, key, values):
    """Rows that ask for own volume, or for nothing."""
    least = st.sampled_from([1, 25, 50, 90])
    asked = {"measure": "own_volume", "volume": "pv", "buyers": list(BUYERS)}
    asks = st.one_of(st.just([]), least.map(lambda points: [asked | {"least": points}]))
    return draw(st.lists(st.fixed_dictionaries({"requires": asks, key: values}), min_size=1, max_size=3))


def row_for(table, person):
    """The last row for which a person has enough own volume, or None."""
    return next((row for row in reversed(table) if all(person.pv >= each.least for each in row.requires)), None)


def of_rank_or_row(stated, person, key, nothing):
    """What a table by rank, or the rows, state for a person."""
    if isinstance(stated, dict):
        return stated[RANKS[person.rank]] if person.rank >= 0 else nothing
    row = row_for(stated.table, person)
    return getattr(row, key) if row else nothing


def by_rank_or_row(key, values):
    """A cap for some of the ranks, or by own volume."""
    rows = st.fixed_dictionaries({"by": st.just("requirement"), "table": some_rows(key, values)})
    return st.one_of(by_rank(values, whole=False), rows)


def by_rank(values, whole=True):
    """A table for every rank, or for some of them."""
    ranks = dict.fromkeys(RANKS, values)
    return st.fixed_dictionaries(ranks) if whole else st.dictionaries(st.sampled_from(RANKS), values, min_size=1)


def minor(amount):
    """An amount of the plan's currency in cents."""
    return int(Fraction(amount) * 100)
