"""Random plans and companies for the property tests, and how they are handed to the engine."""

from itertools import product

from hypothesis import strategies as st

from commissions.engine import plan as plans
from commissions.engine import snapshot
from commissions.engine.money import INDEX
from tests.commissions.engine.twin import Sale

HEADING = {
    "code": "random",
    "name": "Random",
    "version": 1,
    "currency": "USD",
    "effective_from": "2026-01-01",
    "credit_date": "paid",
}
"""What a plan document begins with."""

CURRENCIES = ("USD", "EUR", "JPY", "KWD")
RANKS = ("associate", "bronze", "silver", "gold")
STATUSES = {
    "open": snapshot.Status.OPEN,
    "suspended": snapshot.Status.SUSPENDED,
    "terminated": snapshot.Status.TERMINATED,
    "house": snapshot.Status.HOUSE,
}
BUYERS = {"distributor": 0, "preferred": 1, "retail": 2}

# Most of the time of a property test goes into drawing. So what is independent is drawn at one go, from all combinations,
# and a strategy is made once: each new one is checked at its first use.
ORDERS = st.sampled_from(list(product(range(4), CURRENCIES, BUYERS, (1, 1, 1, -1), ((1, 0), (1, 0), (2, 0), (3, 0), (2, 2)))))
"""Instant, currency, buyer, sign, and number of lines with how much later each is than the one before."""
POINTS = st.integers(0, 5000)
CV_SHARES = st.sampled_from([1, 2, 0])
STANDINGS = st.sampled_from(list(product(["open"] * 8 + ["suspended", "terminated", "house"], [False, *[True] * 30])))
"""Status, and whether there is a sponsor."""
UP_TO = [st.integers(0, most) for most in range(64)]


RANK_COUNTS = st.integers(1, 4)
LEAST = st.sampled_from(list(product((0, 0, 10, 20), (0, 20, 50, 100, 200))))
LEGS = [
    st.lists(st.sampled_from([{"rank": rank, "count": count, "where": where} for rank, count, where in each]), max_size=2)
    for each in (list(product(RANKS[:index], (1, 2), ("anywhere", "frontline"))) for index in range(1, 4))
]
"""What the second rank and those above may ask of legs."""
LEG_CAPS = [
    {"own_volume": own_volume, "of": of, **most}
    for own_volume, (of, most) in product(
        ("capped", "free"),
        [
            *product(("requirement", "own_gv", "largest_leg"), ({"share": share} for share in ("33.3333%", "50%", "100%"))),
            *product(("points",), ({"most": most} for most in (0, "6.67", 25))),
        ],
    )
]
SOME_LEG_CAPS = st.sampled_from([*[None] * len(LEG_CAPS), *LEG_CAPS])


@st.composite
def rank_tables(draw):
    """A ladder of one to four ranks, rising or not, some with legs and a leg cap."""
    ranks = []
    for index in range(draw(RANK_COUNTS)):
        pv, gv = draw(LEAST)
        rank = {"code": RANKS[index], "name": RANKS[index], "pv": pv, "gv": gv}
        if index:
            rank["legs"] = [dict(leg) for leg in draw(LEGS[index - 1])]
        cap = draw(SOME_LEG_CAPS) if gv else None
        if cap:
            rank["leg_cap"] = dict(cap)
        ranks.append(rank)
    return ranks


@st.composite
def bonus_tables(draw, code, ranks, lines=("order", "source", "payee")):
    """A bonus of any kind with any settings."""
    common = {
        "code": code,
        "name": code,
        "line": draw(st.sampled_from(lines)),
        "rounding": draw(st.sampled_from(["half_even", "half_up", "truncate"])),
        "unearned": draw(st.sampled_from(["breakage", "roll_up"])),
    }
    if draw(st.booleans()):
        buyers = draw(st.sampled_from([["retail"], ["retail", "preferred"]]))
        return common | {"kind": "retail_profit", "buyers": buyers, "active_only": draw(st.booleans())}
    percents = st.sampled_from(["10%", "5%", "7.77%", "0.0001%", "33.3333%", "100%"])
    rates = draw(st.lists(percents, min_size=1, max_size=4))
    compression = draw(st.sampled_from(["none", "inactive", "paid_through", "full"]))
    levels = {"rates": rates, "depth": {rank["code"]: draw(st.integers(0, len(rates))) for rank in ranks}}
    if draw(st.sampled_from([False, False, True])):
        levels = {"rates": {rank["code"]: draw(st.lists(percents, max_size=4)) for rank in ranks[:-1]}}
        levels["rates"][ranks[-1]["code"]] = rates
    return (
        common
        | levels
        | {
            "kind": "unilevel",
            "tree": "sponsor",
            "compression": compression,
            "unearned": "breakage" if compression == "full" else common["unearned"],
        }
    )


