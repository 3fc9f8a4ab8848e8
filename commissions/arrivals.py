"""From claimed rows to what the books need: newcomers in their places, changed people, new sales.

Nothing in memory is changed: the books that come back are new where they had to grow.
"""

import dataclasses
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from django.db import connection

from commissions import snapshots
from commissions.books import NOBODY
from commissions.engine import held
from commissions.engine.snapshot import Sales, Status, Unsound
from commissions.models import Fact, VolumeEntry

MOST_NEWCOMERS = 2_000
"""When more people than this came at once, reading everything anew is cheaper than making room for each."""

ROWS = """
    SELECT d.id, coalesce(above.distributor_id, 0),
           CASE WHEN d.is_house THEN 0 ELSE ascii(d.status) END, (extract(epoch FROM d.enrolled_at) * 1000000)::bigint
    FROM genealogy_distributor d
    JOIN genealogy_position p ON p.distributor_id = d.id
    JOIN genealogy_tree t ON t.id = p.tree_id AND t.code = 'sponsor'
    LEFT JOIN genealogy_position above ON above.id = p.parent_id
    WHERE d.id = ANY(%s)
"""


class Unread(LookupError):
    """What is pending needs more than is in memory: periods that are not there, or too many newcomers."""

    def __init__(self, period_ids=()):
        super().__init__("what is pending needs more than is in memory")
        self.period_ids = set(period_ids)


class Reload(LookupError):
    """Somebody asked that everything be read anew."""


@dataclass(frozen=True)
class Person:
    """A row of somebody who stands in the sponsor tree; ``sponsor_id`` is 0 at the root."""

    id: int
    sponsor_id: int
    status: int
    joined_at: int

    def status_in(self, period):
        """How a period sees this person: somebody who joined after its end has no part in it."""
        later = self.joined_at >= int(period.ends_at.timestamp() * 1_000_000)
        return int(Status.TERMINATED) if later else self.status


@dataclass
class Change:
    """What arrived for one book: new sales, the places of people who are not what they were, newcomers included, and of
    the newcomers who have a part in the period.
    """

    sales: Sales
    people: np.ndarray
    joined: np.ndarray


def take_in(books, claimed):
    """Return (books, changes): the books with newcomers in them, and by period what there is to refresh."""
    if claimed.reload or claimed.history:
        raise Reload
    index = next(iter(books.values())).held.index
    sellers = _sellers(claimed.volume, books)
    unknown = [seller for seller in sellers if not stands(seller, index)]
    newcomers, known = read_people({*claimed.enrolment, *unknown}, index)
    facts = list(Fact.objects.filter(pk__in=claimed.fact).order_by("at", "pk"))
    grown, changed, joined = {}, {}, {}
    for pk, book in books.items():
        grown[pk], changed[pk], joined[pk] = _with_people(book, newcomers, known, facts)
    index = next(iter(grown.values())).held.index
    sales = snapshots.read_entries(index, claimed.volume) if claimed.volume else {}
    none = snapshots.no_sales(index)
    return grown, {pk: Change(sales.get(pk, none), changed[pk], joined[pk]) for pk in grown if pk in sales or len(changed[pk])}


def _sellers(entry_ids, books):
    """Return whom the entries are credited to; raises Unread when one counts in a period that is not in memory."""
    rows = VolumeEntry.objects.order_by().filter(pk__in=entry_ids).values_list("period_id", "distributor_id").distinct()
    rows = list(rows) if entry_ids else []
    missing = {period_id for period_id, _seller in rows} - books.keys()
    if missing:
        raise Unread(missing)
    return {seller for _period_id, seller in rows}


def read_people(distributor_ids, index):
    """Return (newcomers, known): who of some distributors is not in the arrays, with missing sponsors, and who is."""
    found, known = {}, []
    wanted = set(distributor_ids)
    while wanted:
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [sorted(wanted)])
            people = [
                Person(pk, above, int(snapshots.STATUSES[letter]), joined) for pk, above, letter, joined in cursor.fetchall()
            ]
        for person in people:
            if stands(person.id, index):
                known.append(person)
            else:
                found[person.id] = person
        if len(found) > MOST_NEWCOMERS:
            raise Unread
        above = {person.sponsor_id for person in people if person.id in found and person.sponsor_id}
        wanted = {pk for pk in above - found.keys() if not stands(pk, index)}
    return list(found.values()), known


def stands(distributor_id, index):
    """Tell whether somebody is in the arrays."""
    try:
        index.of(np.array([distributor_id]), "distributor")
    except Unsound:
        return False
    return True


def _with_people(book, newcomers, known, facts):
    """Return a book with newcomers, new statuses and new facts in it, the places that have to be refreshed, and those of
    newcomers who joined before the period's end.
    """
    changed, joined = [NOBODY], NOBODY
    if newcomers:
        grown, places = held.enrol(
            book.held,
            id=[person.id for person in newcomers],
            sponsor_id=[person.sponsor_id for person in newcomers],
            joined_at=[person.joined_at for person in newcomers],
            status=[person.status_in(book.period) for person in newcomers],
        )
        stored = book.stored.widened(places - np.arange(len(places)))
        book = dataclasses.replace(book, held=_seated(grown, book.plan, places), stored=stored)
        changed.append(places)
        joined = places[grown.people.joined_at[places] < int(book.period.ends_at.timestamp() * 1_000_000)]
    moved = [person for person in known if _status(book, person) != person.status_in(book.period)]
    if moved:
        places = book.held.index.of(np.array([person.id for person in moved]), "distributor")
        statuses = [person.status_in(book.period) for person in moved]
        book = dataclasses.replace(book, held=held.with_status(book.held, places, statuses))
        changed.append(places)
    for fact in facts:
        if fact.at < book.period.ends_at:
            book, place = _with_fact(book, fact)
            changed.append(place)
    return book, np.unique(np.concatenate(changed)), joined


def _seated(grown, plan, newcomers):
    """Return what is held with everybody where they sit now in the plan's placement trees.

    Raises Reload where somebody sits there already who is still to arrive.
    """
    if not plan.trees:
        return grown
    try:
        trees = snapshots.read_trees(grown.index, plan)
    except Unsound as unsound:
        raise Reload from unsound
    return held.seated(grown, trees, newcomers)


def _status(book, person):
    place = book.held.index.of(np.array([person.id]), "distributor")
    return int(book.held.people.status[place[0]])


def _with_fact(book, fact):
    """Return a book in which the fact in force is what the facts so far say, and where that person stands."""
    in_force = (
        Fact.objects.filter(distributor=fact.distributor_id, kind=fact.kind, at__lt=book.period.ends_at)
        .order_by("-at", "-id")
        .values_list("value", flat=True)[0]
    )
    people = book.held.people
    place = book.held.index.of(np.array([fact.distributor_id]), "distributor")
    values = people.facts.get(fact.kind, np.zeros(len(people), dtype=np.int64)).copy()
    values[place] = in_force
    facts = MappingProxyType({**people.facts, fact.kind: values})
    grown = dataclasses.replace(book.held, people=dataclasses.replace(people, facts=facts))
    return dataclasses.replace(book, held=grown), place
