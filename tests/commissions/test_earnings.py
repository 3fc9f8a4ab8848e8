"""The lines behind a total, and what is said about them and about zeros."""

import pytest

from commissions import (
    earnings,
    explanations,
    facts,
    live,
    parts,
    periods,
    plan_versions,
    sentences,
    snapshots,
    standings,
    volume,
)
from commissions.engine.calculate import calculate
from commissions.engine.explain import Says
from commissions.engine.slices import lines_of
from commissions.models import EarningTotal
from tests.commissions.company import Company, at, plan

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(transactional_db):
    company = Company("""
        house
          ana
            ben
              cy
                dora
            bob
          eve
    """)
    company.sell("ana", 600)
    company.sell("ben", 100)
    company.sell("cy", 300, buyer="retail", paid=10_000, own=6_001, currency="EUR", reference="order:cy")
    company.sell("dora", 33, cv=33, reference="order:dora")
    company.sell("bob", 100)
    live.refresh_everything()
    return company


@pytest.fixture
def november(company):
    return periods.containing(at(2026, 11, 10))


@pytest.fixture(params=[20_000, -1], ids=["read whole", "by newest sales"])
def reading(request, monkeypatch):
    monkeypatch.setattr(parts, "READ_WHOLE", request.param)


def test_the_lines_of_a_person_sum_to_the_totals(company, november, reading):
    for name in company.people:
        found = earnings.lines(company.id(name), november, limit=1000)
        assert found.before is None
        sums = {}
        for line in found.lines:
            sums[line.bonus] = sums.get(line.bonus, 0) + line.amount_minor
        stored = dict(EarningTotal.objects.filter(distributor=company.id(name)).values_list("bonus", "amount_minor"))
        assert {bonus: amount for bonus, amount in sums.items() if amount} == {k: v for k, v in stored.items() if v}


def test_a_line_names_its_order_its_level_and_its_arithmetic(company, november, reading):
    (line,) = earnings.lines(company.id("cy"), november, bonus="retail").lines
    assert (line.reference, line.source_id, line.base, line.base_currency, line.amount_minor) == (
        "order:cy", company.id("cy"), 3_999, "EUR", 4_399,
    )  # fmt: skip
    team = earnings.lines(company.id("ana"), november, bonus="unilevel").lines
    assert {(line.reference, line.level, line.rate_ppm, line.amount_minor) for line in team} >= {("order:cy", 2, 40_000, 1_200)}


def test_a_line_behind_a_shut_gate_is_not_told_as_paid(transactional_db):
    trained = '[[gates]]\ncode = "trained"\nname = "Trained"\nbonuses = ["unilevel"]\n'
    trained += 'requires = [{ measure = "fact", name = "training", least = 1 }]\n\n[[bonuses]]'
    company = Company("house\n ana\n  ben\n   cy", document=plan().replace("[[bonuses]]", trained, 1))
    for name in ("ana", "ben", "cy"):
        company.sell(name, 100)
    facts.record(distributor_id=company.id("ben"), kind="training", at=at(2026, 11, 3), reference="training:1")
    live.refresh_everything()
    november = periods.containing(at(2026, 11, 10))
    for name, paid in (("ana", False), ("ben", True)):
        assert EarningTotal.objects.filter(distributor=company.id(name), bonus="unilevel", amount_minor__gt=0).exists() == paid
        for bonus in ("unilevel", None):
            told = [line for line in earnings.lines(company.id(name), november, bonus=bonus).lines if line.bonus == "unilevel"]
            assert bool(told) == (paid and bonus is not None)


def test_lines_come_in_pages_the_newest_first(company, november):
    company.sell("bob", 10, when=at(2026, 11, 20), reference="order:newest")
    live.refresh_everything()
    first = earnings.lines(company.id("ana"), november, bonus="unilevel", limit=2)
    rest = earnings.lines(company.id("ana"), november, bonus="unilevel", limit=50, before=first.before)
    assert first.lines[0].reference == "order:newest"
    assert (len(first.lines), rest.before) == (2, None)
    assert len({(line.reference, line.level) for line in first.lines + rest.lines}) == len(first.lines) + len(rest.lines)


