"""Random stories: after any of them the live figures are what a whole calculation from the database says, to the cent."""

from dataclasses import replace

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commissions import live, live_pending, volume
from commissions.models import LivePending, VolumeEntry
from commissions.volume import VolumeLine
from genealogy.models import Distributor
from tests import databases
from tests.commissions.company import OUTLINE, Company, at, plan, proven, settle

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("house", "ana", "ben", "cy", "bob", "eve", "dee")
BUYER = st.sampled_from(["distributor", "retail", "preferred"])
SALE = st.tuples(st.just("sell"), st.integers(0, 30), st.integers(0, 600), BUYER, st.booleans())
BACK = st.tuples(st.just("return"), st.integers(0, 50), st.integers(1, 3))
ENROL = st.tuples(st.just("enrol"), st.integers(0, 30), st.booleans())
STATUS = st.tuples(st.just("status"), st.integers(0, 30), st.sampled_from(["active", "suspended", "terminated"]))
SETTLE = st.tuples(st.just("settle"))
STORY = st.lists(st.one_of(SALE, SALE, SALE, BACK, ENROL, STATUS, SETTLE), min_size=3, max_size=25)
LINE = VolumeLine(number=1, product="tea", quantity=3, pv=0, cv=0, paid_minor=4_001, retail_minor=4_001, seller_price_minor=2_500)


class Story:
    """Does what a random story tells, as the shop and the genealogy would."""

    def __init__(self, company, refresher):
        self.company, self.refresher, self.names, self.sold = company, refresher, list(company.people), []

    def sell(self, who, points, buyer, last_month):
        name, reference = self.names[who % len(self.names)], f"order:{len(self.sold) + 1}"
        when = at(2026, 10, 20) if last_month and who < len(NAMES) else at(2026, 11, 10)
        volume.credit(
            distributor_id=self.company.id(name), lines=[replace(LINE, pv=points * 100, cv=points * 83)], at=when,
            reference=reference, buyer_kind=buyer, market_id=self.company.market.pk, currency="EUR" if points % 2 else "USD",
        )  # fmt: skip
        self.sold.append(reference)

    def back(self, which, quantity):
        if self.sold:
            reference = self.sold[which % len(self.sold)]
            taken = -sum(VolumeEntry.objects.filter(reverses__reference=reference).values_list("quantity", flat=True))
            if taken + quantity <= 3:
                number = VolumeEntry.objects.count()
                back = {"reference": f"refund:{number}", "of_reference": reference, "quantities": {1: quantity}}
                volume.reverse(**back, at=at(2026, 11, 12))

    def enrol(self, under, heard):
        name = f"new{len(self.names)}"
        self.company.enrol(name, under=self.names[under % len(self.names)], enrolled_at=at(2026, 11, 3))
        self.names.append(name)
        if heard:
            live_pending.note(LivePending.Kind.ENROLMENT, [self.company.id(name)])

    def status(self, who, status):
        person = self.company.id(self.names[1:][who % (len(self.names) - 1)])
        Distributor.objects.filter(pk=person).update(status=status)
        live_pending.note(LivePending.Kind.ENROLMENT, [person])

    def settle(self):
        settle(self.refresher)

    def tell(self, story):
        verbs = {"sell": self.sell, "return": self.back, "enrol": self.enrol, "status": self.status, "settle": self.settle}
        for verb, *told in story:
            verbs[verb](*told)
        for name in self.names:  # whoever was not heard of yet
            live_pending.note(LivePending.Kind.ENROLMENT, [self.company.id(name)])
        self.settle()


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["none", "inactive", "full"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORY)
def test_after_any_story_the_live_figures_are_those_of_a_whole_calculation(transactional_db, compression, story):
    databases.empty(connection)  # the fixture does so once a test, and a test tells many stories
    refresher = live.Refresher()
    try:
        Story(Company(OUTLINE, document=plan(compression=compression)), refresher).tell(story)
        assert proven()
    finally:
        refresher.drop()
