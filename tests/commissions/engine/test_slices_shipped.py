"""Under every shipped plan any story, refreshed step by step, comes to what the whole calculation does, to the cent.

Stories have sales of any size, returns, newcomers who take seats in the placement trees, people who change seats,
statuses and facts that change, leaders who rise and fall, and a period before.
"""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import held as holding
from commissions.engine import plan as plans
from commissions.engine import slices, snapshot
from commissions.engine.calculate import calculate
from commissions.engine.document import write
from commissions.engine.money import INDEX
from tests.commissions.engine.test_slices import assert_same_figures
from tests.commissions.plans.examples import SHIPPED

PLANS = {path.stem: plans.parse(path.read_text()) for path in sorted(SHIPPED.glob("*.toml"))}
DAY = 86_400_000_000
START = 20_454 * DAY
"""The first of January 2026, in microseconds since 1970."""

POINTS = (0, 5, 50, 60, 100, 150, 400, 1_000, 4_000, 12_000, 50_000)
FACTS = {"agreement": (0, 1), "takes_cash": (0, 1), "kind": (0, 0, 0, 2)}


def with_bonus(name, code, **settings):
    """A shipped plan with other settings of one bonus, without those that are None."""
    document = write(PLANS[name])
    bonus = next(bonus for bonus in document["bonuses"] if bonus["code"] == code)
    bonus.update(settings)
    for key in [key for key, value in bonus.items() if value is None]:
        del bonus[key]
    return plans.restore(document)


CAR_ROWS = {
    "by": "requirement",
    "table": [
        {"requires": [{"measure": "own_volume", "volume": "pv", "buyers": ["retail", "distributor"], "least": 50}], "amount": 10},
        {"requires": [{"measure": "team", "tree": "sponsor", "who": "active", "count": 2}], "amount": 400},
        {"requires": [{"measure": "fact", "name": "takes_cash", "least": 1}], "amount": 25},
    ],
}


VARIANTS = {
    **PLANS,
    "binary, whose month has the ranks of its weeks": PLANS["binary"],
    "hybrid by order": with_bonus("hybrid", "team", line="order"),
    "hybrid, infinity with blocking": with_bonus("hybrid", "infinity", blocking="excluded"),
    "hybrid, infinity of everybody": with_bonus("hybrid", "infinity", counted="everybody", blocking="offset", active_only=False),
    "hybrid, fast start on first orders": with_bonus("hybrid", "fast", window={"kind": "first_order"}),
    "hybrid, car by requirement": with_bonus("hybrid", "car", amounts=CAR_ROWS, cash=None, active_only=False),
    "hybrid, car by a fact": with_bonus(
        "hybrid", "car", amounts=CAR_ROWS | {"table": CAR_ROWS["table"][2:]}, cash=None, active_only=False
    ),
    "hybrid, match before caps": with_bonus("hybrid", "match", base="before_caps"),
    "breakaway that blocks": with_bonus("breakaway", "performance", unqualified="blocks", unearned="roll_up"),
    "breakaway, own sales passed": with_bonus("breakaway", "performance", own_sales="passed", active_only=False),
    "breakaway, own sales count": with_bonus("breakaway", "performance", own_sales="counts", line="order"),
    "matrix that rolls up": with_bonus("matrix", "matrix", unearned="roll_up"),
    "matrix, compressed in full": with_bonus("matrix", "matrix", compression="full", line="order"),
    "matrix, nobody passed": with_bonus("matrix", "matrix", compression="none"),
}

pytestmark = pytest.mark.usefixtures("found_alone")


