"""Boards agree with their twin, and two periods one after the other leave what one long period leaves."""

import dataclasses
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.commissions.engine.kinds.newcomers import (
    ACTIVITIES,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    plan_with,
    settled,
    stand,
    upline,
)


@st.composite
def board_tables(draw):
    table = draw(common(lines=("source", "payee"))) | {
        "code": "board",
        "kind": "board",
        "width": draw(st.sampled_from((2, 2, 3))),
        "depth": draw(st.sampled_from((1, 1, 2))),
        "amount": 50,
        "positions": draw(st.sampled_from(("order", "unit"))),
        "entry": draw(st.sampled_from(("sponsor", "oldest", "newest"))),
        "re_entry": draw(st.sampled_from(("sponsor", "oldest", "newest", "none"))),
        "active_only": draw(st.booleans()),
    }
    if draw(st.booleans()):
        table["cycles_per_period"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        table["cycles_per_cascade"] = draw(st.integers(1, 2))
    if draw(st.integers(0, 2)) == 0:
        table["sales"] = {"products": ["starter", "pro"]}
    return table


class Table:
    """One board as rows: the head, the places under the head, and so on."""

    def __init__(self, number, rules, rows):
        self.number, self.rules = number, rules
        self.rows = rows or [[]]

    def has_room(self):
        return len(self.rows) <= self.rules.depth or len(self.rows[-1]) < self.rules.width**self.rules.depth

    def add(self, person):
        if len(self.rows[-1]) == self.rules.width ** (len(self.rows) - 1):
            self.rows.append([])
        self.rows[-1].append(person)

    def parts(self):
        """The rows under each place below the head."""
        for child in range(self.rules.width):
            rows = []
            for row in self.rows[1:]:
                share = len(row) // self.rules.width
                rows.append(row[child * share : (child + 1) * share])
            yield rows

    def seats(self):
        return [person for row in self.rows for person in row]


class Room:
    """All boards, and everything that happens when somebody takes a place."""

    def __init__(self, rules):
        self.rules, self.tables, self.last, self.full, self.cycled = rules, [], 0, [], []

    def seat(self, person, where):
        free = [table for table in self.tables if table.has_room()]
        if where == "sponsor":
            for above in upline(person):
                if theirs := [table for table in free if above in table.seats()]:
                    free = theirs[-1:]
                    break
        if not free:
            self.last += 1
            free = [Table(self.last, self.rules, None)]
            self.tables += free
        table = free[-1] if where == "newest" else free[0]
        table.add(person)
        if not table.has_room():
            self.full.append(table)

    def enter(self, person):
        self.seat(person, self.rules.entry)
        splits = 0
        while self.full and splits != self.rules.cycles_per_cascade:
            table = self.full.pop(0)
            self.tables.remove(table)
            for rows in table.parts():
                self.last += 1
                self.tables.append(Table(self.last, self.rules, rows))
            splits += 1
            head = table.rows[0][0]
            self.cycled.append((head, person))
            if self.rules.re_entry != "none":
                self.seat(head, self.rules.re_entry)


def entrants(bonus, company):
    """Who takes a position, one after the other."""
    kept = {sale: sale.quantity for sale in company.sales if sale.quantity > 0}
    for sale in company.sales:
        if sale.reverses in kept:
            kept[sale.reverses] += sale.quantity
    orders = {}
    for sale in sorted(kept, key=lambda sale: (sale.at, sale.order, sale.id)):
        if bonus.sales is None or sale.product in bonus.sales.products:
            orders[sale.order, sale.person] = orders.get((sale.order, sale.person), 0) + kept[sale]
    for (_, person), units in orders.items():
        yield from [person] * (min(units, 1) if bonus.positions == "order" else units)


def twin(plan, bonus, room):
    cycles, lines = Counter(), Counter()
    for head, by in room.cycled:
        cycles[head] += 1
        who = settled(bonus, head, lambda each: each.active if bonus.active_only else each.status == "open")
        if bonus.cycles_per_period and cycles[head] > bonus.cycles_per_period:
            who = None, head, "ABOVE_CAP"
        payee, missed, reason = who
        source = by.id if bonus.line == "source" else None
        lines[payee and payee.id, source, None, 0, missed and missed.id, reason] += plan.minor(bonus.amount)
    return lines


def boards_left(result, given):
    """The boards that were left, as rows of board, place and person's id."""
    return [tuple(row) for row in result.state.tables["board.boards"].tolist()]


@given(companies(most_people=8), board_tables(), ACTIVITIES)
def test_every_cycle_and_every_board_is_the_twins(company, table, activity):
    plan = plan_with(table, activity=activity)
    bonus = plan.bonuses[0]
    stand(plan, company)
    room = Room(bonus)
    for person in entrants(bonus, company):
        room.enter(person)
    given = engine_snapshot(company)
    result, ours = engine_lines(plan, given)
    lines = Counter()
    for (*line, amount, missed, reason), count in ours.items():
        lines[(*line, missed, reason)] += amount * count
    assert lines == twin(plan, bonus, room)
    seats = [(each.number, place, person.id) for each in room.tables for place, person in enumerate(each.seats())]
    assert boards_left(result, given) == seats
    assert result.state.company["board.last_board"] == room.last


@given(companies(most_people=8), board_tables(), st.integers(0, 14))
def test_two_periods_leave_the_boards_of_one(company, table, cut):
    table = {key: value for key, value in table.items() if key != "cycles_per_period"}
    plan = plan_with(table)
    company.sales = [sale for sale in company.sales if sale.reverses is None]
    company.sales.sort(key=lambda sale: (sale.at, sale.order, sale.id))
    orders = list(dict.fromkeys(sale.order for sale in company.sales))[:cut]
    early, late = (dataclasses.replace(company) for _ in range(2))
    early.sales = [sale for sale in company.sales if sale.order in orders]
    late.sales = [sale for sale in company.sales if sale.order not in orders]
    whole, _ = engine_lines(plan, engine_snapshot(company))
    first, _ = engine_lines(plan, engine_snapshot(early))
    second, _ = engine_lines(plan, engine_snapshot(late, tables=first.state.tables, numbers=first.state.company))
    assert np.array_equal(second.state.tables["board.boards"], whole.state.tables["board.boards"])
    assert second.state.company == whole.state.company
    paid = [int(abs(result.totals).sum() + result.unearned.sum()) for result in (first, second, whole)]
    assert paid[0] + paid[1] == paid[2]
