"""Files are read exactly, in any order, and every mistake in them is named by file, line and column."""

import random
from decimal import Decimal

import pytest

from commissions.engine import plan as plans
from commissions.engine.calculate import calculate
from commissions.engine.periods import NoSuchPeriod
from commissions.files import outcome
from commissions.files.columns import BadFile, Source
from commissions.files.company import read_company, sources_in
from tests.commissions.plans.examples import SHIPPED

PLAN = plans.parse((SHIPPED / "fernhollow.toml").read_text())
PEOPLE = "id,sponsor,joined_on,status\nana,,2025-01-01,\nben,ana,2025-02-01,open\ncy,ben,2025-02-01T10:00,open\n"
ORDERS = (
    "id,person,buyer_kind,buyer,at,pv,cv,paid,seller_price,currency,refund_of\n"
    "1,ana,distributor,,2026-01-03,120,100,100,100,USD,\n"
    "2,ben,distributor,,2026-01-03T10:00,60,50.5,60,60,USD,\n"
    "3,cy,retail,kim,2026-01-31T23:59,60,50,80.00,60,EUR,\n"
    "R3,cy,retail,kim,2026-01-31T23:59:30,-30,-25,-40,-30,EUR,3\n"
)

REPOOLED = """
[[bonuses]]
code = "again"
name = "Divided again"
kind = "pool"
share = "0%"
volume = "cv"
unearned_of = ["team_bonus"]
shares = {{ by = "volume", measured = "own", each = {each} }}
active_only = false
nobody = "kept"
remainder = "earliest"
line = "payee"
rounding = "truncate"
unearned = "breakage"
"""
BINARY = '\n[trees.team]\nkind = "binary"\n'
MATRIX = '\n[trees.team]\nkind = "matrix"\nwidth = 3\ndepth = 5\nspill = "breadth_first"\n'


def company(people=PEOPLE, orders=ORDERS, period="2026-01", **others):
    sources = {"people": people, "orders": orders, **others}
    return read_company(PLAN, {name: Source.text(f"{name}.csv", text) for name, text in sources.items()}, period)


def test_figures_are_read_to_the_last_decimal():
    sales = company().snapshot.sales
    assert sorted(sales.cv.tolist()) == [-2500, 5000, 5050, 10000]
    assert sorted(sales.paid_minor.tolist()) == [-4000, 6000, 8000, 10000]


def test_a_period_ends_by_its_own_clock():
    """Midnight in New York is five in the morning in UTC."""
    late = ORDERS + "5,cy,retail,lou,2026-02-01T04:59Z,1,1,1,1,USD,\n6,cy,retail,lou,2026-02-01T05:00Z,1,1,1,1,USD,\n"
    read = company(orders=late)
    assert len(read.snapshot.sales) == 5
    assert read.outside == 1


def test_the_order_of_rows_and_columns_changes_nothing():
    rows = ORDERS.splitlines()
    shuffled = "\n".join([rows[0], *random.Random(7).sample(rows[1:], len(rows) - 1)]) + "\n"
    turned = "\n".join(",".join(reversed(row.split(","))) for row in shuffled.splitlines()) + "\n"
    people = PEOPLE.splitlines()
    other = company("\n".join([people[0], *reversed(people[1:])]) + "\n", turned)
    assert told(other) == told(company())


def test_standings_written_in_stretches_are_those_of_one(monkeypatch):
    read = company()
    result = calculate(PLAN, read.snapshot)
    header, rows = outcome.standings(PLAN, read, result)
    whole = list(rows)
    assert [row[header.index("id")] for row in whole] == ["ana", "ben", "cy"]
    monkeypatch.setattr(outcome, "_STRETCH", 2)
    header_again, rows = outcome.standings(PLAN, read, result)
    assert (header_again, list(rows)) == (header, whole)


def told(read):
    result = calculate(PLAN, read.snapshot)
    return sorted(outcome.earnings(PLAN, read, result)), sorted(outcome.standings(PLAN, read, result)[1])


def test_a_plan_with_a_placement_tree_takes_people_who_are_placed_nowhere():
    plan = plans.parse((SHIPPED / "fernhollow.toml").read_text() + '\n[trees.team]\nkind = "binary"\n')
    read = read_company(
        plan, {"people": Source.text("people.csv", PEOPLE), "orders": Source.text("orders.csv", ORDERS)}, "2026-01"
    )
    assert set(read.snapshot.people.forest("team").parent.tolist()) == {-1}


