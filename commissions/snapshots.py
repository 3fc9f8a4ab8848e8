"""From the database to arrays: everyone in tree order and the entries of one period, read as they stood at one instant.

A column comes over as one value, all its numbers in network order (``string_agg(int8send(column), '')``), so that a
million people take a second and no Python object is made for any of them.
"""

import dataclasses
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import psycopg
from django.db import connection, transaction

from commissions.engine import money
from commissions.engine import snapshot as engine_snapshot
from commissions.engine.snapshot import BuyerKind, Index, People, Sales, Snapshot, Status
from commissions.models import Fact, LivePending
from genealogy.models import Tree

SPONSOR_TREE = "sponsor"
ENTRIES_A_QUERY = 2_500_000
"""Rows of a query come as one value a column; this keeps the values of one answer well below Postgres's limit of 1 GB."""

STATUSES = {"active": Status.OPEN, "suspended": Status.SUSPENDED, "terminated": Status.TERMINATED}
BUYERS = {"distributor": BuyerKind.DISTRIBUTOR, "preferred": BuyerKind.PREFERRED, "retail": BuyerKind.RETAIL}


class NoTree(LookupError):
    """There is no sponsor tree yet."""


@contextmanager
def one_instant():
    """Read, and only read, the database as it stands at one instant; in a caller's transaction, as that sees it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def columns(query, names, params=()):
    """Run a query and return the named columns of it, all whole numbers, as int64 arrays."""
    packed = ", ".join(f"coalesce(string_agg(int8send({name}), ''), '')" for name in names)
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"SELECT {packed} FROM ({query}) q", params, binary=True)
        row = cursor.fetchone()
    return [np.frombuffer(value, dtype=">i8").astype(np.int64) for value in row]


def case(column, words):
    """Return SQL that turns words into the engine's numbers."""
    whens = " ".join(f"WHEN '{word}' THEN {int(number)}" for word, number in words.items())
    return f"(CASE {column} {whens} END)"


MICROSECONDS = "(extract(epoch FROM {}) * 1000000)::bigint"
PEOPLE = f"""
    SELECT d.id, p.id AS position, coalesce(p.parent_id, 0) AS parent, p.lft, p.rght,
           CASE WHEN d.is_house THEN {int(Status.HOUSE)} ELSE {case("d.status", STATUSES)} END AS status,
           {MICROSECONDS.format("d.enrolled_at")} AS joined_at
    FROM genealogy_position p JOIN genealogy_distributor d ON d.id = p.distributor_id
    WHERE p.tree_id = %s ORDER BY p.lft
"""


def read_people():
    """Return everyone in the preorder of the sponsor tree. Raises NoTree."""
    tree_id = Tree.objects.filter(code=SPONSOR_TREE).values_list("pk", flat=True).first()
    if tree_id is None:
        raise NoTree("There is no sponsor tree yet: plant one before reading a snapshot.")
    names = ("id", "position", "parent", "lft", "rght", "status", "joined_at")
    ids, position, parent, lft, rght, status, joined_at = columns(PEOPLE, names, [tree_id])
    size = np.searchsorted(lft, rght) - np.arange(len(lft))
    return People(
        id=ids,
        parent=places(position, parent),
        size=size,
        status=status.astype(np.int8),
        joined_at=joined_at,
    )


def places(keys, wanted):
    """Return the place of each wanted key among ``keys``, -1 where it is not there."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64) - 1
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    return np.where(keys[order[at]] == wanted, order[at], -1)


FACTS = """
    SELECT DISTINCT ON (kind, distributor_id) distributor_id, value FROM commissions_fact
    WHERE kind = %s AND at < %s ORDER BY kind, distributor_id, at DESC, id DESC
"""


def read_facts(index, count, ends_at):
    """Return the facts in force at the end of a period: kind -> one number a person."""
    facts = {}
    for kind in Fact.objects.order_by("kind").values_list("kind", flat=True).distinct():
        distributors, values = columns(FACTS, ("distributor_id", "value"), [kind, ends_at])
        facts[kind] = np.zeros(count, dtype=np.int64)
        facts[kind][index.of(distributors, "distributor with a fact")] = values
    return MappingProxyType(facts)


ENTRIES = f"""
    SELECT id, distributor_id, {MICROSECONDS.format("credited_at")} AS at, hashtextextended(reference, 0) AS reference,
           {case("buyer_kind", BUYERS)} AS buyer_kind, quantity, pv, cv, paid_minor, seller_price_minor,
           ascii(substr(currency, 1, 1)) * 65536 + ascii(substr(currency, 2, 1)) * 256 + ascii(substr(currency, 3, 1))
               AS currency,
           coalesce(reverses_id, 0) AS reverses
    FROM commissions_volumeentry WHERE
