"""What the storefront's tests share."""

import pytest

from tests.storefront import cast as casting


@pytest.fixture(scope="module")
def built(keep):
    """The company, built once a module."""
    return keep(casting.build)


@pytest.fixture
def cast(built, db):
    """The company, its shop and its people."""
    return built()
