# ruff: noqa: E501  (a bad row and its answer stand in one line)
"""Bad rows: each is refused by name, with its line, what stood there and what was expected, and nothing of it is written."""

import re

import pytest

from backoffice.imports.files import Unreadable
from commissions import plan_versions
from commissions.models import PlanVersion
from genealogy.models import Distributor, Market
from storefront.models import Customer, Order
from tests.imports import company

WHEN = "2026-02-01T00:00:00+00:00"

# file, row, field, value, part of what was expected
BAD_ROWS = [
    ("people.csv", "G1,Gus,gus@example.com,us,A1,B1", "", "G1,Gus,gus@example.com,us,A1,B1", "10 fields, not 6"),
    ("people.csv", f'G1,"Gus,gus@example.com,us,A1,B1,left,active,{WHEN},', "", f'G1,"Gus,gus@example.com,us,A1,B1,left,active,{WHEN},', "quotes that are opened and closed"),
    ("people.csv", f"g 1,Gus,gus@example.com,us,A1,B1,left,active,{WHEN},", "number", "g 1", "capital letters, digits and hyphens"),
    ("people.csv", f"G1,Gus,gus(at)example.com,us,A1,B1,left,active,{WHEN},", "email", "gus(at)example.com", "an e-mail address such as"),
    ("people.csv", f"G1,Gus,gus@example.com,fr,A1,B1,left,active,{WHEN},", "market", "fr", "a market of company.toml"),
    ("people.csv", f"G1,Gus,gus@example.com,us,Z9,B1,left,active,{WHEN},", "sponsor", "Z9", "the number of somebody in this file or in the company"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,Z9,left,active,{WHEN},", "placement", "Z9", "the number of somebody in this file or in the company"),
    ("people.csv", f"G1,Gus,gus@example.com,us,G1,B1,left,active,{WHEN},", "sponsor", "G1", "the circle is G1 → G1"),
    ("people.csv", f"G1,Gus,BEN@example.com,us,A1,B1,left,active,{WHEN},", "email", "ben@example.com", "line 3 has it too"),
    ("people.csv", f"B1,Gus,gus@example.com,us,A1,B1,left,active,{WHEN},", "number", "B1", "line 3 has it too"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,A1,left,active,{WHEN},", "leg", "0", "a free leg; line 3 stands there"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,B1,middle,active,{WHEN},", "leg", "middle", "left or right"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,,left,active,{WHEN},", "placement", "", "the number of the person above in the placement tree"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,B1,left,gone,{WHEN},", "status", "gone", "one of active, suspended, terminated"),
    ("people.csv", "G1,Gus,gus@example.com,us,A1,B1,left,active,2026-02-01,", "enrolled_at", "2026-02-01", "an instant with its offset"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,B1,left,active,{WHEN},Ana Shop", "shop", "Ana Shop", "small letters, digits and hyphens"),
    ("people.csv", f"G1,Gus,gus@example.com,us,A1,B1,left,active,{WHEN},ana", "shop", "ana", "line 2 has it too"),
    ("people.csv", f"G1,,gus@example.com,us,A1,B1,left,active,{WHEN},", "name", "", "a value"),
    ("customers.csv", f"KIT@example.com,Kit,us,,A1,{WHEN},,", "email", "kit@example.com", "line 2 has it too"),
    ("customers.csv", f"new@example.com,New,us,,Z9,{WHEN},,", "referred_by", "Z9", "the number of a distributor"),
    ("customers.csv", f"new@example.com,New,us,vip,A1,{WHEN},,", "kind", "vip", "one of retail, preferred"),
    ("products.csv", "TEA,other,Other,Tea,", "sku", "TEA", "line 2 has it too"),
    ("products.csv", "NEW,New One,New,Tea,", "slug", "New One", "small letters, digits and hyphens"),
    ("prices.csv", "NONE,us,retail,1.00,1,1", "product", "NONE", "the SKU of a product"),
    ("prices.csv", "OIL,jp,retail,10.50,1,1", "price", "10.50", "at most 0 decimals in JPY"),
    ("prices.csv", "OIL,jp,retail,-10,1,1", "price", "-10", "an amount of 0 or more"),
    ("prices.csv", "OIL,jp,retail,10,1.255,1", "pv", "1.255", "at most two decimals"),
    ("prices.csv", "OIL,jp,retail,10,999999999999,1", "pv", "999999999999", "at most 100000000000"),
    ("prices.csv", "OIL,us,preferred,999999999999.00,1,1", "price", "999999999999.00", "at most 100000000000"),
    ("orders.csv", f"O1,us,USD,retail,kit@example.com,A1,{WHEN},0,20.00", "number", "O1", "line 2 has it too"),
    ("orders.csv", f"O8,us,EUR,retail,kit@example.com,A1,{WHEN},0,20.00", "currency", "EUR", "USD, the currency of the market us"),
    ("orders.csv", f"O8,xx,USD,retail,kit@example.com,A1,{WHEN},0,20.00", "market", "xx", "a market of company.toml"),
    ("orders.csv", f"O8,us,USD,retail,who@example.com,A1,{WHEN},0,20.00", "buyer", "who@example.com", "the e-mail address of a customer"),
    ("orders.csv", f"O8,us,USD,retail,kit@example.com,Z9,{WHEN},0,20.00", "seller", "Z9", "the number of a distributor, or nothing"),
    ("orders.csv", f"O8,us,USD,retail,A1,A1,{WHEN},0,20.00", "buyer_kind", "retail", "distributor with a distributor's number"),
    ("orders.csv", f"O8,us,USD,distributor,A1,B1,{WHEN},0,15.00", "seller", "B1", "the buyer's own number"),
    ("orders.csv", "O8,us,USD,retail,kit@example.com,A1,2199-01-01T00:00:00+00:00,0,20.00", "paid_at", "2199-01-01", "an instant in the past"),
    ("orders.csv", f"O8,us,USD,retail,kit@example.com,A1,{WHEN},0,20.00", "number", "O8", "an order with at least one line"),
    ("orders.csv", f"O8,jp,JPY,retail,lou@example.com,,{WHEN},0,20.50", "total", "20.50", "at most 0 decimals in JPY"),
    ("order_lines.csv", "O1,3,TEA,-2,20.00,,", "quantity", "-2", "a whole number from 1 to 9999"),
    ("order_lines.csv", "O1,3,TEA,0,20.00,,", "quantity", "0", "a whole number from 1 to 9999"),
    ("order_lines.csv", "O1,3,NONE,1,20.00,,", "product", "NONE", "the SKU of a product"),
    ("order_lines.csv", "O4,2,OIL,1,20,,", "product", "OIL", "a product with a retail price in the market jp"),
    ("order_lines.csv", "O1,3,TEA,1,19.00,,", "unit_price", "19.00", "20.00, the price in the list"),
    ("order_lines.csv", "O4,2,TEA,1,20.5,1,1", "unit_price", "20.5", "at most 0 decimals"),
    ("order_lines.csv", "O1,2,TEA,1,20.00,,", "line", "2", "line 3 of the file has it too"),
    ("order_lines.csv", "O1,3,TEA,1,20.00,999999999999,1", "pv", "999999999999.00", "at most 100000000000 points for the whole line"),
    ("order_lines.csv", "O1,3,TEA,1,20.00,1,999999999999.99", "cv", "999999999999.99", "at most 100000000000 points for the whole line"),
    ("order_lines.csv", "O1,3,TEA,9999,999999999999.00,1,1", "unit_price", "999999999999.00", "comes to at most 100000000000"),
    ("order_lines.csv", "O99,1,TEA,1,20.00,,", "order", "O99", "the number of an order in orders.csv"),
    ("refunds.csv", f"O99,1,1,{WHEN},", "order", "O99", "the number of an order in orders.csv"),
    ("refunds.csv", "O2,7,1,2026-02-20T00:00:00+00:00,", "line", "7", "a line of this order"),
    ("refunds.csv", "O2,1,3,2026-02-20T00:00:00+00:00,", "quantity", "3", "no more than was sold, all refunds of the line together: 2"),
    ("refunds.csv", "O2,1,1,2026-02-01T00:00:00+00:00,", "refunded_at", "2026-02-01", "an instant after the order was paid"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "row", "field", "value", "expected"), BAD_ROWS)
def test_a_bad_row_is_refused_by_name(folder, name, row, field, value, expected):
    line = company.add(folder, name, row)
    company.bring_in(folder)
    about = [found for found in company.refused(folder) if found["file"] == name and found["line"] == str(line)]
    assert [found["field"] for found in about] == [field]
    assert about[0]["value"].lstrip("'").startswith(value)
    assert expected in about[0]["expected"]
    assert Distributor.objects.filter(number__in=["A1", "B1", "C1", "D1", "E1"]).count() == 5
    assert not Distributor.objects.filter(number="G1").exists()
    assert not Order.objects.filter(number="O8").exists()


def test_all_bad_rows_at_once_leave_the_good_ones(folder):
    """One golden bad company: every kind of fault in one folder, each answered in its own line."""
    lines = [(name, company.add(folder, name, row)) for name, row, *_rest in BAD_ROWS]
    report = company.bring_in(folder)
    answered = {(found["file"], int(found["line"])) for found in company.refused(folder)}
    assert set(lines) <= answered
    assert report.added["people.csv"] == 5
    assert set(Order.objects.values_list("number", flat=True)) == {"O2", "O3", "O5"}


def test_a_circle_is_named_with_its_members_and_takes_along_who_stands_below(folder):
    first = company.add(
        folder,
        "people.csv",
        f"X1,Xan,x@example.com,us,Y1,B1,left,active,{WHEN},",
        f"Y1,Yao,y@example.com,us,X1,X1,left,active,{WHEN},",
        f"W1,Wim,w@example.com,us,Y1,Y1,left,active,{WHEN},",
    )
    company.add(folder, "orders.csv", f"O9,us,USD,distributor,W1,,{WHEN},0,15.00")
    company.add(folder, "order_lines.csv", "O9,1,TEA,1,15.00,,")
    company.bring_in(folder)
    said = {(found["file"], found["line"], found["field"]): found["expected"] for found in company.refused(folder)}
    assert "the circle is X1 → Y1 → X1" in said["people.csv", str(first), "sponsor"]
    assert "the circle is Y1 → X1 → Y1" in said["people.csv", str(first + 1), "sponsor"]
    assert "a person above this one was refused" in said["people.csv", str(first + 2), "sponsor"]
    assert f"people.csv, line {first + 2}, was refused" in said["orders.csv", "7", "buyer"]
    assert not Distributor.objects.filter(number__in=["X1", "Y1", "W1"]).exists()


def test_who_stands_below_a_refused_person_is_told_the_line(folder):
    line = company.add(folder, "people.csv", f"X1,Xan,not-a-mail,us,A1,B1,left,active,{WHEN},")
    below = company.add(folder, "people.csv", f"Y1,Yao,y@example.com,us,X1,E1,left,active,{WHEN},")
    customer = company.add(folder, "customers.csv", f"new@example.com,New,us,,Y1,{WHEN},,")
    company.bring_in(folder)
    said = {(found["file"], int(found["line"])): found["expected"] for found in company.refused(folder)}
    assert f"line {line}, was refused" in said["people.csv", below]
    assert f"people.csv, line {below}, was refused" in said["customers.csv", customer]
    assert not Customer.objects.filter(email="new@example.com").exists()


def test_one_bad_line_refuses_the_order_whole_and_its_other_lines_and_refunds(folder):
    line = company.add(folder, "order_lines.csv", "O1,3,NONE,1,20.00,,")
    company.bring_in(folder)
    said = {(found["file"], int(found["line"])): found["expected"] for found in company.refused(folder)}
    assert f"line {line} of order_lines.csv was refused" in said["orders.csv", 2]
    assert "orders.csv, line 2, was refused" in said["order_lines.csv", 2]
    assert "orders.csv, line 2, was refused" in said["refunds.csv", 2]
    assert not Order.objects.filter(number="O1").exists()


def test_a_total_that_the_lines_do_not_come_to_is_told_with_the_right_one(folder):
    text = (folder / "orders.csv").read_text().replace("6.90,66.90", "6.90,65.90")
    (folder / "orders.csv").write_text(text)
    company.bring_in(folder)
    about = [found for found in company.refused(folder) if found["file"] == "orders.csv"]
    assert [(found["field"], found["value"]) for found in about] == [("total", "65.90")]
    assert "66.90, which is what the lines and the delivery come to" in about[0]["expected"]


def test_an_open_quote_spoils_its_own_line_only(folder):
    company.add(folder, "customers.csv", f'q1@example.com,"Quinn,us,,A1,{WHEN},,', f"q2@example.com,Quest,us,,A1,{WHEN},,")
    company.bring_in(folder)
    assert not Customer.objects.filter(email="q1@example.com").exists()
    assert Customer.objects.filter(email="q2@example.com").exists()


def test_text_that_is_no_utf_8_is_refused(folder):
    with (folder / "customers.csv").open("ab") as file:
        file.write(b"x@example.com,Andr\xe9,us,,A1,2025-01-01T00:00:00+00:00,,\n")
    company.bring_in(folder)
    (about,) = company.refused(folder)
    assert (about["field"], about["expected"]) == ("name", "text in UTF-8 without control characters")


def test_somebody_stored_with_another_address_or_sponsor_is_not_changed(folder):
    company.bring_in(folder)
    text = (folder / "people.csv").read_text().replace("ben@example.com", "benno@example.com").replace("jp,B1,B1", "jp,A1,B1")
    (folder / "people.csv").write_text(text)
    company.bring_in(folder)
    said = {
        found["line"]: (found["field"], found["expected"]) for found in company.refused(folder) if found["file"] == "people.csv"
    }
    assert said["3"] == ("email", "the e-mail address that is stored for this number")
    assert said["4"][0] == "sponsor"
    assert Distributor.objects.get(number="B1").user.email == "ben@example.com"


def test_an_order_stored_with_another_total_is_not_changed(folder):
    company.bring_in(folder)
    (folder / "orders.csv").write_text((folder / "orders.csv").read_text().replace(",36.00", ",54.00"))
    company.bring_in(folder)
    assert next((found["file"], found["field"]) for found in company.refused(folder)) == ("orders.csv", "number")
    assert Order.objects.get(number="O2").total_minor == 3600


def test_a_value_in_the_report_is_never_a_formula(folder):
    company.add(folder, "order_lines.csv", "O1,3,TEA,=1+1,20.00,,")
    company.bring_in(folder)
    assert "'=1+1" in [found["value"] for found in company.refused(folder)]


def test_a_market_whose_currency_the_plan_cannot_count_is_refused_and_nothing_is_kept(folder):
    text = (folder / "company.toml").read_text().replace('"JP"\ncurrency = "JPY"', '"CH"\ncurrency = "CHF"')
    (folder / "company.toml").write_text(text)
    with pytest.raises(Unreadable, match=r"market jp: “currency” is “CHF”, but the plan can count USD, .*EUR"):
        company.bring_in(folder)
    assert not Market.objects.exists() and not PlanVersion.objects.exists() and not Distributor.objects.exists()


def test_an_order_that_the_plan_of_its_day_cannot_count_is_refused_in_words(folder):
    """The plan in the folder knows the currency, but the orders fall to one in force earlier, which does not."""
    plan = (folder / "plan.toml").read_text()
    plan_versions.store(re.sub(r"^JPY = .*\n", "", plan, flags=re.MULTILINE))
    later = re.sub(r"^version = 1$", "version = 2", plan, flags=re.MULTILINE)
    later = re.sub(r"^(effective_from = )\S+$", r"\g<1>2026-03-01", later, flags=re.MULTILINE)
    (folder / "plan.toml").write_text(later)
    with pytest.raises(Unreadable, match="no exchange rate for JPY"):
        company.bring_in(folder)
    assert not Order.objects.exists()