def test_state_comes_back_as_it_was_written(tmp_path):
    read = company()
    outcome.write(PLAN, read, calculate(PLAN, read.snapshot), tmp_path)
    state = (tmp_path / "state.csv").read_text() + ",pool.rolled,1250\n,table.boards,1 2 3\n,table.boards,4 5 6\n"
    again = company(state=state, period="2026-02").snapshot.state
    assert again.people["rank.paid_as"].tolist() == calculate(PLAN, read.snapshot).state.people["rank.paid_as"].tolist()
    assert again.company == {"pool.rolled": 1250}
    assert again.tables["boards"].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_summary_adds_up_to_the_earnings(tmp_path):
    read = company()
    summary = outcome.write(PLAN, read, calculate(PLAN, read.snapshot), tmp_path)
    rows = [row.split(",") for row in (tmp_path / "earnings.csv").read_text().splitlines()[1:]]
    paid = sum(round(float(row[outcome.EARNINGS.index("paid")]) * 100) for row in rows)
    assert f"{paid / 100:.2f}" == summary["paid"]


@pytest.mark.parametrize(("shares", "divided"), [("1", True), ("1000000", False)])
def test_a_summary_counts_money_that_a_pool_divides_once(shares, divided, tmp_path):
    read = company()
    plain = outcome.write(PLAN, read, calculate(PLAN, read.snapshot), tmp_path)
    again = plans.parse((SHIPPED / "fernhollow.toml").read_text() + REPOOLED.format(each=shares))
    pooled = outcome.write(again, read, calculate(again, read.snapshot), tmp_path)
    lost = Decimal(plain["unearned"])
    assert lost > 0
    assert Decimal(pooled["re_pooled"]) == Decimal(pooled["bonuses"]["team_bonus"]["unearned"]) == lost
    assert Decimal(plain["re_pooled"]) == 0
    assert Decimal(pooled["unearned"]) == (0 if divided else lost)
    assert sum(Decimal(pooled[name]) for name in ("paid", "unearned")) == Decimal(plain["paid"]) + lost


