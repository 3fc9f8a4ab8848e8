"""Party rewards agree with their twin, and a party that is sold at in two periods brings what it would in one."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.document import Refused
from commissions.engine.money import INDEX
from commissions.engine.snapshot import Parties
from tests.commissions.engine.kinds.newcomers import (
    END,
    START,
    Person,
    common,
    companies,
    engine_lines,
    engine_snapshot,
    fits,
    left_by,
    lines_of,
    micro,
    plan_with,
    sales_filters,
    settled,
    stand,
    worth,
)
from tests.commissions.engine.kinds.test_volume_rebate import inside


@dataclass(eq=False)
class Party:
    id: int
    host: Person
    seller: Person
    held: datetime
    closed: datetime | None
    guests: int
    booked_from: "Party | None"


REWARDS = st.sampled_from(
    (
        {"kind": "credit", "brackets": [{"least": 0, "rate": "5%"}, {"least": 20, "rate": "33.3333%"}]},
        {"kind": "credit", "brackets": [{"least": 5, "amount": "2.50"}, {"least": 30, "rate": "10%"}]},
        {"kind": "credit", "mode": "marginal", "brackets": [{"least": 5, "rate": "5%"}, {"least": 20, "rate": "33.3333%"}]},
        {"kind": "credit", "mode": "whole", "brackets": [{"least": 0, "rate": "0%"}, {"least": 20, "rate": "8%"}]},
        {"kind": "items", "tiers": [{"least": 10, "items": 1}, {"least": 40, "items": 3}]},
        {"kind": "booking", "least": 5, "amount": "12.50", "items": 2},
        {"kind": "booking", "least": 0, "amount": 7, "within_days": 5},
    )
)


@st.composite
def party_plans(draw):
    table = (
        draw(common(lines=("source",)))
        | draw(sales_filters())
        | {
            "code": "host",
            "kind": "party",
            "amount": draw(st.sampled_from(("paid", "seller"))),
            "host_orders": draw(st.booleans()),
            "reward": draw(REWARDS),
        }
    )
    if draw(st.booleans()):
        table["guests"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        table["closes_within"] = draw(st.integers(0, 6))
    return plan_with(table, zone=draw(st.sampled_from(("UTC", "Asia/Tokyo"))))


@st.composite
def hosted(draw):
    """A company with parties at which some of its sales were sold."""
    company = draw(companies(most_people=8))
    parties = []
    for number in range(draw(st.integers(1, 5))):
        held = START + timedelta(hours=draw(st.integers(-24 * 9, 24 * 30)))
        closed = draw(st.sampled_from((None, START, END, held + timedelta(hours=draw(st.integers(0, 24 * 8))))))
        host, seller = (draw(st.sampled_from(company.people)) for _ in range(2))
        booked = draw(st.sampled_from((None, *parties)))
        parties.append(Party(30 + number * 2, host, seller, held, closed, draw(st.integers(0, 4)), booked))
    for sale in company.sales:
        sale.party = draw(st.integers(-1, len(parties) - 1)) if sale.reverses is None else sale.reverses.party
    return company, parties


def engine_parties(given, parties):
    place = {id: index for index, id in enumerate(given.people.id.tolist())}
    return Parties(
        id=np.array([party.id for party in parties]),
        host=np.array([place[party.host.id] for party in parties]),
        seller=np.array([place[party.seller.id] for party in parties]),
        held_at=np.array([micro(party.held) for party in parties]),
        closed_at=np.array([micro(party.closed) if party.closed else 0 for party in parties]),
        guests=np.array([party.guests for party in parties]),
        booked_from=np.array([parties.index(party.booked_from) if party.booked_from else -1 for party in parties]),
    )


def snapshot_of(company, parties, **past):
    given = engine_snapshot(company, **past)
    return dataclasses.replace(given, parties=engine_parties(given, parties))


def days_between(plan, earlier, later):
    """Calendar days in the plan's time zone."""
    zone = ZoneInfo(plan.periods["month"].time_zone)
    return (later.astimezone(zone).date() - earlier.astimezone(zone).date()).days


