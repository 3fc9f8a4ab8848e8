"""Companies on paper: an indented outline is a tree in preorder already."""

import textwrap

import numpy as np


def outline(text):
    """Read an indented tree: names, one whole number each (0 if none is given), parents and sizes.

    >>> outline('''
    ...     ana     1
    ...       ben  10
    ... ''')
    (['ana', 'ben'], array([ 1, 10]), array([-1,  0]), array([2, 1]))
    """
    names, values, parents, open_lines = [], [], [], []
    for line in textwrap.dedent(text).strip("\n").splitlines():
        indent = len(line) - len(line.lstrip())
        name, *rest = line.split()
        while open_lines and open_lines[-1][0] >= indent:
            open_lines.pop()
        parents.append(open_lines[-1][1] if open_lines else -1)
        open_lines.append((indent, len(names)))
        names.append(name)
        values.append(int(rest[0]) if rest else 0)
    sizes = [1] * len(names)
    for person in reversed(range(len(names))):
        if parents[person] >= 0:
            sizes[parents[person]] += sizes[person]
    return names, np.array(values), np.array(parents), np.array(sizes)
