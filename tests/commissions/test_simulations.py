"""Simulations: what another plan would have paid, beside what held, over the periods of a small company."""

from dataclasses import replace

import numpy as np
import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from commissions import killpoints, live, locks, periods, plan_versions, simulations, snapshots
from commissions.engine.calculate import calculate
from commissions.engine.snapshot import NO_STATE, State
from commissions.models import Period, PlanVersion, RunTotal, SimulatedPeriod, Simulation
from commissions.simulations import Question, carried, results
from genealogy import people
from genealogy.models import Distributor, User
from tests.commissions.company import at, plan
from tests.commissions.settling import closed, somebody

MONTHS = {"2026-09": at(2026, 9, 10, 12), "2026-10": at(2026, 10, 10, 12), "2026-11": at(2026, 11, 10, 12)}
RICHER = plan(version=2).replace('["5%", "4%", "3%"]', '["6%", "4%", "3%"]')


@pytest.fixture
def months(company):
    """Three months of sales: cy sells below ben and ana, dee below eve, and ben to customers."""
    for number, when in enumerate(MONTHS.values(), 1):
        for name in ("ana", "ben", "cy", "eve", "dee"):
            company.sell(name, 100 + 100 * number, when=when)
        company.sell("ben", 40, when=when, buyer="retail", paid=6_000, own=4_000)
    return [Period.objects.get(name=name) for name in MONTHS]


def asked(months, document=RICHER, **more):
    return simulations.ask(Question(document, months[0], months[-1], **more), wake=False)


def done(simulation):
    assert simulations.work_off(simulation)
    simulation.refresh_from_db()
    return simulation


def of(simulation, person):
    return results.of_person(list(simulation.periods.all()), person.pk)


def test_the_same_plan_changes_nothing(months):
    simulation = done(asked(months, plan()))
    assert simulation.state == "done" and simulation.step == simulation.steps
    assert simulation.changes == [] and simulation.name == "Testing, unchanged"
    found = simulation.figures
    assert found["before"] == found["after"] and found["before"]["total"] > 0
    assert found["winners"] == found["losers"] == found["gained_minor"] == 0


def test_each_side_is_what_the_engine_says_of_that_plan(months):
    simulation = done(asked(months))
    plans = plan_versions.read(plan()), plan_versions.read(RICHER)
    for month, stored in zip(months, simulation.periods.all(), strict=True):
        snapshot = snapshots.take(month)
        for side, each in zip(("before", "after"), plans, strict=True):
            result = calculate(each, snapshot)
            assert stored.figures[side]["by_bonus"] == result.totals.sum(axis=1).tolist()
            assert stored.figures[side]["unearned_by_bonus"] == result.unearned.tolist()
    assert simulation.figures["after"]["total"] == sum(row.figures["after"]["total"] for row in simulation.periods.all())


def test_one_point_more_on_the_first_level_goes_to_whom_it_belongs(company, months):
    simulation = done(asked(months))
    gained = [each.change for each in of(simulation, company.people["eve"])]
    assert gained == [200, 300, 400]  # 1 % of dee's 200, 300 and 400 points
    assert [each.change for each in of(simulation, company.people["cy"])] == [0, 0, 0]
    assert simulation.changes == [["bonuses.unilevel.rates", "5%, 4%, 3%", "6%, 4%, 3%"]]
    ids = [row[0] for row in simulation.figures["most_gained"]]
    assert set(ids) == {company.id(name) for name in ("ana", "ben", "eve")}
    assert simulation.figures["most_lost"] == []
    assert simulation.figures["gained_minor"] == simulation.figures["after"]["total"] - simulation.figures["before"]["total"]


def test_harder_ranks_move_people_down(months):
    simulation = done(asked(months, plan(version=2).replace("gv = 500", "gv = 100000")))
    last = simulation.periods.last().figures
    bronze, silver = 2, 3
    assert sum(last["movement"][bronze][:bronze]) + sum(last["movement"][silver][:bronze]) > 0
    assert sum(map(sum, last["movement"])) == last["people"] == 5
    assert simulation.figures["losers"] > 0


