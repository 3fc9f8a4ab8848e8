"""Bringing volume in by the thousand."""

from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from commissions import periods, volume, volume_import
from commissions.models import LivePending, VolumeEntry
from commissions.volume_import import GIVEN, Loaded
from tests.commissions.company import at

BROUGHT = f"""
    CREATE TEMP TABLE brought ON COMMIT DROP AS SELECT {GIVEN}, reference AS reverses_reference, line AS reverses_line
    FROM commissions_volumeentry WITH NO DATA
"""


@dataclass(frozen=True)
class Entry:
    """One entry to bring in, its fields in the order that the import asks for."""

    reference: str
    line: int
    distributor_id: int
    credited_at: datetime
    buyer_kind: str
    buyer_reference: str
    market_id: int
    product: str
    quantity: int
    pv: int
    cv: int
    currency: str
    paid_minor: int
    retail_minor: int
    seller_price_minor: int
    reverses: tuple[str | None, int | None] = (None, None)


def load(entries):
    """Bring entries in by way of a table, as a caller does."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS brought")
        cursor.execute(BROUGHT)
        for entry in entries:
            *fields, reverses = astuple(entry)
            cursor.execute(f"INSERT INTO brought VALUES ({', '.join(['%s'] * 17)})", [*fields, *reverses])
    return volume_import.load("SELECT * FROM brought")


@pytest.fixture
def row(company):
    return Entry(
        reference="order:1", line=1, distributor_id=company.id("cy"), credited_at=at(2026, 10, 20), buyer_kind="retail",
        buyer_reference="customer:1", market_id=company.market.pk, product="tea", quantity=2, pv=1000, cv=800, currency="USD",
        paid_minor=5000, retail_minor=5000, seller_price_minor=3500,
    )  # fmt: skip


def back(row, **changes):
    figures = {name: -getattr(row, name) for name in volume.FIGURES}
    return replace(row, **{"reference": "refund:1", "reverses": (row.reference, row.line), **figures, **changes})


def test_a_chunk_comes_in_with_its_returns_and_asks_for_a_reload_of_its_periods(row):
    later = replace(row, reference="order:2", credited_at=at(2026, 11, 3))
    assert load([back(row), later, row]) == Loaded(added=3, repeated=0, late=0)
    assert VolumeEntry.objects.filter(period__name="2026-10").aggregate(pv=Sum("pv")) == {"pv": 0}
    assert list(LivePending.objects.values_list("kind", flat=True)) == ["history", "history"]


def test_a_repeated_chunk_adds_nothing(row):
    chunk = [row, back(row)]
    load(chunk)
    LivePending.objects.all().delete()
    assert load(chunk) == Loaded(added=0, repeated=2, late=0)
    assert not LivePending.objects.exists()


def test_a_chunk_with_other_figures_is_refused_as_a_whole(row):
    load([row])
    with pytest.raises(volume.Conflict, match="order:1 line 1"):
        load([replace(row, reference="order:2"), replace(row, pv=1)])
    assert VolumeEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"reverses": ("order:none", 1)}, "refund:1 line 1 takes back order:none line 1"),
        ({"quantity": -3}, "order:1 line 1 than was sold"),
    ],
)
def test_a_return_that_cannot_be_is_refused(row, changes, named):
    with pytest.raises(volume.Refused, match=named):
        load([row, back(row, **changes)])
    assert not VolumeEntry.objects.exists()


@pytest.mark.parametrize(("changes", "named"), [({"currency": "GBP"}, "GBP"), ({"distributor_id": 10**9}, "1000000000")])
def test_what_the_plan_could_not_count_is_refused(row, changes, named):
    with pytest.raises(volume.Refused, match=named):
        load([replace(row, **changes)])


def test_a_return_is_netted_in_its_sales_period_while_that_is_open(row):
    load([row, back(row, credited_at=row.credited_at + timedelta(days=20))])
    assert VolumeEntry.objects.get(reference="refund:1").period.name == "2026-10"


def test_history_of_a_shut_period_is_late(row):
    periods.shut(periods.containing(row.credited_at))
    assert load([row]).late == 1
    assert VolumeEntry.objects.get().period.name == "2026-11"


def test_the_importer_and_the_shop_agree_on_what_is_the_same(row):
    load([row])
    line = volume.VolumeLine(1, "tea", quantity=2, pv=1000, cv=800, paid_minor=5000, retail_minor=5000, seller_price_minor=3500)
    (entry,) = volume.credit(
        distributor_id=row.distributor_id, lines=[line], at=row.credited_at, reference="order:1", buyer_kind="retail",
        market_id=row.market_id, currency="USD",
    )  # fmt: skip
    assert VolumeEntry.objects.get() == entry
