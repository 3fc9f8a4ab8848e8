"""A soak runs thousands of companies through each property: no test of this folder is then stopped by the clock."""

import os
from pathlib import Path

import pytest

from commissions.engine import reach


def pytest_collection_modifyitems(items):
    """Lift the time limit in ``make soak``."""
    for item in items:
        if os.environ.get("HYPOTHESIS_PROFILE") == "soak" and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(scope="module", params=[4, 0], ids=["small", "however many"])
def found_alone(request):
    """Sales that pay somebody else are found among few people, and among however many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "TOO_MANY", request.param)
        yield