def test_a_bonus_that_only_one_plan_has_stands_beside_nothing(months):
    start = RICHER.index('[[bonuses]]\nkind = "retail_profit"')
    end = RICHER.index('[[bonuses]]\nkind = "unilevel"')
    other = (
        (RICHER[:start] + RICHER[end:])
        .replace('code = "unilevel"', 'code = "team"')
        .replace('name = "Unilevel"', 'name = "Team"')
    )
    simulation = done(asked(months, other))
    assert [code for code, _name in simulation.bonuses] == ["retail", "unilevel", "team"]
    place = {code: row for row, (code, _name) in enumerate(simulation.bonuses)}
    before, after = (simulation.figures[side]["by_bonus"] for side in ("before", "after"))
    assert after[place["retail"]] == after[place["unilevel"]] == before[place["team"]] == 0
    assert before[place["retail"]] == 3 * 2_000 and before[place["unilevel"]] > 0 and after[place["team"]] > 0


def test_each_period_is_compared_with_the_plan_that_it_counts_by(company, months):
    version = plan_versions.store(plan(version=3, effective_from="2026-11-01").replace('"5%", ', '"9%", '))
    Period.objects.filter(pk=months[-1].pk).update(plan=version)
    first = done(asked(months, plan()))
    totals = [(row.figures["before"]["total"], row.figures["after"]["total"]) for row in first.periods.all()]
    assert totals[0][0] == totals[0][1] and totals[1][0] == totals[1][1] and totals[2][0] > totals[2][1]
    against = done(asked(months, plan(), baseline=version))
    assert all(row.figures["before"]["total"] > row.figures["after"]["total"] for row in against.periods.all())