"""
ENTRY_NAMES = (
    "id", "distributor_id", "at", "reference", "buyer_kind", "quantity", "pv", "cv", "paid_minor",
    "seller_price_minor", "currency", "reverses",
)  # fmt: skip


def read_sales(index, period_id):
    """Return all entries of a period, sorted as the engine wants them. Raises Unsound for one outside the tree."""
    parts = _parts(period_id)
    where = "period_id = %s" + (" AND id %% %s = %s" if parts > 1 else "")
    read = [
        columns(ENTRIES + where, ENTRY_NAMES, [period_id, parts, part] if parts > 1 else [period_id]) for part in range(parts)
    ]
    return _sales(index, [np.concatenate(column) for column in zip(*read, strict=True)])


def read_entries(index, entry_ids):
    """Return some entries: ``{period id: Sales}``. Raises Unsound for one outside the tree."""
    query = ENTRIES.replace("SELECT id,", "SELECT id, period_id,", 1) + "id = ANY(%s)"
    *raw, period_ids = columns(query, (*ENTRY_NAMES, "period_id"), [list(entry_ids)])
    return {
        int(period_id): _sales(index, [column[period_ids == period_id] for column in raw]) for period_id in np.unique(period_ids)
    }


def read_sales_of(index, period_id, seller_ids):
    """Return the entries of a period that are credited to some distributors."""
    where = "period_id = %s AND distributor_id = ANY(%s)"
    return _sales(index, columns(ENTRIES + where, ENTRY_NAMES, [period_id, list(seller_ids)]))


def no_sales(index):
    """Return sales of which there are none."""
    names = [name if name != "person" else "person_id" for name in (each.name for each in dataclasses.fields(Sales))]
    return engine_snapshot.sales(index, **{name: [] for name in names})


def _parts(period_id):
    """Return in how many queries the entries of a period are read, by what the planner expects to find."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) SELECT id FROM commissions_volumeentry WHERE period_id = %s", [period_id])
        (plan,) = cursor.fetchone()
    return 1 + int(plan[0]["Plan"]["Plan Rows"]) // ENTRIES_A_QUERY


def _sales(index, raw):
    """Return raw columns of entries as ``Sales``."""
    entry, distributor, at, reference, buyer, quantity, pv, cv, paid, seller, currency, reverses = raw
    return engine_snapshot.sales(
        index,
        id=entry,
        person_id=distributor,
        at=at,
        order=_order_numbers(entry, reference),
        buyer_kind=buyer,
        quantity=quantity,
        pv=pv,
        cv=cv,
        paid_minor=paid,
        seller_minor=seller,
        currency=_currency_places(currency),
        reverses=reverses,
    )


def _order_numbers(entry, reference):
    """Number orders by the smallest id of their entries."""
    by = np.lexsort((entry, reference))
    starts = np.flatnonzero(np.concatenate(([True], reference[by][1:] != reference[by][:-1]))[: len(by)])
    order = np.empty_like(entry)
    order[by] = np.repeat(entry[by][starts], np.diff(np.append(starts, len(by))))
    return order


def _currency_places(packed):
    """Return the engine's index of each currency, which came as its three letters in one number."""
    found, inverse = np.unique(packed, return_inverse=True)
    places = [money.INDEX[int(letters).to_bytes(3).decode()] for letters in found]
    return np.array(places, dtype=np.int16)[inverse]


@dataclass(frozen=True)
class Reading:
    """Everyone, found by id, and the ids of what waits for the live refresh but is in here already."""

    people: People
    index: Index
    pending: list[int]


def read_company():
    """Return everyone and what of the pending is included. Call it within ``one_instant``, as what is read after it."""
    people = read_people()
    pending = list(LivePending.objects.order_by("id").values_list("pk", flat=True))
    return Reading(people, Index(people.id), pending)


def as_of(people, facts, ends_at):
    """Return everyone as a period sees them: with its facts, and with no part in it for who joined after its end.

    Somebody who has not joined is like somebody who has left: counted and paid for nothing.
    """
    later = people.joined_at >= int(ends_at.timestamp() * 1_000_000)
    status = np.where(later, np.int8(Status.TERMINATED), people.status)
    return dataclasses.replace(people, status=status, facts=facts)


def take(period):
    """Return the snapshot of one period as it stands now: for a run, a check, or a simulation."""
    with one_instant():
        return of_company(read_company(), period)


def of_company(company, period):
    """Return the snapshot of one period for people who were read already, within the same instant."""
    facts = read_facts(company.index, len(company.people), period.ends_at)
    return Snapshot(people=as_of(company.people, facts, period.ends_at), sales=read_sales(company.index, period.pk))
