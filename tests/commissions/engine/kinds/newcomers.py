"""Random companies in which people join, buy products, use codes and hold parties; and the plain rules that twins share.

Everything here is plain objects and loops: what a twin needs, and how the same company is handed to the engine.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import snapshot
from commissions.engine.calculate import calculate
from commissions.engine.money import EXPONENTS, INDEX
from commissions.engine.result import Reason
from tests.commissions.engine.companies import HEADING
from tests.commissions.engine.twin import round_once

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)
PRODUCTS = ("starter", "pro", "tea")
KINDS = ("distributor", "preferred", "retail")
STATUSES = ("open", "suspended", "terminated", "house")
MARKETS = ("north", "south")
CURRENCIES = ("USD", "EUR", "JPY")
RANKS = ("member", "leader", "chief")


@dataclass(eq=False)
class Person:
    id: int
    sponsor: "Person | None"
    status: str
    joined: datetime
    kind: str = "distributor"
    state: dict = field(default_factory=dict)
    pv: int = 0
    gv: int = 0
    active: bool = False
    rank: int = -1
    beside: "Person | None" = None
    """Who is above in the tree ``side``."""


@dataclass(eq=False)
class Sale:
    id: int
    person: Person
    at: datetime
    order: int
    buyer_kind: str
    buyer: int
    quantity: int
    pv: int
    cv: int
    paid: int
    price: int
    currency: str
    product: str | None
    code: Person | None
    first: bool
    reverses: "Sale | None" = None
    party: int = -1

    @property
    def own(self):
        """Whether the person credited bought it."""
        return self.buyer_kind == "distributor" or self.buyer_kind == self.person.kind

    @property
    def market(self):
        """Where it was sold; a refund is noted where it came from."""
        return MARKETS[(self.reverses or self).order % 2]

    @property
    def listed(self):
        """Its price by a list that the plan names: above or below both other prices."""
        return -self.reverses.listed if self.reverses else (self.paid + self.price + 700 * self.id) % 3000


@dataclass
class Company:
    people: list
    sales: list

    def by_id(self):
        return {person.id: person for person in self.people}


@st.composite
def companies(draw, most_people=14, most_orders=14):
    """People, most of them new, with what they sold in March 2026."""
    people, wide = [], draw(st.booleans())
    for number in range(draw(st.integers(1, most_people))):
        sponsor = draw(st.sampled_from(people[:2] if wide else people)) if people and draw(st.integers(0, 12)) else None
        status = draw(st.sampled_from(("open",) * 8 + STATUSES[1:]))
        kind = draw(st.sampled_from(("distributor",) * 5 + KINDS[1:]))
        joined = START + timedelta(hours=draw(st.integers(-24 * 70, 24 * 30)))
        beside = draw(st.sampled_from(people)) if people else None
        people.append(Person(1 + number * 3, sponsor, status, joined, kind, beside=beside))
    sales = []
    for order in range(draw(st.integers(0, most_orders))):
        person = draw(st.sampled_from(people))
        at = START + timedelta(hours=draw(st.integers(0, 24 * 31 - 1)))
        buyer_kind = draw(st.sampled_from(KINDS))
        buyer = person.id if buyer_kind in ("distributor", person.kind) else draw(st.sampled_from((-1, 1, 2, 3, 4)))
        first, currency = draw(st.booleans()), draw(st.sampled_from(CURRENCIES))
        for _ in range(draw(st.sampled_from((1, 1, 2)))):
            volume, paid, price = (draw(st.integers(0, 3000)) for _ in range(3))
            code = draw(st.sampled_from([None, *people]))
            sale = Sale(
                1001 + len(sales), person, at, 1000 + order, buyer_kind, buyer, draw(st.integers(1, 3)), volume,
                draw(st.sampled_from((volume, volume // 3))), paid, price, currency,
                draw(st.sampled_from((None, *PRODUCTS))), code, first,
            )  # fmt: skip
            fate = draw(
                st.sampled_from(("kept",) * 8 + ("taken back later", "taken back at once", "taken back of an earlier period"))
            )
            if fate == "taken back of an earlier period":
                sale.id = len(sales) + 1
                sales.append(taken_back(sale, 1001 + len(sales), at))
                continue
            sales.append(sale)
            if fate == "taken back later":
                sales.append(taken_back(sale, 1001 + len(sales), at + timedelta(minutes=draw(st.integers(0, 90)))))
            elif fate == "taken back at once":
                sales.append(replace(taken_back(sale, 1001 + len(sales), at), order=sale.order))
    return Company(people, sales)


def taken_back(sale, id, at):
    """The refund of a whole sale, an order of its own."""
    return Sale(
        id, sale.person, at, 5000 + id, sale.buyer_kind, sale.buyer, -sale.quantity, -sale.pv, -sale.cv, -sale.paid,
        -sale.price, sale.currency, sale.product, sale.code, sale.first, sale,
    )  # fmt: skip


def plan_with(*bonuses, activity=0, leader=100, zone="UTC", **more):
    """A plan of three ranks by group volume with these bonuses; ``more`` are other keys of the document."""
    return plans.restore(
        {
            "plan": HEADING,
            "periods": {"month": {"kind": "month", "time_zone": zone}},
            "ladder": {"period": "month", "elsewhere": "last"},
            "exchange": {"EUR": "1.0837", "JPY": "1/151"},
            "activity": {"pv": activity},
            "ranks": [{"code": code, "name": code, "pv": 0, "gv": gv} for code, gv in zip(RANKS, (0, 10, leader), strict=True)],
            "bonuses": [{"name": bonus["code"], **bonus} for bonus in bonuses],
            **more,
        }
    )


ACTIVITIES = st.sampled_from((0, 0, 5, 20))


@st.composite
def common(draw, lines=("order", "source", "payee"), unearned=("breakage", "roll_up")):
    """The settings that every bonus has."""
    return {
        "line": draw(st.sampled_from(lines)),
        "rounding": draw(st.sampled_from(("half_even", "half_up", "truncate"))),
        "unearned": draw(st.sampled_from(unearned)),
    }


@st.composite
def sales_filters(draw):
    """Which sales a bonus pays on, as a plan states it; nothing where it pays on all."""
    stated = {
        "buyers": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
        "products": st.lists(st.sampled_from((*PRODUCTS, "unsold")), min_size=1, max_size=2, unique=True),
        "without_products": st.lists(st.sampled_from((*PRODUCTS, "unsold")), min_size=1, max_size=2, unique=True),
        "markets": st.lists(st.sampled_from((*MARKETS, "nowhere")), min_size=1, max_size=2, unique=True),
        "first_orders": st.booleans(),
    }
    names = draw(st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(sorted(stated)), max_size=2, unique=True)))
    return {"sales": {name: draw(stated[name]) for name in names}} if names else {}


def fits(only, sale):
    """Whether a sale fits all that is stated of the sales that count."""
    if only is None:
        return True
    return (
        (not only.buyers or sale.buyer_kind in only.buyers)
        and (not only.products or sale.product in only.products)
        and sale.product not in only.without_products
        and (not only.markets or sale.market in only.markets)
        and (only.first_orders is None or sale.first == only.first_orders)
    )


def micro(moment):
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def engine_snapshot(company, *, past=None, tables=None, numbers=None, parties=None, trees=None):
    """The same company for the engine; ``past`` are numbers by person's id under names, ``tables`` and ``numbers`` others."""
    rows = snapshot.people(
        id=[person.id for person in company.people],
        sponsor_id=[person.sponsor.id if person.sponsor else 0 for person in company.people],
        status=[STATUSES.index(person.status) for person in company.people],
        joined_at=[micro(person.joined) for person in company.people],
    )
    by_id = company.by_id()
    kind = np.array([KINDS.index(by_id[id].kind) for id in rows.id.tolist()], dtype=np.int64)
    index = snapshot.Index(rows.id)
    placed = {code: snapshot.placed(index, **columns) for code, columns in (trees or {}).items()}
    people = snapshot.People(rows.id, rows.parent, rows.size, rows.status, rows.joined_at, {"kind": kind}, placed)
    sold = company.sales
    sales = snapshot.sales(
        index,
        id=[sale.id for sale in sold],
        person_id=[sale.person.id for sale in sold],
        at=[micro(sale.at) for sale in sold],
        order=[sale.order for sale in sold],
        buyer_kind=[KINDS.index(sale.buyer_kind) for sale in sold],
        quantity=[sale.quantity for sale in sold],
        pv=[sale.pv for sale in sold],
        cv=[sale.cv for sale in sold],
        paid_minor=[sale.paid for sale in sold],
        seller_minor=[sale.price for sale in sold],
        currency=[INDEX[sale.currency] for sale in sold],
        reverses=[sale.reverses.id if sale.reverses else 0 for sale in sold],
        more={
            "buyer": [sale.buyer for sale in sold],
            "product": [PRODUCTS.index(sale.product) if sale.product else -1 for sale in sold],
            "code": [sale.code.id if sale.code else -(sale.id % 2) for sale in sold],
            "first": [int(sale.first) for sale in sold],
            "party": [sale.party for sale in sold],
            "market": [MARKETS.index(sale.market) for sale in sold],
            "amount.listed": [sale.listed for sale in sold],
        },
    )
    return snapshot.Snapshot(
        people,
        sales,
        start=micro(START),
        end=micro(END),
        words={"product": PRODUCTS, "market": MARKETS},
        parties=parties,
        state=snapshot.State(
            people={
                name: np.array([values[id] for id in rows.id.tolist()], dtype=np.int64) for name, values in (past or {}).items()
            },
            company=numbers or {},
            tables=tables or {},
        ),
    )


