"""While a company's first orders come in, indexes and references rest; however that ends, they are there again."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from backoffice import invariants
from backoffice.imports import indexes
from genealogy.loading import PEOPLE_TABLES
from storefront import loading
from tests.imports import company

SCHEMA = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%s::regclass[]) AND indisvalid UNION ALL
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND convalidated
"""


@pytest.fixture
def folder(tmp_path, transactional_db):
    """A small company in files, for a test that commits."""
    yield company.write(tmp_path / "company")
    indexes.put_back()


def schema():
    """Return each index and each constraint of the tables that an import fills, by name."""
    tables = [*PEOPLE_TABLES, *loading.CUSTOMER_TABLES, *loading.ORDER_TABLES]
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA, [tables, tables])
        return dict(cursor.fetchall())


def let_rest():
    """Let rest what may, as an import does that is killed in the next moment."""
    indexes.let_rest(PEOPLE_TABLES)
    indexes.let_rest(loading.CUSTOMER_TABLES)
    indexes.let_rest(loading.ORDER_TABLES, needed=loading.NEEDED)


def faults():
    """Return what ``manage.py verify`` says of it."""
    return [fault for finding in invariants.check(["rested"]) for fault in finding.faults]


def test_a_first_import_leaves_the_tables_as_they_were(folder):
    before, said = schema(), []
    report = company.bring_in(folder, stretch=1, say=said.append)
    assert report.added["orders.csv"] == 5
    assert len([text for text in said if text.endswith("indexes and references are built")]) == 3
    assert schema() == before
    assert indexes.waiting() == []


def test_what_keeps_a_row_from_coming_twice_never_rests(folder):
    before = schema()
    let_rest()
    left = schema()
    assert sorted(before.keys() - left.keys()) == sorted(indexes.waiting())
    assert {name for name, said in before.items() if "UNIQUE" in said or "PRIMARY" in said or "CHECK" in said} <= left.keys()
    assert set(loading.NEEDED) <= left.keys()
    assert not [said for said in left.values() if said.startswith("FOREIGN KEY")]
    indexes.put_back()
    assert schema() == before


@pytest.mark.parametrize("again", ["import", "prepare"])
def test_after_a_kill_the_next_import_or_the_next_start_builds_them(folder, again):
    before = schema()
    let_rest()
    assert len(faults()) == len(indexes.waiting()) > 40
    if again == "prepare":
        call_command("prepare")
    else:
        company.bring_in(folder)
    assert schema() == before
    assert faults() == []


def test_what_rests_is_dropped_once_and_built_once(folder):
    before = schema()
    let_rest()
    resting = indexes.waiting()
    let_rest()
    assert indexes.waiting() == resting
    indexes.put_back(PEOPLE_TABLES)
    assert indexes.waiting(PEOPLE_TABLES) == []
    assert indexes.waiting(loading.ORDER_TABLES) != []
    indexes.put_back()
    assert schema() == before


def test_who_has_orders_keeps_every_index_meanwhile(folder):
    company.bring_in(folder)
    company.add(folder, "orders.csv", *(f"O{n},us,USD,distributor,A1,,2026-02-08T10:00:00+00:00,0,15.00" for n in (6, 7)))
    company.add(folder, "order_lines.csv", *(f"O{n},1,TEA,1,15.00,," for n in (6, 7)))
    said = []
    assert company.bring_in(folder, stretch=1, say=said.append).added["orders.csv"] == 2
    assert not [text for text in said if "built" in text]


def test_a_row_that_refers_to_nobody_is_found_when_the_references_are_built(folder):
    company.bring_in(folder)
    let_rest()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE storefront_order SET market_id = market_id + 1000 WHERE number = 'O1'")
        with pytest.raises(IntegrityError, match=r"market_id.*is not present in table"):
            indexes.put_back()
        assert [name for name in indexes.waiting() if "market_id" in name]
        cursor.execute("UPDATE storefront_order SET market_id = market_id - 1000 WHERE number = 'O1'")
