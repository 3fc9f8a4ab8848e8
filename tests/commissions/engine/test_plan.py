"""A plan document is read strictly: every problem at once, by its key, with what was found and what was expected."""

import copy
import json
import tomllib
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given

from commissions.engine import document
from commissions.engine import plan as plans
from commissions.engine.bonuses import BONUSES
from commissions.engine.document import Refused
from commissions.engine.money import INDEX
from commissions.engine.snapshot import NONE
from tests.commissions.engine.companies import some_plans
from tests.commissions.plans.examples import SHIPPED

KINDS = ", ".join(BONUSES)

TEXT = (SHIPPED / "fernhollow.toml").read_text()
FERNHOLLOW = tomllib.loads(TEXT, parse_float=Decimal)


def problems(*path, value=None, remove=False):
    """What is said of the demo company's plan with one value changed, or taken out."""
    data = copy.deepcopy(FERNHOLLOW)
    at = data
    for step in path[:-1]:
        at = at[step]
    if remove:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    with pytest.raises(Refused) as refused:
        plans.restore(data)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("surprise",), 1, "surprise is not a known key; expected one of plan, periods, exchange, volumes, amounts, trees,"),
        (("ranks", 1, "colour"), "red", "ranks[2].colour is not a known key; expected one of code, name, pv, gv, legs, leg_cap"),
        (
            ("activity", "volumes"),
            ["bv"],
            "activity.volumes is not a known key; expected one of pv, requires; a list of the whole plan stands at the top",
        ),
        (("plan", "currency"), "DLR", 'plan.currency is "DLR"; expected an ISO 4217 currency code, such as USD'),
        (("plan", "version"), 0, "plan.version is 0; expected a whole number from 1 to 100000"),
        (("plan", "version"), True, "plan.version is true; expected a whole number from 1 to 100000"),
        (("plan", "code"), "Fern Hollow", 'plan.code is "Fern Hollow"; expected a code: a small letter, then up to 39'),
        (("plan", "name"), " ", 'plan.name is " "; expected text of 1 to 120 characters'),
        (("plan", "effective_from"), "soon", 'plan.effective_from is "soon"; expected a date such as 2026-01-31'),
        (("plan", "effective_from"), "2026-02-30", "expected a date such as 2026-01-31"),
        (("plan",), [], "plan is a list of 0; expected a table with code, name, version, currency, effective_from"),
        (
            ("periods", "month", "kind"),
            "fortnight",
            'periods.month.kind is "fortnight"; expected one of day, week, four_weeks, month',
        ),
        (
            ("periods", "month", "time_zone"),
            "Mars/Olympus",
            'periods.month.time_zone is "Mars/Olympus"; expected the name of a time zone',
        ),
        (("periods", "month", "time_zone"), 3, "periods.month.time_zone is 3; expected the name of a time zone"),
        (("exchange", "EUR"), "0", 'exchange.EUR is "0"; expected a positive number or fraction'),
        (("exchange", "EUR"), "1/0", 'exchange.EUR is "1/0"; expected a positive number or fraction'),
        (("exchange", "EUR"), "1e3", 'exchange.EUR is "1e3"; expected a positive number or fraction'),
        (("exchange", "EUR"), "1/3000000000", "expected a positive number or fraction with terms up to 1000000000"),
        (("exchange", "XYZ"), "1", "exchange.XYZ is not a known key; expected an ISO 4217 currency code"),
        (("exchange", "USD"), "1", 'exchange.USD is "1"; expected no rate for the plan\'s own currency'),
        (("activity", "pv"), -1, "activity.pv is -1; expected points: a number from 0"),
        (("activity", "pv"), Decimal("0.001"), "activity.pv is 0.001; expected points"),
        (("activity", "pv"), 10**14, "activity.pv is 100000000000000; expected points"),
        (("ranks",), [], "ranks is a list of 0; expected a list of 1 to 60 items"),
        (("ranks", 1, "code"), "gold", 'ranks[4].code is "gold"; expected a code that none of the others has'),
        (("ranks", 2, "legs", 0, "rank"), "gold", 'ranks[3].legs[1].rank is "gold"; expected a rank below silver: associate'),
        (("ranks", 2, "legs", 0, "rank"), "silver", 'ranks[3].legs[1].rank is "silver"; expected a rank below silver'),
        (("ranks", 2, "legs", 0, "rank"), "unheard", 'ranks[3].legs[1].rank is "unheard"; expected a rank below silver'),
        (
            ("ranks", 0, "legs"),
            [{"rank": "gold", "count": 1, "where": "anywhere"}],
            'ranks[1].legs[1].rank is "gold"; expected no legs, as associate is lowest',
        ),
        (("ranks", 2, "legs", 0, "count"), 0, "ranks[3].legs[1].count is 0; expected a whole number from 1 to 1000"),
        (("ranks", 2, "legs", 0, "where"), "below", 'ranks[3].legs[1].where is "below"; expected one of anywhere, frontline'),
        (
            ("ranks", 0, "leg_cap"),
            {"of": "requirement", "share": "50%", "own_volume": "free"},
            "ranks[1].gv is 0; expected a group volume above 0, as leg_cap says what of a leg counts towards it",
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "points", "own_volume": "free"},
            "ranks[2].leg_cap.most is missing; expected how many points of a leg count at most, as of is points",
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "points", "most": 7000, "share": "58.3333%", "own_volume": "free"},
            'ranks[2].leg_cap.share is "58.3333%"; expected no share, as of is points: most says how many',
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "points", "most": "70%", "own_volume": "free"},
            'ranks[2].leg_cap.most is "70%"; expected points: a number from 0 to',
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "own_gv", "own_volume": "free"},
            "ranks[2].leg_cap.share is missing; expected a percentage of what of says, which is own_gv",
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "largest_leg", "share": "50%", "most": "12.5", "own_volume": "free"},
            'ranks[2].leg_cap.most is "12.50"; expected no points, as of is largest_leg: share says how much of it',
        ),
        (
            ("ranks", 1, "leg_cap"),
            {"of": "requirement", "share": "120%", "own_volume": "free"},
            'ranks[2].leg_cap.share is "120%"; expected a percentage as text from 0% to 100%',
        ),
        (("bonuses", 1, "rates", 2), "120%", 'bonuses[2].rates[3] is "120%"; expected a percentage as text from 0% to 100%'),
        (("bonuses", 1, "rates", 2), "6", 'bonuses[2].rates[3] is "6"; expected a percentage as text'),
        (("bonuses", 1, "rates", 2), Decimal("0.06"), "bonuses[2].rates[3] is 0.06; expected a percentage as text"),
        (("bonuses", 1, "rates", 2), "0.00001%", 'bonuses[2].rates[3] is "0.00001%"; expected a percentage as text'),
        (("bonuses", 1, "rates"), [], "bonuses[2].rates is a list of 0; expected a list of 1 to 100 items"),
        (("bonuses", 1, "kind"), "pyramid", f'bonuses[2].kind is "pyramid"; expected one of {KINDS}'),
        (("bonuses", 1, "tree"), "family", 'bonuses[2].tree is "family"; expected one of the plan\'s trees: sponsor'),
        (
            ("bonuses", 1, "compression"),
            "some",
            'bonuses[2].compression is "some"; expected one of none, inactive, paid_through, full',
        ),
        (("bonuses", 1, "unearned"), "roll_up", 'bonuses[2].unearned is "roll_up"; expected breakage: full compression'),
        (("bonuses", 1, "depth", "gold"), 8, "bonuses[2].depth.gold is 8; expected at most 7, the number of rates"),
        (("bonuses", 1, "depth", "tin"), 1, 'bonuses[2].depth.tin is "tin"; expected one of the plan\'s ranks: associate'),
        (("bonuses", 1, "depth"), {}, "bonuses[2].depth.associate is missing; expected the number of levels that this rank is"),
        (("bonuses", 1, "depth"), 7, "bonuses[2].depth is 7; expected a table: a code"),
        (("bonuses", 0), "gift", f'bonuses[1] is "gift"; expected a table whose kind is one of {KINDS}'),
        (("bonuses", 0, "code"), "team_bonus", 'bonuses[2].code is "team_bonus"; expected a code that none of the others has'),
        (
            ("bonuses", 0, "buyers"),
            ["retail", "retail"],
            'bonuses[1].buyers is "retail, retail"; expected each kind of buyer once',
        ),
        (("bonuses", 0, "active_only"), "no", 'bonuses[1].active_only is "no"; expected true or false'),
        (("bonuses", 0, "line"), "sale", 'bonuses[1].line is "sale"; expected one of order, source, payee'),
        (("bonuses", 0, "rounding"), "up", 'bonuses[1].rounding is "up"; expected one of half_even, half_up, truncate'),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_key(path, value, said):
    assert any(said in problem for problem in problems(*path, value=value))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("periods",), "periods is missing; expected a table: a code"),
        (("activity", "pv"), "activity.pv is missing; expected points"),
        (("bonuses", 1, "rounding"), "bonuses[2].rounding is missing; expected one of half_even, half_up, truncate"),
        (("bonuses", 1, "kind"), f"bonuses[2].kind is missing; expected one of {KINDS}"),
        (
            ("bonuses", 1, "depth", "gold"),
            "bonuses[2].depth.gold is missing; expected the number of levels that this rank is paid",
        ),
    ],
)
def test_nothing_that_companies_decide_differently_has_a_default(path, said):
    assert problems(*path, remove=True)[0].startswith(said)


