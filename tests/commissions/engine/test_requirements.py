"""The requirements one by one, on the company that their page describes, and what the page says of them."""

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine import calculate, document, editing, lacks, snapshot, toml_text, volumes
from commissions.engine import plan as plans
from commissions.engine.document import Refused
from commissions.engine.kinds import Percent, Points
from commissions.engine.money import AmountTooLarge
from commissions.engine.requirements import REQUIREMENTS
from commissions.engine.requirements.alternatives import SINGLE
from commissions.engine.tenure import Grace, Title
from tests.commissions.plans.examples import SHIPPED

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (SHIPPED / "fernhollow.toml").read_text() + '[trees.pairs]\nkind = "binary"\n[trees.wide]\nkind = "open"\n'
ANA = 0
VOLUME = st.one_of(st.integers(-100, 1000), st.integers(-(2**59) + 1, 2**59 - 1))
BOUGHT = [(1, 0, 50, -1), (1, 2, 30, 7), (1, 2, 10, 7), (1, 1, 40, 8), (2, 0, 100, -1), (3, 0, 70, -1), (4, 2, 60, 9)]


def company(facts=None, state=None):
    """ana with ben, whose dee, and cy; see docs/plans/requirements.md."""
    people = snapshot.people(id=[1, 2, 3, 4], sponsor_id=[0, 1, 2, 1])
    index = snapshot.Index(people.id)
    pairs = snapshot.placed(index, id=[1, 2, 3, 4], parent_id=[0, 1, 2, 1], leg=[-1, 0, 0, 1])
    numbers = list(range(len(BOUGHT)))
    person, kind, volume, buyer = zip(*BOUGHT, strict=True)
    zeros = [0] * len(BOUGHT)
    sales = snapshot.sales(
        index,
        id=numbers,
        person_id=person,
        at=zeros,
        order=numbers,
        buyer_kind=kind,
        quantity=[1] * len(BOUGHT),
        pv=[each * 100 for each in volume],
        cv=zeros,
        paid_minor=zeros,
        seller_minor=zeros,
        currency=zeros,
        reverses=zeros,
        more={"buyer": buyer},
    )
    people = dataclasses.replace(people, trees={"pairs": pairs}, facts=facts or {})
    return snapshot.Snapshot(people, sales, state=snapshot.State(people=state or {}))


def required(words, **more):
    """Put a requirement into a gate of the plan, and return what everybody has of it."""
    gate = f'[[gates]]\ncode = "gate"\nname = "Gate"\nbonuses = ["team_bonus"]\nrequires = [{{ {words} }}]\n'
    standings = calculate.stand(plans.parse(TEXT + gate), company(**more))
    return standings.measured[0].tolist()