def rewards(plan, bonus, company, parties, before=()):
    """Yield (party, host or None, level, {currency: exact amount}, items, is due) for every party that closes now."""
    for place, party in enumerate(parties):
        if party.closed is None or not START <= party.closed < END:
            continue
        sold = Counter()
        for id, currency, minor in before:
            if id == party.id:
                sold[currency] += minor
        for sale in company.sales:
            own = sale.buyer == party.host.id and sale.buyer_kind == party.host.kind
            if sale.party == place and fits(bonus.sales, sale) and (bonus.host_orders or not own):
                sold[sale.currency] += sale.paid if bonus.amount == "paid" else sale.price
        subtotal = sum(minor * worth(plan, currency) for currency, minor in sold.items())
        reward, due = bonus.reward, party.guests >= bonus.guests
        if bonus.closes_within is not None:
            due = due and days_between(plan, party.held, party.closed) <= bonus.closes_within
        steps = {"credit": "brackets", "items": "tiers"}.get(reward.kind)
        reached = [step for step in (getattr(reward, steps) if steps else [reward]) if subtotal >= plan.minor(step.least)]
        if subtotal < 1 or not reached:
            continue
        if reward.kind == "credit" and reached[-1].rate is None:
            yield party, party.host, len(reached), {"USD": Fraction(plan.minor(reached[-1].amount))}, 0, due
        elif reward.kind == "credit" and reward.mode == "marginal":
            for level, (step, part) in enumerate(zip(reward.brackets, cut(plan, reward, int(subtotal)), strict=True), 1):
                if not part or not step.rate:
                    continue
                yield party, party.host, level, {"USD": part * Fraction(step.rate, 1_000_000)}, 0, due
        elif reward.kind == "credit" and reached[-1].rate:
            rate = Fraction(reached[-1].rate, 1_000_000)
            amounts = {currency: minor * worth(plan, currency) * rate for currency, minor in sold.items()}
            yield party, party.host, len(reached), amounts, 0, due
        elif reward.kind == "items":
            yield party, party.host, len(reached), {}, reached[-1].items, due
        elif reward.kind == "booking" and party.booked_from:
            if reward.within_days is not None:
                due = due and days_between(plan, party.booked_from.held, party.held) <= reward.within_days
            yield party, party.booked_from.host, 1, {"USD": Fraction(plan.minor(reward.amount))}, reward.items, due


def cut(plan, reward, subtotal):
    """How much of a subtotal lies inside each bracket."""
    edges = [*(plan.minor(step.least) for step in reward.brackets), None]
    return [inside(subtotal, low, high) for low, high in pairwise(edges)]


def who(bonus, host, due):
    return settled(bonus, host, lambda each: each.status == "open") if due else (None, host, "NOT_DUE")


def twin(plan, bonus, found):
    """The lines of money, and what items everybody was given."""
    lines, items = Counter(), Counter()
    for party, host, level, amounts, given_items, due in found:
        for currency, exact in amounts.items():
            lines += lines_of(bonus, [(party.seller, None, currency, level, exact, *who(bonus, host, due))])
        payee = who(bonus, host, due)[0]
        if payee and given_items:
            items[payee.id] += given_items
    return lines, items