def test_a_summary_names_state_that_nothing_reads(tmp_path):
    names = ("rank.paidas", "rank.ago.2", "volume.lifetime.own.pv", "volume.lifetime.own.bv", "team_bonus.left.1", "old.left.1")
    state = "person,name,value\n" + "".join(f"ana,{name},1\n" for name in names) + ",pool.rolled,1\n,table.boards,1\n"
    read = company(state=state)
    summary = outcome.write(PLAN, read, calculate(PLAN, read.snapshot), tmp_path)
    assert summary["state_that_nothing_reads"] == ["boards", "old.left.1", "pool.rolled", "rank.paidas", "volume.lifetime.own.bv"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("people", "cy,ben", "cy,bob"), "people.csv line 4: sponsor bob is not among the people"),
        (("people", "ana,,", "ana,cy,"), "run in a circle: "),
        (("people", "cy,ben", "ben,ana"), "people.csv line 4: id ben is there already, on line 3"),
        (("people", "open\ncy", "happy\ncy"), 'people.csv line 3: status is "happy"; expected one of open, suspended'),
        (("people", "status", "mood"), "people.csv line 1: mood is not a known column; expected id, sponsor"),
        (("people", "id,sponsor", "id,id"), "people.csv line 1: id is there twice"),
        (("people", "sponsor,", "title,"), "people.csv line 1: the column sponsor is missing"),
        (("people", "2025-02-01T10:00", "yesterday"), 'people.csv line 4: joined_on is "yesterday"; expected a date such as'),
        (("people", "cy,ben,2025-02-01T10:00,open", "cy,ben"), "people.csv line 4: 2 values; expected 4"),
        (("orders", "50.5,", "50.505,"), 'orders.csv line 3: cv is "50.505"; expected points with at most 2 decimals'),
        (("orders", "120,", "12 0,"), 'orders.csv line 2: pv is "12 0"; expected points such as 12.50'),
        (("orders", "120,", "92233720368547758.08,"), "expected points below 46,116,860,184,273,879"),
        (("orders", "120,", "99999999999999999,"), "orders.csv line 2: pv is"),
        (("orders", "USD,\n2", "XXX,\n2"), 'orders.csv line 2: currency is "XXX"; expected one of'),
        (("orders", "80.00,60", "80.005,60"), "orders.csv line 4: paid has more decimals than EUR, which has 2"),
        (("orders", "2,ben", "2,bob"), "orders.csv line 3: person bob is not among the people"),
        (("orders", "-30,-25", "-61,-25"), "orders.csv line 5: pv refunds more of order 3 than was sold"),
        (("orders", "-30,-25", "30,-25"), "orders.csv line 5: pv is above 0 on a refund"),
        (("orders", "-30,EUR,3", "-30,EUR,R3"), "orders.csv line 5: refund_of names the order itself"),
        (("orders", "R3,cy", "R3,ben"), "orders.csv line 5: person is ben; expected cy, who is credited with order 3"),
        (("orders", "2,ben", "1,ben"), "orders.csv line 3: person is ben; expected ana, who is credited with order 1 on line 2"),
        (
            ("orders", "2026-01-31T23:59:30", "2026-01-30"),
            "orders.csv line 5: at is before order 3, which was on 2026-01-31; expected no earlier date",
        ),
        (("orders", "2026-01-31T23:59:30", "2026-01-31T23:58"), "orders.csv line 5: at is before order 3"),
        (
            ("orders", "-40,-30,EUR,3", "-40,-30,USD,3"),
            "orders.csv line 5: currency is USD; expected EUR, the currency of order 3",
        ),
        (
            ("orders", "60,EUR,\n", "60,GBP,\n"),
            "orders.csv line 4: currency is GBP, which is not in the plan's exchange; expected USD",
        ),
        (("orders", "2,ben", '"2,ben'), "orders.csv line 3: a quotation mark is opened and never closed"),
        (("orders", "2,ben", '"2"x,ben'), "orders.csv line 3: "),
        (("people", ",", ";"), "people.csv line 1: columns are separated by commas; found ; in id;sponsor"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_column(change, said):
    name, old, new = change
    texts = {"people": PEOPLE, "orders": ORDERS}
    assert old in texts[name]
    with pytest.raises(BadFile) as refused:
        company(**texts | {name: texts[name].replace(old, new, 1)})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("person,name,value\nbob,x,1\n", "state.csv line 2: person bob is not among the people"),
        ("person,name,value\nana,x,one\n", 'state.csv line 2: value is "one"; expected a whole number'),
        ("person,name,value\nana,x,1 2\n", "state.csv line 2: value has several numbers"),
        ("person,name,value\nana,x,1\nben,x,1\nana,x,2\n", "state.csv line 4: name x of ana is there already, on line 2"),
        ("person,name,value\n,x,1\n,x,2\n", "state.csv line 3: name x of the company is there already, on line 2"),
        ("person,name,value\n,table.b,1 2\n,table.b,1\n", "state.csv line 3: value has another number of numbers"),
    ],
)
def test_a_mistake_in_the_state_is_named(state, said):
    with pytest.raises(BadFile) as refused:
        company(state=state)
    assert said in str(refused.value)


@pytest.mark.parametrize("period", ["2026-1", "2026-01-05", "january", "week:2026-01-05"])
def test_a_period_that_the_plan_does_not_have_is_refused(period):
    with pytest.raises(NoSuchPeriod):
        company(period=period)


def test_a_currency_without_a_rate_does_not_matter_outside_of_the_period():
    late = ORDERS + "5,cy,retail,lou,2026-03-01,1,1,1,1,GBP,\n"
    assert company(orders=late).outside == 1


@pytest.mark.parametrize(
    ("quantities", "said"),
    [
        (("3", "2"), "orders.csv line 3: quantity is above 0 on a refund"),
        (("3", "-4"), "orders.csv line 3: quantity refunds more of order 1 than was sold"),
    ],
)
def test_a_refund_takes_back_a_part_of_the_quantity(quantities, said):
    orders = "id,person,at,cv,quantity,refund_of\n1,cy,2026-01-05,9,{},\nR,cy,2026-01-06,-3,{},1\n"
    with pytest.raises(BadFile, match=said):
        company(orders=orders.format(*quantities))


def test_a_refund_with_a_date_alone_may_be_of_the_day_of_its_order():
    sales = company(orders=ORDERS.replace("2026-01-31T23:59:30", "2026-01-31")).snapshot.sales
    assert sorted(sales.cv.tolist()) == [-2500, 5000, 5050, 10000]


def test_a_refund_of_an_order_that_is_not_in_the_file_may_have_any_date():
    orders = ORDERS.replace("-40,-30,EUR,3", "-40,-30,EUR,0").replace("2026-01-31T23:59:30", "2026-01-01")
    assert len(company(orders=orders).snapshot.sales) == 4