def test_what_was_sold_is_in_the_plans_currency(company, months):
    company.sell("ben", 10, when=MONTHS["2026-11"], buyer="retail", paid=1_000, own=900, currency="EUR")
    simulation = done(asked(months))
    assert simulation.figures["sold_minor"] == 3 * 6_000 + 1_100


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[plan", "is not TOML"),
        (plan().replace('"5%"', '"120%"'), r"bonuses\[2\]\.rates\[1\]"),
        (plan().replace('currency = "USD"', 'currency = "EUR"').replace('EUR = "1.10"', 'USD = "0.9"'), "plan.currency is EUR"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_with_the_key(months, document, said):
    with pytest.raises(ValidationError, match=said):
        asked(months, document)
    assert not Simulation.objects.exists()


def test_periods_the_wrong_way_round_are_refused(months):
    with pytest.raises(ValidationError, match="2026-09 is before 2026-11"):
        asked(months[::-1])


def test_a_currency_without_a_rate_fails_with_the_reason(company, months):
    company.sell("ben", 10, when=MONTHS["2026-11"], buyer="retail", paid=1_000, own=900, currency="JPY")
    simulation = done(asked(months, plan(version=2).replace('JPY = "0.007"\n', "")))
    assert simulation.state == "failed" and "no exchange rate for JPY" in simulation.error
    assert not SimulatedPeriod.objects.exists() and simulation.ended_at


def test_one_that_waits_is_cancelled_at_once(months):
    simulation = asked(months)
    simulations.cancel(simulation)
    assert done(simulation).state == "cancelled"


def cancels(monkeypatch, simulation, place):
    """Have somebody press the button as soon as a place is reached."""

    def reach(name):
        if name == place:
            simulations.cancel(simulation)

    monkeypatch.setattr(killpoints, "reach", reach)


@pytest.mark.parametrize("place", ["simulation.reading", "simulation.before", "simulation.after", "simulation.comparing"])
def test_a_running_one_stops_at_the_next_step_and_leaves_nothing(months, monkeypatch, place):
    simulation = asked(months)
    cancels(monkeypatch, simulation, place)
    assert done(simulation).state == "cancelled"
    assert simulation.figures is None and simulation.ended_at and not SimulatedPeriod.objects.exists()


class Died(BaseException):
    """As if the process were gone: nothing of ours catches it."""


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_dies_after_a_period_is_followed_by_who_goes_on_after_it(months, monkeypatch, times):
    whole = done(asked(months)).figures
    simulation, reached = asked(months), []

    def reach(name):
        reached.append(name)
        if reached.count("simulation.period") == times and name == "simulation.period":
            raise Died

    with monkeypatch.context() as patched:
        patched.setattr(killpoints, "reach", reach)
        with pytest.raises(Died):
            simulations.work_off(simulation)
    simulation.refresh_from_db()
    assert simulation.state == "running" and simulation.periods.count() == times
    kept = list(simulation.periods.values_list("pk", flat=True))
    simulations.run_waiting()
    simulation.refresh_from_db()
    assert simulation.state == "done" and simulation.figures == whole
    assert list(simulation.periods.values_list("pk", flat=True))[:times] == kept


def test_only_one_process_works_on_a_simulation(months):
    simulation = asked(months)
    with psycopg.connect(**live.lock_parameters()) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [locks.SIMULATION, simulation.pk])
        assert not simulations.work_off(simulation)
    assert done(simulation).state == "done"


def test_a_result_never_changes_but_may_be_forgotten(months):
    owner = User.objects.create_user("ruth@example.com", name="Ruth")
    simulation = simulations.ask(Question(RICHER, months[0], months[-1]), owner=owner, wake=False)
    done(simulation)
    for change in (
        lambda: Simulation.objects.filter(pk=simulation.pk).update(name="better"),
        lambda: simulation.periods.update(figures={}),
    ):
        with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
            change()
    owner.delete()
    simulation.refresh_from_db()
    assert simulation.owner is None and simulations.remove(simulation)
    assert not Simulation.objects.exists() and not SimulatedPeriod.objects.exists()


def test_whoever_earned_is_in_the_stored_arrays_once_in_order(company, months, monkeypatch):
    monkeypatch.setattr(results, "PEOPLE_A_ROW", 2)
    simulation = done(asked(months))
    rows = list(simulation.periods.all())
    for row in rows:
        ids = np.concatenate([part.id for part in results.people(row)])
        assert (ids[1:] > ids[:-1]).all() and len(ids) == 5
        assert row.people.count() == 3
    ids, sums, ranks = results.totals(rows)
    assert sums.sum(axis=1).tolist() == [simulation.figures["before"]["total"], simulation.figures["after"]["total"]]
    assert ranks.shape == sums.shape


def test_somebody_who_joined_meanwhile_is_simulated_from_then_on(company, months, monkeypatch):
    simulation = asked(months)

    def reach(name):
        if name == "simulation.period" and "fay" not in company.people:
            company.enrol("fay", "cy", enrolled_at=at(2026, 9, 20))
            company.sell("fay", 100, when=MONTHS["2026-11"])

    monkeypatch.setattr(killpoints, "reach", reach)
    assert done(simulation).state == "done"
    fay = of(simulation, company.people["fay"])
    assert [each.rank_before for each in fay] == [-1, 0, 0]


def test_looking_up_a_person_is_one_query(company, months, django_assert_num_queries):
    simulation = done(asked(months))
    rows = list(simulation.periods.all())
    with django_assert_num_queries(1):
        results.of_person(rows, company.id("ben"))


def test_a_draft_gets_the_next_number_and_never_comes_into_force(company):
    plan_versions.store(plan(version=2, effective_from="2026-10-01"))
    text = "# Ours\n" + plan(version=1, effective_from="2026-10-01")
    draft = plan_versions.draft(text)
    assert draft.is_draft and draft.version == 3 and draft.document == text.replace("version = 1", "version = 3")
    assert plan_versions.in_force(at(2026, 11, 1)).version == 2
    assert periods.containing(at(2026, 11, 10)).plan.version == 2


def test_a_draft_whose_number_stands_in_no_line_of_its_own_is_written_anew(company):
    text = plan().replace(
        '[plan]\ncode = "testing"\nname = "Testing"\nversion = 1', '[plan]\nname = "Testing"\ncode = "testing"\n"version" = 1'
    )
    draft = plan_versions.draft(text)
    assert draft.version == 2 and plan_versions.load(draft).plan.version == 2


def test_a_worker_takes_them_all_in_order(months):
    first, second = asked(months), asked(months)
    assert simulations.run_waiting() == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.ended_at <= second.ended_at
    assert simulations.run_waiting() == 0


WEEKLY = (
    plan(version=2)
    .replace(
        "[exchange]",
        '[periods.week]\nkind = "week"\ntime_zone = "America/New_York"\nstarts_on = 2026-01-05\n\n[exchange]',
        1,
    )
    .replace('code = "unilevel"', 'code = "unilevel"\nperiod = "week"')
)


def test_a_plan_that_cuts_time_otherwise_goes_through_its_own_periods(company, months):
    """The weeks that end in a month stand beside it; each side carries its own state through all of them."""
    tried = plan_versions.read(WEEKLY)
    simulation = done(asked(months, WEEKLY))
    rows = list(simulation.periods.all())
    assert {row.kind for row in rows} == {"month", "week"} and [row.name for row in rows if row.is_own] == list(MONTHS)
    assert [row.ends_at for row in rows] == sorted(row.ends_at for row in rows)
    state, expected = NO_STATE, {}
    for row in rows:
        version = PlanVersion(document=WEEKLY, checksum=tried.checksum)
        stored = Period.objects.filter(kind=row.kind, name=row.name).first()
        period = stored or Period(kind="", name=row.name, starts_at=row.starts_at, ends_at=row.ends_at)
        period.plan = version
        result = calculate(tried, replace(snapshots.take(period), period=row.kind, state=state))
        state = result.state
        expected[row.number] = result.totals.sum(axis=1).tolist()
    assert [row.figures["after"]["by_bonus"] for row in rows] == [expected[row.number] for row in rows]
    weeks = [row for row in rows if row.kind == "week"]
    assert all(row.figures["before"]["total"] == 0 for row in weeks) and sum(row.figures["after"]["total"] for row in weeks) > 0
    assert all(row.figures["sold_minor"] == 0 for row in weeks) and simulation.figures["sold_minor"] == 3 * 6_000


def test_the_ranks_of_a_week_are_those_that_the_month_before_left(company, months):
    """Which proves that the state goes from period to period: without it nobody has a rank in any week."""
    simulation = done(asked(months, WEEKLY))
    of_cy = {each.simulated.name: each for each in of(simulation, company.people["ana"])}
    weeks = [each for each in of_cy.values() if each.simulated.kind == "week"]
    first, last = weeks[0], weeks[-1]
    assert first.rank_after == -1 and last.rank_after == of_cy["2026-10"].rank_after >= 1


def test_a_closed_period_is_simulated_with_the_people_as_they_stood(company, months):
    clerk, second = somebody("clerk"), somebody("second")
    run = closed(months[0], clerk, second)
    people.change_status(company.id("ben"), status=Distributor.Status.TERMINATED)
    simulation = done(asked(months[:1], plan()))
    paid = sum(RunTotal.objects.filter(run=run).values_list("amount_minor", flat=True))
    assert simulation.figures["before"]["total"] == simulation.figures["after"]["total"] == paid > 0
    assert of(simulation, company.people["ben"])[0].change == 0 < sum(of(simulation, company.people["ben"])[0].before)
    later = done(asked(months[1:], plan()))
    assert sum(sum(each.before) for each in of(later, company.people["ben"])) == 0


def test_what_is_carried_is_written_and_read_again():
    ids = np.array([3, 1, 2])
    state = State(
        people={"team/carry.left.0": np.array([30, 10, 20])},
        company={"pool.rolled": 7},
        tables={"ledger": np.array([[1, 2], [3, 4]])},
    )
    carry = carried.Carry.read(carried.Carry(ids, state, NO_STATE).written())
    assert carry.before.people["team/carry.left.0"].tolist() == [30, 10, 20]
    assert carry.before.company == {"pool.rolled": 7} and carry.before.tables["ledger"].tolist() == [[1, 2], [3, 4]]
    moved = carried.ordered(carry.before, carry.ids, np.array([1, 4, 3]))
    assert moved.people["team/carry.left.0"].tolist() == [10, 0, 30]
    assert moved.tables["ledger"].tolist() == [[1, 2], [3, 4]]


CAPPED = """
[caps]
order = ["person", "match", "company"]

[[caps.person]]
bonuses = ["unilevel"]
most = {{ associate = 16, bronze = 16, silver = 16 }}
excess = "{excess}"
"""


@pytest.mark.parametrize(("excess", "paid"), [("forfeited", [1_600, 1_500, 1_600]), ("carried", [1_600, 1_600, 1_600])])
def test_what_a_cap_carries_on_is_paid_in_the_next_period(company, months, excess, paid):
    """Eve has 5 % of dee's 500, 300 and 400 points: $25, $15 and $20; the cap lets $16 through in a month."""
    company.sell("dee", 300, when=MONTHS["2026-09"])
    simulation = done(asked(months, plan(version=2) + CAPPED.format(excess=excess)))
    told = of(simulation, company.people["eve"])
    assert [sum(each.before) for each in told] == [2_500, 1_500, 2_000]
    assert [sum(each.after) for each in told] == paid
    assert simulation.figures["before"]["cut"] == 0 < simulation.figures["after"]["cut"]
