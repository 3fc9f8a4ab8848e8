"""The live figure is the run's figure: under every shipped plan, on the demo company, to the cent."""

import shutil

import numpy as np
import pytest
from django.db import transaction

from backoffice.demo import making
from commissions import live, live_pending, periods, plan_versions, runs, volume
from commissions.models import EarningTotal, LivePending, RunStanding, RunTotal, Standing, VolumeEntry
from genealogy import people, trees
from genealogy.models import Distributor, Position, Tree
from genealogy.trees.loading import Entry
from tests.commissions.company import settle
from tests.commissions.plans.examples import SHIPPED
from tests.commissions.settling import calculated, somebody
from tests.demo.conftest import END, PEOPLE

PLANS = sorted(path.stem for path in SHIPPED.glob("*.toml"))


@pytest.fixture(params=PLANS)
def company(request, db, demo_files, tmp_path, settings, monkeypatch):
    """The demo company under a shipped plan, its people in every tree that the plan names."""
    settings.DEMO = True
    folder = shutil.copytree(demo_files, tmp_path / "company")
    (folder / "plan.toml").write_text((SHIPPED / f"{request.param}.toml").read_text())
    making.make(people=PEOPLE, seed=3, end=END, folder=folder, say=lambda text: None)
    seat_everybody(plan_versions.load(plan_versions.in_force(END)))
    monkeypatch.setattr("django.utils.timezone.now", lambda: END)
    live.refresh_everything()
    return request.param


def seat_everybody(plan):
    """Put everybody into the trees that the company does not have yet, level by level."""
    standing = list(
        Position.objects.filter(tree__code="sponsor").order_by("level", "pk").values_list("distributor_id", flat=True)
    )
    for code, tree in plan.trees.items():
        if not Tree.objects.filter(code=code).exists():
            planted = trees.plant(code=code, kind=Tree.Kind(tree.kind), name=code, distributor_id=standing[0])
            seats = [
                Entry(str(person), person, standing[(number - 1) // tree.width], (number - 1) % tree.width)
                for number, person in enumerate(standing[1:], 1)
            ]
            assert not trees.load(planted, seats).refused


@pytest.mark.slow
def test_live_totals_and_ranks_are_those_of_a_run_before_and_after_more_sales(company):
    clerk = somebody("clerk")
    period = periods.counting(END)[0]
    assert compared(period, clerk) > 0
    refresher = live.Refresher()
    try:
        settle(refresher)
        chance = np.random.default_rng(11)
        newcomers = [enrol(chance, number) for number in range(3)]
        sell_on(chance, 20, newcomers)
        settle(refresher)
        sell_on(chance, 20, newcomers)
        settle(refresher)
    finally:
        refresher.drop()
    assert compared(period, clerk) > 0


def compared(period, clerk):
    """Compare what is live with a preview of the run, and return how much is paid."""
    run = calculated(period, clerk, how=runs.preview)
    live_totals = totals(EarningTotal.objects.filter(period=period))
    places = dict(run.bonuses.values_list("place", "code"))
    ran = {
        (who, places[place]): amount
        for who, place, amount in RunTotal.objects.filter(run_id=run.pk).values_list("distributor_id", "bonus", "amount_minor")
        if amount
    }
    assert live_totals == ran
    figures = ("distributor_id", "pv", "gv", "is_active", "rank", "best_rank")
    stands = set(Standing.objects.filter(period=period).values_list(*figures))
    assert stands == set(
        RunStanding.objects.filter(run_id=run.pk, distributor__in=[who for who, *_ in stands]).values_list(*figures)
    )
    return sum(ran.values())


def totals(rows):
    return {(who, code): amount for who, code, amount in rows.values_list("distributor_id", "bonus", "amount_minor") if amount}


def enrol(chance, number):
    """Enrol somebody under a sponsor by chance, who is seated in the binary tree too; return the newcomer."""
    sponsors = list(Distributor.objects.filter(status="active", is_house=False).order_by("pk"))
    sponsor = sponsors[int(chance.integers(len(sponsors)))]
    with transaction.atomic():
        newcomer = people.enrol(
            sponsor_number=sponsor.number, market=sponsor.market, name="New", email=f"new{number}@example.com", at=END
        )
        live_pending.note(LivePending.Kind.ENROLMENT, [newcomer.pk])
    return newcomer.pk


def sell_on(chance, count, newcomers):
    """Sell like things that were sold before, by newcomers and by others by chance."""
    sold = list(VolumeEntry.objects.filter(reverses=None).order_by("pk")[:200])
    sellers = list(Distributor.objects.filter(is_house=False, status="active").values_list("pk", flat=True)) + newcomers * 20
    already = VolumeEntry.objects.count()
    for number in range(already, already + count):
        like = sold[int(chance.integers(len(sold)))]
        line = volume.VolumeLine(
            number=1, product=like.product, quantity=1, pv=like.pv * 3, cv=like.cv * 3,
            paid_minor=like.paid_minor, retail_minor=like.retail_minor, seller_price_minor=like.seller_price_minor,
        )  # fmt: skip
        volume.credit(
            distributor_id=sellers[int(chance.integers(len(sellers)))], lines=[line], at=END, currency=like.currency,
            reference=f"more:{number}", buyer_kind=VolumeEntry.BuyerKind(like.buyer_kind), market_id=like.market_id,
        )  # fmt: skip
