"""Eight connections enrol at once: in one place, in a line, everywhere, in one leg - while labels move under their feet.

Eight connections below one parent go on for half a minute; every other soak for a second and a half. ``ENROL_SECONDS``
says how long all of them go on instead.
"""

import itertools
import os
import random
import threading
import time
from collections import Counter

import pytest
from django.db import connection

from genealogy import labels, people, trees
from genealogy.models import Distributor, Market, Position, Respacing
from genealogy.refusals import AlreadyEnrolled, DuplicateEmail, LegTaken
from genealogy.trees import Placement, placing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECONDS = float(os.environ.get("ENROL_SECONDS", "1.5"))
LONG = float(os.environ.get("ENROL_SECONDS", "30"))
CONNECTIONS = 8


@pytest.fixture
def house():
    market = Market.objects.create(code="us", name="United States", country="US", currency="USD")
    return people.found(name="The house", market=market)


@pytest.fixture
def newcomers(house):
    """An endless line of distributors who stand nowhere yet; any thread may take the next."""
    lock, rows = threading.Lock(), iter(())
    counter = itertools.count()

    def take():
        nonlocal rows
        with lock:
            newcomer = next(rows, None)
            if newcomer is None:
                batch = [Distributor(name="n", number=f"N{next(counter)}", market=house.market) for _ in range(500)]
                rows = iter(Distributor.objects.bulk_create(batch))
                newcomer = next(rows)
        return newcomer

    return take


def at_once(work, count=CONNECTIONS):
    """Run ``work(number)`` in as many threads, each with a connection of its own, from the same instant on.

    Return what they returned; an exception that is nobody's expected refusal fails the test.
    """
    ready, results, failures = threading.Barrier(count), [None] * count, []

    def run(number):
        try:
            ready.wait()
            results[number] = work(number)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def until(seconds):
    """Yield until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def cramp(tree):
    """Leave the root no gap at all, so that labels must move from the first newcomer on."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genealogy_position SET lft = %s, rght = %s WHERE tree_id = %s", [2**40, 2**40 + 1, tree.pk])


def assert_sound(tree, positions):
    verdict = trees.verify(tree)
    assert verdict.sound, verdict.faults
    assert verdict.positions == positions


@pytest.mark.parametrize("shape", ["under one parent", "in one line", "anywhere"])
def test_eight_connections_enrol_and_the_tree_stays_sound(house, newcomers, shape):
    tree = trees.tree_named("sponsor")
    cramp(tree)
    standing = [house.pk]

    def enrol(number):
        rng, count = random.Random(number), 0
        for _ in until(LONG if shape == "under one parent" else SECONDS):
            newcomer = newcomers()
            under = {"under one parent": standing[0], "in one line": standing[-1]}.get(shape) or rng.choice(standing)
            trees.enrol(newcomer.pk, tree=tree, under_id=under)
            standing.append(newcomer.pk)
            count += 1
        return count

    counts = at_once(enrol)
    assert min(counts) > 0
    assert_sound(tree, sum(counts) + 1)


def test_labels_are_spread_rebuilt_and_proved_while_people_enrol(house, newcomers, monkeypatch):
    """One connection re-spaces, one rebuilds, one proves, five enrol."""
    monkeypatch.setattr(labels, "INLINE_ROWS", 60)
    tree = trees.tree_named("sponsor")
    cramp(tree)

    def work(number):
        count = 0
        for _ in until(SECONDS):
            if number == 0:
                trees.respace_all()
            elif number == 1:
                trees.rebuild(tree)
                time.sleep(SECONDS / 8)
            elif number == 2:
                assert trees.verify(tree).sound
            else:
                trees.enrol(newcomers().pk, tree=tree, under_id=house.pk)
                count += 1
        return count

    assert_sound(tree, sum(at_once(work)) + 1)


def test_a_waiting_spread_is_asked_for_once(house, newcomers, monkeypatch):
    monkeypatch.setattr(labels, "INLINE_ROWS", 60)
    tree = trees.tree_named("sponsor")
    cramp(tree)
    at_once(lambda number: [trees.enrol(newcomers().pk, tree=tree, under_id=house.pk) for _ in range(60)])
    asked = list(Respacing.objects.values_list("tree", "low", "high"))
    assert asked and len(asked) == len(set(asked))