def stand(plan, company):
    """Let everybody stand where the plan says: volumes, activity, ranks by volume alone."""
    for person in company.people:
        person.pv = person.gv = 0
    for sale in company.sales:
        sale.person.pv += sale.pv
        above = sale.person
        while above:
            above.gv += sale.pv
            above = above.sponsor
    for person in company.people:
        person.active = person.status == "open" and person.kind == "distributor" and person.pv >= plan.activity.pv
        held = [place for place, rank in enumerate(plan.ranks) if person.pv >= rank.pv and person.gv >= rank.gv]
        person.rank = max(held, default=-1) if person.status == "open" and person.kind == "distributor" else -1


def side_of(company):
    """The tree ``side`` for the engine."""
    below = Counter()
    columns = {"id": [], "parent_id": [], "leg": []}
    for person in company.people:
        columns["id"].append(person.id)
        columns["parent_id"].append(person.beside.id if person.beside else 0)
        columns["leg"].append(below[person.beside] if person.beside else -1)
        below[person.beside] += 1
    return {"side": columns}


def sideline(person):
    """Everybody above in the tree ``side``, the nearest first."""
    while person.beside:
        person = person.beside
        yield person


def line_of(bonus):
    """The way up that a bonus names."""
    return sideline if bonus.tree == "side" else upline