def test_all_problems_are_told_at_once():
    text = TEXT.replace('currency = "USD"', 'currency = "USD"\ncolour = "green"').replace("pv = 50\n", "pv = -5\n")
    text = text.replace('{ rank = "bronze", count = 2', '{ rank = "gold", count = 2').replace('"10%"', '"120%"')
    with pytest.raises(Refused) as refused:
        plans.parse(text)
    assert [problem.path for problem in refused.value.problems] == [
        "plan.colour",
        "activity.pv",
        "ranks[2].pv",
        "bonuses[2].rates[1]",
    ]
    assert str(refused.value).count("\n") == 3
    sound_values = TEXT.replace('currency = "USD"', 'currency = "USD"\ncolour = "green"')
    with pytest.raises(Refused) as refused:
        plans.parse(sound_values.replace('{ rank = "bronze", count = 2', '{ rank = "gold", count = 2'))
    assert [problem.path for problem in refused.value.problems] == ["plan.colour", "ranks[3].legs[1].rank"]


def test_what_is_not_toml_is_refused_with_the_line():
    with pytest.raises(Refused, match=r"the document is not TOML \(.*line 1, column 6.*\); expected a TOML document"):
        plans.parse("[plan\ncode =")


@given(some_plans())
def test_a_plan_written_out_and_read_again_is_the_same_plan(plan):
    data = json.loads(json.dumps(document.write(plan)))
    again = plans.restore(data)
    assert again == plan
    assert again.checksum == plan.checksum
    assert document.write(again) == document.write(plan)


