"""How somebody becomes a distributor: the login, the number and the places in the trees, all in one transaction."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.outbox import announce
from genealogy import trees
from genealogy.events import DistributorEnrolled, DistributorStatusChanged
from genealogy.models import Distributor, Tree, User
from genealogy.refusals import (
    AlreadyEnrolled,
    DuplicateEmail,
    DuplicateNumber,
    SponsorNotActive,
    UnknownSponsor,
)
from genealogy.trees import Placement

SPONSOR, BINARY = "sponsor", "binary"


@dataclass(frozen=True)
class Seat:
    """Where a newcomer goes in the binary tree: below whom, and how the place is found."""

    under_id: int
    by: Placement = Placement.WEAKER
    leg: int | None = None


def sponsor_numbered(number):
    """Return the active distributor with a public number; UnknownSponsor and SponsorNotActive say what is wrong."""
    sponsor = Distributor.objects.filter(number=(number or "").strip().upper()).first()
    if sponsor is None:
        raise UnknownSponsor(_("No distributor has the number “%(number)s”.") % {"number": number})
    if sponsor.status != Distributor.Status.ACTIVE:
        raise SponsorNotActive(
            _("%(name)s is %(status)s and cannot sponsor anybody.") % {"name": sponsor, "status": sponsor.get_status_display()}
        )
    return sponsor


@transaction.atomic
def found(*, name, market, number="F100000"):
    """Set up a company: its house account, at the root of a sponsor tree and of a binary tree; return the house."""
    house = Distributor.objects.create(name=name, market=market, number=number, is_house=True)
    trees.plant(code=SPONSOR, kind=Tree.Kind.OPEN, name=_("Sponsor tree"), distributor_id=house.pk)
    trees.plant(code=BINARY, kind=Tree.Kind.BINARY, name=_("Binary tree"), distributor_id=house.pk)
    return house


@transaction.atomic
def enrol(
    *, sponsor_number, market, name="", email="", user=None, language="", phone="", number="", seat=None, at=None
) -> Distributor:
    """Make somebody a distributor under a sponsor, and announce it; return the new distributor.

    Either ``user`` is a customer who signs in already, or a login is made for ``email``, which the newcomer confirms
    by mail. Without ``seat`` the newcomer goes to the end of the sponsor's weaker leg in the binary tree.
    Refused when the sponsor, the address, the number or the place is not free to take; then nothing is written.
    """
    sponsor = sponsor_numbered(sponsor_number)
    user = _login(email, name, language or market.language) if user is None else _without_office(user)
    newcomer = Distributor(
        user=user,
        name=name or user.get_full_name(),
        market=market,
        phone=phone,
        number=number or next_number(),
        enrolled_at=at or timezone.now(),
    )
    _store(newcomer)
    announce(DistributorEnrolled(distributor_id=newcomer.pk, sponsor_id=sponsor.pk))
    # The trees come last: their locks are held until the transaction ends.
    trees.enrol(newcomer.pk, tree=trees.tree_named(SPONSOR), under_id=sponsor.pk)
    seat = seat or Seat(under_id=sponsor.pk)
    trees.place(newcomer.pk, tree=trees.tree_named(BINARY), under_id=seat.under_id, leg=seat.leg, by=seat.by)
    return newcomer


@transaction.atomic
def change_status(distributor_id, *, status):
    """Suspend, terminate or reinstate a distributor, and announce it. Safe to repeat: only a change is announced."""
    changed = Distributor.objects.filter(pk=distributor_id).exclude(status=status).update(status=Distributor.Status(status))
    if changed:
        announce(DistributorStatusChanged(distributor_id=distributor_id, status=str(status)))


def next_number():
    """Take the next free public number, which begins with the same letters as the house's."""
    house = Distributor.objects.filter(is_house=True).values_list("number", flat=True).first() or "F"
    prefix = house.rstrip("0123456789")
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('genealogy_distributor_number')")
            number = f"{prefix}{cursor.fetchone()[0]}"
        if not Distributor.objects.filter(number=number).exists():
            return number


def _login(email, name, language):
    email = User.objects.normalize_email(email)
    taken = DuplicateEmail(_("Somebody signs in with %(email)s already.") % {"email": email})
    if User.objects.filter(email__iexact=email).exists():
        raise taken
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=name, language=language)
            EmailAddress.objects.create(user=user, email=email, primary=True)
    except IntegrityError as error:
        raise taken from error
    return user


def _without_office(user):
    held = Distributor.objects.filter(user=user).first()
    if held is not None:
        raise AlreadyEnrolled(_("%(user)s is the distributor %(number)s already.") % {"user": user, "number": held.number})
    return user


def _store(newcomer):
    try:
        with transaction.atomic():
            newcomer.save(force_insert=True)
    except IntegrityError as error:
        constraint = error.__cause__.diag.constraint_name
        if constraint == "genealogy_distributor_user_id_key":
            _without_office(newcomer.user)
        if constraint == "genealogy_distributor_number_key":
            raise DuplicateNumber(_("A distributor has the number %(number)s already.") % {"number": newcomer.number}) from error
        raise