@pytest.mark.parametrize(
    ("words", "have"),
    [
        ('measure = "own_volume", volume = "pv", buyers = ["distributor"], least = 1', 50_00),
        ('measure = "own_volume", volume = "pv", buyers = ["retail", "preferred"], least = 1', 80_00),
        ('measure = "group_volume", volume = "pv", tree = "sponsor", least = 1', 360_00),
        ('measure = "group_volume", volume = "pv", tree = "sponsor", levels = 1, least = 1', 290_00),
        ('measure = "group_volume", volume = "pv", tree = "sponsor", own = "left_out", least = 1', 230_00),
        ('measure = "group_volume", volume = "pv", tree = "sponsor", levels = 1, own = "left_out", least = 1', 160_00),
        (
            'measure = "group_volume", volume = "pv", tree = "sponsor", least = 400, '
            'leg_cap = { of = "requirement", share = "25%", own_volume = "free" }',
            290_00,
        ),
        (
            'measure = "group_volume", volume = "pv", tree = "sponsor", least = 200, '
            'leg_cap = { of = "points", most = 80, own_volume = "free" }',
            270_00,
        ),
        ('measure = "customer_share", volume = "pv", of = "own", buyers = ["retail", "preferred"], least = "70%"', 615_384),
        ('measure = "customer_share", volume = "pv", of = "group", buyers = ["retail", "preferred"], least = "70%"', 388_888),
        ('measure = "lesser_leg", volume = "pv", tree = "pairs", least = 1', 60_00),
        ('measure = "outside_largest_leg", volume = "pv", tree = "sponsor", own = "left_out", least = 1', 60_00),
        ('measure = "outside_largest_leg", volume = "pv", tree = "pairs", own = "counts", least = 1', 190_00),
        ('measure = "customers", buyers = ["retail", "preferred"], volume = "pv", each = 40, count = 2', 2),
        ('measure = "customers", buyers = ["retail"], volume = "pv", each = 41, count = 2', 0),
        ('measure = "active_frontline", tree = "sponsor", count = 1', 2),
        ('measure = "team", tree = "sponsor", who = "open", count = 1', 3),
        ('measure = "team", tree = "pairs", who = "active", levels = 1, count = 1', 2),
        ('measure = "legs_with_volume", tree = "sponsor", volume = "pv", least = 100, count = 1', 1),
        ('measure = "legs_with_volume", tree = "sponsor", volume = "pv", least = 60, of = "head", count = 1', 2),
        ('measure = "legs_with_volume", tree = "sponsor", volume = "pv", least = 101, of = "head", count = 1', 0),
        ('measure = "legs_with_volume", tree = "sponsor", volume = "pv", least = 101, of = "leg", count = 1', 1),
        ('measure = "sponsored_in_legs", tree = "pairs", who = "active", count = 1', 1),
        ('measure = "sponsored_in_legs", tree = "pairs", who = "active", legs = 1, count = 1', 1),
        (
            'measure = "sponsored_in_legs", tree = "pairs", who = "open", count = 1, with_volume = { volume = "pv", least = 70 }',
            0,
        ),
        ('measure = "outside_largest_leg", volume = "pv", tree = "sponsor", own = "left_out", largest = 2, least = 1', 0),
        ('measure = "nth_largest_leg", volume = "pv", tree = "sponsor", nth = 1, least = 1', 170_00),
        ('measure = "nth_largest_leg", volume = "pv", tree = "pairs", nth = 2, least = 1', 60_00),
        ('measure = "nth_largest_leg", volume = "pv", tree = "pairs", nth = 3, least = 1', 0),
        ('measure = "lifetime_volume", volume = "pv", of = "own", least = 1', 130_00),
        ('measure = "rolling_volume", volume = "pv", of = "group", periods = 3, least = 1', 360_00),
    ],
)
def test_ana_has_what_the_page_says(words, have):
    assert required(words)[ANA] == have


def test_the_three_personal_groups_differ_as_soon_as_somebody_below_is_ranked():
    facts = {"rank.override": np.array([0, 0, 3, 0])}  # dee is silver
    words = 'measure = "personal_group_volume", volume = "pv", least = 1, rank = "silver", less = '
    assert required(f'{words}"rank"', facts=facts)[ANA] == 290_00
    assert required(f'{words}"legs"', facts=facts)[ANA] == 190_00
    assert required(f'{words}"breakaway"', facts=facts)[ANA] == 360_00
    before = {"rank.paid_as": np.array([0, 0, 3, 0])}
    assert required(f'{words}"breakaway"', state=before)[ANA] == 290_00
    legs = 'measure = "legs_with_rank", tree = "pairs", rank = "silver", count = 1, where = '
    assert required(f'{legs}"anywhere"', facts=facts)[ANA] == 1
    assert required(f'{legs}"frontline"', facts=facts)[ANA] == 0
    assert required(f'{legs}"anywhere", or_volume = {{ volume = "pv", least = 60 }}', facts=facts)[ANA] == 2
    assert required(f'{legs}"anywhere", with_volume = {{ volume = "pv", least = 171 }}', facts=facts)[ANA] == 0


