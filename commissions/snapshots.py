"""From the database to arrays: everyone in tree order and the entries of one period, read as they stood at one instant.

A column comes over as one value, all its numbers in network order (``string_agg(int8send(column), '')``), so that a
million people take a second and no Python object is made for any of them.
"""

import dataclasses
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import psycopg
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction

from commissions import periods, plan_versions, sale_columns
from commissions.engine import snapshot as engine_snapshot
from commissions.engine.money import CURRENCIES
from commissions.engine.snapshot import BuyerKind, Index, People, Snapshot, Status
from commissions.models import Fact, LivePending, Period, VolumeEntry
from genealogy.models import Tree

SPONSOR_TREE = "sponsor"
ENTRIES_A_QUERY = 2_500_000
"""Rows of a query come as one value a column; this keeps the values of one answer well below Postgres's limit of 1 GB."""

POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, from where Postgres counts."""

# Words come over as the number of their first letter, which differs; of the house nothing but that is asked.
STATUSES = {0: Status.HOUSE, ord("a"): Status.OPEN, ord("s"): Status.SUSPENDED, ord("t"): Status.TERMINATED}
BUYERS = {ord("d"): BuyerKind.DISTRIBUTOR, ord("p"): BuyerKind.PREFERRED, ord("r"): BuyerKind.RETAIL}


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


def columns(query, names, params=(), *, instants=()):
    """Run a query and return the named columns of it as int64 arrays: whole numbers, or, in ``instants``, times.

    Times come as microseconds since 1970.
    """
    packed = ", ".join(
        f"coalesce(string_agg({'timestamptz_send' if name in instants else 'int8send'}({name}), ''), '')" for name in names
    )
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(f"SELECT {packed} FROM ({query}) q", params, binary=True)
        row = cursor.fetchone()
    read = [np.frombuffer(value, dtype=">i8").astype(np.int64) for value in row]
    for place, name in enumerate(names):
        if name in instants:
            read[place] += POSTGRES_EPOCH
    return read


PEOPLE = """
    SELECT d.id, p.id AS position, coalesce(p.parent_id, 0) AS parent, p.lft, p.rght,
           CASE WHEN d.is_house THEN 0 ELSE ascii(d.status) END AS status, d.enrolled_at AS joined_at
    FROM genealogy_position p JOIN genealogy_distributor d ON d.id = p.distributor_id
    WHERE p.tree_id = %s ORDER BY p.lft
"""


def read_people():
    """Return everyone in the preorder of the sponsor tree. Raises NoTree."""
    tree_id = Tree.objects.filter(code=SPONSOR_TREE).values_list("pk", flat=True).first()
    if tree_id is None:
        raise NoTree("There is no sponsor tree yet: plant one before reading a snapshot.")
    names = ("id", "position", "parent", "lft", "rght", "status", "joined_at")
    ids, position, parent, lft, rght, status, joined_at = columns(PEOPLE, names, [tree_id], instants=("joined_at",))
    size = np.searchsorted(lft, rght) - np.arange(len(lft))
    return People(
        id=ids,
        parent=places(position, parent),
        size=size,
        status=looked_up(STATUSES, status),
        joined_at=joined_at,
    )


def looked_up(words, letters):
    """Return the engine's number for the letter of each word."""
    table = np.full(256, -1, dtype=np.int8)
    table[list(words)] = [int(number) for number in words.values()]
    return table[letters]


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


# Quantity, currency (as a hash of 24 bits) and buyer share one number: each column of its own costs as much as a big one.
ENTRIES = """
    SELECT v.id, v.distributor_id, v.credited_at, hashtextextended(v.reference, 0) AS reference,
           (v.quantity::bigint << 32) | ((hashtext(v.currency) & 16777215)::bigint << 8) | ascii(v.buyer_kind) AS small,
           v.pv, v.cv, v.paid_minor, v.seller_price_minor, coalesce(v.reverses_id, 0) AS reverses{more}
    FROM commissions_volumeentry v WHERE {where}
"""
ENTRY_NAMES = (
    "id", "distributor_id", "credited_at", "reference", "small", "pv", "cv", "paid_minor", "seller_price_minor", "reverses",
)  # fmt: skip


