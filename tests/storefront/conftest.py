"""What the storefront's tests share."""

import pytest

from tests.storefront import cast as casting


@pytest.fixture
def cast(db):
    """The company, its shop and its people."""
    return casting.build()
