"""What standings.csv says that somebody lacks for the next rank."""

from commissions.engine import calculate
from commissions.engine import plan as plans
from commissions.files import outcome
from tests.commissions.engine.test_requirements import ANA, EITHER, TEXT, company


def missing(either):
    plan = plans.parse(TEXT.replace('code = "silver"\n', f'code = "silver"\n{either}'))
    return outcome.missing(plan, calculate.stand(plan, company()), ANA, 2)


def test_every_alternative_is_said_with_what_it_lacks():
    assert missing(EITHER).endswith("140.00 group_volume or 1 legs_with_volume")


def test_where_more_than_one_is_missing_their_number_is_said():
    two = EITHER.replace("of =", "count = 2, of =", 1)
    assert missing(two).endswith("2 of: 140.00 group_volume or 1 legs_with_volume")