def test_an_explanation_goes_down_to_the_order_and_the_path(company, november):
    told = explanations.explain(company.id("ana"), november, "unilevel", "order:cy", name_of=lambda pk: f"person {pk}")
    (line,) = told.lines
    assert (line.amount_minor, line.level, line.currency) == (1_200, 2, "USD")
    assert [(step.distributor_id, step.is_paid) for step in line.steps] == [(company.id("ben"), True), (company.id("ana"), True)]
    assert line.arithmetic == [
        f"person {company.id('cy')} was credited with 300 commissionable points.",
        "The rate is 4% of 300 points.",
        "That is exactly $12.00.",
    ]


def test_a_conversion_and_a_rounding_are_told(company, november):
    told = explanations.explain(company.id("cy"), november, "retail", "order:cy", name_of=str)
    assert told.lines[0].arithmetic == [
        f"The customer of {company.id('cy')} paid €39.99 more than the seller's own price.",
        "1 EUR counts as 1.1 USD, the plan's fixed rate.",
        "That is 4398.9 of the smallest unit, rounded to the nearest, and a half to the even one: $43.99.",
    ]


def test_a_zero_is_explained_by_order_and_by_period(company, november):
    names = {company.id(name): name.title() for name in company.people}
    told = explanations.explain(company.id("cy"), november, "unilevel", "order:cy", name_of=names.get)
    assert told.lines == [] and told.why_not
    assert explanations.why_nothing(company.id("eve"), november, "unilevel", name_of=names.get) == [
        "Eve has 0 points of own volume this period; it takes 100 to be active."
    ]
    assert explanations.why_nothing(company.id("bob"), november, "unilevel", name_of=names.get) == [
        "Nothing that this bonus pays on was sold in this period yet."
    ]
    assert explanations.why_nothing(company.id("ana"), november, "unilevel", name_of=names.get) == []


def test_somebody_elses_order_and_an_unknown_one_are_refused(company, november):
    with pytest.raises(parts.OutsideTree):
        explanations.explain(company.id("eve"), november, "unilevel", "order:cy", name_of=str)
    with pytest.raises(explanations.NotSold, match="order:none"):
        explanations.explain(company.id("ana"), november, "unilevel", "order:none", name_of=str)


@pytest.mark.parametrize("compression", ["none", "inactive"])
def test_what_the_engine_finds_in_a_part_is_what_it_finds_in_the_whole(transactional_db, compression):
    company = Company("house\n ana\n  ben\n   cy\n    dora\n     fay\n  bob", document=plan(compression=compression))
    for name, points in (("ana", 900), ("cy", 150), ("fay", 450), ("bob", 20)):
        company.sell(name, points)
    volume.reverse(reference="refund:1", of_reference="order:2", at=at(2026, 11, 12))
    live.refresh_everything()
    period = periods.containing(at(2026, 11, 10))
    whole = calculate(plan_versions.load(period.plan), snapshots.take(period))
    for name in company.people:
        part = parts.below(company.id(name), period)
        lines, _sales = lines_of(part.plan, part.held, 0)
        place = int(snapshots.take(period).people.id.tolist().index(company.id(name)))
        assert sorted(lines.amount_minor[lines.payee == 0].tolist()) == sorted(
            whole.lines.amount_minor[whole.lines.payee == place].tolist()
        )


def test_progress_says_what_is_missing_for_the_next_rank(company, november):
    found = standings.progress(company.id("ben"), november)
    assert (found.rank_name, found.next_name) == ("Associate", "Bronze")
    assert [(each.label, each.have, each.need, each.missing_words) for each in found.requirements] == [
        ("Personal volume", 10_000, 10_000, "Done"),
        ("Group volume", 43_300, 50_000, "67 more points"),
    ]
    ahead = standings.progress(company.id("ana"), november)
    assert [(each.label, each.have_words, each.missing_words) for each in ahead.requirements][-1] == (
        "Legs with Bronze", "0", "2 more legs",
    )  # fmt: skip


