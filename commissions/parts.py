"""The part of a company that one person's lines need, read from the stored figures: quick, whoever asks.

The engine works on it as on the whole. The person stands first; above nobody is needed, since a line goes up and what
happens above does not change who was paid below. A large downline is not read whole but through its newest sales.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from django.db import connection

from commissions import plan_versions, snapshots
from commissions.engine.held import Held
from commissions.engine.result import Standings
from commissions.engine.snapshot import NO_RANK, Index, People, Snapshot, Status
from commissions.models import EarningTotal, Standing

READ_WHOLE = 20_000
"""Downlines up to this size are read whole."""

DOWNLINE = f"""
    SELECT p.id AS position, coalesce(p.parent_id, 0) AS parent, p.lft, p.rght, d.id,
           CASE WHEN d.is_house THEN 0 ELSE ascii(d.status) END AS status, d.enrolled_at AS joined_at,
           coalesce(s.pv, 0) AS pv, coalesce(s.gv, 0) AS gv, coalesce(s.is_active, false)::int AS active,
           coalesce(s.rank, {NO_RANK}) AS rank, coalesce(s.best_rank, {NO_RANK}) AS best
    FROM (SELECT wanted.* FROM genealogy_position wanted WHERE {{which}}) p
    JOIN genealogy_distributor d ON d.id = p.distributor_id
    LEFT JOIN commissions_standing s ON s.period_id = %(period)s AND s.distributor_id = d.id
    ORDER BY p.lft
"""
BELOW = """
    wanted.tree_id = (SELECT id FROM genealogy_tree WHERE code = 'sponsor')
    AND wanted.lft >= (SELECT top.lft FROM genealogy_position top
                       WHERE top.distributor_id = %(person)s AND top.tree_id = wanted.tree_id)
    AND wanted.lft < (SELECT top.rght FROM genealogy_position top
                      WHERE top.distributor_id = %(person)s AND top.tree_id = wanted.tree_id)
"""
UPWARD = """
    wanted.id IN (
        WITH RECURSIVE upward AS (
            SELECT id, parent_id, distributor_id FROM genealogy_position
            WHERE distributor_id = ANY(%(sellers)s) AND tree_id = (SELECT id FROM genealogy_tree WHERE code = 'sponsor')
            UNION
            SELECT above.id, above.parent_id, above.distributor_id
            FROM genealogy_position above JOIN upward ON above.id = upward.parent_id WHERE upward.distributor_id <> %(person)s
        ) SELECT id FROM upward
    )
"""
NAMES = ("position", "parent", "lft", "rght", "id", "status", "joined_at", "pv", "gv", "active", "rank", "best")
NEWEST = """
    SELECT v.id, v.distributor_id FROM commissions_volumeentry v
    JOIN genealogy_position p ON p.distributor_id = v.distributor_id
    JOIN genealogy_position top ON top.tree_id = p.tree_id AND top.distributor_id = %s
    JOIN genealogy_tree t ON t.id = p.tree_id AND t.code = 'sponsor'
    WHERE v.period_id = %s AND v.id < %s AND p.lft >= top.lft AND p.lft < top.rght
    ORDER BY v.id DESC LIMIT %s
"""


class OutsideTree(LookupError):
    """Somebody does not stand where the sales that are asked about go up."""


@dataclass(frozen=True)
class Part:
    """A person's part of the company in one period; the person is number 0 of ``held.people``."""

    plan: object
    held: Held


def below(person, period):
    """Return a person with everyone below, and all their sales."""
    return _part(person, period, BELOW, {}, sellers=None)


def figures_below(person, period):
    """Return a person with everyone below as they stand by the stored figures, without their sales."""
    return _part(person, period, BELOW, {}, sellers=[])


def toward(person, period, sellers):
    """Return a person with the ways up from some sellers in the downline, and these sellers' sales."""
    return _part(person, period, UPWARD, {"sellers": list(sellers)}, sellers=list(sellers))


def is_small(person, period):
    """Tell whether somebody's downline is small enough to be read whole."""
    size = Standing.objects.filter(period=period, distributor=person).values_list("team_size", flat=True).first()
    return (size or 0) <= READ_WHOLE


def newest(person, period, *, before, most):
    """Return (entry id, seller) of the newest sales of a person and everyone below, entries before one of them."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [person, period.pk, before, most])
        return cursor.fetchall()


def _part(person, period, which, parameters, sellers):
    plan = plan_versions.load(period.plan)
    read = snapshots.columns(
        DOWNLINE.format(which=which), NAMES, {"person": person, "period": period.pk, **parameters}, instants=("joined_at",)
    )
    position, parent, lft, rght, ids, status, joined_at, pv, gv, active, rank, best = read
    if not len(ids) or ids[0] != person:
        raise OutsideTree(f"Distributor {person} does not stand in the sponsor tree above those who sold.")
    people = People(
        id=ids,
        parent=snapshots.places(position, parent),
        size=np.searchsorted(lft, rght) - np.arange(len(lft)),
        status=snapshots.looked_up(snapshots.STATUSES, status),
        joined_at=joined_at,
    )
    people = snapshots.as_of(people, MappingProxyType({}), period.ends_at)
    index = Index(ids)
    count = len(ids)
    standings = Standings(
        pv=pv,
        gv=gv,
        payable=people.status == Status.OPEN,
        active=active.astype(bool),
        rank=rank.astype(np.int8),
        tested=rank.astype(np.int8),
        best=best.astype(np.int8),
        legs=np.zeros((len(plan.leg_tests), count), dtype=np.int32),
        counted_gv=np.zeros((len(plan.capped_ranks), count), dtype=np.int64),
        measured=np.zeros((len(plan.requirements), count), dtype=np.int64),
        gated=np.zeros((len(plan.gates), count), dtype=np.bool_),
    )
    sales = snapshots.read_sales_of(index, period, ids.tolist() if sellers is None else sellers)
    totals = np.zeros((len(plan.bonuses), count), dtype=np.int64)
    earned = dict(EarningTotal.objects.filter(period=period, distributor=person).values_list("bonus", "amount_minor"))
    totals[:, 0] = [earned.get(bonus.code, 0) for bonus in plan.bonuses]
    held = Held(
        people=people,
        index=index,
        batches=(sales,),
        standings=standings,
        totals=totals,
        earned=totals,
        unearned=np.zeros(len(plan.bonuses), dtype=np.int64),
        frame=Snapshot(people, snapshots.no_sales(index)),
    )
    return Part(plan, held)
