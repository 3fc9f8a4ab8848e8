"""The people of these tests: a house with both trees, and as many distributors as asked for."""

import pytest

from genealogy import people, trees
from genealogy.models import Distributor, Market


@pytest.fixture
def market(db):
    return Market.objects.create(code="us", name="United States", country="US", currency="USD", time_zone="America/New_York")


@pytest.fixture
def house(market):
    return people.found(name="The house", market=market)


@pytest.fixture
def sponsor_tree(house):
    return trees.tree_named("sponsor")


@pytest.fixture
def binary_tree(house):
    return trees.tree_named("binary")


@pytest.fixture
def crowd(house):
    """Make distributors who stand nowhere yet: ``crowd(5)`` or ``crowd("ana", "ben")``."""

    def make(*names):
        if names and isinstance(names[0], int):
            names = tuple(f"p{n}" for n in range(names[0]))
        start = Distributor.objects.count()
        made = [Distributor(name=name, market=house.market, number=f"T{start + at}") for at, name in enumerate(names)]
        return Distributor.objects.bulk_create(made)

    return make