def read_sales(index, period):
    """Return all entries that count in a period, sorted as the engine wants them. Raises Unsound for one outside the tree."""
    where, parameters = periods.counted(period)
    parts = _parts(where, parameters)
    if parts == 1:
        return _read(index, period, where, parameters)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(v.id), max(v.id) FROM commissions_volumeentry v WHERE {where}", parameters)
        first, last = cursor.fetchone()
    edges = [first + (last + 1 - first) * part // parts for part in range(parts + 1)] if last else [0, 0]
    some = [_columns(period, f"{where} AND v.id >= %s AND v.id < %s", [*parameters, *edge]) for edge in pairwise(edges)]
    return _sales(index, period, [np.concatenate(column) for column in zip(*some, strict=True)])


def read_entries(index, entry_ids):
    """Return some entries by the period they are stored with: ``{period id: Sales}``. Raises Unsound for one outside the tree."""
    stored = VolumeEntry.objects.order_by().filter(pk__in=entry_ids).values("period").annotate(ids=ArrayAgg("pk"))
    ids = {row["period"]: row["ids"] for row in stored}
    found = Period.objects.select_related("plan").in_bulk(ids)
    return {pk: read_chosen(index, found[pk], chosen) for pk, chosen in ids.items()}


def read_chosen(index, period, entry_ids):
    """Return some entries as a period sees them, whether or not they count in it."""
    return _read(index, period, "v.id = ANY(%s)", [list(entry_ids)])


def read_sales_of(index, period, seller_ids):
    """Return the entries that count in a period and are credited to some distributors."""
    where, parameters = periods.counted(period)
    return _read(index, period, f"{where} AND v.distributor_id = ANY(%s)", [*parameters, list(seller_ids)])


def no_sales(index):
    """Return sales of which there are none."""
    return engine_snapshot.no_sales()


def _parts(where, parameters):
    """Return in how many queries entries are read, by what the planner expects to find."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT v.id FROM commissions_volumeentry v WHERE {where}", parameters)
        (plan,) = cursor.fetchone()
    return 1 + int(plan[0]["Plan"]["Plan Rows"]) // ENTRIES_A_QUERY


def _read(index, period, where, parameters):
    return _sales(index, period, _columns(period, where, parameters))


def _columns(period, where, parameters):
    """Return the raw columns of entries: those of every plan, then those that the period's plan asks for."""
    more = sale_columns.of_plan(plan_versions.load(period.plan))
    asked = "".join(f', {expression} AS "{name}"' for name, expression in more.items())
    names = (*ENTRY_NAMES, *(f'"{name}"' for name in more))
    return columns(ENTRIES.format(more=asked, where=where), names, parameters, instants=("credited_at",))


def _sales(index, period, raw):
    """Return raw columns of entries as ``Sales``."""
    (entry, distributor, at, reference, small, pv, cv, paid, seller, reverses), more = raw[:10], raw[10:]
    names = sale_columns.of_plan(plan_versions.load(period.plan))
    found = engine_snapshot.sales(
        index,
        id=entry,
        person_id=distributor,
        at=at,
        order=_order_numbers(entry, reference),
        buyer_kind=looked_up(BUYERS, small & 255),
        quantity=small >> 32,
        pv=pv,
        cv=cv,
        paid_minor=paid,
        seller_minor=seller,
        currency=_currency_places((small >> 8) & 0xFFFFFF),
        reverses=reverses,
        more=_named(dict(zip(names, more, strict=True))),
    )
    return _without_late_returns(period, found)


def _named(more):
    """Return further columns with places among the words in place of the numbers that came over."""
    if more.keys() & set(sale_columns.WORDS):
        _names, numbers = sale_columns.read_words()
        more |= {name: places(np.array(numbers[name], dtype=np.int64), more[name]) for name in sale_columns.WORDS if name in more}
    return more


LATE_RETURNS = """
    SELECT r.id FROM commissions_volumeentry r JOIN commissions_volumeentry v ON v.id = r.reverses_id
    WHERE r.id = ANY(%s) AND NOT ({original})
"""


def _without_late_returns(period, sales):
    """Return sales in which the return of a sale of an earlier period counts for nothing that is paid on.

    What that sale paid is taken back line by line (clawbacks.py), and would be taken twice. Whether it lowers the qualifying
    volume is the plan's to say.
    """
    returns = np.flatnonzero(sales.reverses)
    if not len(returns):
        return sales
    where, parameters = periods.counted(period, "v")
    (ids,) = columns(LATE_RETURNS.format(original=where), ("id",), [sales.id[returns].tolist(), *parameters])
    late = returns[np.isin(sales.id[returns], ids)]
    if not len(late):
        return sales
    settings = plan_versions.load(period.plan).returns
    nothing = {"quantity", "cv", "paid_minor", "seller_minor"}
    if settings is not None and not settings.lowers_qualifying:
        nothing.add("pv")
    changed = {name: _zeroed(getattr(sales, name), late) for name in nothing}
    more = {
        name: _zeroed(values, late) if name.startswith(("volume.", "amount.")) else values for name, values in sales.more.items()
    }
    return dataclasses.replace(sales, **changed, more=more)


def _zeroed(values, rows):
    values = values.copy()
    values[rows] = 0
    return values


def _order_numbers(entry, reference):
    """Number orders by the smallest id of their entries."""
    by = np.lexsort((entry, reference))
    starts = np.flatnonzero(np.concatenate(([True], reference[by][1:] != reference[by][:-1]))[: len(by)])
    order = np.empty_like(entry)
    order[by] = np.repeat(entry[by][starts], np.diff(np.append(starts, len(by))))
    return order


def _currency_places(hashes):
    """Return the engine's index of each currency, which came as a hash."""
    known, order = _currency_hashes()
    return order[np.searchsorted(known, hashes)]


@cache
def _currency_hashes():
    """Return the server's hashes of all currencies, sorted, and the engine's index of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hashtext(code) & 16777215 FROM unnest(%s::text[]) WITH ORDINALITY AS c (code, n) ORDER BY n",
            [list(CURRENCIES)],
        )
        hashes = np.array([number for (number,) in cursor.fetchall()])
    if len(np.unique(hashes)) < len(hashes):
        raise RuntimeError("Two currencies have the same hash on this server: give the hash in ENTRIES more bits.")
    order = np.argsort(hashes)
    return hashes[order], order.astype(np.int16)


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


PLACED = """
    SELECT p.distributor_id, coalesce(above.distributor_id, 0) AS parent, coalesce(p.leg, -1) AS leg
    FROM genealogy_position p JOIN genealogy_tree t ON t.id = p.tree_id
    LEFT JOIN genealogy_position above ON above.id = p.parent_id WHERE t.code = %s ORDER BY p.lft
"""


def read_trees(index, plan):
    """Return the placement trees that a plan names, by code; one in which nobody stands yet is empty."""
    trees = {}
    for code in plan.trees:
        ids, parent, leg = columns(PLACED, ("distributor_id", "parent", "leg"), [code])
        trees[code] = engine_snapshot.placed(index, id=ids, parent_id=parent, leg=leg)
    return MappingProxyType(trees)


def of_company(company, period):
    """Return the snapshot of one period for people who were read already, within the same instant."""
    facts = read_facts(company.index, len(company.people), period.ends_at)
    trees = read_trees(company.index, plan_versions.load(period.plan))
    people = dataclasses.replace(as_of(company.people, facts, period.ends_at), trees=trees)
    return of_people(people, company.index, period)


def of_people(people, index, period):
    """Return the snapshot of one period for people as the period sees them."""
    asks = sale_columns.of_plan(plan_versions.load(period.plan)).keys() & set(sale_columns.WORDS)
    return Snapshot(
        people=people,
        sales=read_sales(index, period),
        start=int(period.starts_at.timestamp() * 1_000_000),
        end=int(period.ends_at.timestamp() * 1_000_000),
        words=MappingProxyType(sale_columns.read_words()[0] if asks else {}),
        period=period.kind,
    )
