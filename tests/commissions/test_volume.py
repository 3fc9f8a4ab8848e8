"""Crediting volume and taking it back."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from commissions import facts, periods, volume
from commissions.models import Fact, LivePending, VolumeEntry
from commissions.volume import VolumeLine
from tests.commissions.company import at

NOVEMBER = at(2026, 11, 10, 12)
TEA = VolumeLine(1, "tea", quantity=3, pv=1000, cv=800, paid_minor=5000, retail_minor=5000, seller_price_minor=3500)
SOAP = VolumeLine(2, "soap", quantity=1, pv=201, cv=101, paid_minor=999, retail_minor=999, seller_price_minor=700)


@pytest.fixture
def credit(company):
    def call(*lines, **changes):
        return volume.credit(
            **{
                "distributor_id": company.id("cy"), "lines": lines or (TEA, SOAP), "at": NOVEMBER, "reference": "order:81",
                "buyer_kind": "retail", "buyer_reference": "customer:5", "market_id": company.market.pk, "currency": "USD",
                **changes,
            }
        )  # fmt: skip

    return call


def figures(reference):
    names = ("line", "quantity", "pv", "cv", "paid_minor", "retail_minor", "seller_price_minor")
    return list(VolumeEntry.objects.filter(reference=reference).order_by("line").values_list(*names))


def test_a_sale_is_credited_line_by_line_and_noted_for_the_live_figures(credit, company):
    entries = credit()
    assert [(entry.reference, entry.line, entry.period.name, entry.is_late) for entry in entries] == [
        ("order:81", 1, "2026-11", False),
        ("order:81", 2, "2026-11", False),
    ]
    assert figures("order:81") == [(1, 3, 1000, 800, 5000, 5000, 3500), (2, 1, 201, 101, 999, 999, 700)]
    assert set(LivePending.objects.values_list("kind", "subject_id")) == {("volume", entry.pk) for entry in entries}


def test_crediting_again_changes_nothing_and_returns_what_is_there(credit):
    first = credit()
    again = credit()
    assert [entry.pk for entry in again] == [entry.pk for entry in first]
    assert LivePending.objects.count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"lines": (replace(TEA, pv=999), SOAP)},
        {"lines": (replace(TEA, volumes={"points": 5}), SOAP)},
        {"lines": (replace(TEA, code="starter"), SOAP)},
        {"lines": (replace(TEA, party="party:3"), SOAP)},
        {"buyer_kind": "preferred"},
        {"currency": "EUR"},
        {"at": at(2026, 11, 10, 13)},
    ],
)
def test_the_same_reference_with_other_figures_is_refused(credit, changed):
    credit()
    with pytest.raises(volume.Conflict, match="order:81 line 1"):
        credit(**changed)
    assert VolumeEntry.objects.count() == 2


@pytest.mark.parametrize("numbers", [(1,), (1, 2, 3), (3,)], ids=["fewer", "one more", "another"])
def test_the_same_reference_with_other_lines_is_refused(credit, numbers):
    credit()
    lines = {1: TEA, 2: SOAP, 3: replace(SOAP, number=3)}
    with pytest.raises(volume.Conflict, match="order:81 was credited before with other lines"):
        credit(*(lines[number] for number in numbers))
    assert VolumeEntry.objects.count() == LivePending.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"lines": (replace(TEA, quantity=0),)}, "order:81.*quantity of line 1"),
        ({"lines": (replace(TEA, quantity=-2),)}, "order:81.*quantity of line 1"),
        ({"lines": (TEA, TEA)}, "order:81.*same number"),
        ({"lines": (replace(TEA, pv=10.5),)}, "pv of line 1"),
        ({"lines": (replace(TEA, paid_minor=2**63),)}, "paid_minor of line 1"),
        ({"buyer_kind": "friend"}, "order:81.*retail, preferred, distributor"),
        ({"currency": "XXX"}, "'XXX' is not a currency"),
        ({"currency": "GBP"}, "no exchange rate for GBP"),
        ({"reference": "81"}, "such as order:81"),
        ({"reference": "order:" + "1" * 90}, "80 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_leaves_nothing(credit, changed, named):
    with pytest.raises(volume.Refused, match=named):
        credit(**changed)
    assert not VolumeEntry.objects.exists()
    assert not LivePending.objects.exists()


def test_no_line_at_all_is_refused(credit):
    with pytest.raises(volume.Refused, match="no line to credit"):
        credit(lines=())


def test_somebody_outside_the_sponsor_tree_gets_no_volume(credit, company):
    stranger = type(company.people["cy"]).objects.create(number="X1", name="Stranger", market=company.market)
    with pytest.raises(volume.Refused, match=f"Distributor {stranger.pk} has no place"):
        credit(distributor_id=stranger.pk)


def test_a_whole_return_takes_back_every_figure(credit):
    credit()
    volume.reverse(reference="refund:1", of_reference="order:81", at=at(2026, 11, 12))
    totals = VolumeEntry.objects.aggregate(*(Sum(name) for name in volume.FIGURES))
    assert set(totals.values()) == {0}
    assert {entry.reverses.line: entry.line for entry in VolumeEntry.objects.filter(reference="refund:1")} == {1: 1, 2: 2}


def test_partial_returns_are_pro_rata_and_sum_to_the_whole(credit):
    credit()
    for number in (1, 2, 3):
        volume.reverse(reference=f"refund:{number}", of_reference="order:81", quantities={1: 1}, at=at(2026, 11, 12))
    assert [figures(f"refund:{n}")[0][1:4] for n in (1, 2, 3)] == [(-1, -333, -267), (-1, -334, -266), (-1, -333, -267)]
    line = VolumeEntry.objects.filter(line=1).aggregate(*(Sum(name) for name in volume.FIGURES))
    assert set(line.values()) == {0}


def test_returning_again_changes_nothing(credit):
    credit()
    first = volume.reverse(reference="refund:1", of_reference="order:81", quantities={1: 2}, at=at(2026, 11, 12))
    again = volume.reverse(reference="refund:1", of_reference="order:81", quantities={1: 2}, at=at(2026, 11, 13))
    assert [entry.pk for entry in again] == [entry.pk for entry in first]
    with pytest.raises(volume.Conflict, match="refund:1"):
        volume.reverse(reference="refund:1", of_reference="order:81", quantities={1: 1}, at=at(2026, 11, 12))


@pytest.mark.parametrize(
    ("of_reference", "quantities", "named"),
    [
        ("order:81", {1: 3}, "line 1: 3 asked back, 2 left"),
        ("order:81", {1: 0}, "line 1: 0 asked back"),
        ("order:81", {9: 1}, "order:81 has no line 9"),
        ("order:82", None, "Nothing was credited as order:82"),
    ],
)
def test_a_return_of_more_than_is_left_is_refused(credit, of_reference, quantities, named):
    credit()
    volume.reverse(reference="refund:1", of_reference="order:81", quantities={1: 1}, at=at(2026, 11, 12))
    with pytest.raises(volume.Refused, match=named):
        volume.reverse(reference="refund:2", of_reference=of_reference, quantities=quantities, at=at(2026, 11, 12))
    assert not VolumeEntry.objects.filter(reference="refund:2").exists()


def test_a_return_cannot_be_returned(credit):
    credit()
    volume.reverse(reference="refund:1", of_reference="order:81", at=at(2026, 11, 12))
    with pytest.raises(volume.Refused, match="Nothing was credited as refund:1"):
        volume.reverse(reference="refund:2", of_reference="refund:1", at=at(2026, 11, 12))
    with pytest.raises(volume.Refused, match="Everything of order:81"):
        volume.reverse(reference="refund:3", of_reference="order:81", at=at(2026, 11, 12))


def test_while_the_period_is_open_a_return_is_netted_there(credit):
    (sold, *_rest) = credit(at=at(2026, 10, 20))
    (back, *_rest) = volume.reverse(reference="refund:1", of_reference="order:81", at=at(2026, 11, 3))
    assert (back.period.name, back.credited_at, back.is_late) == ("2026-10", sold.credited_at, False)


def test_after_the_period_was_shut_a_return_counts_when_it_is_processed(credit):
    (sold, *_rest) = credit(at=at(2026, 10, 20))
    periods.shut(sold.period)
    (back, *_rest) = volume.reverse(reference="refund:1", of_reference="order:81", at=at(2026, 12, 3))
    assert (back.period.name, back.credited_at, back.is_late) == ("2026-12", at(2026, 12, 3), False)


def test_volume_that_arrives_late_is_marked(credit):
    periods.shut(periods.containing(at(2026, 10, 20)))
    (entry, *_rest) = credit(at=at(2026, 10, 20))
    assert (entry.period.name, entry.is_late, entry.credited_at) == ("2026-11", True, at(2026, 10, 20))


@pytest.mark.parametrize("change", ["UPDATE commissions_volumeentry SET pv = 1", "DELETE FROM commissions_volumeentry"])
def test_the_database_refuses_to_change_volume(credit, change):
    credit()
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_fact_is_recorded_once(company):
    told = {"distributor_id": company.id("cy"), "kind": "agreement_signed", "at": NOVEMBER, "reference": "agreement:7"}
    assert facts.record(**told).pk == facts.record(**told).pk
    assert LivePending.objects.filter(kind="fact").count() == 1
    with pytest.raises(facts.Conflict, match="agreement:7"):
        facts.record(**{**told, "value": 0})
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        Fact.objects.all().delete()


def test_a_credit_costs_a_handful_of_queries(credit, django_assert_num_queries):
    credit()
    with django_assert_num_queries(6):  # savepoint twice, the books, the period, the tree, the entries with their notes
        credit(reference="order:82")