def test_one_leg_is_taken_once(house, newcomers):
    tree = trees.tree_named("binary")
    candidates = [newcomers() for _ in range(CONNECTIONS)]

    def take(number):
        try:
            trees.place(candidates[number].pk, tree=tree, under_id=house.pk, leg=0, by=Placement.HERE)
        except LegTaken:
            return "refused"
        return "placed"

    assert Counter(at_once(take)) == {"placed": 1, "refused": CONNECTIONS - 1}
    assert_sound(tree, 2)


@pytest.mark.parametrize("by", [Placement.OUTER, Placement.WEAKER, Placement.FIRST_FREE])
def test_eight_connections_place_below_one_person_and_everybody_gets_a_place(house, newcomers, by):
    tree = trees.tree_named("binary")

    def place(number):
        return [trees.place(newcomers().pk, tree=tree, under_id=house.pk, leg=number % 2, by=by).pk for _ in range(12)]

    placed = [pk for pks in at_once(place) for pk in pks]
    assert len(set(placed)) == 12 * CONNECTIONS
    assert_sound(tree, 12 * CONNECTIONS + 1)


@pytest.mark.parametrize("tries", [0, 1])
def test_who_was_never_quick_enough_for_the_first_free_place_gets_it_alone(house, newcomers, monkeypatch, tries):
    monkeypatch.setattr(placing, "QUICK_TRIES", tries)
    tree = trees.tree_named("binary")
    cramp(tree)
    at_once(
        lambda number: [trees.place(newcomers().pk, tree=tree, under_id=house.pk, by=Placement.FIRST_FREE) for _ in range(16)]
    )
    assert_sound(tree, 16 * CONNECTIONS + 1)
    levels = Counter(Position.objects.filter(tree=tree).values_list("level", flat=True))
    assert levels == {0: 1, 1: 2, 2: 4, 3: 8, 4: 16, 5: 32, 6: 64, 7: 2}, "no place was left free above another"


def test_outer_legs_and_given_legs_taken_at_once_do_not_wait_in_a_circle(house, newcomers):
    """Half of the connections lengthen the outer leg, half sit down at its present end by name."""
    tree = trees.tree_named("binary")

    def place(number):
        count = 0
        for _ in until(SECONDS):
            if number % 2:
                trees.place(newcomers().pk, tree=tree, under_id=house.pk, leg=0, by=Placement.OUTER)
            else:
                end = Position.objects.filter(tree=tree).order_by("-level").values_list("distributor_id", flat=True)[0]
                try:
                    trees.place(newcomers().pk, tree=tree, under_id=end, leg=0, by=Placement.HERE)
                except LegTaken:
                    continue
            count += 1
        return count

    assert_sound(tree, sum(at_once(place)) + 1)


def test_one_address_enrols_once(house):
    def enrol(number):
        try:
            people.enrol(sponsor_number=house.number, market=house.market, name="Ana", email="ana@example.com")
        except DuplicateEmail:
            return "refused"
        return "enrolled"

    assert Counter(at_once(enrol)) == {"enrolled": 1, "refused": CONNECTIONS - 1}
    for code in ("sponsor", "binary"):
        assert_sound(trees.tree_named(code), 2)


def test_one_customer_becomes_a_distributor_once(house):
    user = people.User.objects.create_user("cy@example.com", name="Cy")

    def enrol(number):
        try:
            people.enrol(sponsor_number=house.number, market=house.market, user=user)
        except AlreadyEnrolled:
            return "refused"
        return "enrolled"

    assert Counter(at_once(enrol)) == {"enrolled": 1, "refused": CONNECTIONS - 1}


def test_whole_enrolments_at_once_leave_both_trees_sound(house):
    """Login, number, both trees and the announcement, from eight connections."""

    def enrol(number):
        count = 0
        for _ in until(SECONDS):
            address = f"p{number}-{count}@example.com"
            people.enrol(sponsor_number=house.number, market=house.market, name="P", email=address)
            count += 1
        return count

    enrolled = sum(at_once(enrol))
    for code in ("sponsor", "binary"):
        assert_sound(trees.tree_named(code), enrolled + 1)
    assert len(set(Distributor.objects.values_list("number", flat=True))) == Distributor.objects.count()
