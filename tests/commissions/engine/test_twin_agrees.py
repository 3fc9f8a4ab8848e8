"""The engine and its slow twin agree on any plan and any company, to the cent and in every reason."""

from collections import Counter

from hypothesis import given

from commissions.engine.calculate import calculate
from commissions.engine.result import Reason
from tests.commissions.engine import twin
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans


@given(some_plans(), some_companies())
def test_everybody_stands_where_the_twin_says(plan, company):
    people, sales = company
    theirs = twin.stand(plan, people, sales)
    snapshot = engine_snapshot(people, sales)
    ours = calculate(plan, snapshot).standings
    for place, id in enumerate(snapshot.people.id.tolist()):
        person = theirs[id]
        assert ours.pv[place] == person.pv
        assert ours.gv[place] == person.gv
        assert ours.payable[place] == (person.status == "open")
        assert ours.active[place] == person.is_active
        assert ours.rank[place] == person.rank
        assert ours.best[place] == max(member.rank for member in twin.downline(person))
        for test, legs in zip(plan.leg_tests, ours.legs[:, place], strict=True):
            groups = [[head] if test.where == "frontline" else twin.downline(head) for head in person.children]
            assert legs == sum(any(member.rank >= test.rank for member in group) for group in groups)
        for index, volume in zip(plan.capped_ranks, ours.counted_gv[:, place], strict=True):
            assert volume == twin.counted(person, plan.ranks[index])


@given(some_plans(), some_companies())
def test_every_payment_line_is_the_twins(plan, company):
    people, sales = company
    by_id = twin.stand(plan, people, sales)
    snapshot = engine_snapshot(people, sales)
    result = calculate(plan, snapshot)
    assert _without_nothing(_ours(plan, snapshot, result.lines)) == _without_nothing(_theirs(plan, by_id))


@given(some_plans(), some_companies())
def test_totals_add_up_the_lines(plan, company):
    snapshot = engine_snapshot(*company)
    result = calculate(plan, snapshot)
    earned, unearned = Counter(), Counter()
    for bonus, payee, amount in zip(result.lines.bonus, result.lines.payee, result.lines.amount_minor, strict=True):
        (unearned if payee < 0 else earned)[int(bonus), int(payee)] += int(amount)
    for bonus in range(len(plan.bonuses)):
        assert result.unearned[bonus] == unearned[bonus, -1]
        for person in range(len(snapshot.people)):
            assert result.totals[bonus, person] == earned[bonus, person]
    lean = calculate(plan, snapshot, keep_lines=False)
    assert lean.lines is None
    assert (lean.totals == result.totals).all() and (lean.unearned == result.unearned).all()


def _ours(plan, snapshot, lines):
    ids = [*snapshot.people.id.tolist(), None]
    for row in range(len(lines)):
        sale = int(lines.sale[row])
        yield (
            plan.bonuses[int(lines.bonus[row])].code,
            ids[lines.payee[row]],
            ids[lines.source[row]],
            int(snapshot.sales.order[sale]) if sale >= 0 else None,
            int(lines.level[row]),
            int(lines.amount_minor[row]),
            ids[lines.missed[row]],
            Reason(lines.reason[row]).name,
        )


def _theirs(plan, by_id):
    for line in twin.payments(plan, by_id):
        yield line.bonus, line.payee, line.source, line.order, line.level, line.amount, line.missed, line.reason


def _without_nothing(lines):
    """Count the lines, but for those of nothing: the engine leaves out what has no base."""
    return Counter(line for line in lines if line[5])
