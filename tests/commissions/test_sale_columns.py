"""A plan is given the columns that it reads: with no others it comes to the same."""

import dataclasses

import numpy as np
import pytest

from commissions import sale_columns
from commissions.engine.calculate import calculate
from tests.commissions.plans.examples import FILES, Example

WITH_MORE = [path for path in FILES if "\norders" in path.read_text() and "people = " in path.read_text()]


@pytest.mark.parametrize("path", WITH_MORE, ids=lambda path: path.stem)
def test_columns_that_are_not_asked_for_change_nothing(path):
    example = Example(path)
    sales = example.snapshot.sales
    asked = sale_columns.asked(example.plan)
    kept = {name: column for name, column in sales.more.items() if name in asked or "." in name}
    less = dataclasses.replace(example.snapshot, sales=dataclasses.replace(sales, more=kept))
    again = calculate(example.plan, less)
    assert np.array_equal(again.totals, example.result.totals)
    assert np.array_equal(again.standings.rank, example.result.standings.rank)
    assert {name: values.tolist() for name, values in again.state.people.items()} == {
        name: values.tolist() for name, values in example.result.state.people.items()
    }


def test_a_plan_that_asks_for_nothing_is_given_nothing():
    (plain,) = [path for path in WITH_MORE if path.stem == "plan_unilevel"]
    assert sale_columns.asked(Example(plain).plan) == set()
