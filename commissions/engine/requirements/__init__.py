"""What a rank, activity or a pay gate may require: one class a measure, and the closed table that a plan selects from.

A requirement holds where what a person has is at least what it takes. The keys ``pv``, ``gv`` and ``legs`` of a rank
(``ladder.py``) are the short way to say the most usual ones. docs/plans/requirements.md describes each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Final

from commissions.engine.requirements.alternatives import SINGLE, AnyOf
from commissions.engine.requirements.requirement import Requirement, Sight

__all__ = ["REQUIREMENTS", "AnyOf", "Requirement", "Sight", "requirements_in"]

REQUIREMENTS: Final[Mapping[str, type[Requirement]]] = MappingProxyType({**SINGLE, AnyOf.measure: AnyOf})


def requirements_in(value: object, path: str) -> Iterator[tuple[str, Requirement]]:
    """Find every requirement inside a setting, with its path; what one consists of is left to it."""
    if isinstance(value, Requirement):
        yield path, value
    elif is_dataclass(value):
        for each in fields(value):
            yield from requirements_in(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, tuple):
        for number, each in enumerate(value, 1):
            yield from requirements_in(each, f"{path}[{number}]")