class Company:
    """A company that lives: the figures that are held of it, and where everybody sits."""

    def __init__(self, plan, period, dice):
        self.plan, self.dice, self.entries = plan, dice, 0
        self.sponsors, self.seats, self.sold = {1: 0}, {code: {} for code in plan.trees}, []
        for id in range(2, dice.choice([3, 8, 30])):
            self.sponsors[id] = id - dice.randint(1, min(dice.choice([1, 3, 30]), id - 1))
        for id in self.sponsors:
            self.seat(id)
        people = snapshot.people(
            id=list(self.sponsors),
            sponsor_id=list(self.sponsors.values()),
            status=[dice.choice([0] * 8 + [1, 2, 3]) for _ in self.sponsors],
            joined_at=[START + dice.randint(-60, 20) * DAY for _ in self.sponsors],
        )
        facts = {name: np.array([dice.choice(values) for _ in self.sponsors], dtype=np.int64) for name, values in FACTS.items()}
        index = snapshot.Index(people.id)
        people = dataclasses.replace(people, facts=facts, trees=self.trees(index))
        before = calculate(plan, snapshot.Snapshot(people, self.sales(index, 30), start=START, end=START + 31 * DAY))
        now = snapshot.Snapshot(
            people, self.sales(index, 30), state=before.state, start=START, end=START + 31 * DAY, period=period
        )
        self.sold = now.sales.id.tolist()
        self.held = holding.hold(plan, now)

    def seat(self, id):
        """Give somebody a free seat in each placement tree, or let the person wait."""
        for code, seats in self.seats.items():
            taken = set(seats.values())
            width = getattr(self.plan.trees[code], "width", 2)
            free = [(above, leg) for above in seats for leg in range(width) if (above, leg) not in taken]
            if not seats:
                seats[id] = (0, -1)
            elif self.dice.random() < 0.9:
                seats[id] = self.dice.choice(free[:6])

    def trees(self, index):
        """Return the placement trees for the engine."""
        found = {}
        for code, seats in self.seats.items():
            ids, places = list(seats), list(seats.values())
            parents, legs = [above for above, _ in places], [leg for _, leg in places]
            found[code] = snapshot.placed(index, id=ids, parent_id=parents, leg=legs)
        return found

    def sales(self, index, most, sellers=None, points=None):
        """Some sales, some of them returns of what was sold before."""
        count = self.dice.randint(0, most) if sellers is None else len(sellers)
        first = self.entries + 1
        self.entries += count
        sign = [self.dice.choice([1, 1, 1, 1, -1]) for _ in range(count)]
        volume = [each * (points or self.dice.choice(POINTS)) * 100 for each in sign]
        reverses = [self.dice.choice(self.sold) if each < 0 and self.sold else 0 for each in sign]
        return snapshot.sales(
            index,
            id=np.arange(first, first + count),
            person_id=sellers or [self.dice.choice(list(self.sponsors)) for _ in range(count)],
            at=[START + self.dice.randint(0, 30) * DAY for _ in range(count)],
            order=[first + number // 2 for number in range(count)] if sellers is None else np.arange(first, first + count),
            buyer_kind=[self.dice.randint(0, 2) for _ in range(count)],
            quantity=sign,
            pv=volume,
            cv=[self.dice.choice([each, each // 2, 0]) for each in volume],
            paid_minor=[each * self.dice.randint(1, 2) for each in volume],
            seller_minor=volume,
            currency=[INDEX[self.dice.choice(["USD", "EUR", "JPY"])] for _ in range(count)],
            reverses=reverses,
            more={"first": [self.dice.randint(0, 1) for _ in range(count)]},
        )

    def nothing(self):
        """Let nothing happen beside the sales; nobody is touched."""
        return np.empty(0, dtype=np.int64)

    def enrol(self):
        """Let newcomers in, who may sponsor each other; they and others who wait may find a seat."""
        ids = [len(self.sponsors) + 1 + number for number in range(self.dice.randint(1, 3))]
        for id in ids:
            self.sponsors[id] = self.dice.choice(list(self.sponsors))
        sponsors = [self.sponsors[id] for id in ids]
        held, places = holding.enrol(self.held, id=ids, sponsor_id=sponsors, joined_at=[START + 9 * DAY] * len(ids))
        seatless = [id for id in self.sponsors if any(id not in seats for seats in self.seats.values()) and id not in ids]
        for id in ids + seatless[: self.dice.choice([0, 0, 1])]:
            self.seat(id)
        self.held = holding.seated(held, self.trees(held.index), places)
        return places

    def change_seats(self):
        """Let somebody without anybody below take another seat."""
        for seats in self.seats.values():
            leaves = sorted(seats.keys() - {above for above, _ in seats.values()})
            del seats[leaves[0]]
            if seats:
                self.seat(leaves[0])
            else:
                seats[leaves[0]] = (0, -1)
        self.held = holding.seated(self.held, self.trees(self.held.index), np.empty(0, dtype=np.int64))
        return np.empty(0, dtype=np.int64)

    def change_status(self):
        """Suspend somebody, or let somebody in again."""
        place = self.somebody()
        self.held = holding.with_status(self.held, place, self.dice.choice([0, 0, 1, 2]))
        return place

    def change_fact(self):
        """Change a fact of somebody."""
        place, name = self.somebody(), self.dice.choice(list(FACTS))
        facts = dict(self.held.people.facts)
        facts[name] = facts[name].copy()
        facts[name][place] = self.dice.choice(FACTS[name])
        self.held = dataclasses.replace(self.held, people=dataclasses.replace(self.held.people, facts=facts))
        return place

    def somebody(self):
        """The place of somebody."""
        return self.held.index.of(np.array([self.dice.choice(list(self.sponsors))]), "person")

    def happen(self):
        """Let one thing happen, with some sales or none, and refresh."""
        what = self.dice.choice([self.nothing, self.nothing, self.enrol, self.change_seats, self.change_status, self.change_fact])
        changed = what()
        sellers, points = self.dice.choice([(None, None), ([1, 2], 60_000), ([1], None)])
        sales = self.sales(self.held.index, 6, sellers, points)
        change = slices.refresh(self.plan, self.held, sales, np.unique(changed))
        self.held = slices.take(self.held, change)
        self.sold += sales.id.tolist()


@pytest.mark.parametrize("name", VARIANTS)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 5))
def test_every_refresh_equals_the_whole_calculation(name, seed, steps):
    plan = VARIANTS[name]
    company = Company(plan, "month" if "month" in name else plan.ladder.period, random.Random(seed))
    for _ in range(steps):
        company.happen()
        assert_same_figures(plan, company.held)
        assert np.array_equal(company.held.earned, calculate(plan, holding.whole(company.held), keep_lines=False).before_caps)


def test_who_becomes_a_customer_leaves_a_differential_that_was_paid():
    plan = PLANS["breakaway"]
    people = snapshot.people(id=[1, 2, 3], sponsor_id=[0, 1, 2])
    people = dataclasses.replace(people, facts={"kind": np.zeros(3, dtype=np.int64)})
    index = snapshot.Index(people.id)

    def sold(ids, person_id):
        same = {name: np.full(len(ids), 400_00) for name in ("pv", "cv", "paid_minor", "seller_minor")}
        none = np.zeros(len(ids), dtype=np.int64)
        currency = np.full(len(ids), INDEX["USD"])
        return snapshot.sales(
            index, id=ids, person_id=person_id, at=ids, order=ids, buyer_kind=none, quantity=none + 1, **same,
            currency=currency, reverses=none,
        )  # fmt: skip

    held = holding.hold(plan, snapshot.Snapshot(people, sold([1, 2, 3], [1, 2, 3])))
    assert held.totals[1].tolist() == [48_00 + 24_00, 36_00 + 12_00, 24_00]  # at 12 %, 9 % and 6 %, each above the next
    customer = dataclasses.replace(people, facts={"kind": np.array([0, 2, 0], dtype=np.int64)})
    held = dataclasses.replace(held, people=customer)
    held = slices.take(held, slices.refresh(plan, held, sold([], []), np.array([1])))
    assert held.totals[1].tolist() == [48_00 + 48_00 + 24_00, 0, 24_00]
    assert_same_figures(plan, held)


def test_what_a_refresh_of_the_shipped_plans_does_not_compute_whole():
    alone = {
        name: [bonus.code for bonus in plan.bonuses if bonus.in_slices(plan) or bonus.per_person] for name, plan in PLANS.items()
    }
    assert alone == {
        "binary": ["retail"],
        "breakaway": ["retail", "performance"],
        "fernhollow": ["retail_profit", "team_bonus"],
        "hybrid": ["retail", "fast", "team", "infinity", "advancement", "car"],
        "matrix": ["retail", "matrix"],
        "unilevel": ["retail", "team"],
    }
    assert all(plan.stands_in_slices for plan in PLANS.values())
