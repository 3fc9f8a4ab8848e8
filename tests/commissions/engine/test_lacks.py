"""What somebody has against one requirement: in which unit, and how much of it is there."""

from fractions import Fraction

import pytest

from commissions.engine.lacks import Measure, Requirement
from commissions.engine.requirements.people import Customers
from commissions.engine.requirements.volume import CustomerShare, GroupVolume

POINTS = GroupVolume(volume="pv", tree="sponsor", least=1000)
SHARE = CustomerShare(volume="pv", of="own", buyers=(), least=250_000)
COUNT = Customers(volume="pv", buyers=(), each=0, count=3)


@pytest.mark.parametrize(("requirement", "is_points", "is_share"), [
    (Requirement(Measure.PV, 0, 10), True, False),
    (Requirement(Measure.GV, 0, 10), True, False),
    (Requirement(Measure.LEGS, 0, 2), False, False),
    (Requirement(Measure.REQUIRED, 0, 1000, required=POINTS), True, False),
    (Requirement(Measure.REQUIRED, 0, 250_000, required=SHARE), False, True),
    (Requirement(Measure.REQUIRED, 0, 3, required=COUNT), False, False),
])  # fmt: skip
def test_a_requirement_is_told_in_its_unit(requirement, is_points, is_share):
    assert (requirement.is_points, requirement.is_share) == (is_points, is_share)


@pytest.mark.parametrize(("have", "need", "done", "missing"), [
    (-5, 10, 0, 15), (0, 10, 0, 10), (4, 10, Fraction(2, 5), 6), (10, 10, 1, 0), (25, 10, 1, 0), (-5, 0, 1, 5), (3, 0, 1, 0),
])  # fmt: skip
def test_how_much_is_there_is_between_nothing_and_all(have, need, done, missing):
    requirement = Requirement(Measure.GV, have, need)
    assert (requirement.done, requirement.missing) == (done, missing)


def test_of_alternatives_as_many_are_there_as_the_nearest_come_to():
    half, third, none = (Requirement(Measure.GV, have, 6) for have in (3, 2, 0))
    alternatives = ((none,), (third, half), (half,), (third,))
    told = {need: Requirement(Measure.REQUIRED, 0, need, alternatives=alternatives) for need in (1, 2, 4)}
    assert told[1].done == Fraction(1, 2)
    assert told[2].done == (Fraction(1, 2) + Fraction(5, 12)) / 2
    assert told[4].done == (Fraction(1, 2) + Fraction(5, 12) + Fraction(1, 3)) / 4
    assert told[1].nearest == (half,)
