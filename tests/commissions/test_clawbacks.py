"""Orders of a closed period that come back: the lines that they paid are reversed, exactly, to the same people."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commissions import periods, plan_versions, snapshots, volume
from commissions.models import RunLine, RunStanding, RunTotal
from commissions.runs import clawbacks, steps
from tests.commissions import company as companies
from tests.commissions.company import Company, at
from tests.commissions.settling import calculated, closed, somebody

pytestmark = pytest.mark.django_db

SOLD, RETURNED = at(2026, 9, 10, 12), at(2026, 10, 6, 12)
OUTLINE = """
    house
      ana
        ben
          cy
        bob
      eve
        dee
"""
UNITS = ["order", "source", "payee", "mixed"]


def document(*, unit="order", returns="within_days = 90\nlowers_qualifying = true"):
    """Return the plan of the tests with another unit of a line and a rule for returns."""
    text = companies.plan()
    if unit == "mixed":  # the first bonus by the order, the second by the seller
        head, tail = text.rsplit('line = "order"', 1)
        text = f'{head}line = "source"{tail}'
    text = text.replace('line = "order"', f'line = "{unit if unit != "mixed" else "order"}"')
    return text + f"\n[returns]\n{returns}\n"


@pytest.fixture
def clerk(db):
    return somebody("clerk")


@pytest.fixture
def second(db):
    return somebody("second")


def sell(company, name, pieces, *, reference, points=10_000, when=SOLD):
    """Credit an order of some pieces, and a second line of one."""
    lines = [
        volume.VolumeLine(
            number=number, product=product, quantity=quantity, pv=points * quantity, cv=points * quantity - 7 * quantity,
            paid_minor=13_333 * quantity, retail_minor=13_333 * quantity, seller_price_minor=10_001 * quantity,
        )
        for number, product, quantity in ((1, "tea", pieces), (2, "pot", 1))
    ]  # fmt: skip
    volume.credit(
        distributor_id=company.id(name), lines=lines, at=when, currency="USD", reference=reference, buyer_kind="retail",
        market_id=company.market.pk,
    )  # fmt: skip


def world(clerk, second, **options):
    """Return a company with a closed September, and that run."""
    company = Company(OUTLINE, document=document(**options))
    for number, (name, pieces) in enumerate((("cy", 3), ("ben", 2), ("ana", 2), ("bob", 4), ("dee", 5)), 1):
        sell(company, name, pieces, reference=f"order:{number}")
    return company, closed(periods.containing(SOLD), clerk, second)


def paid(*runs_of):
    """Sum what each person got by the lines of some runs."""
    sums = {}
    for line in RunLine.objects.filter(run_id__in=[run.pk for run in runs_of]).exclude(payee_id=0):
        sums[line.payee_id] = sums.get(line.payee_id, 0) + line.amount_minor - (line.cut_minor or 0)
    return sums


@pytest.mark.parametrize("unit", UNITS)
def test_returning_everything_returns_every_balance(clerk, second, unit):
    company, september = world(clerk, second, unit=unit)
    for number in range(1, 6):
        volume.reverse(reference=f"refund:{number}", of_reference=f"order:{number}", at=RETURNED)
    october = closed(periods.containing(RETURNED), clerk, second)
    assert october.clawback_minor == -september.earned_minor < 0
    assert set(paid(september, october).values()) == {0}
    before = {row.distributor_id: row.payable_minor or 0 for row in RunStanding.objects.filter(run_id=september.pk)}
    after = {row.distributor_id: row.carried_minor or 0 for row in RunStanding.objects.filter(run_id=october.pk)}
    assert {who: -amount for who, amount in before.items()} == after
    assert company.id("cy") in before


def test_a_reversing_line_names_the_line_that_it_reverses(clerk, second):
    company, september = world(clerk, second)
    (refund, _pot) = volume.reverse(reference="refund:1", of_reference="order:1", at=RETURNED)
    october = calculated(periods.containing(RETURNED), clerk)
    back = list(RunLine.objects.filter(run_id=october.pk, reverses_run=september.pk))
    assert len(back) == october.lines > 2
    for line in back:
        recorded = RunLine.objects.get(run_id=september.pk, number=line.reverses_number)
        assert (line.payee_id, line.source_id, line.level) == (recorded.payee_id, recorded.source_id, recorded.level)
        assert (line.amount_minor, line.base) == (-recorded.amount_minor, -recorded.base)
        assert line.entry_id in (refund.pk, _pot.pk)
    assert company.id("cy") in {line.payee_id for line in back}


@pytest.mark.parametrize("unit", ["order", "source"])
def test_partial_returns_sum_to_the_whole_over_several_periods(clerk, second, unit, monkeypatch):
    _company, september = world(clerk, second, unit=unit)
    monkeypatch.setattr(steps, "_now", lambda: at(2027, 3, 1))
    settled = [september]
    for part, quantities in enumerate(({1: 1}, {1: 1, 2: 1}, {1: 1})):
        when = at(2026, 10 + part, 6)
        volume.reverse(reference=f"refund:{part}", of_reference="order:1", at=when, quantities=quantities)
        settled.append(closed(periods.containing(when), clerk, second))
    assert all(run.clawback_minor < 0 for run in settled[1:])
    taken = {}
    for line in RunLine.objects.filter(reverses_run=september.pk):
        taken[line.reverses_number] = taken.get(line.reverses_number, 0) - line.amount_minor
    assert taken
    for number, amount in taken.items():
        assert RunLine.objects.get(run_id=september.pk, number=number).amount_minor == amount


@pytest.mark.parametrize(("lowers", "pv"), [("true", -40_000), ("false", 0)])
def test_a_late_return_pays_nothing_by_itself_and_lowers_the_qualifying_volume_if_the_plan_says_so(clerk, second, lowers, pv):
    company, _september = world(clerk, second, returns=f"within_days = 90\nlowers_qualifying = {lowers}")
    volume.reverse(reference="refund:1", of_reference="order:1", at=RETURNED)
    sales = snapshots.take(periods.containing(RETURNED)).sales
    assert (int(sales.pv.sum()), int(sales.cv.sum()), int(sales.paid_minor.sum())) == (pv, 0, 0)
    october = calculated(periods.containing(RETURNED), clerk)
    assert (october.earned_minor, october.unearned_minor) == (0, 0)
    assert RunStanding.objects.get(run_id=october.pk, distributor=company.id("cy")).pv == pv
    assert october.clawback_minor < 0


def test_a_return_after_the_time_that_the_plan_gives_takes_nothing_back(clerk, second):
    _company, _september = world(clerk, second, returns="within_days = 20\nlowers_qualifying = true")
    volume.reverse(reference="refund:1", of_reference="order:1", at=RETURNED)
    october = calculated(periods.containing(RETURNED), clerk)
    assert (october.clawback_minor, october.earned_minor) == (0, 0)


def test_a_return_while_the_period_is_open_is_netted_and_takes_nothing_back(clerk):
    company = Company(OUTLINE, document=document())
    sell(company, "cy", 3, reference="order:1")
    volume.reverse(reference="refund:1", of_reference="order:1", at=at(2026, 9, 20))
    september = calculated(periods.containing(SOLD), clerk)
    assert (september.cv, september.earned_minor, september.clawback_minor) == (0, 0, 0)


def test_a_negative_balance_is_carried_and_recovered_from_what_comes(clerk, second, monkeypatch):
    company, september = world(clerk, second)
    monkeypatch.setattr(steps, "_now", lambda: at(2027, 3, 1))
    volume.reverse(reference="refund:1", of_reference="order:1", at=RETURNED)
    october = closed(periods.containing(RETURNED), clerk, second)
    owes = RunStanding.objects.get(run_id=october.pk, distributor=company.id("cy")).carried_minor
    assert owes == -RunStanding.objects.get(run_id=september.pk, distributor=company.id("cy")).earned_minor
    sell(company, "cy", 9, reference="order:9", when=at(2026, 11, 5))
    november = calculated(periods.containing(at(2026, 11, 5)), clerk)
    row = RunStanding.objects.get(run_id=november.pk, distributor=company.id("cy"))
    assert (row.brought_minor, row.payable_minor, row.carried_minor or 0) == (owes, row.earned_minor + owes, 0)


def test_a_bonus_that_the_plan_no_longer_has_is_taken_back_under_its_own_name(clerk, second):
    company, _september = world(clerk, second)
    text = document().replace("version = 1", "version = 2").replace("effective_from = 2026-01-01", "effective_from = 2026-10-01")
    head, _retail, tail = text.partition('[[bonuses]]\nkind = "retail_profit"')
    plan_versions.store(head + tail[tail.index("[[bonuses]]") :])
    volume.reverse(reference="refund:1", of_reference="order:1", at=RETURNED)
    october = calculated(periods.containing(RETURNED), clerk)
    retail = october.bonuses.get(code="retail")
    assert (retail.place, retail.name) == (1, "Retail profit")
    assert retail.clawback_minor == RunTotal.objects.get(
        run_id=october.pk, distributor=company.id("cy"), bonus=retail.place
    ).amount_minor  # fmt: skip
    assert retail.clawback_minor < 0


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_whatever_comes_back_no_line_is_reversed_by_more_than_it_paid(data):
    unit = data.draw(st.sampled_from(UNITS))
    with transaction.atomic():
        clerk, second = somebody("clerk"), somebody("second")
        _company, september = world(clerk, second, unit=unit)
        for number, most in enumerate((3, 2, 2, 4, 5), 1):
            quantities = {
                line: pieces
                for line, pieces in ((1, data.draw(st.integers(0, most))), (2, data.draw(st.integers(0, 1))))
                if pieces
            }
            if quantities:
                volume.reverse(reference=f"refund:{number}", of_reference=f"order:{number}", at=RETURNED, quantities=quantities)
        found = clawbacks.find(periods.containing(RETURNED))
        recorded = {line.number: line.amount_minor for line in RunLine.objects.filter(run_id=september.pk)}
        for number, amount in zip(found.reverses_number.tolist(), found.amount_minor.tolist(), strict=True):
            assert 0 < -amount <= recorded[number]
        assert len(set(found.reverses_number.tolist())) == len(found)
        transaction.set_rollback(True)
