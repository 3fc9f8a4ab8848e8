"""Companies on paper for the tests of commissions."""

import pytest

from tests.commissions.company import Company


@pytest.fixture
def company(db):
    """The cast: ana sponsors ben, ben sponsors cy; dee is someone else's."""
    return Company("""
        house
          ana
            ben
              cy
          eve
            dee
    """)
