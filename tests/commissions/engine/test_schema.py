"""The JSON Schema says of documents what the reader says of them, and the file is the newest."""

import tomllib
from pathlib import Path

from commissions.engine import schema
from commissions.management.commands.plan_schema import PLACE, written

SHIPPED = sorted((Path(__file__).parents[3] / "commissions" / "plans").glob("*.toml"))


def test_the_file_is_what_the_plan_says_today():
    assert PLACE.read_text() == written(), "run manage.py plan_schema"


def test_every_shipped_plan_fits():
    for path in SHIPPED:
        assert unfit(tomllib.loads(path.read_text()), schema.of_plan()) == [], path.name


def test_an_unknown_key_a_missing_one_and_a_wrong_word_do_not_fit():
    data = tomllib.loads(SHIPPED[0].read_text())
    assert unfit({**data, "colour": 1}, schema.of_plan()) == ["colour"]
    assert unfit({key: value for key, value in data.items() if key != "ranks"}, schema.of_plan()) == ["ranks"]
    assert unfit({**data, "plan": {**data["plan"], "currency": "XXX"}}, schema.of_plan()) == ["plan.currency"]


def unfit(value, of, path=""):
    """The paths at which a value does not fit: as much of JSON Schema as ours uses."""
    if "$ref" in of:
        return unfit(value, schema.of_plan()["definitions"][of["$ref"].removeprefix("#/definitions/")], path)
    if "oneOf" in of:
        fits = [each for each in of["oneOf"] if not unfit(value, each, path)]
        return [] if len(fits) == 1 else [path]
    if "const" in of:
        return [] if value == of["const"] else [path]
    if "enum" in of:
        return [] if value in of["enum"] else [path]
    if of.get("type") == "object":
        if not isinstance(value, dict):
            return [path]
        known = of.get("properties", {})
        rest = of["additionalProperties"]
        wrong = [name for name in of.get("required", []) if name not in value]
        for name, each in value.items():
            where = f"{path}.{name}" if path else name
            if name in known:
                wrong += unfit(each, known[name], where)
            else:
                wrong += [where] if rest is False else unfit(each, rest, where)
        return wrong
    if of.get("type") == "array":
        if not isinstance(value, list):
            return [path]
        return [wrong for place, each in enumerate(value, 1) for wrong in unfit(each, of["items"], f"{path}[{place}]")]
    return []