def test_periods_at_a_rank_count_with_this_one_or_without():
    state = {name: np.array([rank, 0, 0, 0]) for name, rank in (("rank.paid_as", 4), ("rank.ago.2", 3), ("rank.ago.3", 0))}
    facts = {"rank.override": np.array([3, 0, 0, 0])}
    words = 'measure = "periods_at_rank", rank = "silver", periods = 1, of_last = 3, this_period = '
    assert required(f'{words}"left_out"', state=state, facts=facts)[ANA] == 2
    assert required(f'{words}"counts"', state=state, facts=facts)[ANA] == 3


def test_a_fact_and_the_lack_of_one():
    facts = {"tax_form": np.array([2, 0, 0, 0])}
    assert required('measure = "fact", name = "tax_form", least = 1', facts=facts) == [2, 0, 0, 0]
    assert required('measure = "without_fact", name = "tax_form"', facts=facts) == [0, 1, 1, 1]
    assert required('measure = "title", rank = "gold"', state={"rank.title": np.array([4, 3, 0, 0])}) == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('measure = "charm", least = 1', 'gates[1].requires[1].measure is "charm"; expected one of own_volume, group_volume'),
        ('measure = "fact", least = 1', "gates[1].requires[1].name is missing"),
        (
            'measure = "own_volume", volume = "qv", buyers = ["retail"], least = 1',
            'requires[1].volume is "qv"; expected one of the plan\'s volumes: pv, cv',
        ),
        (
            'measure = "customers", buyers = ["distributor"], volume = "pv", each = 1, count = 1',
            'requires[1].buyers is "distributor"; expected customers: preferred, retail or both',
        ),
        (
            'measure = "customer_share", volume = "pv", of = "own", buyers = ["distributor"], least = "1%"',
            'requires[1].buyers is "distributor"; expected customers',
        ),
        ('measure = "lesser_leg", volume = "pv", tree = "sponsor", least = 1', 'requires[1].tree is "sponsor"; expected one of'),
        ('measure = "title", rank = "king"', 'requires[1].rank is "king"; expected one of the plan\'s ranks'),
        (
            'measure = "any_of", of = [[{ measure = "title", rank = "gold" }]]',
            "requires[1].of is a list of 1; expected a list of 2 to 10 items",
        ),
        (
            'measure = "any_of", of = [[{ measure = "title", rank = "gold" }], []]',
            "requires[1].of[2] is a list of 0; expected a list of 1 to 10 items",
        ),
        (
            'measure = "any_of", of = [[{ measure = "title", rank = "gold" }], [{ measure = "title", rank = "king" }]]',
            'requires[1].of[2][1].rank is "king"; expected one of the plan\'s ranks',
        ),
        (
            'measure = "any_of", count = 3, of = [[{ measure = "title", rank = "gold" }], '
            '[{ measure = "without_fact", name = "hold" }]]',
            "requires[1].count is 3; expected at most the number of alternatives, which is 2",
        ),
        (
            'measure = "any_of", of = [[{ measure = "any_of" }], [{ measure = "title", rank = "gold" }]]',
            'requires[1].of[1][1].measure is "any_of"; expected one of own_volume',
        ),
        (
            'measure = "group_volume", volume = "pv", tree = "sponsor", least = 0, levels = 1, '
            'leg_cap = { of = "requirement", share = "25%", own_volume = "free" }',
            "requires[1].levels is 1; expected no levels beside leg_cap",
        ),
        (
            'measure = "group_volume", volume = "pv", tree = "sponsor", least = 0, '
            'leg_cap = { of = "points", most = 80, own_volume = "free" }',
            "requires[1].least is 0; expected a volume above 0, as leg_cap says what of a leg counts towards it",
        ),
        (
            'measure = "group_volume", volume = "pv", tree = "sponsor", least = 1, '
            'leg_cap = { of = "points", own_volume = "free" }',
            "requires[1].leg_cap.most is missing; expected how many points",
        ),
        (
            'measure = "sponsored_in_legs", tree = "sponsor", who = "open", legs = 2, count = 1',
            'requires[1].tree is "sponsor"; expected one of the plan\'s placement trees: pairs, wide',
        ),
        (
            'measure = "sponsored_in_legs", tree = "wide", who = "open", count = 1',
            "requires[1].legs is missing; expected in how many legs they have to sit, as wide is not binary",
        ),
        (
            'measure = "sponsored_in_legs", tree = "pairs", who = "open", legs = 3, count = 1',
            "requires[1].legs is 3; expected at most 2, as pairs is binary",
        ),
        (
            'measure = "sponsored_in_legs", tree = "pairs", who = "open", count = 1, with_volume = { volume = "qv", least = 1 }',
            'requires[1].with_volume.volume is "qv"; expected one of the plan\'s volumes: pv, cv',
        ),
        (
            'measure = "legs_with_rank", tree = "sponsor", rank = "gold", where = "anywhere", count = 1, '
            'or_volume = { volume = "qv", least = 1 }',
            'requires[1].or_volume.volume is "qv"; expected one of the plan\'s volumes: pv, cv',
        ),
        (
            'measure = "legs_with_volume", volume = "pv", tree = "sponsor", least = 0, count = 1',
            "requires[1].least is 0; expected more than 0, as a leg counts by its volume",
        ),
        (
            'measure = "legs_with_rank", tree = "sponsor", rank = "gold", where = "anywhere", count = 1, '
            'or_volume = { volume = "pv", least = 0 }',
            "requires[1].or_volume.least is 0; expected more than 0, as a leg counts by its volume",
        ),
        (
            'measure = "periods_at_rank", rank = "gold", periods = 3, of_last = 2, this_period = "counts"',
            "requires[1].periods is 3; expected at most of_last, which is 2",
        ),
    ],
)
def test_a_requirement_that_makes_no_sense_is_refused_by_its_key(words, said):
    with pytest.raises(Refused) as refused:
        required(words)
    assert said in str(refused.value)


