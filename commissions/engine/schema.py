"""The plan document as a JSON Schema, for editors that check TOML while it is written.

It says what single values and tables look like; names that refer to each other are checked by ``plan.parse`` alone.
"""

import dataclasses
from functools import singledispatch
from typing import Any, Final

from commissions.engine.document import Either, ListOf, Selected, Table, TableOf
from commissions.engine.kinds import Code, Day, Kind, Money, OneOf, Percent, Points, Ratio, Switch, Text, Whole
from commissions.engine.plan import Plan
from commissions.engine.requirements import REQUIREMENTS
from commissions.engine.requirements.alternatives import SINGLE

_SHARED: Final = {
    "requirement": Selected(REQUIREMENTS, by="measure"),
    "single_requirement": Selected(SINGLE, by="measure"),
}
"""What is written in many places, and described once."""


def of_plan() -> dict[str, Any]:
    """Return the schema of a whole document."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Canopy compensation plan",
        **of_table(Plan),
        "definitions": {name: _selected(kind) for name, kind in _SHARED.items()},
    }


def of_table(fills: type) -> dict[str, Any]:
    """Return the schema of a table that fills a dataclass."""
    settings = {field.name: field for field in dataclasses.fields(fills) if "kind" in field.metadata}
    return {
        "type": "object",
        "properties": {name: of_kind(field.metadata["kind"]) for name, field in settings.items()},
        "required": [name for name, field in settings.items() if field.metadata["default"] is dataclasses.MISSING],
        "additionalProperties": False,
        "description": (fills.__doc__ or "").strip().partition("\n")[0],
    }


@singledispatch
def of_kind(kind: Kind) -> dict[str, Any]:
    """Return the schema of a value: what it says in words, where nothing more is known."""
    return {"description": kind.meant}


@of_kind.register
def _(kind: Table) -> dict[str, Any]:
    return of_table(kind.fills)


@of_kind.register
def _(kind: ListOf) -> dict[str, Any]:
    return {"type": "array", "items": of_kind(kind.item), "minItems": kind.least, "maxItems": kind.most}


@of_kind.register
def _(kind: TableOf) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": of_kind(kind.item), "description": kind.meant}


@of_kind.register
def _(kind: Either) -> dict[str, Any]:
    return {"oneOf": [of_kind(each) for each in kind.kinds]}


@of_kind.register
def _(kind: Selected) -> dict[str, Any]:
    shared = next((name for name, each in _SHARED.items() if each == kind), None)
    return _selected(kind) if shared is None else {"$ref": f"#/definitions/{shared}"}


def _selected(kind: Selected) -> dict[str, Any]:
    def chosen(word: str, fills: type) -> dict[str, Any]:
        schema = of_table(fills)
        return {
            **schema,
            "properties": {kind.by: {"const": word}, **schema["properties"]},
            "required": [kind.by, *schema["required"]],
        }

    return {"oneOf": [chosen(word, fills) for word, fills in kind.vocabulary.items()]}


@of_kind.register
def _(kind: OneOf) -> dict[str, Any]:
    return {"enum": [str(word) for word in kind.words]}


@of_kind.register
def _(kind: Whole) -> dict[str, Any]:
    return {"type": "integer", "minimum": kind.least, "maximum": kind.most}


@of_kind.register
def _(_kind: Switch) -> dict[str, Any]:
    return {"type": "boolean"}


@of_kind.register
def _(kind: Text) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": kind.most}


@of_kind.register
def _(kind: Code) -> dict[str, Any]:
    return {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,39}$", "description": kind.meant}


@of_kind.register
def _(kind: Percent) -> dict[str, Any]:
    return {"type": "string", "pattern": r"^\d{1,7}(\.\d{1,4})?%$", "description": kind.meant}


@of_kind.register(Points)
@of_kind.register(Money)
@of_kind.register(Ratio)
def _(kind: Kind) -> dict[str, Any]:
    return {"type": ["number", "string"], "description": kind.meant}


@of_kind.register
def _(kind: Day) -> dict[str, Any]:
    return {"type": "string", "format": "date", "description": kind.meant}
