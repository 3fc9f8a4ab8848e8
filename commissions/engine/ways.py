"""What a goal seek answers: what is missing, and ways there as steps that somebody can take."""

from dataclasses import dataclass

from commissions.engine.lacks import Requirement
from commissions.engine.trials import Kind


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One thing to do: ``count`` buyers buy ``points`` each, in hundredths, credited to ``person``.

    ``kinds`` are all the kinds of buyers that would do as well. Where it is Kind.NEW, the person brings in ``count``
    people who sell ``points`` each.
    """

    person: int
    kinds: tuple[Kind, ...]
    points: int
    count: int

    @property
    def total(self) -> int:
        """All points of the step together."""
        return self.points * self.count


@dataclass(frozen=True, slots=True)
class Way:
    """Steps that together reach the target, and none of which can be smaller. ``points`` is what they come to."""

    steps: tuple[Step, ...]

    @property
    def points(self) -> int:
        """The whole cost, in hundredths of a point."""
        return sum(step.total for step in self.steps)

    @property
    def newcomers(self) -> int:
        """How many people have to be brought in."""
        return sum(step.count for step in self.steps if step.kinds == (Kind.NEW,))


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands between a person and a rank.

    ``missing`` is what the engine finds missing now, ``ways`` the ways to the rank, cheapest first. Where there is none,
    ``beyond`` is what is missing even after boundless sales, empty if it is not the ladder that stands in the way.
    """

    person: int
    target: int
    is_held: bool
    missing: tuple[Requirement, ...]
    ways: tuple[Way, ...]
    beyond: tuple[Requirement, ...]
    is_open: bool
    trials: int
