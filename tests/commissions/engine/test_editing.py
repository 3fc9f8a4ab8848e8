"""The settings of a plan one by one: listed, changed, compared, and written as TOML again."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import document, editing
from commissions.engine import plan as plans
from commissions.engine.document import Refused
from commissions.engine.toml_text import toml
from tests.commissions.engine.companies import some_plans

SHIPPED = sorted(Path(plans.__file__).parent.parent.joinpath("plans").glob("*.toml"))


def fernhollow():
    return plans.parse(next(path for path in SHIPPED if path.stem == "fernhollow").read_text())


def values(plan):
    return {setting.path: setting.value for setting in editing.settings(plan)}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_number_of_a_shipped_plan_can_be_written_as_it_is_shown(path):
    plan = plans.parse(path.read_text())
    assert editing.changed(plan, values(plan)).checksum == plan.checksum
    assert not editing.changes(plan, editing.changed(plan, values(plan)))


def numbers(value, path=""):
    """Yield the path of every number and percentage in plain data, as the errors of a document name it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for place, each in enumerate(value, 1):
            yield from numbers(each, f"{path}[{place}]")
    elif is_number(value) or (isinstance(value, list) and value and all(map(is_number, value))):
        yield path


def is_number(value):
    """Whether a value is one, in any spelling."""
    return isinstance(value, int) or (isinstance(value, str) and value.rstrip("%").replace(".", "").isdecimal())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_number_of_a_shipped_plan_is_left_out(path):
    plan = plans.parse(path.read_text())
    assert set(numbers(document.write(plan))) - values(plan).keys() <= {"plan.version"}


@given(some_plans())
def test_any_plan_is_written_as_toml_that_says_the_same(plan):
    assert plans.parse(toml(document.write(plan))).checksum == plan.checksum


@given(some_plans())
def test_settings_written_as_they_are_change_nothing(plan):
    assert editing.changed(plan, values(plan)).checksum == plan.checksum


@given(some_plans(), some_plans())
def test_changes_name_every_place_where_two_plans_differ(first, second):
    found = editing.changes(first, second)
    same = document.write(first) | {"plan": 0} == document.write(second) | {"plan": 0}
    assert bool([change for change in found if not change.path.startswith("plan.")]) != same
    back = editing.changes(second, first)
    assert {(change.path, change.before, change.after) for change in found} == {
        (change.path, change.after, change.before) for change in back
    }


def test_a_change_is_written_and_told_by_code():
    plan = fernhollow()
    place = [bonus.code for bonus in plan.bonuses].index("team_bonus") + 1
    rates = "12, 8%, 6.5%, 5%, 4%, 3%, 2%"
    tried = editing.changed(plan, {f"bonuses[{place}].rates": rates, "exchange.EUR": "1.1", "activity.pv": "62.25"})
    assert [(change.path, change.after) for change in editing.changes(plan, tried)] == [
        ("exchange.EUR", "1.1"),
        ("activity.pv", "62.25"),
        ("bonuses.team_bonus.rates", "12%, 8%, 6.5%, 5%, 4%, 3%, 2%"),
    ]


@pytest.mark.parametrize(
    ("path", "written", "said"),
    [
        ("activity.pv", "many", 'activity.pv is "many"'),
        ("activity.pv", "-5", "activity.pv is -5"),
        ("exchange.EUR", "0", "exchange.EUR is 0"),
        ("ranks[9].pv", "5", "ranks[9].pv is not a setting of this plan"),
    ],
)
def test_what_cannot_be_is_refused_by_its_path(path, written, said):
    with pytest.raises(Refused) as refused:
        editing.changed(fernhollow(), {path: written})
    assert said in str(refused.value)


PLAIN = st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=8)
KEYS = st.text(min_size=1, max_size=5)
DATA = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, DATA, max_size=4))
def test_plain_data_comes_back_from_its_toml(data):
    assert tomllib.loads(toml(data)) == data


def test_a_fraction_that_ends_is_shown_as_a_decimal_number():
    plan = fernhollow()
    assert values(plan)["exchange.EUR"] == "1.08"
    third = editing.changed(plan, {"exchange.EUR": "1/3"})
    assert values(third)["exchange.EUR"] == "1/3"


def test_a_leg_cap_by_a_share_becomes_one_in_points():
    (path,) = (path for path in SHIPPED if path.stem == "hybrid")
    plan = plans.parse(path.read_text())
    (place,) = plan.capped_ranks[:1]
    cap = f"ranks[{place + 1}].leg_cap"
    assert values(plan)[f"{cap}.most"] == ""
    in_points = editing.changed(plan, {f"{cap}.of": "points", f"{cap}.share": "", f"{cap}.most": "2500"})
    assert values(in_points)[f"{cap}.most"] == "2500"
    with pytest.raises(Refused, match="leg_cap.most is missing"):
        editing.changed(plan, {f"{cap}.of": "points", f"{cap}.share": ""})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_setting_of_a_shipped_plan_can_be_written_by_itself(path):
    plan = plans.parse(path.read_text())
    for key, value in values(plan).items():
        assert editing.changed(plan, {key: value}).checksum == plan.checksum, key
