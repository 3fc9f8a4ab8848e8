# ruff: noqa: E501  (a bad row and its answer stand in one line)
"""What a company's files become: people in their trees, shops, customers, orders with payments, refunds and volume."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backoffice import invariants
from backoffice.imports.company import Import
from backoffice.imports.files import Unreadable
from commissions import live
from commissions.models import VolumeEntry
from genealogy import people
from genealogy.models import Distributor, Position, User
from storefront.models import Customer, Order, Payment, Price, Product, Refund, Site
from tests.imports import company

TABLES = (
    "genealogy_user", "genealogy_distributor", "genealogy_position", "storefront_site", "storefront_product", "storefront_price",
    "storefront_customer", "storefront_order", "storefront_orderline", "storefront_payment", "storefront_refund",
    "storefront_refundline", "commissions_volumeentry", "commissions_period", "commissions_planversion",
)  # fmt: skip


def contents():
    """Return everything that an import writes, row by row."""
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def test_people_stand_in_both_trees_as_their_rows_say(folder):
    report = company.bring_in(folder)
    assert report.refused == {}
    assert report.added["people.csv"] == 5
    stand = Position.objects.filter(distributor__number="C1").select_related("parent__distributor", "tree").order_by("tree__code")
    assert [(place.tree.code, place.parent.distributor.number, place.leg) for place in stand] == [
        ("binary", "B1", Position.Leg.RIGHT),
        ("sponsor", "B1", None),
    ]
    assert Position.objects.get(distributor__number="A1", tree__code="sponsor").parent.distributor.is_house
    assert dict(Distributor.objects.values_list("number", "status"))["D1"] == "terminated"
    assert not User.objects.get(email="ana@example.com").has_usable_password()


def test_shops_customers_and_the_catalogue_come_in(folder):
    company.bring_in(folder)
    assert list(Site.objects.order_by("slug").values_list("slug", "distributor__number")) == [("ana", "A1"), ("cy", "C1")]
    kinds = Customer.objects.order_by("email").values_list("email", "kind", "referred_by__number")
    assert list(kinds) == [
        ("kit@example.com", "retail", "A1"),
        ("lou@example.com", "retail", None),
        ("pat@example.com", "preferred", "B1"),
    ]
    assert Product.objects.get(sku="TEA").details == 'Loose leaf\nWith a "little" mint'
    price = Price.objects.get(product__sku="OIL", market__code="us", buyer_kind="distributor")
    assert (price.amount_minor, price.pv, price.cv) == (3000, 3050, 2500)


def test_an_order_comes_with_its_lines_payment_and_volume(folder):
    company.bring_in(folder)
    order = Order.objects.get(number="O1")
    assert (order.status, order.total_minor, order.delivery_minor, order.refunded_minor) == ("paid", 6690, 690, 4000)
    assert (order.seller.number, order.attribution, order.street, order.city) == ("A1", "import", "1 Fern Road", "Portland")
    assert Payment.objects.get(order=order).amount_minor == 6690
    entries = VolumeEntry.objects.filter(reference=f"order:{order.pk}").order_by("line")
    assert [(e.pv, e.cv, e.paid_minor, e.retail_minor, e.seller_price_minor) for e in entries] == [
        (1200, 1000, 2000, 2000, 1500),
        (3050, 2500, 4000, 4000, 3000),
    ]


def test_who_is_credited_is_the_seller_the_buyer_or_the_house(folder):
    company.bring_in(folder)
    credited = Order.objects.order_by("number").values_list("number", "seller__number", "attribution", "buyer_kind")
    assert list(credited) == [
        ("O1", "A1", "import", "retail"),
        ("O2", "B1", "import", "preferred"),
        ("O3", "B1", "self", "distributor"),
        ("O4", "F1", "house", "retail"),
        ("O5", "A1", "import", "retail"),
    ]


def test_a_refund_takes_back_volume_and_a_whole_one_the_delivery_too(folder):
    company.bring_in(folder)
    part, whole = Refund.objects.order_by("created_at")
    assert (part.amount_minor, part.delivery_minor) == (4000, 0)
    assert (whole.amount_minor, whole.delivery_minor, whole.order.status) == (2600, 600, "refunded")
    taken = VolumeEntry.objects.get(reference=f"refund:{part.pk}")
    assert (taken.pv, taken.cv, taken.line, taken.reverses.pv) == (-3050, -2500, 2, 3050)


def test_a_line_at_another_price_brings_its_own_volume(folder):
    company.bring_in(folder)
    line = Order.objects.get(number="O5").lines.get()
    assert (line.unit_minor, line.pv, line.cv, line.retail_minor) == (1100, 500, 400, 2000)


def test_bringing_in_twice_changes_nothing(folder):
    company.bring_in(folder)
    before = contents()
    again = company.bring_in(folder)
    assert contents() == before
    assert again.refused == {}
    assert sum(again.added.values()) == 0
    assert (again.there["people.csv"], again.there["orders.csv"], again.there["customers.csv"]) == (5, 5, 3)


def test_what_has_grown_since_is_added(folder):
    company.bring_in(folder)
    company.add(folder, "people.csv", "G1,Gus,gus@example.com,us,C1,C1,left,active,2026-02-01T00:00:00+00:00,")
    company.add(folder, "orders.csv", "O6,us,USD,distributor,G1,,2026-02-09T00:00:00+00:00,0,15.00")
    company.add(folder, "order_lines.csv", "O6,1,TEA,1,15.00,,")
    report = company.bring_in(folder)
    assert (report.added["people.csv"], report.added["orders.csv"], report.refused) == (1, 1, {})
    assert Position.objects.get(distributor__number="G1", tree__code="binary").parent.distributor.number == "C1"


def test_a_check_keeps_nothing_and_finds_the_same(folder):
    before = contents()
    company.add(folder, "people.csv", "H1,Hal,hal@example.com,us,NOBODY,A1,left,active,2026-02-01T00:00:00+00:00,")
    report = company.bring_in(folder, dry=True)
    assert contents() == before
    assert (report.added["people.csv"], report.added["orders.csv"]) == (5, 5)
    assert report.refused == {"people.csv": 1}


def test_the_invariants_hold_after_an_import(folder):
    company.bring_in(folder)
    live.refresh_everything()
    assert [(finding.name, finding.faults) for finding in invariants.check() if finding.faults] == []


def statements(folder, **options):
    """Count what an import asks the database."""
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        company.bring_in(folder, **options)
        transaction.set_rollback(True)
    return len(asked)


def test_a_stretch_takes_the_same_few_statements_whatever_it_holds(folder):
    few = statements(folder)
    one_more = statements(folder, stretch=3) - few
    company.add(folder, "orders.csv", *(f"P{n},us,USD,distributor,A1,,2026-02-08T10:00:00+00:00,0,15.00" for n in range(60)))
    company.add(folder, "order_lines.csv", *(f"P{n},1,TEA,1,15.00,," for n in range(60)))
    assert statements(folder) == few
    assert one_more == 31


def test_numbers_that_are_given_out_later_go_on_after_those_brought_in(folder):
    company.add(folder, "people.csv", "F200500,Ida,ida@example.com,us,A1,B1,left,active,2026-02-01T00:00:00+00:00,")
    company.bring_in(folder)
    assert people.next_number() == "F200501"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("people.csv", "sponsor", "sponser", "people.csv, line 1: “sponser” is no column"),
        ("people.csv", "number,name", "name", "people.csv, line 1: the column “number” is missing"),
        ("company.toml", 'currency = "JPY"', 'currency = "JPX"', "“currency” is “JPX”, expected a currency of ISO 4217"),
        ("company.toml", 'currency = "JPY"', 'curency = "JPY"', "“curency” is not known in market 2"),
        ("company.toml", 'delivery = "600"', 'delivery = "600.5"', "“delivery” is “600.5”, expected an amount of 0 or more with at most 0"),
        ("company.toml", 'time_zone = "Asia/Tokyo"', 'time_zone = "Tokyo"', "“time_zone” is “Tokyo”, expected a time zone"),
        ("company.toml", 'market = "us"', 'market = "uk"', "“market” is “uk”, expected the code of a market"),
        ("plan.toml", "[activity]", "[activities]", "plan.toml: "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_stops_the_import_before_anything_is_written(folder, name, old, new, said):
    before = contents()
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Unreadable, match=said.replace("[", r"\[")):
        company.bring_in(folder)
    assert contents() == before


def test_another_company_is_not_mixed_in(folder):
    company.bring_in(folder)
    text = (folder / "company.toml").read_text()
    (folder / "company.toml").write_text(text.replace('number = "F1"', 'number = "X1"'))
    with pytest.raises(Unreadable, match="another company is stored here, with the house F1"):
        company.bring_in(folder)


def test_the_command_sums_up_and_ends_with_an_error_when_rows_were_refused(folder):
    line = company.add(folder, "orders.csv", "O7,us,EUR,retail,kit@example.com,A1,2026-02-03T10:00:00+00:00,0,20.00")
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_company", folder, stdout=said)
    assert ended.value.code == 1
    assert f"orders.csv, line {line}: currency is “EUR”, expected USD, the currency of the market us" in said.getvalue()
    assert (folder / "refused.csv").read_text().splitlines()[1].startswith(f"orders.csv,{line},currency,EUR,")


def test_the_command_names_a_folder_that_is_not_there(tmp_path, db):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_company", tmp_path / "nowhere")


def test_two_imports_at_once_do_not_meet(folder):
    first = Import(folder)
    second = Import(folder)
    first.run()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
               WHERE locktype = 'advisory' AND objid = %s AND datname = current_database()""",
            [0x706F7274],
        )
        assert cursor.fetchone() == (0,)
    assert second.run().there["people.csv"] == 5