def test_who_has_no_row_has_nothing(company, november):
    fay = company.enrol("fay", under="eve")
    standing = standings.of(fay.pk, november)
    assert (standing.pv, standing.rank, standing.pk) == (0, -1, None)
    assert [(total.code, total.amount_minor) for total in standings.totals(fay.pk, november)] == [("retail", 0), ("unilevel", 0)]
    assert standings.rank_name(november, standing.rank) == "No rank yet"


def test_reading_a_standing_with_its_progress_costs_two_queries(company, november, django_assert_num_queries):
    with django_assert_num_queries(2):
        standings.progress(company.id("ben"), november)


def test_progress_counts_legs_only_up_to_the_ranks_cap(transactional_db):
    capped = plan().replace(
        'code = "bronze"', 'code = "bronze"\nleg_cap = { of = "requirement", share = "40%", own_volume = "free" }'
    )
    company = Company("house\n ana\n  ben\n  cy", document=capped)
    for name, points in (("ana", 100), ("ben", 900), ("cy", 50)):
        company.sell(name, points)
    live.refresh_everything()
    found = standings.progress(company.id("ana"), periods.containing(at(2026, 11, 10)))
    assert [(each.label, each.have) for each in found.requirements][1] == ("Group volume", 10_000 + 20_000 + 5_000)


def test_progress_tells_every_requirement_and_says_of_facts_whether_they_are_there(transactional_db):
    asked = """requires = [
        { measure = "fact", name = "training", least = 1 },
        { measure = "without_fact", name = "complaint" },
        { measure = "active_frontline", tree = "sponsor", count = 2 },
    ]"""
    company = Company("house\n ana", document=plan().replace('code = "bronze"', f'code = "bronze"\n{asked}'))
    facts.record(distributor_id=company.id("ana"), kind="training", at=at(2026, 11, 3), reference="training:1")
    company.sell("ana", 100)
    live.refresh_everything()
    found = standings.progress(company.id("ana"), periods.containing(at(2026, 11, 10))).requirements[2:]
    assert [(each.label, each.have_words, each.is_met) for each in found] == [
        ("Training", "1", True),
        ("Without: Complaint", "1", True),
        ("Active frontline", "see your goals", False),
    ]


def test_every_sentence_of_the_engine_has_words():
    assert set(sentences.SENTENCES) == set(Says)


def test_progress_tells_every_alternative_and_what_the_nearest_one_lacks(transactional_db):
    asked = """requires = [{ measure = "any_of", of = [
        [{ measure = "fact", name = "training", least = 1 }, { measure = "fact", name = "points", least = 8 }],
        [{ measure = "fact", name = "points", least = 20 }],
    ] }, { measure = "any_of", of = [
        [{ measure = "fact", name = "training", least = 1 }],
        [{ measure = "active_frontline", tree = "sponsor", count = 2 }],
    ] }]"""
    company = Company("house\n ana\n ben", document=plan().replace('code = "bronze"', f'code = "bronze"\n{asked}'))
    for name, kind, value in (("ana", "points", 4), ("ben", "training", 1), ("ben", "points", 8)):
        facts.record(distributor_id=company.id(name), kind=kind, value=value, at=at(2026, 11, 3), reference=f"{name}:{kind}")
    company.sell("ana", 100)
    live.refresh_everything()
    period = periods.containing(at(2026, 11, 10))
    ways, mixed = standings.progress(company.id("ana"), period).requirements[2:]
    assert ways.label == "Training: 1 and Points: 8; or Points: 20"
    assert (ways.have_words, ways.need_words, ways.percent) == ("0", "1", 25)
    assert ways.missing_words == "Nearest: Training: 1 more; Points: 4 more"
    assert (mixed.label, mixed.have_words) == ("Training: 1; or Active frontline: 2", "see your goals")
    assert [each.is_met for each in standings.progress(company.id("ben"), period).requirements[2:]] == [True, True]
