"""What the tests of the demo share: one small demo company for all of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.demo import making

END = datetime(2026, 11, 18, 15, tzinfo=UTC)
PEOPLE = 150


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory) -> Path:
    """The files of a small demo company."""
    folder = tmp_path_factory.mktemp("demo") / "company"
    making.write_files(folder, people=PEOPLE, seed=3, end=END, say=lambda text: None)
    return folder


@pytest.fixture
def demo(db, demo_files, monkeypatch):
    """A small demo company, made for this test, in a demo."""
    monkeypatch.setattr(settings, "DEMO", True)
    making.make(people=PEOPLE, seed=3, end=END, folder=demo_files, say=lambda text: None)