@st.composite
def some_plans(draw, lines=("order", "source", "payee")):
    """Any plan that can be said."""
    ranks = draw(rank_tables())
    return plans.restore(
        {
            "plan": HEADING,
            "periods": {"month": {"kind": "month", "time_zone": "UTC"}},
            "ladder": {"period": "month", "elsewhere": "last"},
            "exchange": {"EUR": "1.0837", "JPY": "1/151", "KWD": "3.25"},
            "activity": {"pv": draw(st.sampled_from([0, 10, 20]))},
            "ranks": ranks,
            "bonuses": [draw(bonus_tables(f"bonus{index}", ranks, lines)) for index in range(draw(st.integers(1, 2)))],
        }
    )


@st.composite
def some_people(draw, most=25):
    """A list of (id, sponsor id, status), sponsors first: bushy, deep or in between, with a root or two."""
    count = draw(st.integers(1, most))
    reach = draw(st.sampled_from([1, 2, count]))
    people = [(100, 0, draw(STANDINGS)[0])]
    for index in range(1, count):
        status, sponsored = draw(STANDINGS)
        most_back = min(reach, index)
        back = 1 + draw(UP_TO[most_back - 1]) if sponsored and most_back > 1 else 1
        people.append((100 + index, 100 + index - back if sponsored else 0, status))
    return people


@st.composite
def some_sales(draw, people, first_id=1, most=20):
    """Orders of one to three entries, some of them refunds."""
    sales = []
    ids = st.sampled_from([id for id, *_ in people])
    for order in range(draw(st.integers(0, most))):
        person_id = draw(ids)
        at, currency, buyer, sign, (lines, later) = draw(ORDERS)
        for line in range(lines):
            volume, price, paid, share = draw(POINTS), draw(POINTS), draw(POINTS), draw(CV_SHARES)
            sales.append(
                Sale(
                    id=first_id + len(sales),
                    person_id=person_id,
                    at=at + line * later,
                    order=first_id + order,
                    buyer=buyer,
                    quantity=sign,
                    pv=sign * volume,
                    cv=sign * (volume // share if share else 0),
                    paid=sign * paid,
                    price=sign * price,
                    currency=currency,
                )
            )
    return sales


@st.composite
def some_companies(draw, most=25):
    """People with their sales."""
    people = draw(some_people(most))
    return people, draw(some_sales(people))


def engine_people(people):
    """The same people for the engine."""
    return snapshot.people(
        id=[id for id, _, _ in people],
        sponsor_id=[sponsor_id for _, sponsor_id, _ in people],
        status=[STATUSES[status] for _, _, status in people],
    )


def engine_sales(index, sales):
    """The same sales for the engine."""
    return snapshot.sales(
        index,
        id=[sale.id for sale in sales],
        person_id=[sale.person_id for sale in sales],
        at=[sale.at for sale in sales],
        order=[sale.order for sale in sales],
        buyer_kind=[BUYERS[sale.buyer] for sale in sales],
        quantity=[sale.quantity for sale in sales],
        pv=[sale.pv for sale in sales],
        cv=[sale.cv for sale in sales],
        paid_minor=[sale.paid for sale in sales],
        seller_minor=[sale.price for sale in sales],
        currency=[INDEX[sale.currency] for sale in sales],
        reverses=[0 for _ in sales],
    )


def engine_snapshot(people, sales):
    """The same company for the engine."""
    rows = engine_people(people)
    return snapshot.Snapshot(rows, engine_sales(snapshot.Index(rows.id), sales))
