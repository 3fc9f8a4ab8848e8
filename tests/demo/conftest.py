"""What the tests of the demo share: one small demo company for all of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction

from backoffice.demo import making

END = datetime(2026, 11, 18, 15, tzinfo=UTC)
PEOPLE = 150


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory) -> Path:
    """The files of a small demo company."""
    folder = tmp_path_factory.mktemp("demo") / "company"
    making.write_files(folder, people=PEOPLE, seed=3, end=END, say=lambda text: None)
    return folder


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, demo_files):
    """A small demo company, made once for all tests of a module; each of them runs in a savepoint on top of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        making.make(people=PEOPLE, seed=3, end=END, folder=demo_files, say=lambda text: None)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(made, db, settings):
    """A small demo company, in a demo."""
    settings.DEMO = True
