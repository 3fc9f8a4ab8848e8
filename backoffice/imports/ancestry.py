"""Lines of people who refer to people above them: finding those that run in a circle, and what hangs below a refused one.

People are numbered from 0; ``above[i]`` is the number of the person above ``i``, negative when that person is outside the file.
All steps double their reach, so that a line of a million people takes twenty of them.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def in_a_circle(above: Numbers) -> Flags:
    """Tell who stands above oneself: the members of circles, not those who merely hang below one.

    >>> in_a_circle(np.array([-1, 0, 3, 2, 3])).tolist()
    [False, False, True, True, False]
    """
    people = len(above)
    outside = people
    reach = np.append(np.where(above < 0, outside, above), outside)
    for _step in range(people.bit_length()):
        reach = reach[reach]
    found = np.zeros(people + 1, dtype=bool)
    found[reach] = True
    return found[:people]


def below(marked: Flags, above: Numbers) -> Flags:
    """Tell who is marked or stands anywhere below somebody who is.

    >>> below(np.array([False, True, False, False]), np.array([-1, 0, 1, 0])).tolist()
    [False, True, True, False]
    """
    people = len(above)
    reach = np.append(np.where(above < 0, people, above), people)
    found = np.append(marked, False)
    for _step in range(people.bit_length()):
        found = found | found[reach]
        reach = reach[reach]
    return found[:people]


def circle_of(person: int, above: Numbers) -> list[int]:
    """Return the members of the circle that a person stands in, from that person upwards.

    >>> circle_of(1, np.array([2, 0, 1]))
    [1, 0, 2]
    """
    members = [person]
    while (up := int(above[members[-1]])) != person:
        members.append(up)
    return members
