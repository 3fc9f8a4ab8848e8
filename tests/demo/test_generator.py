"""The demo company's files: the same every time, and believable."""

import csv
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.conf import settings

from backoffice.demo import calendar, names, people, structure
from backoffice.demo.generator import CUSTOMER, LEADER, NEWCOMER, Generator
from tests.demo.conftest import END, PEOPLE


def rows(folder, name):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "made.json"}


@pytest.mark.slow
def test_the_same_seed_and_end_give_the_same_bytes_in_another_process(demo_files, tmp_path):
    command = ["demo", "--files-only", "--dir", tmp_path / "again", "--people", PEOPLE, "--seed", 3, "--end", END.isoformat()]
    environment = {**os.environ, "PYTHONHASHSEED": "17", "LANG": "C", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "manage.py", *map(str, command)], cwd=settings.BASE_DIR, env=environment, check=True)
    assert contents(tmp_path / "again") == contents(demo_files)


def test_another_seed_gives_another_company(demo_files, tmp_path):
    Generator(tmp_path, people=PEOPLE, seed=4, end=END).write()
    assert contents(tmp_path)["people.csv"] != contents(demo_files)["people.csv"]


def test_everybody_has_an_address_of_their_own_at_example_com(demo_files):
    everybody = rows(demo_files, "people.csv") + rows(demo_files, "customers.csv")
    addresses = [person["email"] for person in everybody]
    assert len(set(addresses)) == len(addresses)
    assert all(address.endswith("@example.com") and address.isascii() for address in addresses)
    assert {LEADER, NEWCOMER, CUSTOMER} <= set(addresses)


def test_telephone_numbers_are_ones_that_nobody_has():
    assert names.phone("us", 123) == "+1 212-555-0123"
    assert names.phone("de", 2045).startswith("+49 69 90009 ")
    assert names.phone("jp", 7) == "+81 3-0000-0007"


def test_no_order_is_older_than_its_buyer_or_newer_than_the_end(demo_files):
    since = {person["number"]: person["enrolled_at"] for person in rows(demo_files, "people.csv")}
    since |= {person["email"]: person["since"] for person in rows(demo_files, "customers.csv")}
    orders = rows(demo_files, "orders.csv")
    assert len(orders) > PEOPLE
    assert all(since[order["buyer"]] <= order["paid_at"] < END.isoformat() for order in orders)
    assert [order["paid_at"] for order in orders] == sorted(order["paid_at"] for order in orders)
    assert {order["paid_at"][:7] for order in orders} == {"2026-09", "2026-10", "2026-11"}


def test_the_newcomer_has_nobody_below_and_sold_nothing(demo_files):
    people = rows(demo_files, "people.csv")
    newcomer = next(person for person in people if person["email"] == NEWCOMER)
    leader = next(person for person in people if person["email"] == LEADER)
    assert newcomer["sponsor"] == leader["number"]
    assert newcomer["number"] not in {person["sponsor"] for person in people}
    assert not [order for order in rows(demo_files, "orders.csv") if newcomer["number"] in (order["seller"], order["buyer"])]
    assert END - datetime.fromisoformat(newcomer["enrolled_at"]) < timedelta(days=4)


@pytest.mark.parametrize("seed", range(1, 6))
def test_whatever_the_seed_the_leader_has_a_readable_name_sells_and_owns_the_customer(tmp_path, seed):
    Generator(tmp_path, people=60, seed=seed, end=END).write()
    everybody = {person["email"]: person for person in rows(tmp_path, "people.csv")}
    leader = everybody[LEADER]
    assert (leader["market"], leader["status"], leader["name"].isascii()) == ("us", "active", True)
    assert leader["shop"]
    customer = next(each for each in rows(tmp_path, "customers.csv") if each["email"] == CUSTOMER)
    assert (customer["referred_by"], customer["market"], customer["name"].isascii()) == (leader["number"], "us", True)
    day = (END - timedelta(days=1)).isoformat()
    today = [order["seller"] for order in rows(tmp_path, "orders.csv") if order["paid_at"] > day]
    assert today.count(leader["number"]) > 1


@pytest.mark.parametrize("seed", range(1, 6))
def test_whatever_the_seed_the_leader_has_hundreds_below_and_two_strong_legs(seed):
    rng = np.random.default_rng([seed, 10_000])
    made = people.distributors(10_000, END, rng)
    sizes = structure.team_sizes(made.sponsor)
    assert made.market[made.leader] == people.MARKETS.index("us")
    assert 250 <= sizes[made.leader] <= 700
    assert made.sponsor[made.heads].tolist() == [made.leader] * 2
    assert sorted(made.sponsor[made.seconds].tolist()) == sorted(made.heads.tolist() * 2)
    strong = np.concatenate(([made.leader], made.heads, made.seconds))
    assert (made.status[strong] == people.ACTIVE).all() and made.shop[strong].all() and (made.habit[strong] >= 3).all()
    customers = people.customers(made, END - timedelta(days=80), END, rng)
    assert (np.bincount(customers.referrer, minlength=len(made))[strong] >= people.SECOND_CUSTOMERS).all()


def test_three_markets_several_scripts_refunds_and_a_few_who_left(demo_files):
    people = rows(demo_files, "people.csv")
    assert set(Counter(person["market"] for person in people)) == {"us", "de", "jp"}
    everything = "".join(person["name"] for person in people)
    assert any(sign.isascii() for sign in everything) and any("一" <= sign <= "鿿" for sign in everything)
    assert {"active"} < {person["status"] for person in people}
    assert rows(demo_files, "refunds.csv")


@pytest.mark.parametrize(("people", "deepest"), [(10_000, 300), (300_000, 600)])
def test_teams_are_uneven_and_some_lines_run_deep(people, deepest):
    sponsor = structure.sponsors(people, np.random.default_rng(1))
    assert (sponsor[1:] < np.arange(1, people + 1)).all()
    assert structure.depths(sponsor).max() > deepest
    sizes = np.sort(structure.team_sizes(sponsor)[1:])
    assert sizes[-1] > people // 20
    assert np.median(sizes) <= 1


def test_nobody_shares_a_leg_and_every_leg_hangs_on_somebody_earlier():
    rng = np.random.default_rng(2)
    sponsor = structure.sponsors(3_000, rng)
    parent, leg = structure.placements(sponsor, rng)
    assert len({*zip(parent[1:].tolist(), leg[1:].tolist(), strict=True)}) == 3_000
    assert (parent[1:] < np.arange(1, 3_001)).all()


def test_everybody_is_placed_below_the_own_sponsor():
    rng = np.random.default_rng(5)
    sponsor = structure.sponsors(400, rng)
    parent, _leg = structure.placements(sponsor, rng)
    for person in range(1, 401):
        above = int(parent[person])
        while above not in (sponsor[person], 0):
            above = int(parent[above])
        assert above == sponsor[person]


def test_the_end_of_a_month_is_busier_than_its_middle():
    rhythm = calendar.Rhythm("us", datetime(2026, 9, 1, 4, tzinfo=UTC), datetime(2026, 10, 1, 4, tzinfo=UTC))
    draws = (np.arange(100_000) + 0.5) / 100_000
    days = Counter((rhythm.instants(draws, np.zeros(100_000)) - 14_400) // 86_400 % 1_000_000)
    count = [days[day] for day in sorted(days)]
    assert count[29] > 2 * count[14]
    assert count[5] < count[7]  # a Sunday, the sixth, against the Tuesday after it
