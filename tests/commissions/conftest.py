"""Companies on paper for the tests of commissions."""

import pytest
from django.utils import timezone

from commissions import live
from tests.commissions.company import Company, at


@pytest.fixture(autouse=True)
def the_present(monkeypatch):
    """Have it be the middle of November 2026, which is the companies' month, whatever the calendar on the wall says."""
    now = timezone.now
    ahead = at(2026, 11, 16, 12) - now()
    monkeypatch.setattr(timezone, "now", lambda: now() + ahead)


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


@pytest.fixture
def refresher():
    """What keeps the live figures, without its process."""
    refresher = live.Refresher()
    yield refresher
    refresher.drop()
