"""Blocks of lines are put together as they are, in the room of one."""

import dataclasses
import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from commissions.engine.calculate import calculate
from commissions.engine.result import Lines
from tests.commissions.engine.companies import engine_snapshot, some_companies, some_plans


@given(some_plans(), some_companies(), st.integers(0, 50), st.integers(0, 50))
def test_blocks_come_together_as_they_were_and_are_let_go(plan, company, first, then):
    lines = calculate(plan, engine_snapshot(*company)).lines
    edges = [0, *sorted(min(cut, len(lines)) for cut in (first, then)), len(lines)]
    blocks = [lines.take(np.arange(low, high)) for low, high in itertools.pairwise(edges)]
    joined = Lines.drained(blocks)
    assert not blocks
    for field in dataclasses.fields(Lines):
        ours, theirs = getattr(joined, field.name), getattr(lines, field.name)
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype
        assert not len(ours) or (ours.strides == (0,)) == (len(np.unique(ours)) == 1)


def test_no_block_is_no_line():
    assert len(Lines.join([])) == 0
