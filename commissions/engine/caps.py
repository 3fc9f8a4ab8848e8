"""Caps on what is earned: what the document says about them, and what they take away.

The order of the person's caps, the matches and the company's cap is a setting of the plan, because it changes cents.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from commissions.engine.document import ListOf, setting
from commissions.engine.kinds import Report, choice
from commissions.engine.names import Names
from commissions.engine.result import Lines

if TYPE_CHECKING:
    from commissions.engine.calculation import Calculation


class Step(StrEnum):
    """What happens after the bonuses that name no others: the persons' caps, the matches, the company's cap."""

    PERSON = "person"
    MATCH = "match"
    COMPANY = "company"


@dataclass(frozen=True, kw_only=True)
class Caps:
    """``order`` says in which order the three steps are taken; each is named once."""

    order: tuple[Step, ...] = setting(ListOf(choice(Step), least=3, most=3))

    @property
    def takes(self) -> bool:
        """Whether there is any cap at all."""
        return False


NO_CAPS = Caps(order=(Step.PERSON, Step.MATCH, Step.COMPANY))


def check(caps: Caps, names: Names, report: Report) -> None:
    """Report steps that are named twice, and names that nothing has."""
    if len(set(caps.order)) < len(caps.order):
        report.wrong("caps.order", ", ".join(caps.order), "person, match and company, each once")


def cut_person(calculation: "Calculation") -> None:
    """Hold every person to the persons' caps."""


def cut_company(calculation: "Calculation") -> None:
    """Hold the company to its cap."""


def cut_lines(calculation: "Calculation", lines: Lines) -> Lines:
    """Spread over the lines what the caps took of each person and bonus."""
    return lines
