"""Rows that the tests of one module share: built once, each test on a savepoint above them, gone with the module.

    @pytest.fixture(scope="module")
    def built(keep):
        return keep(build)

    @pytest.fixture
    def cast(built, db):
        return built()

Each test is given a copy of what ``build`` returned, so that what one test changes in memory no other sees. Tests that
commit can stand on no savepoint: for them, and whatever comes after them in the module, everything is built anew.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction


class Kept:
    """One thing that was built, with the transaction around its rows."""

    standing: list["Kept"] = []
    commits = False

    def __init__(self, build: Callable[[], Any], blocker: Any) -> None:
        self.build, self.blocker = build, blocker
        self.around: transaction.Atomic | None = None
        if not Kept.commits:
            with blocker.unblock():
                self.around = transaction.atomic()
                self.around.__enter__()
                self.made = build()
            Kept.standing.append(self)

    def __call__(self) -> Any:
        """Return a copy of what was built, or build it for this test alone."""
        return copy.deepcopy(self.made) if self.around else self.build()

    def drop(self) -> None:
        """Undo the rows."""
        if self.around:
            Kept.standing.remove(self)
            with self.blocker.unblock():
                transaction.set_rollback(True)
                self.around.__exit__(None, None, None)
            self.around = None


def make_way(item: pytest.Item) -> None:
    """Undo what is kept before a test that commits, and keep nothing for it."""
    marker = item.get_closest_marker("django_db")
    names = getattr(item, "fixturenames", ())
    Kept.commits = bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in names
    if Kept.commits:
        for kept in reversed(list(Kept.standing)):
            kept.drop()