STATED = {
    "own_volume": 'volume = "pv", buyers = ["retail"], least = 1',
    "group_volume": 'volume = "pv", tree = "sponsor", least = 1',
    "personal_group_volume": 'volume = "pv", less = "legs", rank = "silver", least = 1',
    "customer_share": 'volume = "pv", of = "own", buyers = ["retail"], least = "1%"',
    "customers": 'volume = "pv", buyers = ["retail"], each = 1, count = 1',
    "legs_with_volume": 'volume = "pv", tree = "sponsor", least = 1, count = 1',
    "legs_with_rank": 'tree = "sponsor", rank = "silver", where = "anywhere", count = 1',
    "lesser_leg": 'volume = "pv", tree = "pairs", least = 1',
    "outside_largest_leg": 'volume = "pv", tree = "sponsor", own = "counts", least = 1',
    "nth_largest_leg": 'volume = "pv", tree = "sponsor", nth = 2, least = 1',
    "active_frontline": 'tree = "sponsor", count = 1',
    "sponsored_in_legs": 'tree = "pairs", who = "open", count = 1, rank = "silver"',
    "team": 'tree = "sponsor", who = "open", count = 1',
    "periods_at_rank": 'rank = "silver", periods = 1, of_last = 2, this_period = "counts"',
    "title": 'rank = "silver"',
    "lifetime_volume": 'volume = "pv", of = "own", least = 1',
    "rolling_volume": 'volume = "pv", of = "own", periods = 2, least = 1',
    "fact": 'name = "tax_form", least = 1',
    "without_fact": 'name = "tax_form"',
}


@pytest.mark.parametrize("measure", SINGLE)
def test_a_name_that_the_plan_does_not_have_is_refused_by_its_key(measure):
    required(f'measure = "{measure}", {STATED[measure]}')
    fields = {field.name for field in dataclasses.fields(REQUIREMENTS[measure])}
    assert {"volume", "tree", "rank"} & fields == {key for key in ("volume", "tree", "rank") if f"{key} = " in STATED[measure]}
    for key, names in (("volume", ("pv",)), ("tree", ("sponsor", "pairs")), ("rank", ("silver",))):
        for name in names:
            words = STATED[measure].replace(f'{key} = "{name}"', f'{key} = "ghost"')
            if words != STATED[measure]:
                with pytest.raises(Refused) as refused:
                    required(f'measure = "{measure}", {words}')
                assert f'gates[1].requires[1].{key} is "ghost"' in str(refused.value)
                among = f'[[{{ measure = "title", rank = "gold" }}], [{{ measure = "{measure}", {words} }}]]'
                with pytest.raises(Refused) as refused:
                    required(f'measure = "any_of", of = {among}')
                assert f'gates[1].requires[1].of[2][1].{key} is "ghost"' in str(refused.value)