SIDE = {"side": {"kind": "open"}}


def upline(person):
    """Everybody above, the nearest first."""
    while person.sponsor:
        person = person.sponsor
        yield person


def why_not(person):
    """Why somebody who does not qualify does not."""
    if person is None:
        return "NOBODY_ABOVE"
    if person.status != "open":
        return person.status.upper()
    return "RANK_TOO_LOW" if person.active else "NOT_ACTIVE"


def settled(bonus, due, qualifies, above=upline):
    """Who gets what was due to somebody: (payee, missed, reason)."""
    if due and qualifies(due):
        return due, None, "PAID"
    heir = None
    if due and bonus.unearned == "roll_up":
        heir = next((each for each in above(due) if qualifies(each) and each.rank >= due.rank), None)
    return heir, due, why_not(due)


def reaches(plan, bonus, person, level):
    """Whether the bonus's depth lets a person be paid a level."""
    return person.active and person.rank >= 0 and bonus.depth[plan.ranks[person.rank].code] >= level


def levels_above(plan, bonus, start, levels, above=upline):
    """Yield (level, payee, missed, reason) going up from ``start`` as the compression counts."""
    at = start
    for level in range(1, levels + 1):
        if at is not None:
            counts = {
                "none": lambda each: True,
                "inactive": lambda each: each.active,
                "paid_through": lambda each: reaches(plan, bonus, each, 1),
                "full": lambda each: reaches(plan, bonus, each, level),  # noqa: B023
            }[bonus.compression]
            at = next((each for each in above(at) if counts(each)), None)
        yield level, *settled(bonus, at, lambda each: reaches(plan, bonus, each, level), above)  # noqa: B023


def worth(plan, currency):
    """How many minor units of the plan's currency a minor unit of another is, a hundredth of a point for None."""
    if currency is None:
        return Fraction(10 ** EXPONENTS[plan.currency], 100)
    rate = 1 if currency == plan.currency else plan.exchange[currency]
    return rate * Fraction(10 ** EXPONENTS[plan.currency], 10 ** EXPONENTS[currency])


def lines_of(bonus, parts):
    """Gather parts (source, order, currency, level, exact, payee, missed, reason) to lines, each rounded once."""
    lines = defaultdict(Fraction)
    for source, order, currency, level, exact, payee, missed, reason in parts:
        if bonus.line != "order":
            order = None
        if bonus.line == "payee":
            source, level = None, 0
            if payee:
                missed, reason = None, "PAID"
        ids = tuple(each and each.id for each in (payee, source, missed))
        lines[(*ids, order, currency, level, reason)] += exact
    return Counter(
        (payee, source, order, level, round_once(exact, bonus.rounding), missed, reason)
        for (payee, source, missed, order, _, level, reason), exact in lines.items()
        if round_once(exact, bonus.rounding)
    )


def engine_lines(plan, given):
    """Calculate and return the result with its lines as the twins write them, those of nothing left out."""
    result = calculate(plan, given)
    ids, lines = [*given.people.id.tolist(), None], result.lines
    return result, Counter(
        (
            ids[lines.payee[row]],
            ids[lines.source[row]],
            int(given.sales.order[lines.sale[row]]) if lines.sale[row] >= 0 else None,
            int(lines.level[row]),
            int(lines.amount_minor[row]),
            ids[lines.missed[row]],
            Reason(lines.reason[row]).name,
        )
        for row in range(len(lines))
        if lines.amount_minor[row]
    )


def left_by(given, result, name):
    """What was left for the next period under a name, by person's id."""
    return dict(zip(given.people.id.tolist(), result.state.people[name].tolist(), strict=True))