@given(hosted(), party_plans(), st.data())
def test_every_line_and_every_item_is_the_twins(world, plan, data):
    company, parties = world
    bonus = plan.bonuses[0]
    stand(plan, company)
    before = [
        (data.draw(st.sampled_from(parties)).id, data.draw(st.sampled_from(("USD", "EUR"))), data.draw(st.integers(1, 5000)))
        for _ in range(data.draw(st.integers(0, 2)))
    ]
    had = {person.id: data.draw(st.integers(0, 2)) for person in company.people}
    elsewhere = (9, int.from_bytes(b"USD", "big"), 5)
    rows = [(id, int.from_bytes(word.encode(), "big"), minor) for id, word, minor in before]
    table = np.array([elsewhere, *rows], dtype=np.int64)
    tables = {"host.open": table.reshape(-1, 3)}
    given = snapshot_of(company, parties, past={"host.items": had}, tables=tables)
    result, ours = engine_lines(plan, given)
    found = list(rewards(plan, bonus, company, parties, before))
    lines, items = twin(plan, bonus, found)
    assert ours == lines
    # What a host is not given is not told of: a line is of money, or of items. (Credit has one for each currency sold in.)
    told = [given for _, _, _, amounts, _, _ in found for given in amounts.values() if bonus.reward.kind == "credit" or given]
    assert len(result.lines) == len(told) + sum(1 for *_, number, _ in found if number)
    assert elsewhere in [tuple(row) for row in result.state.tables["host.open"].tolist()]
    later = {party.id for party in parties if party.closed is None or party.closed >= END}
    assert {row[0] for row in result.state.tables["host.open"].tolist()} <= later | {9}
    assert left_by(given, result, "host.items") == {id: had[id] + items[id] for id in had}


@given(hosted(), party_plans(), st.integers(1, 24 * 31 - 1))
def test_a_party_brings_the_same_however_its_sales_fall_into_periods(world, plan, hours):
    company, parties = world
    cut = START + timedelta(hours=hours)
    parties = [
        dataclasses.replace(party, closed=party.closed if party.closed and party.closed >= cut else None, booked_from=None)
        for party in parties
    ]
    _, whole = engine_lines(plan, snapshot_of(company, parties))
    early, late = (dataclasses.replace(company) for _ in range(2))
    early.sales = [sale for sale in company.sales if sale.at < cut]
    late.sales = [sale for sale in company.sales if sale.at >= cut]
    stand(plan, company)
    first = dataclasses.replace(snapshot_of(early, parties), end=micro(cut))
    before, paid = engine_lines(plan, first)
    assert not paid
    tables = {"host.open": before.state.tables["host.open"]}
    assert all(int(number) in (int.from_bytes(word.encode(), "big") for word in INDEX) for number in tables["host.open"][:, 1])
    _, after = engine_lines(plan, dataclasses.replace(snapshot_of(late, parties, tables=tables), start=micro(cut)))
    ranks_matter = plan.bonuses[0].unearned == "roll_up"
    assert after == whole or ranks_matter


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        ({"kind": "credit", "brackets": [{"least": 5}]}, 'brackets[1] is "neither"; expected either a rate or an amount'),
        ({"kind": "credit", "brackets": [{"least": 5, "rate": "1%", "amount": 1}]}, 'brackets[1] is "both"'),
        ({"kind": "items", "tiers": [{"least": 5, "items": 1}, {"least": 5, "items": 2}]}, "thresholds that rise"),
        ({"kind": "credit", "brackets": [{"least": 5, "rate": "1%"}, {"least": 4, "rate": "2%"}]}, "thresholds that rise"),
        ({"kind": "booking", "least": 5}, "bonuses[1].reward.amount is missing; expected an amount, or items"),
    ],
)
def test_a_reward_that_says_nothing_is_refused(reward, said):
    table = {
        "code": "host", "kind": "party", "amount": "paid", "host_orders": True, "reward": reward, "line": "source",
        "rounding": "half_up", "unearned": "breakage",
    }  # fmt: skip
    with pytest.raises(ValueError) as refused:
        plan_with(table)
    assert said in str(refused.value)


def test_an_amount_is_for_no_part_of_a_subtotal():
    reward = {"kind": "credit", "mode": "marginal", "brackets": [{"least": 5, "amount": 3}, {"least": 20, "rate": "5%"}]}
    table = {"code": "host", "name": "Host", "kind": "party", "amount": "paid", "host_orders": True, "reward": reward}
    with pytest.raises(Refused) as refusal:
        plan_with(table | {"line": "source", "rounding": "half_up", "unearned": "breakage"}, zone="UTC")
    assert 'bonuses[1].reward.brackets[1].amount is "3"; expected a rate' in str(refusal.value)
