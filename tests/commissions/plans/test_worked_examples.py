"""The worked examples come out to the cent, and every setting of a plan has one."""

import dataclasses
from enum import StrEnum

import pytest

from commissions.engine import plan as plans
from commissions.engine.bonuses import BONUSES
from commissions.engine.bonuses.bonus import Unearned, Unit
from commissions.engine.document import Refused, write
from commissions.engine.ladder import Compression, Ladder, LegCap, Legs
from commissions.engine.periods import PeriodKind
from commissions.engine.placement import Tank
from commissions.engine.requirements import REQUIREMENTS
from commissions.engine.tenure import Grace, Title
from tests.commissions.plans.examples import FILES, Example, rows

RANKS = (Ladder, Legs, LegCap, Compression, Grace, Title, Tank, *REQUIREMENTS.values())
"""The parts of a plan that say who holds which rank."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_example_comes_out_to_the_cent(path):
    example = Example(path)
    assert example.earned() == {(name, bonus): amount for name, bonus, amount in rows(example.raw["earned"])}
    assert example.unearned() == {(bonus, reason): amount for bonus, reason, amount in rows(example.raw.get("unearned", ""))}
    if "left" in example.raw:
        stated = {(who, name): " ".join(value) for who, name, *value in rows(example.raw["left"])}
        of_ranks = any(name.startswith("rank.") for _, name in stated)  # ranks are left always, and stated where they matter
        left = example.left()
        assert {key: left[key] for key in left if of_ranks or not key[1].startswith("rank.")} == stated
    stands = example.stands()
    for name, *expected in rows(example.raw.get("stands", "")):
        assert stands[name] == tuple(expected), name


def test_every_choice_of_every_setting_has_a_worked_example():
    shown = set()
    for path in FILES:
        collect(write(Example(path).plan), shown)
    words = {
        (kind, field, str(word))
        for kind, bonus in BONUSES.items()
        for field, words in choices_of(bonus).items()
        for word in words
        if field != "rounding"  # one function rounds the lines of all kinds
    }
    missing = {each for each in words - refused_alone() if each not in shown}
    assert not missing
    stated = {(field, word) for _, field, word in shown}
    for part in RANKS:
        defaults = {(field.name, str(field.default)) for field in dataclasses.fields(part)}
        choices = {(field, str(word)) for field, words in choices_of(part).items() for word in words}
        missing = choices - stated - defaults  # a plan that states a default says the same without it
        assert not missing, part
    assert {str(kind) for kind in PeriodKind} <= {word for _, field, word in shown if field == "kind"}


def refused_alone():
    """What a kind of bonus refuses of the settings that every bonus has: no unit of its lines, nothing to roll up."""
    refused = set()
    for path in FILES:
        data = write(Example(path).plan)
        for place, bonus in enumerate(data["bonuses"]):
            for field, words in (("line", Unit), ("unearned", Unearned)):
                refused |= {(bonus["kind"], field, str(word)) for word in words if refuses(data, place, field, str(word))}
    return refused


def refuses(data, place, field, word):
    """Whether a plan is refused because of one word."""
    try:
        bonuses = [bonus | ({field: word} if number == place else {}) for number, bonus in enumerate(data["bonuses"])]
        plans.restore(data | {"bonuses": bonuses})
    except Refused as refusal:
        return any(problem.path == f"bonuses[{place + 1}].{field}" for problem in refusal.problems)
    return False


def choices_of(bonus):
    """The settings of a kind of bonus that are one word of several, or a switch."""
    found = {}
    for name, field in bonus.__dataclass_fields__.items():
        kind = field.metadata.get("kind")
        kind = getattr(kind, "item", kind)
        becomes = getattr(kind, "becomes", None)
        if isinstance(becomes, type) and issubclass(becomes, StrEnum):
            found[name] = list(kind.words)
        elif type(kind).__name__ == "Switch":
            found[name] = [True, False]
    return found


def collect(data, shown, kind=""):
    """Note which word each setting has in a plan."""
    kind = data.get("kind", kind)
    for key, value in data.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                collect(item, shown, "" if key != "bonuses" else kind)
            else:
                shown.add((kind, key, str(item)))
