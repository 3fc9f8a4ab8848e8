"""Plan documents as they are stored."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from commissions import periods, plan_versions
from commissions.models import PlanVersion
from tests.commissions.company import at, plan


def test_storing_the_same_document_again_changes_nothing(db):
    assert plan_versions.store(plan()).pk == plan_versions.store(plan() + "\n# a remark\n").pk


def test_a_version_that_nobody_counts_by_may_be_replaced(db):
    first = plan_versions.store(plan())
    second = plan_versions.store(plan().replace("count = 2", "count = 3"))
    assert (first.pk, PlanVersion.objects.count()) == (second.pk, 1)


def test_a_version_in_use_is_refused_and_the_next_number_named(company):
    periods.containing(at(2026, 11, 10))
    with pytest.raises(plan_versions.InUse, match="2026-11.*version 2"):
        plan_versions.store(plan().replace("count = 2", "count = 3"))


def test_the_database_refuses_to_change_a_version_in_use(company):
    PlanVersion.objects.update(document="anything")
    periods_plan = PlanVersion.objects.get()
    PlanVersion.objects.update(document=plan())
    periods.containing(at(2026, 11, 10))
    with pytest.raises(DatabaseError, match="in use by a period"), transaction.atomic():
        PlanVersion.objects.filter(pk=periods_plan.pk).update(document="anything else")


def test_every_problem_of_a_document_is_named(db):
    wrong = plan().replace('"5%"', '"120%"').replace("pv = 100\n\n[[ranks]]", "pv = -1\n\n[[ranks]]", 1)
    with pytest.raises(ValidationError) as refused:
        plan_versions.store(wrong)
    assert [message.split()[0] for message in refused.value.messages] == ["activity.pv", "bonuses[2].rates[1]"]


def test_the_newest_version_whose_day_has_begun_is_in_force(db):
    first, second = plan_versions.store(plan()), plan_versions.store(plan(version=2, effective_from="2026-11-01"))
    assert plan_versions.in_force(at(2026, 11, 1, 3, 59)) == first  # still October in New York
    assert plan_versions.in_force(at(2026, 11, 1, 4)) == second
