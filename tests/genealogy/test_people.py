"""Becoming a distributor: login, number and places in one transaction, or nothing at all."""

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from config.outbox.models import Event
from genealogy import checks, lineage, people, trees
from genealogy.models import Distributor, Position, User
from genealogy.people import Seat
from genealogy.refusals import (
    AlreadyEnrolled,
    DuplicateEmail,
    DuplicateNumber,
    LegTaken,
    SponsorNotActive,
    UnknownSponsor,
)
from genealogy.trees import Placement


@pytest.fixture
def ana(house):
    return people.enrol(sponsor_number=house.number, market=house.market, name="Ana Ruiz", email="ana@example.com")


def stored():
    """Everything that an enrolment may write."""
    return [list(model.objects.order_by("pk").values()) for model in (User, EmailAddress, Distributor, Position, Event)]


def test_a_newcomer_gets_a_login_a_number_a_place_in_each_tree_and_is_announced(house, ana):
    assert ana.user.email == "ana@example.com" and not ana.user.has_usable_password()
    assert not EmailAddress.objects.get(user=ana.user).verified
    assert ana.number.startswith("F1") and ana.enrolled_at
    assert lineage.upline(ana.pk, tree="sponsor") == lineage.upline(ana.pk, tree="binary") == [house.pk]
    assert Event.objects.get(kind="genealogy.DistributorEnrolled").facts == {
        "distributor_id": ana.pk,
        "sponsor_id": house.pk,
    }


def test_numbers_go_on_from_the_sequence_and_skip_those_in_use(house, ana):
    taken = f"F{int(ana.number[1:]) + 1}"
    Distributor.objects.create(name="Imported", number=taken, market=house.market)
    ben = people.enrol(sponsor_number=ana.number, market=house.market, name="Ben", email="ben@example.com")
    assert int(ben.number[1:]) == int(taken[1:]) + 1


def test_a_customer_becomes_a_distributor_with_the_same_login(house):
    user = User.objects.create_user("cy@example.com", "a fine long password", name="Cy")
    cy = people.enrol(sponsor_number=house.number.lower(), market=house.market, user=user)
    assert (cy.user, cy.name) == (user, "Cy")
    with pytest.raises(AlreadyEnrolled, match=f"Cy is the distributor {cy.number} already"):
        people.enrol(sponsor_number=house.number, market=house.market, user=user)


def test_a_seat_says_where_in_the_binary_tree(house, ana):
    seat = Seat(under_id=ana.pk, by=Placement.HERE, leg=1)
    ben = people.enrol(sponsor_number=house.number, market=house.market, name="Ben", email="ben@example.com", seat=seat)
    assert lineage.upline(ben.pk, tree="binary") == [ana.pk, house.pk]
    assert lineage.upline(ben.pk, tree="sponsor") == [house.pk]


@pytest.mark.parametrize(
    ("wish", "refusal", "words"),
    [
        ({"sponsor_number": "F999"}, UnknownSponsor, "No distributor has the number “F999”"),
        ({"sponsor_number": ""}, UnknownSponsor, "No distributor has the number “”"),
        ({"email": "ANA@example.com "}, DuplicateEmail, "Somebody signs in with ana@example.com already"),
        ({"number": "F100000"}, DuplicateNumber, "A distributor has the number F100000 already"),
        ({"seat": "taken"}, LegTaken, "Ben .* cannot stand in the left leg there"),
    ],
)
def test_a_refused_enrolment_names_the_thing_and_leaves_nothing(house, ana, wish, refusal, words):
    if wish.get("seat"):
        wish = {"seat": Seat(under_id=house.pk, by=Placement.HERE, leg=0)}
    before = stored()
    with pytest.raises(refusal, match=words):
        people.enrol(**{"sponsor_number": house.number, "market": house.market, "name": "Ben", "email": "ben@example.com"} | wish)
    assert stored() == before


@pytest.mark.parametrize("status", ["suspended", "terminated"])
def test_who_is_not_active_sponsors_nobody(house, ana, status):
    Distributor.objects.filter(pk=ana.pk).update(status=status)
    with pytest.raises(SponsorNotActive, match=f"Ana Ruiz .* is {status} and cannot sponsor anybody"):
        people.enrol(sponsor_number=ana.number, market=house.market, name="Ben", email="ben@example.com")


def test_the_database_itself_keeps_addresses_apart_whatever_their_case(house, ana):
    with pytest.raises(IntegrityError, match="genealogy_user_email_unique"), transaction.atomic():
        User.objects.bulk_create([User(email="ANA@EXAMPLE.COM")])


def test_there_is_one_house(house):
    with pytest.raises(IntegrityError, match="genealogy_distributor_one_house"), transaction.atomic():
        Distributor.objects.create(name="Second", number="F2", market=house.market, is_house=True)


def test_both_trees_are_sound_after_a_dozen_enrolments(house, ana):
    for n in range(12):
        people.enrol(sponsor_number=ana.number, market=house.market, name=f"p{n}", email=f"p{n}@example.com")
    for code in ("sponsor", "binary"):
        verdict = trees.verify(trees.tree_named(code))
        assert verdict.sound and verdict.positions == 14


def test_a_change_of_status_is_announced_once(house, ana):
    for _ in range(2):
        people.change_status(ana.pk, status="suspended")
    ana.refresh_from_db()
    assert ana.status == "suspended"
    assert [event.facts for event in Event.objects.filter(kind="genealogy.DistributorStatusChanged")] == [
        {"distributor_id": ana.pk, "status": "suspended"}
    ]
    with pytest.raises(ValueError, match="asleep"):
        people.change_status(ana.pk, status="asleep")


@pytest.mark.parametrize(("public", "asked", "refused"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_a_public_site_does_not_start_without_the_second_factor_of_head_office(settings, public, asked, refused):
    settings.PUBLIC, settings.STAFF_SECOND_FACTOR = public, asked
    assert len(checks.head_office_needs_a_second_factor()) == refused
