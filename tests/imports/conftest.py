"""What the tests of the import share."""

import pytest

from tests.imports import company


@pytest.fixture
def folder(tmp_path, db):
    """A small company in files."""
    return company.write(tmp_path / "company")