def test_the_checksum_goes_by_what_is_said_not_by_how():
    said_otherwise = TEXT.replace('EUR = "1.08"', "EUR = 1.080").replace("gv = 10_000", "gv = 10000.00")
    assert said_otherwise != TEXT
    assert plans.parse(said_otherwise).checksum == plans.parse(TEXT).checksum
    assert plans.parse(TEXT.replace('"10%"', '"10.0001%"')).checksum != plans.parse(TEXT).checksum


def test_the_ladder_knows_whether_its_tests_include_each_other():
    assert plans.parse(TEXT).ladder_rises
    assert not plans.parse(TEXT.replace("pv = 150", "pv = 90")).ladder_rises
    assert not plans.parse(TEXT.replace("gv = 40_000", "gv = 9_999")).ladder_rises
    assert not plans.parse(TEXT.replace('{ rank = "gold", count = 3', '{ rank = "gold", count = 1')).ladder_rises
    assert not plans.parse(TEXT.replace('{ rank = "gold", count = 3', '{ rank = "bronze", count = 3')).ladder_rises
    heads = TEXT.replace('{ rank = "silver", count = 2, where = "anywhere"', '{ rank = "silver", count = 2, where = "frontline"')
    assert not plans.parse(heads).ladder_rises
    assert plans.parse(TEXT.replace('count = 3, where = "anywhere"', 'count = 3, where = "frontline"')).ladder_rises


def test_money_is_worth_what_the_exchange_says_in_minor_units():
    plan = plans.parse(TEXT)
    assert Fraction(*plan.value_of(INDEX["USD"])) == 1
    assert Fraction(*plan.value_of(INDEX["EUR"])) == Fraction("1.08")
    assert Fraction(*plan.value_of(INDEX["JPY"])) == Fraction("0.66")
    assert Fraction(*plan.value_of(NONE)) == 1
    in_yen = plans.parse(TEXT.replace('currency = "USD"', 'currency = "JPY"').replace('JPY = "0.0066"', 'USD = "150"'))
    assert Fraction(*in_yen.value_of(INDEX["USD"])) == Fraction("1.5")
    assert Fraction(*in_yen.value_of(NONE)) == Fraction(1, 100)
    with pytest.raises(plans.NoRate, match="plan fernhollow has no exchange rate for GBP; it knows USD, EUR, JPY"):
        plan.value_of(INDEX["GBP"])


def test_a_match_on_a_bonus_of_another_period_type_is_refused():
    """In the month's calculation the week's bonus has earned nothing: it would match nothing, for ever."""
    text = (SHIPPED / "binary.toml").read_text()
    text = text.replace('code = "match"', 'code = "match"\nperiod = "month"')
    with pytest.raises(Refused) as refused:
        plans.parse(text)
    assert str(refused.value) == (
        'bonuses[3].period is "month"; expected week, the period type of binary, from which it is computed'
    )


def test_returns_may_be_clawed_back_on_the_day_alone_but_not_for_eleven_years():
    data = copy.deepcopy(FERNHOLLOW)
    data["returns"] = {"within_days": 0, "lowers_qualifying": True}
    assert plans.restore(data).returns.within_days == 0
    assert problems("returns", value=data["returns"] | {"within_days": 4000}) == [
        "returns.within_days is 4000; expected a whole number from 0 to 3660"
    ]