@pytest.mark.parametrize("measure", REQUIREMENTS)
def test_what_is_stated_in_points_or_as_a_share_is_told_as_that(measure):
    settings = {field.name: type(field.metadata["kind"]) for field in dataclasses.fields(REQUIREMENTS[measure])}
    kinds = [settings["least"]] if "least" in settings and "count" not in settings else []
    assert REQUIREMENTS[measure].is_points == (kinds == [Points])
    assert REQUIREMENTS[measure].is_share == (kinds == [Percent])


@pytest.mark.parametrize(
    ("place", "words", "said"),
    [
        (
            "[activity]\n",
            'measure = "active_frontline", tree = "sponsor", count = 1',
            'activity.requires[1].measure is "active_frontline"; expected something that does not ask who is active',
        ),
        (
            "[activity]\n",
            'measure = "any_of", of = [[{ measure = "title", rank = "gold" }], '
            '[{ measure = "active_frontline", tree = "sponsor", count = 1 }]]',
            'activity.requires[1].of[2][1].measure is "active_frontline"; expected something that does not ask who is active',
        ),
        (
            'code = "silver"\n',
            'measure = "any_of", of = [[{ measure = "title", rank = "gold" }], '
            '[{ measure = "periods_at_rank", rank = "silver", periods = 1, of_last = 2, this_period = "counts" }]]',
            'ranks[3].requires[1].of[2][1].rank is "silver"; expected a rank below silver',
        ),
        (
            'code = "silver"\n',
            'measure = "periods_at_rank", rank = "silver", periods = 1, of_last = 2, this_period = "counts"',
            'ranks[3].requires[1].rank is "silver"; expected a rank below silver',
        ),
    ],
)
def test_what_is_not_settled_yet_cannot_be_asked_for(place, words, said):
    with pytest.raises(Refused) as refused:
        plans.parse(TEXT.replace(place, f"{place}requires = [{{ {words} }}]\n"))
    assert said in str(refused.value)


@pytest.mark.parametrize("words", ['measure = "team", tree = "sponsor"', 'measure = "sponsored_in_legs", tree = "pairs"'])
def test_activity_may_ask_how_many_are_open_but_not_how_many_are_active(words):
    def asked(who):
        activity = f'[activity]\nrequires = [{{ {words}, count = 1, who = "{who}" }}]\n'
        return plans.parse(TEXT.replace("[activity]\n", activity))

    assert not asked("open").requirements[0].reads_active
    with pytest.raises(Refused, match="something that does not ask who is active"):
        asked("active")


