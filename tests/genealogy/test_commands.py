"""``manage.py trees`` and the checks of ``manage.py verify``."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from genealogy import people, tasks, trees, verify
from genealogy.models import Distributor, Position, Respacing


@pytest.fixture
def company(house):
    sponsor = house
    for n in range(4):
        wish = {"name": f"P{n}", "email": f"p{n}@example.com"}
        sponsor = people.enrol(sponsor_number=sponsor.number, market=house.market, **wish)
    return sponsor


def break_labels(tree):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE genealogy_position SET lft = 1, rght = 2 WHERE tree_id = %s", [tree.pk])


def test_verify_prints_each_tree_with_its_count(company, capsys):
    call_command("trees", "verify")
    out = capsys.readouterr().out
    assert "sponsor: 5 positions, 4 deep, 8 checks, sound" in out and "binary: 5 positions" in out


def test_verify_fails_and_names_what_is_wrong_and_rebuild_mends_it(company, sponsor_tree, capsys):
    break_labels(sponsor_tree)
    with pytest.raises(CommandError, match="Not every tree is sound"):
        call_command("trees", "verify", tree="sponsor")
    assert "the interval does not lie within the parent's: 4 positions" in capsys.readouterr().out
    call_command("trees", "rebuild", tree="sponsor")
    call_command("trees", "verify")


def test_respace_works_off_what_waits(company, sponsor_tree):
    root = Position.objects.get(tree=sponsor_tree, parent=None)
    Respacing.objects.create(tree=sponsor_tree, low=root.lft, high=root.rght)
    call_command("trees", "respace")
    Respacing.objects.create(tree=sponsor_tree, low=root.lft, high=root.rght)
    tasks.respace()
    assert not Respacing.objects.exists() and trees.verify(sponsor_tree).sound


def test_bad_wishes_are_refused_in_words(company):
    with pytest.raises(CommandError, match="no tree 'matrix'; the trees are: binary, sponsor"):
        call_command("trees", "verify", tree="matrix")


def test_without_a_company_there_is_nothing_to_do(db):
    with pytest.raises(CommandError, match="There is no tree yet"):
        call_command("trees", "verify")


def test_the_checks_find_nothing_in_a_sound_company(company):
    assert [(name, faults) for name, _, faults in (check() for check in verify.CHECKS) if faults] == []


def test_the_checks_name_what_is_wrong(company, sponsor_tree, house):
    lost = Distributor.objects.create(name="Lost", number="L1", market=house.market)
    break_labels(sponsor_tree)
    Distributor.objects.filter(pk=house.pk).update(is_house=False)
    sentences = " ".join(fault for check in verify.CHECKS for fault in check()[2])
    assert f"distributor {lost.pk} stands nowhere in the sponsor tree" in sentences
    assert "sponsor: the interval does not lie within the parent's: 4 positions" in sentences
    assert f"binary: the root is distributor {house.pk}, who is not the house" in sentences
    assert "there is no house account" in sentences