def test_a_quantity_that_is_not_stated_is_one_and_on_refunds_one_less():
    orders = "id,person,at,cv,quantity,refund_of\n1,cy,2026-01-05,9,5,\n2,cy,2026-01-05,9,,\nR,cy,2026-01-06,-3,,1\n"
    assert company(orders=orders + "S,cy,2026-01-06,-3,-4,1\n").snapshot.sales.quantity.tolist() == [5, 1, -1, -4]


FIRST = (
    "id,person,at,buyer,cv,first_order,refund_of\n"
    "1,cy,2026-01-05,kim,9,{},\n"
    "2,cy,2026-01-06,kim,9,{},\n"
    "3,cy,2026-01-03,lou,9,{},\n"
    "4,cy,2026-01-04,,9,{},\n"
    "R1,cy,2026-01-07,kim,-9,{},1\n"
)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (("", "", "", "", ""), [1, 0, 1, 0, 1]),
        (("no", "", "", "", ""), [0, 0, 1, 0, 0]),
        (("", "", " ", "yes", ""), [1, 0, 1, 1, 1]),
        (("yes", "no", "no", "no", ""), [1, 0, 0, 0, 1]),
        (("yes", "no", "no", "no", "no"), [1, 0, 0, 0, 0]),
    ],
)
def test_an_empty_cell_of_first_order_is_found_in_the_file_as_a_missing_column_is(cells, first):
    """By time, not by row; a refund goes by its order."""
    assert first_of(FIRST.format(*cells)) == first


def test_first_orders_of_a_file_without_the_column_are_found_in_it():
    assert first_of(FIRST.replace(",first_order", "").replace("{},", "")) == [1, 0, 1, 0, 1]


def first_of(orders):
    """Which rows are of first orders, in the order of the file."""
    sales = company(orders=orders).snapshot.sales
    return sales.column("first")[sales.id.argsort()].tolist()


@pytest.mark.parametrize(
    ("tree", "people", "said"),
    [
        (BINARY, "ben,ana,ana,3\n", 'people.csv line 3: team_leg is "3"; expected one of left, right'),
        (BINARY, "ben,ana,ana,\n", "people.csv line 3: team_leg is empty; expected left or right"),
        (MATRIX, "ben,ana,ana,4\n", 'people.csv line 3: team_leg is "4"; expected one of left, right'),
        (
            MATRIX,
            "ben,ana,ana,\ncy,ana,ana,\ndee,ana,ana,\neve,ana,ana,\n",
            "people.csv line 6: team_parent ana has 3 people below already; expected at most 3",
        ),
    ],
)
def test_a_place_that_a_tree_does_not_have_is_refused(tree, people, said):
    plan = plans.parse((SHIPPED / "fernhollow.toml").read_text() + tree)
    sources = {"people": f"id,sponsor,team_parent,team_leg\nana,,,\n{people}", "orders": "id,person,at\n"}
    with pytest.raises(BadFile) as refused:
        read_company(plan, {name: Source.text(f"{name}.csv", text) for name, text in sources.items()}, "2026-01")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"state": "person,name,value\nben,rank.paid_as,77\n"},
            "rank.paid_as of ben is 77; expected the place of a rank, from 0 for none to",
        ),
        ({"state": "person,name,value\nben,rank.ago.2,-1\n"}, "rank.ago.2 of ben is -1"),
        ({"people": PEOPLE.replace("status", "state.rank.held").replace("open", "77")}, "rank.held of ben is 77"),
    ],
)
def test_a_rank_beyond_the_ladder_is_refused(files, said):
    with pytest.raises(BadFile) as refused:
        company(**files)
    assert said in str(refused.value)


def test_a_folder_without_orders_is_refused(tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    with pytest.raises(BadFile, match=r"orders\.csv is not in"):
        sources_in(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "people.csv").write_bytes(b"id,sponsor\n\xff\xfe,\n")
    (tmp_path / "orders.csv").write_text(ORDERS)
    with pytest.raises(BadFile, match=r"people\.csv line 2: not in UTF-8"):
        read_company(PLAN, sources_in(tmp_path), "2026-01")


def test_what_is_not_utf_8_is_found_far_down_in_a_file(tmp_path):
    (tmp_path / "people.csv").write_bytes(
        PEOPLE.encode() + b"".join(b"p%d,ana,,open\n" % each for each in range(4_000)) + b"J\xfcrg,ana,,\n"
    )
    (tmp_path / "orders.csv").write_text(ORDERS)
    with pytest.raises(BadFile, match=r"people\.csv line 4005: not in UTF-8"):
        read_company(PLAN, sources_in(tmp_path), "2026-01")
