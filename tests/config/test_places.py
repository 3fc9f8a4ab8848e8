"""Where root's servers live: they go with the data folder wherever it is moved, and no company's data is ever removed."""

import os
import shutil

import pytest

from config import places

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's data is in the checkout and goes with it")


@pytest.fixture(autouse=True)
def private(tmp_path, monkeypatch):
    """Private folders of this test's own."""
    place = tmp_path / "private"
    monkeypatch.setattr(places, "PRIVATE_PLACES", (place,))
    return place


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose servers have kept something."""
    folder = tmp_path / "one"
    places.follow(folder / ".data")
    (home(folder) / "orders").write_text("a year of orders")
    return folder


def home(folder):
    return places.home_for(folder / ".data", folder)


def start(folder):
    """Begin as any process of a checkout does; return where its servers live."""
    base = home(folder)
    places.follow(folder / ".data")
    return base


def test_a_moved_checkout_keeps_its_database(checkout, tmp_path):
    moved = checkout.rename(tmp_path / "two")
    assert (start(moved) / "orders").read_text() == "a year of orders"
    assert places.stands_for(home(moved)) == moved / ".data"
    assert (start(moved) / "orders").exists(), "and the next time too"


def test_another_checkout_that_starts_while_the_first_is_unmounted_removes_nothing(checkout, tmp_path):
    unmounted = checkout.rename(tmp_path / "away")
    start(tmp_path / "another")
    unmounted.rename(checkout)
    assert (start(checkout) / "orders").exists()


def test_a_start_at_the_path_of_an_unmounted_checkout_begins_afresh_and_the_first_comes_back_whole(checkout, tmp_path):
    unmounted = checkout.rename(tmp_path / "away")
    assert not (start(checkout) / "orders").exists()
    shutil.rmtree(checkout)
    unmounted.rename(checkout)
    assert (start(checkout) / "orders").read_text() == "a year of orders"


def test_a_removed_data_folder_is_a_fresh_start_that_sets_the_former_data_aside(checkout, private):
    shutil.rmtree(checkout / ".data")
    assert not (start(checkout) / "orders").exists()
    assert [found.read_text() for found in private.glob("*-kept-*/orders")] == ["a year of orders"]


def test_a_copied_checkout_gets_servers_of_its_own(checkout, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    assert not (start(copy) / "orders").exists()
    assert home(copy) != home(checkout)
    assert (start(checkout) / "orders").exists()


def test_what_a_test_kept_goes_with_its_temporary_folder_and_nothing_else_does(checkout, tmp_path):
    for_test, kept = tmp_path / "of a test", home(checkout)
    places.follow(for_test, throwaway=True)
    thrown = places.base_of(for_test)
    start(tmp_path / "another")
    assert thrown.exists(), "its folder is there"
    shutil.rmtree(for_test)
    shutil.rmtree(checkout)
    start(tmp_path / "another")
    assert not thrown.exists() and kept.exists()


def test_a_folder_that_is_made_durable_is_no_longer_a_tests(tmp_path):
    folder = tmp_path / "played with"
    places.follow(folder, throwaway=True)
    places.follow(folder)
    base = places.base_of(folder)
    shutil.rmtree(folder)
    start(tmp_path / "another")
    assert base.exists()