@given(st.lists(st.tuples(VOLUME, VOLUME), min_size=1, max_size=5))
def test_a_share_is_rounded_down_to_whole_parts_per_million_at_any_size(pairs):
    part, whole = (np.array(values, dtype=np.int64) for values in zip(*pairs, strict=True))
    expected = [min(max(some, 0), of) * 10**6 // of if of > 0 else 0 for some, of in pairs]
    assert volumes.share_of(part, whole).tolist() == expected


@pytest.mark.parametrize("whole", [2**59, -(2**59), 2**62])
def test_a_volume_too_large_to_take_a_share_of_is_refused(whole):
    with pytest.raises(AmountTooLarge, match="too large to take a share of"):
        volumes.share_of(np.array([7, 2**58]), np.array([9, whole]))


def test_one_of_several_alternatives_may_be_said_or_left_out():
    gate = '[[gates]]\ncode = "gate"\nname = "Gate"\nbonuses = ["team_bonus"]\nrequires = [{{ measure = "any_of", {} }}]\n'
    among = 'of = [[{ measure = "title", rank = "gold" }], [{ measure = "title", rank = "silver" }]]'
    left_out, one, two = (plans.parse(TEXT + gate.format(among + more)) for more in ("", ", count = 1", ", count = 2"))
    assert left_out == one != two


def test_a_share_among_alternatives_is_refused_where_ranks_are_of_the_very_order():
    share = '{ measure = "customer_share", volume = "pv", of = "own", buyers = ["retail"], least = "1%" }'
    asked = f'requires = [{{ measure = "any_of", of = [[{{ measure = "title", rank = "gold" }}], [{share}]] }}]'
    text = TEXT.replace('elsewhere = "last"', 'elsewhere = "last"\nin_force = "crossing"')
    with pytest.raises(Refused) as refused:
        plans.parse(text.replace('code = "silver"\n', f'code = "silver"\n{asked}\n'))
    assert 'ranks[3].requires[1].of[2][1].measure is "customer_share"; expected what more volume' in str(refused.value)


EITHER = """requires = [{ measure = "any_of", of = [
    [{ measure = "group_volume", volume = "pv", tree = "sponsor", least = 500 }],
    [
        { measure = "group_volume", volume = "pv", tree = "sponsor", least = 300 },
        { measure = "legs_with_volume", tree = "sponsor", volume = "pv", least = 50, count = 3 },
    ],
] }]
"""


def test_what_is_missing_of_alternatives_is_told_with_the_nearest_one():
    plan = plans.parse(TEXT.replace('code = "silver"\n', f'code = "silver"\n{EITHER}'))
    told = lacks.of_person(plan, calculate.stand(plan, company()), ANA, 2)[-1]
    assert (told.have, told.need, told.missing) == (0, 1, 1)
    assert [[(part.have, part.missing) for part in way] for way in told.alternatives] == [
        [(360_00, 140_00)],
        [(360_00, 0), (2, 1)],
    ]
    assert told.nearest == told.alternatives[1]  # all of the volume and two legs of three, against 360 of 500
    assert told.done == Fraction(1 + Fraction(2, 3), 2)


def test_an_alternative_is_written_back_and_each_number_of_it_can_be_changed():
    plan = plans.parse(TEXT.replace('code = "silver"\n', f'code = "silver"\n{EITHER}'))
    assert plans.restore(document.write(plan)) == plan == plans.parse(toml_text.toml(document.write(plan)))
    changed = editing.changed(plan, {"ranks[3].requires[1].of[2][2].count": "4"})
    assert changed.ranks[2].requires[0].of[1][1].count == 4


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ('after = 1, demotion = "to_best"', "ladder.title.window is missing; expected how many periods"),
        ('after = 1, demotion = "never", window = 2', "ladder.title.window is 2; expected no window"),
        ('after = 1, demotion = "one_rank", window = 2, times = 3', "ladder.title.times is 3; expected at most the window"),
    ],
)
def test_a_title_that_makes_no_sense_is_refused_by_its_key(title, said):
    with pytest.raises(Refused) as refused:
        plans.parse(TEXT.replace('elsewhere = "last"', f'elsewhere = "last"\ntitle = {{ {title} }}'))
    assert said in str(refused.value)


@pytest.mark.parametrize("measure", REQUIREMENTS)
def test_every_requirement_is_on_the_page_with_all_its_settings(measure):
    page = (DOCS / "plans" / "requirements.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| `{measure}` |"))
    for field in dataclasses.fields(REQUIREMENTS[measure]):
        assert f"`{field.name}`" in row


@pytest.mark.parametrize("part", [Grace, Title])
def test_every_key_of_time_is_on_the_page_of_ranks(part):
    page = (DOCS / "ranks.md").read_text()
    for field in dataclasses.fields(part):
        assert f"`{field.name}`" in page or f"{field.name} =" in page or f" {field.name}," in page or f" {field.name} }}" in page
