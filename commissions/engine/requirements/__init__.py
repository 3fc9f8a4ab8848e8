"""What a rank, activity or a pay gate may require: one class a measure, and the closed table that a plan selects from.

A requirement holds where what a person has is at least what it takes. The keys ``pv``, ``gv`` and ``legs`` of a rank
(``ladder.py``) are the short way to say the most usual ones. docs/plans/requirements.md describes each.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commissions.engine.requirements.alternatives import SINGLE, AnyOf
from commissions.engine.requirements.requirement import Requirement, Sight

__all__ = ["REQUIREMENTS", "AnyOf", "Requirement", "Sight"]

REQUIREMENTS: Final[Mapping[str, type[Requirement]]] = MappingProxyType({**SINGLE, AnyOf.measure: AnyOf})
